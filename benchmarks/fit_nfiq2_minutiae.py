"""Makes the weights of `fingerprint.nfiq2.minutiae` anew: python benchmarks/fit_nfiq2_minutiae.py FOLDER...

Every image in the folders (500 ppi, grey) is given to NIST's program (nbis-py) and to our extractor, whole and in six
turned, mirrored and cropped copies; the weights are those with which our minutiae meet the four values NIST computes
from its own. Prints NIST's program refuses are left out, and copies less than 200 pixels wide or high, which it treats
in another way. Each folder is left out once, to show how far the unified score is off on a set that was not fitted.
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

COPIES = 7
LEAST_SIDE = 200
UNITS = ((4.0, 0.08), (6.0, 0.08), (0.05, 0.0), (0.03, 0.0))
"""What counts as one unit off in each of the four values, in the order of `minutiae.IDENTIFIERS`: so much, and so much
of the value."""


def copy_of(image, number, copy):
    """The whole picture, or (odd) a turned and mirrored part of it, or (even) all of it turned and mirrored."""
    if copy == 0:
        return image
    random = np.random.default_rng((number, copy))
    turn = random.integers(0, 8)
    image = np.rot90(image, turn % 4)
    image = image[:, ::-1] if turn >= 4 else image
    if copy % 2:
        height, width = image.shape
        high, wide = random.uniform(0.45, 0.9, 2)
        high, wide = int(height * high), int(width * wide)
        top, left = random.integers(0, height - high + 1), random.integers(0, width - wide + 1)
        image = image[top : top + high, left : left + wide]
    return np.ascontiguousarray(image)


class Print:
    """What the fit needs of one picture."""

    def __init__(self, analysis, values, score, *, whole):
        features, found = analysis.nfiq2, analysis.found
        height, width = features.print_.shape
        x, y = found.x - features.corner[0], found.y - features.corner[1]
        here = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        self.x, self.y = x[here], y[here]
        self.traits = subject._traits(found, here, self.x, self.y, (height, width))
        darker = (features.mean - subject._means_around(features.print_, self.x, self.y)) / features.deviation
        certain = subject._certainty_around(features.print_, self.x, self.y)
        self.shaded = ((darker > 0) & (darker <= 0.5)).astype(float)
        self.certain = (np.floor(certain * 100 + 0.5) > 80).astype(float)
        self.wanted = np.array([values[name] for name in subject.IDENTIFIERS])
        self.others, self.score = dict(features.values), score
        self.weight = 3.0 if whole else 1.0

    def measured(self, weights):
        """The four values, and how each changes with the share of each minutia: (4,), (4, N), (N,)."""
        share = subject._MOST / (1 + np.exp(-self.traits @ weights))
        count = share.sum() + 1e-6
        middle_x, middle_y = (share * self.x).sum() // count, (share * self.y).sum() // count
        near = (np.abs(self.x - middle_x) <= 100) & (np.abs(self.y - middle_y) <= 100)
        shaded, certain = (share * self.shaded).sum() / count, (share * self.certain).sum() / count
        slopes = np.stack(
            (near.astype(float), np.ones(len(share)), (self.shaded - shaded) / count, (self.certain - certain) / count)
        )
        return np.array(((share * near).sum(), count, shaded, certain)), slopes, share


def prints(paths):
    settings = nbis.NbisExtractorSettings(
        min_quality=0.0, get_center=False, check_fingerprint=False, compute_nfiq2=True, ppi=500.0
    )
    program = nbis.new_nbis_extractor(settings)
    for number, path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        for copy in range(COPIES if image is not None else 0):
            picture = copy_of(image, number, copy)
            analysis = analyse(FingerprintSample(picture, 500))
            if isinstance(analysis.nfiq2, Missing) or isinstance(analysis.found, Missing) or not len(analysis.found.x):
                continue
            try:
                result = program.extract_minutiae(cv2.imencode(".png", picture)[1].tobytes()).quality()
            except nbis.NbisError:
                continue
            one = Print(analysis, {value.name: value.value for value in result.features}, result.score, whole=copy == 0)
            if min(analysis.nfiq2.print_.shape) >= LEAST_SIDE:
                yield one


def fitted(data):
    def loss(weights):
        total, slope = 1e-4 * (weights**2).sum(), 2e-4 * weights
        everything = sum(one.weight for one in data)
        for one in data:
            values, slopes, share = one.measured(weights)
            unit = np.array([fixed + part * wanted for (fixed, part), wanted in zip(UNITS, one.wanted)])
            off = (values - one.wanted) / unit
            smooth = np.sqrt(1 + off**2)
            total += one.weight / everything * (smooth - 1).sum()
            by_share = (off / smooth / unit) @ slopes * share * (1 - share / subject._MOST)
            slope = slope + one.weight / everything * (by_share @ one.traits)
        return total, slope

    start = np.zeros(data[0].traits.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x


def off(data, weights):
    """How far the unified score is off NIST's on the whole pictures."""
    scores = []
    for one in data:
        if one.weight > 1:
            near, count, shaded, certain = one.measured(weights)[0]
            four = dict(zip(subject.IDENTIFIERS, (round(near), round(count), shaded, certain)))
            scores.append(unified_quality(one.others | four) - one.score)
    return np.abs(scores)


def main(folders):
    files = [(folder, path) for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    sets = {
        folder: list(prints([(number, path) for number, (of, path) in enumerate(files) if of == folder]))
        for folder in folders
    }
    for folder, data in sets.items() if len(sets) > 1 else ():
        rest = [one for other, some in sets.items() if other != folder for one in some]
        left = off(data, fitted(rest))
        print(f"{folder} left out: mean off {left.mean():.2f}, 95 % within {np.percentile(left, 95):.0f}")
    data = [one for some in sets.values() for one in some]
    weights = fitted(data)
    print(f"{len(data)} pictures; weights", np.round(weights, 3).tolist())
    print(f"all, fitted: mean off {off(data, weights).mean():.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
