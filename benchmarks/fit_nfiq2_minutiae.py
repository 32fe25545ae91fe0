"""Makes the weights of `fingerprint.nfiq2.minutiae` anew: python benchmarks/fit_nfiq2_minutiae.py FOLDER...

Every image in the folders (500 ppi, grey) is given to NIST's program (nbis-py) and to our extractor; the weights are
those with which our minutiae meet the four values NIST computes from its own. Prints NIST's program refuses are left
out. Also prints how far the unified score is off.
"""

import sys
from pathlib import Path

import cv2
import nbis
import numpy as np
from scipy.optimize import minimize

from ktpel_capture.fingerprint.analysis import analyse
from ktpel_capture.fingerprint.nfiq2 import minutiae as subject
from ktpel_capture.fingerprint.nfiq2.forest import unified_quality
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample

SCALE = np.array((8.0, 10.0, 0.06, 0.04))
"""What counts as one unit off in each of the four values, in the order of `minutiae.IDENTIFIERS`."""


def prints(folders):
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=500.0
    )
    program = nbis.new_nbis_extractor(settings)
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
            if image is None:
                continue
            analysis = analyse(FingerprintSample(image, 500))
            if isinstance(analysis.nfiq2, Missing) or isinstance(analysis.found, Missing):
                continue
            try:
                result = program.extract_minutiae(cv2.imencode(".png", image)[1].tobytes()).quality()
            except nbis.NbisError:
                continue
            yield analysis, {value.name: value.value for value in result.features}, result.score


def main(folders):
    data = list(prints(folders))
    targets = np.array([[values[name] for name in subject.IDENTIFIERS] for _, values, _ in data])

    def measured(weights):
        subject._WEIGHTS = weights
        rows = [subject.minutiae_measures(analysis.nfiq2, analysis.found, whole=False) for analysis, _, _ in data]
        return np.array([[row[name] for name in subject.IDENTIFIERS] for row in rows])

    def loss(weights):
        off = np.clip(np.abs(measured(weights) - targets) / SCALE, 0, 3)
        return float(off.mean()) + 1e-3 * float((weights**2).sum())

    fitted = minimize(loss, subject._WEIGHTS.copy(), method="L-BFGS-B", options={"maxiter": 60}).x
    subject._WEIGHTS = fitted
    off = np.array(
        [
            unified_quality(
                dict(analysis.nfiq2.values) | dict(subject.minutiae_measures(analysis.nfiq2, analysis.found))
            )
            - score
            for analysis, _, score in data
        ]
    )
    print(f"{len(data)} prints; weights", np.round(fitted, 3).tolist())
    print(f"unified score: mean off {np.abs(off).mean():.2f}, 95 % within {np.percentile(np.abs(off), 95):.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
