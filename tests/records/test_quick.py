"""Values made quickly are the values."""

import dataclasses
import pickle

import pytest

from ktpel_capture.records.blocks import CaptureDateTime, QualityBlock
from ktpel_capture.records.face_image_39794 import PoseAngleBlock
from ktpel_capture.records.finger_image_2011 import FingerImageRepresentation
from ktpel_capture.records.quick import quickly


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (CaptureDateTime, (2026, 2, 10)),
        (QualityBlock, (70, 15)),
        (PoseAngleBlock, ()),
        (FingerImageRepresentation, ("left_index", "unknown", "png", 3, 4, b"image")),
    ],
)
def test_a_value_made_quickly_is_the_value(kind, values):
    slow, quick = kind(*values), quickly(kind)(*values)
    assert type(quick) is kind
    assert quick == slow
    assert hash(quick) == hash(slow)
    assert repr(quick) == repr(slow)
    assert dataclasses.replace(quick) == slow
    assert pickle.loads(pickle.dumps(quick)) == slow
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(quick, dataclasses.fields(kind)[0].name, 1)


def test_missing_and_surplus_values_are_refused():
    for values in ((), (1, 2, 3, 4)):
        with pytest.raises(TypeError):
            quickly(QualityBlock)(*values)


def test_a_class_that_checks_its_values_is_not_passed_by():
    @dataclasses.dataclass(frozen=True, slots=True)
    class Checked:
        value: int

        def __post_init__(self):
            raise ValueError

    with pytest.raises(TypeError, match="checks"):
        quickly(Checked)
