"""Heads that are rolled: the eye is found as where it stands upright."""

from functools import cache

import cv2
import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import synthesis
from ktpel_capture.iris.boundaries import Circle
from ktpel_capture.iris.lids import Levels, Lids, turned
from ktpel_capture.iris.roll import head_roll
from shared import shared_data

EYES = range(60, 70)


def rolls(roll):
    found = []
    for seed in EYES:
        sample, truth = synthesis.grow(seed).capture(seed=2, size=(480, 360), roll=roll, lid_opening=0.8)
        middle = truth.limbus.mean(0)
        radius = float(np.hypot(*(truth.limbus - middle).T).mean())
        found.append(head_roll(sample.image, Circle(float(middle[0]), float(middle[1]), radius, 1.0)))
    return np.array(found)


@pytest.mark.parametrize("roll", [-0.2, -0.1, 0.0, 0.15])
def test_an_eye_that_is_nearly_upright_is_seldom_turned(roll):
    found = rolls(roll)
    assert np.count_nonzero(found) <= 1
    assert np.abs(found[found != 0] - roll).max(initial=0) < 0.4  # and if so, to where its lids are found too


@pytest.mark.parametrize("roll", [-1.2, -0.7, 0.6, 1.0])
def test_what_is_told_of_a_roll_is_true(roll):
    """The lashes of grown eyes are bold: on most of them nothing is told."""
    found = rolls(roll)
    off = (found[found != 0] - roll + np.pi / 2) % np.pi - np.pi / 2  # what stands on its head is not told
    assert np.abs(off).max(initial=0) < 0.6


@cache
def eye(number, degrees):
    """A public eye, its picture turned about its limbus as found upright; and the mask that was found there, turned."""
    image = cv2.imread(str(shared_data(f"iris/irex/{number:02}.pgm")), cv2.IMREAD_GRAYSCALE)
    upright = iris.analyse(IrisSample(image))
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((upright.limbus.x, upright.limbus.y), degrees, 1.0)
    turn[:, 2] += (width / 2 - upright.limbus.x, height / 2 - upright.limbus.y)
    rolled = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(upright.mask.view(np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST) > 0
    return iris.analyse(IrisSample(rolled)), mask


@pytest.mark.parametrize("degrees", [-70, -35, 50])
def test_a_rolled_eye_is_measured_like_an_upright_one(degrees):
    overlaps = []
    for number in range(11):
        found, mask = eye(number, degrees)
        if not isinstance(found.mask, Missing) and found.lids.roll:
            overlaps.append((found.mask & mask).sum() / (found.mask | mask).sum())
            start = found.limbus.contour[0] - (found.limbus.x, found.limbus.y)
            assert abs(start[1]) < 0.03 * start[0]  # contours begin at the right, however the eye is turned
            assert abs(np.degrees(found.lids.roll) - degrees) < 25
    assert len(overlaps) >= 6
    assert np.median(overlaps) > 0.93


def test_lids_that_are_turned_part_the_same_points():
    along = np.linspace(-5, 5, 11)
    upper, lower = np.column_stack([along, -2 + 0.1 * along**2]), np.column_stack([along, 3 - 0.05 * along**2])
    points = np.random.default_rng(4).uniform(-4, 4, (200, 2))
    upright = Lids(upper, lower, Levels(0, 100, 5))
    for angle in (-1.3, 0.4, 1.0):
        lids = Lids(turned(upper, angle), turned(lower, angle), Levels(0, 100, 5), angle)
        assert np.array_equal(lids.between(*turned(points, angle).T, 0.2), upright.between(*points.T, 0.2))
        assert np.allclose(turned(lids.outline, -angle), upright.outline)
