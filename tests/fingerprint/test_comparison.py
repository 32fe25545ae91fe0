"""Prints of one finger are alike, prints of two are not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.fingerprint.thinning import crossing_masks, pack, prune, thin, unpack
from ktpel_capture.samples import FingerprintSample
from ktpel_capture.templates import Minutiae


def template(count, seed, turn=0.0, move=(0.0, 0.0)):
    random = np.random.default_rng(seed)
    x, y = random.uniform(-140, 140, (2, count))
    angle = random.uniform(0, 2 * np.pi, count)
    cos, sin = np.cos(turn), np.sin(turn)
    return Minutiae(
        x * cos + y * sin + 200 + move[0],
        -x * sin + y * cos + 250 + move[1],
        np.mod(angle + turn, 2 * np.pi),
        np.ones(count),
        np.ones(count),
    )


@settings(max_examples=20, deadline=None)
@given(
    count=st.integers(20, 60),
    seed=st.integers(0, 999),
    turn=st.floats(-3.1, 3.1),
    move=st.tuples(st.floats(-90, 90), st.floats(-90, 90)),
)
def test_turning_and_moving_a_finger_changes_nothing_and_another_is_far_away(count, seed, turn, move):
    one, same = template(count, seed), template(count, seed, turn, move)
    other = template(count, seed + 1000)
    alike, strange = fingerprint.compare(one, same), fingerprint.compare(one, other)
    assert_allclose(alike, fingerprint.compare(one, one), rtol=0.12)
    assert strange < alike / 3


@settings(max_examples=15, deadline=None)
@given(count=st.integers(25, 60), seed=st.integers(0, 999), turn=st.floats(-3.1, 3.1))
def test_a_template_from_a_record_is_as_good(count, seed, turn):
    """Whole pixels and steps of 1.4 degrees, as ISO/IEC 19794-2 stores them."""
    one, same = template(count, seed), template(count, seed, turn)
    step = 2 * np.pi / 256
    stored = Minutiae(
        np.rint(same.x), np.rint(same.y), np.mod(np.rint(same.angle / step), 256) * step, same.kind, same.quality
    )
    assert_allclose(fingerprint.compare(one, stored), fingerprint.compare(one, same), rtol=0.2)


@settings(max_examples=15, deadline=None)
@given(count=st.integers(25, 60), seed=st.integers(0, 999), ppi=st.sampled_from([250.0, 569.0, 1000.0]))
def test_the_resolution_of_either_print_changes_nothing(count, seed, ppi):
    one, same = template(count, seed), template(count, seed, 0.4, (30, -20))
    scale = ppi / 500
    other = Minutiae(same.x * scale, same.y * scale, same.angle, same.kind, same.quality, ppi=ppi)
    assert_allclose(fingerprint.compare(one, other), fingerprint.compare(one, same), rtol=1e-3)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), side=st.sampled_from(["x", "y"]), turn=st.floats(-3.1, 3.1))
def test_half_a_finger_is_still_the_finger(seed, side, turn):
    one, same, other = template(60, seed), template(60, seed, turn), template(60, seed + 1000, turn)
    kept = getattr(one, side) > np.median(getattr(one, side))

    def part(of):
        return Minutiae(of.x[kept], of.y[kept], of.angle[kept], of.kind[kept], of.quality[kept])

    assert fingerprint.compare(one, part(same)) > 3 * fingerprint.compare(one, part(other))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), pull=st.floats(0, 8), turn=st.floats(-1, 1))
def test_skin_that_stretches_is_still_the_finger(seed, pull, turn):
    """Up to 8 pixels (0.4 mm) either way between one side of the print and the other."""
    one, same, other = template(50, seed), template(50, seed, turn), template(50, seed + 1000, turn)
    stretched = Minutiae(
        same.x + pull * np.sin(same.y / 60), same.y + pull * np.cos(same.x / 70), same.angle, same.kind, same.quality
    )
    assert fingerprint.compare(one, stretched) > 2 * fingerprint.compare(one, other)


def test_one_against_many_is_the_same_as_one_against_each():
    probe, gallery = template(40, 1), [template(40, seed, 0.3) for seed in range(5)]
    scores = fingerprint.compare_many(probe, [*gallery[:3], *map(fingerprint.prepare, gallery[3:])])
    assert scores.tolist() == [fingerprint.compare(probe, other) for other in gallery]
    assert scores.argmax() == 1
    assert fingerprint.compare_many(probe, []).shape == (0,)


def test_few_or_no_minutiae_are_alike_to_nothing():
    empty = Minutiae([], [], [], [], [])
    assert fingerprint.compare(empty, empty) == 0
    assert fingerprint.compare(template(2, 1), template(30, 1)) == 0


def test_second_captures_of_a_finger_are_told_from_other_fingers():
    fingers = list(synthesis.grow_hand(1).values())[:4]
    first = [fingerprint.minutiae(finger.capture(seed=1)[0]) for finger in fingers]
    second = [
        fingerprint.minutiae(finger.capture(seed=2, rotation=0.3, shift=(1.5, -1.0), pressure=0.65)[0])
        for finger in fingers
    ]
    scores = np.array([fingerprint.compare_many(probe, first) for probe in second])
    assert (scores.argmax(1) == np.arange(4)).all()
    assert scores.diagonal().min() > 1.5 * scores[~np.eye(4, dtype=bool)].max()


def test_minutiae_move_with_the_picture():
    sample, _ = synthesis.grow(6).capture(seed=3)
    there = fingerprint.minutiae(sample)
    turned = fingerprint.minutiae(FingerprintSample(np.rot90(sample.image), 500))
    # a quarter turn counter-clockwise: (x, y) goes to (y, width - 1 - x)
    back_x, back_y = sample.image.shape[1] - 1 - turned.y, turned.x
    away = np.hypot(there.x[:, None] - back_x, there.y[:, None] - back_y)
    assert (away.min(1) < 6).mean() > 0.85
    near = away.argmin(1)[away.min(1) < 6]
    turn = turned.angle[near] - there.angle[away.min(1) < 6]
    assert np.median(np.cos(turn - np.pi / 2)) > 0.95


def test_a_finer_scan_has_its_minutiae_in_its_own_pixels():
    sample, _ = synthesis.grow(6).capture(seed=3)
    fine = FingerprintSample(cv2.resize(sample.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), 1000)
    coarse, found = fingerprint.minutiae(sample), fingerprint.minutiae(fine)
    away = np.hypot(2 * coarse.x[:, None] + 0.5 - found.x, 2 * coarse.y[:, None] + 0.5 - found.y).min(1)
    assert found.ppi == 1000
    assert (away < 8).mean() > 0.85


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 40), st.integers(5, 55))
def test_a_skeleton_keeps_the_pieces_and_holes_and_is_thin(seed, height, width):
    noise = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    mask = cv2.GaussianBlur(noise, (0, 0), 2) > 0.5
    skeleton = unpack(thin(pack(mask)))
    assert not (skeleton & ~mask).any()

    def pieces(picture, connectivity):
        padded = np.pad(picture, 1).astype(np.uint8)
        return cv2.connectedComponents(padded, connectivity=connectivity)[0]

    assert pieces(mask, 8) == pieces(skeleton, 8)
    assert pieces(~np.pad(mask, 1), 4) == pieces(~np.pad(skeleton, 1), 4)
    squares = skeleton[1:, 1:] & skeleton[:-1, 1:] & skeleton[1:, :-1] & skeleton[:-1, :-1]
    assert squares.sum() <= 0.02 * skeleton.sum()  # only where four lines meet


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_ends_and_branchings_are_those_counted_pixel_by_pixel(seed):
    noise = np.random.default_rng(seed).random((31, 45)).astype(np.float32)
    skeleton = unpack(thin(pack(cv2.GaussianBlur(noise, (0, 0), 1.5) > 0.5)))
    ends, branchings = (unpack(part) for part in crossing_masks(pack(skeleton)))
    padded = np.pad(skeleton, 1).astype(int)
    ring = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]
    for y, x in zip(*np.nonzero(skeleton)):
        around = [padded[y + 1 + dy, x + 1 + dx] for dy, dx in ring]
        changes = sum(a == 0 and b == 1 for a, b in zip(around, around[1:] + around[:1]))
        assert ends[y, x] == (changes == 1)
        assert branchings[y, x] == (changes >= 3)


@pytest.mark.parametrize("length", [3, 8])
def test_pruning_takes_twigs_and_leaves_the_trunk(length):
    tree = np.zeros((30, 61), bool)
    tree[15, 2:58] = True
    tree[15 - length : 15, 30] = True
    pruned = unpack(prune(pack(tree), 5))
    assert pruned[15, 8:52].all()
    assert pruned[15 - length : 14, 30].any() == (length > 5)
