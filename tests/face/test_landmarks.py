"""Landmarks against the official program, and what must hold of them in any picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial.transform import Rotation

import ktpel_capture as kc
from ktpel_capture.face import analyse
from ktpel_capture.face.detection import detect_faces
from ktpel_capture.face.landmarks import (
    BLENDSHAPES,
    Landmarks,
    Region,
    find_landmarks,
    region_of_box,
    region_of_landmarks,
)
from ktpel_capture.face.networks import runtime
from ktpel_capture.face.pose import head_pose
from ktpel_capture.face.synthesis import grow
from shared import shared_data

EXPECTED = Path(__file__).parents[1] / "expected/face"


def eye_distance(points):
    return np.linalg.norm(points[[362, 263]].mean(0) - points[[33, 133]].mean(0))


def pictures_of_the_official_program(every):
    """Pictures, and the (478, 2) landmarks of mediapipe 1.2.2's face landmarker.

    Kept with its models' input scaling written in: 69 of the shared set, of all its groups, 16 resized and 9 turned.
    """
    folder = shared_data("face/sfhq")
    with np.load(EXPECTED / "mediapipe_landmarks.npz") as stored:
        kept = [stored[name][::every] for name in ("files", "factors", "turns", "points")]
    for name, factor, turn, points in zip(*kept, strict=True):
        image = cv2.imread(str(folder / name))
        if turn:
            size = image.shape[1], image.shape[0]
            around = cv2.getRotationMatrix2D(((size[0] - 1) / 2, (size[1] - 1) / 2), float(turn), 1)
            image = cv2.warpAffine(image, around, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if factor != 1:
            how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
            image = cv2.resize(image, None, fx=round(float(factor), 2), fy=round(float(factor), 2), interpolation=how)
        yield np.ascontiguousarray(image[..., ::-1]), points / 32 - 64


def off(ours, theirs):
    return np.linalg.norm(ours - theirs, axis=1).mean() / eye_distance(theirs)


def as_the_official_program_cuts(image, centre, side, turn, pixels):
    """A turned square as mediapipe cuts it: sampled at the corners of its pixels, without smoothing; and its map."""
    cos, sin = np.cos(turn), np.sin(turn)
    to_picture = side / pixels * np.array([[cos, -sin], [sin, cos]])
    place = np.column_stack((to_picture, np.array(centre) - to_picture @ [pixels / 2, pixels / 2]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, place, (pixels, pixels), flags=flags), place


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_landmarks_are_those_of_the_official_mediapipe(every):
    """The whole analysis; it reduces the picture once and smoothly, which moves the box a little."""
    found = [
        off(analysis.landmarks, theirs)
        for image, theirs in pictures_of_the_official_program(every)
        if not isinstance((analysis := analyse(kc.FaceSample(image))).landmarks, kc.Missing)
    ]
    assert len(found) >= 69 // every
    assert np.median(found) < 0.01
    assert np.percentile(found, 90) < 0.03


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_cut_as_the_official_program_cuts_the_landmarks_are_equal(every):
    """Anchors, merging, region and decoding are ours here, the sampling theirs."""
    found = []
    for image, theirs in pictures_of_the_official_program(every):
        size = np.array([image.shape[1], image.shape[0]])
        whole, place = as_the_official_program_cuts(image, size / 2, size.max(), 0.0, 128)
        face = max(detect_faces(whole), key=lambda face: face.score).scaled(size.max() / 128)
        region = region_of_box(face)
        centre = np.array(region.centre) + place[:, 2] + 0.5  # they count from the corner of the first pixel
        square, place = as_the_official_program_cuts(image, centre, region.side, region.turn, 256)
        points = find_landmarks(square, Region((127.5, 127.5), 256.0, 0.0)).points + 0.5
        found.append(off(points @ place[:, :2].T + place[:, 2] - 0.5, theirs))
    assert np.median(found) < 0.002
    assert np.percentile(found, 90) < 0.01


@given(seed=st.integers(0, 20), factor=st.sampled_from([0.5, 0.75, 1.5, 2.5]))
@settings(max_examples=4, deadline=None)
def test_a_larger_picture_has_larger_landmarks(seed, factor):
    image = grow(seed).capture(seed=1, size=(450, 600), noise=0)[0].image
    size = round(450 * factor), round(600 * factor)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    small, large = analyse(kc.FaceSample(image)), analyse(kc.FaceSample(cv2.resize(image, size, interpolation=how)))
    expected = (small.landmarks + 0.5) * factor - 0.5
    assert np.linalg.norm(large.landmarks - expected, axis=1).mean() / eye_distance(expected) < 0.02


@pytest.mark.parametrize("seed", [1, 6])
def test_a_mirrored_face_turns_and_leans_the_other_way(seed):
    image = grow(seed).capture(seed=1, size=(450, 600), yaw=0.15, roll=0.1)[0].image
    here, there = analyse(kc.FaceSample(image)).pose, analyse(kc.FaceSample(image[:, ::-1])).pose
    assert here.yaw == pytest.approx(-there.yaw, abs=0.05)
    assert here.pitch == pytest.approx(there.pitch, abs=0.05)
    assert here.roll == pytest.approx(-there.roll, abs=0.02)


angles = st.floats(-0.5, 0.5)


@given(yaw=angles, pitch=angles, roll=angles, jaw=st.floats(0, 3), scale=st.floats(5, 80))
def test_pose_is_the_turn_of_the_head_whatever_the_jaw_does(yaw, pitch, roll, jaw, scale):
    """The canonical face leans, nods and turns, in the order of ISO/IEC 19794-5; scipy's Rotation is the other way."""
    with np.load(Path(kc.face.__path__[0]) / "models/canonical_face.npz") as stored:
        vertices = stored["vertices"] * [1.0, -1.0, -1.0]
    as_drawn = head_pose(Landmarks(vertices[:, :2], vertices[:, 2], 1.0))
    vertices[vertices[:, 1] > vertices[0, 1]] += [0, jaw, 0]
    level = Rotation.from_euler("X", -as_drawn.pitch)
    turn = Rotation.from_euler("YXZ", [-yaw, pitch, -roll])  # x right, y down, z away
    points = (turn * level).apply(vertices) * scale
    found = head_pose(Landmarks(points[:, :2], points[:, 2], 1.0))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, pitch, roll), abs=1e-3)


@pytest.mark.parametrize(("axis", "tolerance"), [("yaw", 4.0), ("pitch", 3.5), ("roll", 1.5)])
def test_pose_follows_the_turn_of_composed_heads(axis, tolerance):
    errors = []
    for seed in (0, 4, 5):
        for angle in (-0.15, 0.15):
            sample, _ = grow(seed).capture(seed=1, size=(300, 400), **{axis: angle})
            errors.append(abs(np.degrees(getattr(analyse(sample).pose, axis) - angle)))
    assert np.mean(errors) < tolerance


def test_landmarks_of_the_last_frame_find_the_face_again():
    sample, truth = grow(2).capture(seed=1, size=(450, 600))
    found = find_landmarks(sample.image, region_of_landmarks(truth.landmarks))
    assert found.presence > 0.9
    assert np.linalg.norm(found.points - truth.landmarks, axis=1).mean() / eye_distance(truth.landmarks) < 0.05


def test_every_blendshape_has_a_name_and_a_share():
    movements = analyse(grow(0).capture(seed=1, size=(300, 400), mouth_open=1.0)[0]).blendshapes
    assert set(movements) == set(BLENDSHAPES)
    assert all(0 <= value <= 1 for value in movements.values())
    assert movements["jawOpen"] > 0.2


def test_the_runtime_is_the_one_installed():
    assert runtime() in ("opencv", "litert")
