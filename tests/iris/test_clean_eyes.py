"""Clean grown eyes are found where they are: by our boundaries, and by iris-iqm, whose values are kept."""

import json
from pathlib import Path

import numpy as np
import pytest

from ktpel_capture import Missing, iris
from ktpel_capture.iris import synthesis

KEPT = json.loads((Path(__file__).parents[1] / "expected/iris/iris_iqm_grown.json").read_text("utf-8"))["values"]


def circle(points):
    middle = points.mean(0)
    return np.array([*middle, np.hypot(*(points - middle).T).mean()])


def is_there(found, truth):
    """Centres and radii within a tenth of the iris radius."""
    pupil, limbus = circle(truth.pupil), circle(truth.limbus)
    return np.abs(np.asarray(found) - np.r_[pupil, limbus]).max() < 0.1 * limbus[2]


def ours(sample):
    found = iris.analyse(sample)
    if isinstance(found.pupil, Missing):
        return None
    pupil, limbus = found.pupil, found.limbus
    return [pupil.x, pupil.y, pupil.radius, limbus.x, limbus.y, limbus.radius]


def shares(seeds):
    eyes = [synthesis.grow(int(seed)).capture(seed=1) for seed in seeds]
    mine = [(found := ours(sample)) is not None and is_there(found, truth) for sample, truth in eyes]
    kept = [is_there(KEPT[seed], truth) for seed, (_, truth) in zip(seeds, eyes, strict=True)]
    return np.mean(mine), np.mean(kept)


def test_some_clean_eyes_are_found_by_both():
    mine, kept = shares(list(KEPT)[:16])
    assert mine == 1
    assert kept == 1


@pytest.mark.long
def test_99_percent_of_clean_eyes_are_found_by_both():
    mine, kept = shares(list(KEPT))
    assert mine >= 0.99
    assert kept >= 0.99
