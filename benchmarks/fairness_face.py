"""How verdicts spread over tones of skin and ages: ``python benchmarks/fairness_face.py FOLDER``.

FOLDER holds SFHQ's subset with its ``manifest.csv`` (group, label). Printed as the table of docs/face-fairness.md: the
share of faces each requirement of profile ``icao`` refuses. Tones are classes of the individual typology angle (ITA),
measured on the portrait as it is, so a dark picture of a light face counts as dark skin.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

import ktpel_capture as kc
from ktpel_capture.face import analyse, assess
from ktpel_capture.imaging.colour import lab
from ktpel_capture.quality import Missing

WATCHED = (
    "backlight", "picture_highlight_level", "highlight_level", "clipped_share", "side_light", "skin_hue", "eyes_open",
    "sharpness", "eyes_visible", "mouth_occlusion_prevention", "chin_visible", "cheeks_visible", "forehead_visible",
    "yellow_cast", "spectacles",
)  # fmt: skip
TONES = ((55, "very light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"), (-180, "dark"))
AGES = ("10 month old baby", "2.5 year old toddler", "small child", "16 year old teenager", "30 year old adult",
        "wrinkly 70 year old senior")  # fmt: skip


def tone_of(skin: np.ndarray) -> str:
    """Class of the individual typology angle of the skin's median colour."""
    lightness, _, b = np.median(lab(skin[None]).reshape(-1, 3), axis=0).tolist()
    angle = math.degrees(math.atan2(lightness - 50, b))
    return next(name for least, name in TONES if angle > least)


def main(folder: Path) -> None:
    icao = kc.load_profile("icao")
    refused: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counted: dict[str, int] = defaultdict(int)
    for row in csv.DictReader((folder / "manifest.csv").read_text().splitlines()):
        analysis = analyse(kc.FaceSample(cv2.imread(str(folder / row["file"]))[..., ::-1]))
        if isinstance(analysis.pose, Missing) or isinstance(analysis.skin, Missing) or abs(analysis.pose.yaw) > 0.35:
            continue
        tone = tone_of(analysis.skin.rgb)
        groups = [tone]
        if row["label"] in AGES:
            shade = "darker" if tone in ("brown", "dark") else "lighter"
            groups += [row["label"], f"{row['label']}, {shade}"]
        verdict = icao.judge(assess(analysis))
        for group in groups:
            counted[group] += 1
            for name in {finding.measure for finding in verdict.findings}:
                refused[group][name.removeprefix("face.")] += 1
    print("| group | faces | " + " | ".join(WATCHED) + " |")
    print("|---" * (len(WATCHED) + 2) + "|")
    crossed = [f"{age}{shade}" for age in AGES for shade in ("", ", lighter", ", darker")]
    for group in [name for _, name in TONES] + crossed:
        if counted[group]:
            shares = " | ".join(f"{refused[group][name] / counted[group]:.0%}" for name in WATCHED)
            print(f"| {group} | {counted[group]} | {shares} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
