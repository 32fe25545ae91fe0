"""Agreement with iris-iqm 1.1.0 where it is sound: geometry, grey levels, ratio, concentricity.

Its values are kept; it works in whole pixels, and in one of the eleven pictures (10) its pupil is 20 px off, on a
brow of the iris that the file viewer shows at once: that one is left out of the pupil's agreement.
"""

import json
from pathlib import Path

import cv2
import pytest

from ktpel_capture import IrisSample, iris
from shared import shared_data

ORACLE = json.loads((Path(__file__).parents[1] / "expected/iris/iris_iqm.json").read_text("utf-8"))["values"]


@pytest.mark.parametrize("name", ORACLE)
def test_the_oracle_finds_the_same_eye(name):
    expected = ORACLE[name]
    image = cv2.imread(str(shared_data(f"iris/irex/{name}")), cv2.IMREAD_GRAYSCALE)
    found = iris.analyse(IrisSample(image))
    measured = iris.assess(found).measurements
    assert measured["iris.grey_scale_utilisation"].native == pytest.approx(expected["grey"], abs=1e-4)
    assert found.limbus.radius == pytest.approx(expected["iris_radius"], abs=4.0)
    assert found.limbus.x == pytest.approx(expected["iris_x"], abs=4.0)
    if name != "10.pgm":
        assert found.pupil.x == pytest.approx(expected["pupil_x"], abs=1.5)
        assert found.pupil.y == pytest.approx(expected["pupil_y"], abs=1.5)
        assert found.pupil.radius == pytest.approx(expected["pupil_radius"], abs=1.5)
        assert measured["iris.iris_pupil_concentricity"].native == pytest.approx(expected["concentricity"], abs=5.0)
