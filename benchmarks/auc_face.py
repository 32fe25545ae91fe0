"""How well closed eyes, open mouths and what is worn are told: ``python benchmarks/auc_face.py FOLDER``.

FOLDER holds SFHQ's subset; labels are ours (``tests/expected/face/sfhq_labels.csv``). Prints the table of
docs/face-models.md: positives and faces, area under the ROC curve and its bootstrap interval (95 %), over all poses and
within 15 degrees of frontal. What was fitted is reported on the other part; what is a formula, on both.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from fit_face_appearance import LABELS, area, interval

import ktpel_capture as kc
from ktpel_capture.face import FaceAnalysis, analyse
from ktpel_capture.face.standard import eyes_open, mouth_closed
from ktpel_capture.quality import Missing

FORMULAS = {"eyes_closed": "lid gap", "mouth_open": "lip gap"}
Scored = tuple[float, int, bool]  # score, label, frontal


def scores_of(analysis: FaceAnalysis) -> Mapping[str, float]:
    """Every score of one face by the name of its label."""
    if isinstance(analysis.aligned, Missing) or isinstance(analysis.standard_points, Missing):
        return {}
    assert not isinstance(analysis.appearance, Missing)
    gap = mouth_closed(analysis.standard_points)
    return {
        "eyes_closed": -eyes_open(analysis.aligned),
        "mouth_open": 0.0 if isinstance(gap, Missing) else gap,
        **{name: analysis.appearance[name] for name in ("spectacles", "sunglasses", "head_covering")},
    }


def main(folder: Path) -> None:
    found: dict[str, list[Scored]] = defaultdict(list)
    for row in csv.DictReader(LABELS.read_text().splitlines()):
        analysis = analyse(kc.FaceSample(cv2.imread(str(folder / row["file"]))[..., ::-1]))
        if isinstance(analysis.pose, Missing) or row["part"] == "duplicate":
            continue
        frontal = max(abs(analysis.pose.yaw), abs(analysis.pose.pitch)) < math.radians(15)
        for name, score in scores_of(analysis).items():
            if row[name] and (name in FORMULAS or row["part"] == "report"):
                found[name].append((score, int(row[name]), frontal))
    print("| what | all poses | area | frontal | area |")
    print("|---|---|---|---|---|")
    for name, scored in found.items():
        cells = []
        for chosen in (scored, [each for each in scored if each[2]]):
            scores, labels = np.array([each[0] for each in chosen]), np.array([each[1] for each in chosen])
            low, high = interval(scores, labels)
            cells += [f"{labels.sum()} of {len(labels)}", f"{area(scores, labels):.3f} ({low:.3f}-{high:.3f})"]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
