"""What BIQT-Iris is known to do wrong, shown on pictures; values of iris-iqm 1.1.0 on the same pictures are kept here.

Margins and sharpness, whose faults formulas show as well, stand in ``test_measures.py``.
"""

import numpy as np
import pytest

from ktpel_capture import IrisSample, Missing, iris
from ktpel_capture.iris import synthesis


def natives(image):
    measured = iris.assess(IrisSample(image)).measurements
    return {name.removeprefix("iris."): value.native for name, value in measured.items()}


def lighter_outside_the_iris(sample, truth, levels):
    """The same eye with only what lies beyond the limbus lighter."""
    y, x = np.indices(sample.image.shape)
    middle = truth.limbus.mean(0)
    radius = np.hypot(*(truth.limbus - middle).T).mean()
    image = sample.image.astype(int)
    image[np.hypot(x - middle[0], y - middle[1]) > 1.04 * radius] += levels
    return image.clip(0, 255).astype(np.uint8)


def test_the_white_of_the_eye_does_not_move_the_contrast_of_iris_and_pupil():
    """It reads the sclera's zone for the iris's: 86.04 becomes 88.18 when only what is outside the limbus lightens."""
    sample, truth = synthesis.grow(64).capture(seed=1, lid_opening=1.1)
    before, after = natives(sample.image), natives(lighter_outside_the_iris(sample, truth, 35))
    assert after["iris_pupil_contrast"] == pytest.approx(before["iris_pupil_contrast"], abs=0.3)
    assert after["iris_sclera_contrast"] > before["iris_sclera_contrast"] + 5  # it moves 37.90 to 45.77


def test_circularity_takes_the_whole_pupil_also_where_a_lid_hides_it():
    """It leaves radii out that it cannot see and closes the gaps, which bends the rest of the outline."""
    for seed in (64, 65, 66):
        sample, truth = synthesis.grow(seed).capture(seed=1, lid_opening=0.75, dilation=0.5)
        radii = np.hypot(*(truth.pupil - truth.pupil.mean(0)).T)
        waves = np.abs(np.fft.rfft(radii / radii.mean())[2:17]) ** 2  # the first is where the middle is taken
        true = 100 - waves.sum() / len(radii)
        assert len(iris.analyse(sample).pupil.contour) == 256
        assert natives(sample.image)["pupil_boundary_circularity_relative"] == pytest.approx(true, abs=0.15)


def test_black_has_no_usable_iris_and_noise_neither_an_eye_nor_sharpness():
    """Black is 100 % usable to it; noise is an eye, 88 % usable, sharpness 98.74, sclera contrast 500."""
    black = natives(np.zeros((480, 640), np.uint8))
    noise = natives(np.random.default_rng(1).integers(0, 256, (480, 640)).astype(np.uint8))
    for values in (black, noise):
        assert values["usable_iris_area"] == Missing("iris.no_eye")
        assert values["sharpness"] == Missing("iris.no_eye")
        assert values["iris_sclera_contrast"] == Missing("iris.no_eye")


def test_usable_area_follows_what_is_really_seen():
    """Against hand-drawn masks its usable area correlates 0.50; 46 of 69 eyes below 70 % pass for more."""
    true, found = [], []
    for seed in range(70, 82):
        sample, truth = synthesis.grow(seed).capture(seed=1, lid_opening=0.62 + 0.04 * (seed - 70))
        value = natives(sample.image)["usable_iris_area"]
        if not isinstance(value, Missing):
            true.append(100 * truth.mask.sum() / truth.annulus.sum())
            found.append(value)
    assert len(found) >= 10
    assert np.corrcoef(true, found)[0, 1] > 0.95
    assert abs(np.mean(found) - np.mean(true)) < 5
