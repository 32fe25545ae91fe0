"""Components of ISO/IEC 29794-5 against the values of ofiqpy 0.2.2 (MIT), kept for eight pictures.

``standard_inputs.npz`` holds picture (PNG), 98 landmarks, pose, masks; ``standard_ofiqpy.json`` what ofiqpy made of
them in an environment of its own: ``{picture: {component: [native value, component]}}``.
"""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from ktpel_capture.face import standard
from ktpel_capture.face.alignment import align, standard_landmarks
from ktpel_capture.face.pose import Pose
from ktpel_capture.face.standard import COMPONENTS
from ktpel_capture.face.synthesis import grow
from ktpel_capture.quality import QualityMeasure, component_of

EXPECTED = Path(__file__).parents[1] / "expected/face"
ORACLE = json.loads((EXPECTED / "standard_ofiqpy.json").read_text())


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def share_of_levels(aligned, mask):
    levels = np.bincount(aligned.luminance[mask != 0], minlength=256)
    return levels / levels.sum()


@pytest.fixture(scope="module", params=list(ORACLE))
def measured(request):
    """Our native values and ofiqpy's for one picture."""
    with np.load(EXPECTED / "standard_inputs.npz") as stored:
        image, points, pose, parsing, occlusion, areas = (
            stored[f"{request.param}_{name}"] for name in ("png", "points", "pose", "parsing", "occlusion", "areas")
        )
    image = cv2.imdecode(image, cv2.IMREAD_COLOR)[..., ::-1]
    height, width = image.shape[:2]
    aligned = align(image, points)
    uncovered = aligned.region & np.unpackbits(occlusion)[: 616 * 616].reshape(616, 616)
    frame = np.zeros((height, width), np.uint8)
    frame = cv2.warpAffine(frame, aligned.to_aligned, (616, 616), flags=cv2.INTER_NEAREST, borderValue=255)
    frame = cv2.resize(frame[0:406, 62:554], (354, 292), interpolation=cv2.INTER_NEAREST)
    background = ((frame == 0) & (parsing[:292, 23:377] == 0)).astype(np.uint8)
    inside, seen = share_of_levels(aligned, aligned.region), share_of_levels(aligned, uncovered)
    crops = standard.crops(points, (width, height))
    ours = {
        "background_uniformity": standard.background_uniformity(aligned, background),
        "illumination_uniformity": standard.illumination_uniformity(aligned),
        "luminance_mean": standard.luminance_mean(inside),
        "luminance_variance": standard.luminance_variance(inside),
        "dynamic_range": standard.dynamic_range(inside),
        "under_exposure_prevention": standard.under_exposure(seen),
        "over_exposure_prevention": standard.over_exposure(seen),
        "natural_colour": standard.natural_colour(aligned),
        "single_face_present": areas[1] / areas[0] if len(areas) > 1 else 0.0,
        "eyes_open": standard.eyes_open(aligned),
        "mouth_closed": standard.mouth_closed(points),
        "inter_eye_distance": standard.inter_eye_distance(points, Pose(*np.radians(pose))),
        "head_size": standard.head_size(points, (width, height)),
        "leftward_crop_of_the_face_image": crops["leftward"],
        "rightward_crop_of_the_face_image": crops["rightward"],
        "margin_above_of_the_face_image": crops["above"],
        "margin_below_of_the_face_image": crops["below"],
    }
    theirs = {snake(name): value for name, value in ORACLE[request.param].items()}
    return ours, theirs


def test_components_equal_the_reference_programs(measured):
    ours, theirs = measured
    for name, native in ours.items():
        measure = QualityMeasure(name, len, (), "", (0, 1), "", COMPONENTS[name])
        assert component_of(measure, native) == theirs[name][1], name


def test_native_values_equal_the_reference_programs(measured):
    ours, theirs = measured
    for name, native in ours.items():
        assert_allclose(native, theirs[name][0], rtol=5e-4, atol=2e-5, err_msg=name)


@given(st.floats(-90, 90))
def test_pose_component_is_the_squared_cosine(angle):
    assert COMPONENTS["head_pose"](angle) == round(100 * math.cos(math.radians(angle)) ** 2 + 1e-9)
    assert COMPONENTS["head_pose"](angle) == COMPONENTS["head_pose"](-angle)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_of_a_fault_never_gives_more_of_a_component(one, other):
    less, more = sorted((one, other))
    for name in ("mouth_closed", "single_face_present", "under_exposure_prevention", "over_exposure_prevention"):
        assert COMPONENTS[name](less) >= COMPONENTS[name](more), name
    for name in ("eyes_open", "illumination_uniformity"):
        assert COMPONENTS[name](less) <= COMPONENTS[name](more), name


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.6, 0.6), st.floats(0.5, 2.5), st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
def test_alignment_undoes_turn_scale_and_shift(turn, scale, shift):
    points = grow(3).capture(seed=1, size=(150, 200))[1].landmarks * 4
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    moved = points @ np.array([[cos, sin], [-sin, cos]]) + shift
    blank = np.zeros((40, 30, 3), np.uint8)
    here, there = (align(blank, standard_landmarks(each)) for each in (points, moved))
    assert np.abs(here.points - there.points).max() <= 6 / min(scale, 1)  # whole px before and after
