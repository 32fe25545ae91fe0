"""Slaps come apart into the fingers that lie there, and the right names."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from ktpel_capture import fingerprint
from ktpel_capture.fingerprint import synthesis
from ktpel_capture.fingerprint.hands import hand_of, readings
from ktpel_capture.fingerprint.spectrum import ridge_spectrum
from ktpel_capture.samples import FINGERS_OF, FingerprintSample
from shared import shared_data

SLAPS = tuple(FINGERS_OF)
FOURS = ("right_four", "left_four")
MARKS = json.loads((Path(__file__).parents[1] / "expected" / "fingerprint" / "slap_marks.json").read_text("utf-8"))[
    "cards"
]
SIDES, ENDS = 32, 64
"""Pixels at 500 ppi that a box may be off."""


def off(box, mark):
    """How far the sides, and the tip and joint, that were marked by eye lie from the box's: pixels."""
    cos, sin = math.cos(box.angle), math.sin(box.angle)
    half = np.array(box.size) / 2

    def inside(name):
        return (np.array(mark[name]) - box.centre) @ np.array(((cos, sin), (-sin, cos)))

    sides = abs(inside("left")[0] + half[0]), abs(inside("right")[0] - half[0])
    return max(sides), max(abs(inside("tip")[1] + half[1]), abs(inside("base")[1] - half[1]))


def card(name):
    return cv2.imread(str(shared_data("fingerprint") / name), cv2.IMREAD_GRAYSCALE)


@pytest.mark.parametrize("said", [True, False], ids=["hand declared", "hand unknown"])
@pytest.mark.parametrize("name", MARKS)
def test_inked_cards_and_live_thumbs_come_apart_as_an_examiner_marked_them(name, said):
    position, marks = MARKS[name]["position"], MARKS[name]["fingers"]
    found = fingerprint.segment(FingerprintSample(card(name), 500, position if said else "unknown"))
    assert len(found) == len(marks)
    if said or position in FOURS:
        assert {finger.position for finger in found} == set(marks)
    for finger, true in zip(found, sorted(marks, key=lambda name: marks[name]["tip"][0])):
        if finger.position != "unknown":
            assert finger.position == true
        sides, ends = off(finger.box, marks[true])
        assert sides <= SIDES
        assert ends <= ENDS
        assert abs(math.degrees(finger.box.angle) - marks[true]["angle_deg"]) < 25


@pytest.mark.parametrize("name", [name for name in MARKS if len(MARKS[name]["fingers"]) == 4])
def test_of_a_card_no_three_fingers_are_taken_for_three_others(name):
    position = MARKS[name]["position"]
    boxes = [finger.box for finger in fingerprint.segment(FingerprintSample(card(name), 500, position))]
    order = sorted(MARKS[name]["fingers"], key=lambda finger: MARKS[name]["fingers"][finger]["tip"][0])
    for gone in range(4):
        best = readings([box for at, box in enumerate(boxes) if at != gone], position)[0]
        assert best.names == tuple(finger for at, finger in enumerate(order) if at != gone)


def test_a_rolled_print_is_one_finger_even_with_a_strip_of_its_neighbour():
    cards = sorted(shared_data("fingerprint/nist_records").glob("*_fgp*"))
    rolled = [path for path in cards if int(path.name.split("_fgp")[1].split("_")[0]) <= 10]
    assert len(rolled) == 10
    for path in rolled:
        assert len(fingerprint.segment(FingerprintSample(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), 500))) == 1


def bounds_differ(found, true):
    """Sides (left, right) and ends (top, bottom) of a found box against the true one, mm, in the true one's frame."""
    cos, sin = math.cos(true.angle), math.sin(true.angle)
    away = (found.corners - true.centre) @ np.array(((cos, sin), (-sin, cos)))
    half = np.array(true.size) / 2
    low, high = away.min(0) + half, away.max(0) - half
    return np.abs([low[0], high[0]]), np.abs([low[1], high[1]])


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    position=st.sampled_from(SLAPS),
    rotation=st.floats(-0.6, 0.6),
    pressure=st.floats(0.3, 0.9),
)
def test_every_finger_is_found_named_and_boxed(seed, position, rotation, pressure):
    hand = synthesis.grow_hand(seed % 3)
    slap, truth = synthesis.slap(hand, position, seed=seed, rotation=rotation, pressure=pressure)
    found = {finger.position: finger for finger in fingerprint.segment(slap)}
    assume(all(min(b.bounds[:2]) > 0 and b.bounds[2] < 1600 and b.bounds[3] < 1500 for b in truth.boxes.values()))
    assert set(found) == set(truth.boxes)
    for name, box in truth.boxes.items():
        sides, ends = bounds_differ(found[name].box, box)
        assert sides.max() <= 40
        assert ends.max() <= 64


@pytest.mark.parametrize("position", SLAPS)
def test_a_declared_absence_keeps_the_names_of_the_others(position):
    hand = synthesis.grow_hand(1)
    for gone in FINGERS_OF[position]:
        slap, truth = synthesis.slap(hand, position, seed=3, absent=(gone,))
        found = fingerprint.segment(slap, absent=(gone,))
        assert {finger.position for finger in found} == set(truth.boxes)
        assert fingerprint.missing_fingers(position, found, (gone,)) == ()


@pytest.mark.parametrize("position", FOURS)
@pytest.mark.parametrize("rotation", [-0.7, 0.1])
def test_an_undeclared_absence_is_named_or_left_open_but_no_finger_gets_a_wrong_name(position, rotation):
    hand = synthesis.grow_hand(1)
    for gone in FINGERS_OF[position]:
        slap, truth = synthesis.slap(hand, position, seed=3, absent=(gone,), rotation=rotation, size=(1700, 1600))
        found = fingerprint.segment(slap)
        assert len(found) == 3
        names = [finger.position for finger in found]
        assert set(names) <= {*truth.boxes, "unknown"}
        if "unknown" not in names:
            assert fingerprint.missing_fingers(position, found) == (gone,)
        assert gone in fingerprint.missing_fingers(position, found)


@pytest.mark.parametrize("position", FOURS)
def test_the_hand_is_told_where_nobody_says_it(position):
    slap, _ = synthesis.slap(synthesis.grow_hand(2), position, seed=5, rotation=0.2)
    unnamed = FingerprintSample(slap.image, 500)
    assert {finger.position for finger in fingerprint.segment(unnamed)} == set(FINGERS_OF[position])


def test_two_tips_do_not_tell_the_hand():
    slap, _ = synthesis.slap(synthesis.grow_hand(2), "right_four", seed=5, absent=("right_index", "right_little"))
    boxes = [finger.box for finger in fingerprint.segment(slap)]
    assert len(boxes) == 2
    assert hand_of(boxes) == "unknown"


def test_of_a_single_finger_the_one_that_shows_most_is_taken():
    slap, truth = synthesis.slap(synthesis.grow_hand(2), "both_thumbs", seed=5)
    found = fingerprint.segment(FingerprintSample(slap.image[:, : slap.image.shape[1] - 560], 500, "left_thumb"))
    assert [finger.position for finger in found] == ["left_thumb"]
    assert abs(found[0].box.centre[0] - truth.boxes["left_thumb"].centre[0]) < 30


@pytest.mark.parametrize("position", SLAPS)
def test_a_print_left_on_the_glass_is_not_taken_for_a_finger_too_many(position):
    slap, truth = synthesis.slap(synthesis.grow_hand(2), position, seed=5, pressure=0.7, size=(1800, 1500))
    image = slap.image.copy()
    left = synthesis.grow(50).capture(seed=1, pressure=0.1, size=(300, 300))[0].image
    image[1150:1450, 40:340] = np.minimum(image[1150:1450, 40:340], left)
    found = fingerprint.segment(FingerprintSample(image, 500, position))
    assert {finger.position for finger in found} == set(truth.boxes)
    for finger in found:
        assert np.hypot(*np.subtract(finger.box.centre, truth.boxes[finger.position].centre)) < 40


@pytest.mark.parametrize("where", [(0.3, 0.2), (-0.2, 0.3)])
def test_a_punched_hole_and_a_printed_line_change_little(where):
    slap, _ = synthesis.slap(synthesis.grow_hand(2), "left_four", seed=6, pressure=0.7)
    clean = fingerprint.segment(slap)
    image = slap.image.copy()
    box = clean[1].box
    hole = (round(box.centre[0] + where[0] * box.size[0]), round(box.centre[1] + where[1] * box.size[1]))
    cv2.circle(image, hole, 60, 5, cv2.FILLED)
    cv2.line(image, (0, round(box.centre[1]) - 30), (image.shape[1], round(box.centre[1]) - 60), 10, 16)
    marred = fingerprint.segment(FingerprintSample(image, 500, "left_four"))
    assert [finger.position for finger in marred] == [finger.position for finger in clean]
    for one, other in zip(clean, marred):
        sides, ends = bounds_differ(other.box, one.box)
        assert sides.max() <= 40
        assert ends.max() <= 64


def test_quiet_windows_have_no_ridges_and_others_are_as_if_alone():
    slap, _ = synthesis.slap(synthesis.grow_hand(2), "left_four", seed=6)
    whole = ridge_spectrum(slap.image)
    part = ridge_spectrum(slap.image[320:832, 512:1152])  # whole windows: a grid of 32 pixels
    # the local mean reaches 21 pixels at 250 ppi beyond: the outermost windows differ
    rows, cols = part.period.shape
    same = whole.strength[10 : 10 + rows, 16 : 16 + cols]
    assert np.abs(same - part.strength)[1:-1, 1:-1].max() < 1e-4


def test_the_same_slap_at_1000_ppi_gives_the_same_boxes():
    hand = synthesis.grow_hand(2)
    slap, _ = synthesis.slap(hand, "right_four", seed=5)
    fine = FingerprintSample(slap.image.repeat(2, 0).repeat(2, 1), 1000, "right_four")
    for one, other in zip(fingerprint.segment(slap), fingerprint.segment(fine), strict=True):
        assert one.position == other.position
        assert np.abs(np.array(other.box.centre) / 2 - one.box.centre).max() < 16


def test_an_empty_glass_has_no_fingers():
    assert fingerprint.segment(FingerprintSample(np.full((500, 700), 246, np.uint8), 500, "left_four")) == ()
    assert fingerprint.segment(FingerprintSample(np.full((9, 7), 246, np.uint8), 500, "left_four")) == ()
