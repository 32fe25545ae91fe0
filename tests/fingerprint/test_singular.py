"""Cores, deltas and the pattern class: against grown truth, against turned and mirrored copies, on NIST's card."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.fingerprint.flow import RidgeFlow
from ktpel_capture.fingerprint.singular import pattern_of, singular_points_of
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FingerprintSample
from shared import shared_data

ROWS, COLS = 62, 44


def flow_around(points, turn=0.0):
    """An ideal flow: half a turn one way around each core, the other way around each delta."""
    x, y = np.meshgrid(np.arange(COLS) * 8 + 3.5, np.arange(ROWS) * 8 + 3.5)
    angle = np.full((ROWS, COLS), turn)
    for px, py, sign in points:
        angle = angle + 0.5 * sign * np.arctan2(py - y, x - px)
    whole = np.ones((ROWS, COLS), np.float32)
    return RidgeFlow(np.mod(angle, math.pi).astype(np.float32), whole, whole > 0)


places = st.tuples(st.floats(60, COLS * 8 - 60), st.floats(60, ROWS * 8 - 60))


@settings(max_examples=40, deadline=None)
@given(place=places, sign=st.sampled_from((1, -1)), turn=st.floats(0, math.pi))
def test_a_lone_point_is_found_where_it_is_whatever_way_it_points(place, sign, turn):
    found = singular_points_of(flow_around([(*place, sign)], turn))
    here, others = (found.cores, found.deltas) if sign > 0 else (found.deltas, found.cores)
    assert (len(here), len(others)) == (1, 0)
    assert_allclose(here[0], place, atol=9)


@settings(max_examples=20, deadline=None)
@given(place=places, turn=st.floats(0, math.pi))
def test_a_core_opens_along_its_own_ridges(place, turn):
    flow = flow_around([(*place, 1)], turn)
    found = singular_points_of(flow)
    # the one direction in which ridges lead straight away: theta = phi / 2 + turn = phi
    away = math.remainder(float(found.core_directions[0]) - 2 * turn, 2 * math.pi)
    assert abs(away) < 0.15


def test_even_ridges_and_a_point_outside_the_print_have_none():
    assert not len(singular_points_of(flow_around([])).cores)
    flow = flow_around([(180.0, 250.0, 1)])
    rows = np.arange(ROWS)[:, None]
    cut = RidgeFlow(flow.angle, flow.coherence, np.broadcast_to(rows < 30, flow.foreground.shape))
    assert not len(singular_points_of(cut).cores)


def test_a_core_and_a_delta_side_by_side_cancel():
    found = singular_points_of(flow_around([(170.0, 240.0, 1), (170.0, 258.0, -1)]))
    assert (len(found.cores), len(found.deltas)) == (0, 0)


CONDITIONS = ({}, {"moisture": 0.15}, {"pressure": 0.15}, {"dirt": 0.6}, {"rotation": 0.25}, {"distortion": 1.0})


def grown(seed, pattern):
    finger = replace(synthesis.grow(seed, pattern), wear=0.3)
    return finger.capture(seed=seed, **CONDITIONS[seed % len(CONDITIONS)])


@pytest.mark.parametrize("pattern", synthesis.PATTERNS)
def test_the_pattern_of_grown_fingers_is_told_or_said_to_be_unseen(pattern):
    told = [fingerprint.analyse(grown(seed, pattern)[0]).pattern for seed in range(3)]
    assert set(told) <= {pattern, Missing("fingerprint.pattern_unseen")}
    assert told.count(pattern) >= 2


@pytest.mark.long
@pytest.mark.parametrize("pattern", synthesis.PATTERNS)
def test_the_pattern_of_many_grown_fingers(pattern):
    told = [fingerprint.analyse(grown(seed, pattern)[0]).pattern for seed in range(100, 140)]
    named = [value for value in told if not isinstance(value, Missing)]
    assert named.count(pattern) >= 0.95 * len(named)
    assert len(named) >= 0.75 * len(told)


@pytest.mark.parametrize("pattern", ["left_loop", "whorl", "tented_arch"])
def test_points_of_grown_fingers_are_found_where_they_lie(pattern):
    for seed in range(3):
        sample, truth = grown(seed, pattern)
        found = fingerprint.analyse(sample).singular
        deep = cv2.distanceTransform(np.pad(truth.contact, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        for true, points in ((truth.cores, found.cores), (truth.deltas, found.deltas)):
            assert all(np.hypot(*(true - point).T).min() < 24 for point in points)
            if true is truth.cores:
                inside = [point for point in true if deep[round(point[1]), round(point[0])] > 32]
                assert all(np.hypot(*(points - point).T).min() < 24 for point in inside)


@pytest.mark.parametrize("seed", [2, 5])
def test_in_a_mirror_a_left_loop_is_a_right_loop(seed):
    sample, _ = replace(synthesis.grow(seed, "left_loop"), wear=0.2).capture(seed=seed)
    mirrored = FingerprintSample(np.ascontiguousarray(sample.image[:, ::-1]), 500)
    assert fingerprint.analyse(sample).pattern == "left_loop"
    assert fingerprint.analyse(mirrored).pattern == "right_loop"


def test_a_tip_alone_has_no_pattern():
    finger = synthesis.grow(3, "whorl")
    sample, _ = finger.capture(seed=1, shift=(0.0, 19.0))
    assert fingerprint.analyse(sample).pattern == Missing("fingerprint.pattern_unseen")


def test_the_surest_two_points_of_a_kind_are_kept():
    cores = [(90.0 + 80 * number, 120.0 + 90 * number, 1) for number in range(3)]
    assert len(singular_points_of(flow_around(cores)).cores) == 2


def test_one_core_that_opens_straight_down_may_be_anything():
    flow = flow_around([(170.0, 200.0, 1)], turn=-math.pi / 4)
    points = singular_points_of(flow)
    assert math.remainder(float(points.core_directions[0]) + math.pi / 2, 2 * math.pi) == pytest.approx(0, abs=0.1)
    assert pattern_of(points, flow) == Missing("fingerprint.pattern_unseen")
    assert pattern_of(points, flow, upright=0.6) != Missing("fingerprint.pattern_unseen")


@pytest.mark.parametrize("finger", [1, 2, 3, 4, 6, 7])
def test_nist_s_rolled_whorls_show_two_cores_and_two_deltas(finger):
    """By eye: the subject of NIST's ten-print card has whorls on these fingers, both deltas rolled in."""
    (path,) = shared_data("fingerprint/nist_records").glob(f"*_fgp{finger}_*.png")
    analysis = fingerprint.analyse(FingerprintSample(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), 500))
    assert analysis.pattern == "whorl"
    assert len(analysis.singular.cores) == len(analysis.singular.deltas) == 2
