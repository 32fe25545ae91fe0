"""How well covered chins, cheeks and foreheads are told: ``python benchmarks/auc_face_coverage.py FOLDER``.

FOLDER holds SFHQ's subset. Two tables of docs/face-models.md: coverings composed on the packaged portraits that were
not fitted (1, 2 and 7 and their mirror images), and false alarms on the reported part's bare faces within 20 degrees of
frontal by tone, age and beard (labels ``tests/expected/face/sfhq_labels.csv``).
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from fairness_face import AGES, TONES, tone_of
from fit_face_appearance import LABELS, area, interval

import ktpel_capture as kc
from ktpel_capture.face import analyse
from ktpel_capture.face.coverage import Coverage, cheeks_visible, chin_visible, forehead_visible, mouth_covered
from ktpel_capture.face.synthesis import grow
from ktpel_capture.quality import Missing

UNSEEN = (1, 2, 7, 11, 12, 17)
WORN = [{}, *({"headscarf": kind} for kind in ("proper", "over_chin", "over_cheek", "over_forehead", "veil")),
        *({"covering": kind} for kind in ("mask", "hand", "fringe"))]  # fmt: skip
REGIONS = {"chin": chin_visible, "cheek": cheeks_visible, "forehead": forehead_visible}
BEARDS = ("full beard", "goatee", "stubble", "sideburns", "‘mustache", "fashionable beard", "long white beard")
LIMIT = 0.5


def composed() -> None:
    shares: dict[str, list[float]] = defaultdict(list)
    hidden: dict[str, list[bool]] = defaultdict(list)
    for seed in UNSEEN:
        for number, light in enumerate((1.0, 0.6, 1.2)):
            for worn in WORN:
                sample, truth = grow(seed).capture(seed=number, size=(450, 600), exposure=light, **worn)
                coverage = analyse(sample).coverage
                if isinstance(coverage, Missing):
                    continue
                for region, visible in REGIONS.items():
                    shares[region].append(-visible(coverage))
                    hidden[region].append(region in truth.covered)
    print("| region | hidden | area | found at 0.5 | false alarms |\n|---|---|---|---|---|")
    for region, scores in shares.items():
        score, answer = np.array(scores), np.array(hidden[region])
        low, high = interval(score, answer.astype(int))
        found, false = (score > -LIMIT)[answer].mean(), (score > -LIMIT)[~answer].mean()
        shown = f"{area(score, answer.astype(int)):.3f} ({low:.3f}-{high:.3f})"
        print(f"| {region} | {answer.sum()} of {len(answer)} | {shown} | {found:.0%} | {false:.0%} |")


def worst(coverage: Coverage) -> float:
    return min(*(visible(coverage) for visible in REGIONS.values()), 1 - mouth_covered(coverage))


def real(folder: Path) -> None:
    manifest = {row["file"]: row for row in csv.DictReader((folder / "manifest.csv").read_text().splitlines())}
    groups: dict[str, list[float]] = defaultdict(list)
    scores, answers = [], []
    for row in csv.DictReader(LABELS.read_text().splitlines()):
        if row["part"] != "report" or row["forehead_hidden"] not in ("0", "1") or row["sunglasses"] != "0":
            continue
        analysis = analyse(kc.FaceSample(cv2.imread(str(folder / row["file"]))[..., ::-1]))
        if isinstance(analysis.pose, Missing) or isinstance(analysis.coverage, Missing):
            continue
        if isinstance(analysis.skin, Missing) or max(abs(analysis.pose.yaw), abs(analysis.pose.pitch)) > 0.35:
            continue
        scores.append(-forehead_visible(analysis.coverage))
        answers.append(int(row["forehead_hidden"]))
        if answers[-1] or row["lower_hidden"] != "0":
            continue
        label, least = manifest[row["file"]]["label"], worst(analysis.coverage)
        tone = tone_of(analysis.skin.rgb)
        named = {"all", tone, "beard" if label in BEARDS else "", label if label in AGES else ""}
        named |= {"spectacles"} if row["spectacles"] == "1" else set()
        for group in named - {""}:
            groups[group].append(least)
    score, answer = np.array(scores), np.array(answers)
    low, high = interval(score, answer)
    print(
        f"\nreal hair over the brows: {answer.sum()} of {len(answer)}, {area(score, answer):.3f} ({low:.3f}-{high:.3f})"
    )
    print("\n| group | bare faces | one region below 0.5 |\n|---|---|---|")
    for group in ("all", *(name for _, name in TONES), *AGES, "beard", "spectacles"):
        if groups[group]:
            below = int((np.array(groups[group]) < LIMIT).sum())
            print(f"| {group} | {len(groups[group])} | {below} |")


if __name__ == "__main__":
    composed()
    real(Path(sys.argv[1]))
