"""Fit the models of ``ktpel_capture.face.appearance``: ``python benchmarks/fit_face_appearance.py FOLDER OUT.npz``.

FOLDER holds SFHQ's subset; which faces are fitted and which reported, and our labels, stand in
``tests/expected/face/sfhq_labels.csv``. Takes a quarter of an hour on one core. Prints a line a model: faces,
positives, area under the curve on the reported part with its bootstrap interval.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.optimize import minimize

import ktpel_capture as kc
from ktpel_capture.face import analyse
from ktpel_capture.face.patches import EYES, Patch, describe, describe_top, person_on_aligned
from ktpel_capture.quality import Missing

LABELS = Path(__file__).parents[1] / "tests/expected/face/sfhq_labels.csv"
SIDE = 616
RIDGE = 100.0
Face = tuple[np.ndarray, np.ndarray, dict[str, str], np.ndarray]
"""Aligned picture, aligned landmarks, row of the labels, probability of person on a quarter of the aligned picture."""


def faces_of(folder: Path, part: str) -> list[Face]:
    """The aligned faces of one part (``fit`` or ``report``)."""
    found = []
    for row in csv.DictReader(LABELS.read_text().splitlines()):
        if row["part"] != part:
            continue
        analysis = analyse(kc.FaceSample(cv2.imread(str(folder / row["file"]))[..., ::-1]))
        if not isinstance(analysis.aligned, Missing) and not isinstance(analysis.landmarks, Missing):
            affine = analysis.aligned.to_aligned
            points = analysis.landmarks @ affine[:, :2].T + affine[:, 2]
            person = person_on_aligned(analysis.person, affine, analysis.size)
            found.append((analysis.aligned.image, points, row, person))
    return found


# Variants of a face


def varied(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned, scaled and shifted a little, perhaps mirrored or blurred, in other light."""
    return both_varied(image, np.zeros((SIDE // 4, SIDE // 4), np.float32), rng)[0]


def both_varied(image: np.ndarray, person: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`varied`, and the person's outline moved along."""
    turn = cv2.getRotationMatrix2D((308, 300), rng.uniform(-4, 4), rng.uniform(0.94, 1.06))
    turn[:, 2] += rng.uniform(-9, 9, 2)
    moved = cv2.warpAffine(image, turn, (SIDE, SIDE))
    quarter = np.column_stack((turn[:, :2], turn[:, 2] / 4))
    outline = cv2.warpAffine(person, quarter, (SIDE // 4, SIDE // 4), borderValue=-1)
    if rng.random() < 0.5:
        moved, outline = moved[:, ::-1], outline[:, ::-1]
    if rng.random() < 0.5:
        moved = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.5, 3))
    gains = rng.uniform(0.6, 1.3, 3)
    return np.clip(moved * (0.7 * gains.mean() + 0.3 * gains), 0, 255).astype(np.uint8), outline


def with_spectacles(image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Frames of many shapes and colours, some with lenses that shine."""
    drawn = image.copy()
    eyes = [points[[33, 133]].mean(0), points[[362, 263]].mean(0)]
    apart = np.linalg.norm(eyes[1] - eyes[0])
    colour = tuple(int(c) for c in (rng.integers(0, 70, 3) if rng.random() < 0.6 else rng.integers(60, 220, 3)))
    stroke, width, height = int(rng.integers(3, 12)), rng.uniform(0.34, 0.46), rng.uniform(0.22, 0.38)
    power, drop, t = rng.uniform(0.45, 1), rng.uniform(0, 0.12), np.linspace(0, 2 * np.pi, 60)
    lens = np.column_stack((
        np.sign(np.cos(t)) * np.abs(np.cos(t)) ** power * width,
        np.sign(np.sin(t)) * np.abs(np.sin(t)) ** power * height + drop,
    )) * apart  # fmt: skip
    for side, eye in zip((-1, 1), eyes, strict=True):
        outline = (lens + eye).astype(np.int32)
        if rng.random() < 0.3:
            inside = np.zeros((SIDE, SIDE), np.uint8)
            cv2.fillPoly(inside, [outline], 1)
            shine = rng.uniform(0.05, 0.25)
            drawn[inside > 0] = (drawn[inside > 0] * (1 - shine) + rng.integers(100, 255) * shine).astype(np.uint8)
        cv2.polylines(drawn, [outline], True, colour, stroke, cv2.LINE_AA)
        rim, ear = eye + apart * np.array([side * width, 0]), eye + apart * np.array([side, -0.05])
        cv2.line(drawn, _at(rim), _at(ear), colour, stroke, cv2.LINE_AA)
    bridge = eyes[0] + apart * np.array([width, 0]), eyes[1] - apart * np.array([width, 0])
    cv2.line(drawn, _at(bridge[0]), _at(bridge[1]), colour, stroke, cv2.LINE_AA)
    return drawn


def _at(point: Any) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def with_hand(image: np.ndarray, points: np.ndarray, centre: Any, rng: np.random.Generator) -> np.ndarray:
    """Two to four fingers in the colour of this skin."""
    drawn = image.copy()
    spots = [image[max(0, y - 8) : y + 8, max(0, x - 8) : x + 8].reshape(-1, 3) for x, y in map(_at, points[[50, 280]])]
    skin = np.median(np.concatenate(spots), 0) if any(spot.size for spot in spots) else np.array([150, 110, 90])
    angle, count, width = rng.uniform(0, 2 * np.pi), int(rng.integers(2, 5)), rng.uniform(24, 36)
    along = np.array([np.cos(angle), np.sin(angle)])
    beside = np.array([-along[1], along[0]])
    for finger in range(count):
        base = centre + beside * (finger - (count - 1) / 2) * width * 1.02 + along * rng.uniform(-20, 20)
        tip, end = base + along * rng.uniform(30, 70), base - along * 330
        shade = np.clip(skin * rng.uniform(0.85, 1.12), 0, 255)
        cv2.line(drawn, _at(tip), _at(end), tuple((skin * 0.62).tolist()), int(width) + 4, cv2.LINE_AA)
        cv2.line(drawn, _at(tip), _at(end), tuple(shade.tolist()), int(width) - 4, cv2.LINE_AA)
    return drawn


def with_hair(image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Strands from the forehead to below the eyes, over one eye or both."""
    drawn = image.copy()
    top = int(points[10, 1])
    colour = np.median(image[max(0, top - 60) : max(20, top - 20), 250:366].reshape(-1, 3), 0)
    colour = colour if colour.mean() >= 6 else rng.integers(10, 90, 3)
    low, high = sorted((points[127, 0], points[356, 0]))
    reach = [(low, points[6, 0]), (points[6, 0], high), (low, high)][int(rng.integers(3))]
    start, end = min(reach) - 15, max(reach) + 15
    t = np.linspace(0, 1, 14)
    for _ in range(int(rng.integers(40, 140))):
        y = points[10, 1] - rng.uniform(0, 60)
        length, bend = rng.uniform(0.9, 1.25) * (points[145, 1] - y), rng.uniform(-60, 60)
        strand = np.column_stack((rng.uniform(start, end) + bend * t**2, y + length * t)).astype(np.int32)
        shade = np.clip(colour * rng.uniform(0.5, 1.4), 0, 255)
        cv2.polylines(drawn, [strand], False, tuple(shade.tolist()), int(rng.integers(2, 7)), cv2.LINE_AA)
    return drawn


def with_object(
    image: np.ndarray, centre: Any, size: float, texture: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """An ellipse or a rectangle of some texture."""
    shape = np.zeros((SIDE, SIDE), np.uint8)
    if rng.random() < 0.5:
        axes = int(size * rng.uniform(0.7, 1.3)), int(size * rng.uniform(0.5, 1))
        cv2.ellipse(shape, _at(centre), axes, rng.uniform(0, 180), 0, 360, 1, -1)
    else:
        sides = 2 * size * rng.uniform(0.6, 1.3), 2 * size * rng.uniform(0.5, 1)
        box = cv2.boxPoints((tuple(map(float, centre)), sides, float(rng.uniform(0, 180))))
        cv2.fillPoly(shape, [box.astype(np.int32)], 1)
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), 1.2)[..., None]
    return np.clip(image * (1 - soft) + texture * soft, 0, 255).astype(np.uint8)


def some_texture(faces: list[Face], rng: np.random.Generator) -> np.ndarray:
    """A part of another picture, or one colour."""
    if rng.random() < 0.4:
        return np.ones((SIDE, SIDE, 3)) * rng.integers(0, 255, 3)
    other = faces[int(rng.integers(len(faces)))][0]
    y, x = rng.integers(0, 480, 2)
    return cv2.resize(other[y : y + 128, x : x + 128], (SIDE, SIDE)).astype(np.float64)


def covered_eyes(face: Face, faces: list[Face], rng: np.random.Generator) -> np.ndarray:
    image, points, _, _ = face
    centre = points[(468, 473)[int(rng.integers(2))]] if rng.random() < 0.6 else points[[468, 473]].mean(0)
    match int(rng.integers(4)):
        case 0:
            return with_hand(image, points, centre, rng)
        case 1:
            return with_object(image, centre, rng.uniform(38, 75), some_texture(faces, rng), rng)
    return with_hair(image, points, rng)


def examples(name: str, faces: list[Face], rounds: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, float]]:
    """Pictures with their answer for one model; the first round shows the faces as they are."""
    for number in range(rounds):
        for face in faces:
            image, points, row, _ = face
            shown = image if number == 0 else varied(image, rng)
            if name == "eyes_covered":
                already = row["sunglasses"] == "1"
                yield shown, float(already)
                if not already:
                    yield varied(covered_eyes(face, faces, rng), rng), 1.0
            elif row[name]:
                yield shown, float(row[name])
                if name == "spectacles" and row[name] == "0" and number and rng.random() < 0.3:
                    yield varied(with_spectacles(image, points, rng), rng), 1.0


def heads(faces: list[Face], rounds: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, float]]:
    """Descriptions of the tops of heads with their answer; drawn hats were tried and made real ones harder to find."""
    for number in range(rounds):
        for image, points, row, person in faces:
            if row["head_covering"]:
                shown, outline = (image, person) if number == 0 else both_varied(image, person, rng)
                yield describe_top(shown, outline), float(row["head_covering"])
                if number == 1 and row["head_covering"] == "0" and rng.random() < 0.35:
                    yield describe_top(*both_varied(with_hair(image, points, rng), person, rng)), 0.0


# Fit and report


def fit(numbers: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Ridge logistic regression, both answers weighing the same; the offset last."""
    weight = np.where(answers == 1, 0.5 / answers.mean(), 0.5 / (1 - answers.mean()))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = numbers @ weights[:-1] + weights[-1]
        wrong = weight * (1 / (1 + np.exp(-score)) - answers)
        cost = (weight * (np.logaddexp(0, score) - answers * score)).sum() + RIDGE / 2 * weights[:-1] @ weights[:-1]
        return float(cost), np.append(numbers.T @ wrong + RIDGE * weights[:-1], wrong.sum())

    found = minimize(loss, np.zeros(numbers.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    return np.asarray(found.x)


def area(scores: np.ndarray, answers: np.ndarray) -> float:
    """Area under the ROC curve."""
    order = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1
    positives = answers.sum()
    return float(
        (order[answers == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(answers) - positives))
    )


def interval(scores: np.ndarray, answers: np.ndarray, draws: int = 1000) -> np.ndarray:
    """95 % of the areas over bootstrap draws."""
    rng = np.random.default_rng(0)
    drawn = (rng.integers(0, len(answers), len(answers)) for _ in range(draws))
    return np.percentile([area(scores[d], answers[d]) for d in drawn if 0 < answers[d].sum() < len(d)], [2.5, 97.5])


MODELS: dict[str, tuple[Patch | None, int]] = {
    "head_covering": (None, 4),
    "spectacles": (EYES, 4),
    "sunglasses": (EYES, 4),
    "eyes_covered": (EYES, 3),
}


def main(folder: Path, out: Path) -> None:
    fitted, reported = faces_of(folder, "fit"), faces_of(folder, "report")
    weights = {}
    for name, (patch, rounds) in MODELS.items():
        sets = []
        for faces, times, seed in ((fitted, rounds, 1), (reported, 1, 2)):
            rng = np.random.default_rng(seed)
            if patch is None:
                rows = list(heads(faces, times, rng))
            else:
                rows = [(describe(image, patch), answer) for image, answer in examples(name, faces, times, rng)]
            sets.append((np.array([r[0] for r in rows], np.float64), np.array([r[1] for r in rows])))
        weights[name] = fit(*sets[0]).astype(np.float16)
        scores = sets[1][0] @ weights[name][:-1].astype(np.float64)
        low, high = interval(scores, sets[1][1])
        shown = f"{area(scores, sets[1][1]):.3f} ({low:.3f}-{high:.3f})"
        print(f"{name}: {len(scores)} faces, {int(sets[1][1].sum())} positive, area {shown}", flush=True)
    np.savez_compressed(out, **weights)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
