"""One person's captures, held against each other: fingers under two names, eyes swapped, somebody else."""

from dataclasses import replace
from functools import cache

import pytest

import ktpel_capture as kc
from ktpel_capture.face.synthesis import grow as grow_face
from ktpel_capture.fingerprint.synthesis import grow_hand, slap
from ktpel_capture.iris.synthesis import grow_pair
from ktpel_capture.parts import parts_of


@cache
def finger(person, true, seed, called=""):
    sample, _ = grow_hand(person)[true].capture(seed=seed, position=called or true)
    return sample


@cache
def eye(person, true, seed, called=""):
    sample, _ = grow_pair(person)[true].capture(seed=seed, eye=called or true, shift=(0.01 * seed, 0.0))
    return sample


@cache
def face(person, seed):
    sample, _ = grow_face(person).capture(seed=seed, size=(600, 800))
    return sample


def measures(findings):
    return {name: [finding.measure for finding in several] for name, several in findings.items()}


def test_ten_fingers_two_eyes_and_a_face_of_one_person_are_no_mistake():
    session = kc.Session(previous=face(5, 1))
    for given in (
        {name: finger(3, name, 1) for name in ("right_thumb", "right_index", "left_thumb", "left_index")},
        {"right": eye(3, "right", 1), "left": eye(3, "left", 1)},
        {"face": face(1, 1)},
    ):
        assert not session.mistakes(given)
        session.keep(given)
    assert set(session.parts) == {
        "right_thumb", "right_index", "left_thumb", "left_index", "right_eye", "left_eye", "face",
    }  # fmt: skip


def test_a_finger_under_two_names_is_one_finger():
    session = kc.Session()
    session.keep([finger(3, "right_index", 1)])
    found = session.mistakes([finger(3, "right_index", 2, "right_middle"), finger(3, "right_ring", 1)])
    assert measures(found) == {"right_middle": ["session.same_finger"]}
    (finding,) = found["right_middle"]
    assert finding.severity == "reject"
    assert finding.measured > finding.at_most
    assert finding.advice.en.startswith("The right middle finger and the right index finger")
    assert finding.advice.id.startswith("Jari tengah kanan dan Telunjuk kanan")


def test_a_finger_twice_in_one_slap_is_found_without_anything_before():
    found = kc.Session().mistakes(
        {"left_ring": finger(3, "left_ring", 1), "left_little": finger(3, "left_ring", 2, "left_little")}
    )
    assert measures(found) == {"left_ring": ["session.same_finger"], "left_little": ["session.same_finger"]}


def test_the_same_hand_again_is_told_as_a_hand():
    session = kc.Session()
    session.keep([finger(3, name, 1) for name in ("right_index", "right_middle")])
    found = session.mistakes([finger(3, "right_index", 2, "left_index"), finger(3, "right_middle", 2, "left_middle")])
    assert measures(found) == {"left_index": ["session.same_hand"], "left_middle": ["session.same_hand"]}


def test_a_finger_given_again_under_its_own_name_is_no_mistake_and_takes_the_old_ones_place():
    session = kc.Session()
    session.keep([finger(3, "right_index", 1)])
    assert not session.mistakes([finger(3, "right_index", 2)])
    session.keep([finger(3, "right_middle", 1, "right_index")])  # wrong, and mended afterwards
    assert session.mistakes([finger(3, "right_middle", 2)])
    session.forget("right_index")
    assert not session.mistakes([finger(3, "right_middle", 2)])


def test_eyes_that_are_swapped_on_the_second_try():
    session = kc.Session()
    session.keep({"right": eye(3, "right", 1), "left": eye(3, "left", 1)})
    assert not session.mistakes({"right": eye(3, "right", 2), "left": eye(3, "left", 2)})
    found = session.mistakes({"right": eye(3, "left", 2, "right"), "left": eye(3, "right", 2, "left")})
    assert measures(found) == {"right": ["session.eyes_swapped"], "left": ["session.eyes_swapped"]}


def test_the_same_eye_twice_in_one_capture_and_over_two():
    twice = {"right": eye(3, "right", 1), "left": eye(3, "right", 2, "left")}
    assert measures(kc.Session().mistakes(twice)) == {"right": ["session.same_eye"], "left": ["session.same_eye"]}
    session = kc.Session()
    session.keep([eye(3, "right", 1)])
    assert measures(session.mistakes([eye(3, "right", 2, "left")])) == {"left": ["session.same_eye"]}


def test_another_persons_eye_on_the_second_try_is_a_warning():
    session = kc.Session()
    session.keep([eye(3, "right", 1)])
    found = session.mistakes([eye(4, "right", 1)])
    assert measures(found) == {"right": ["session.other_eye"]}
    assert found["right"][0].severity == "warn"


def test_another_face_and_the_face_before():
    session = kc.Session(previous=face(5, 1))
    assert measures(session.mistakes([face(5, 2)])) == {"face": ["session.previous_person"]}
    session.keep([face(1, 1)])
    assert not session.mistakes([face(1, 2)])
    assert measures(session.mistakes([face(5, 2)])) == {"face": ["session.other_person", "session.previous_person"]}


@pytest.mark.parametrize("blank", [True, False])
def test_what_shows_nothing_or_has_no_name_is_not_compared(blank):
    import numpy as np

    session = kc.Session()
    session.keep([finger(3, "right_index", 1), eye(3, "right", 1), face(1, 1)])
    if blank:
        ground = np.full((400, 300), 200, np.uint8)
        given = [
            kc.FingerprintSample(ground, 500, "right_middle"),
            kc.IrisSample(ground, "left"),
            kc.FaceSample(np.full((400, 300, 3), 200, np.uint8)),
        ]
    else:
        given = [finger(3, "right_index", 2, "unknown"), eye(3, "right", 2, "unknown")]
    assert not session.mistakes(given)
    session.keep(given)
    assert set(session.parts) == {"right_index", "right_eye", "face"}


@pytest.mark.parametrize("seed", [3, 8])
def test_the_loop_asks_for_the_other_hand(seed):
    room, clock = kc.scene(f"one hand twice {seed}"), kc.VirtualClock()
    room.seat(kc.Person(seed, obedience=1.0))
    profile, session, policy = kc.load_profile("ktpel"), kc.Session(), kc.Policy(attempts=5)
    told = []

    def listen(event):
        if isinstance(event, kc.Advised) and event.advice.key.startswith(("session.", "acquisition.")):
            told.append(event.advice.key)
            room.hear(event.advice)

    with kc.open_fingerprint_scanner(f"sim:fingerprint?scene=one hand twice {seed}", clock=clock) as scanner:
        first = kc.run(scanner, kc.FingerRequest("right_four"), profile, listen, policy=policy, session=session)
        assert isinstance(first, kc.Accepted)
        assert not told
        room.change("fingerprint", wrong_hand=1.0)
        outcome = kc.run(scanner, kc.FingerRequest("left_four"), profile, listen, policy=policy, session=session)
    assert told[0] in ("acquisition.wrong_hand", "session.same_hand"), "told by where the tips lie, else by comparison"
    assert isinstance(outcome, kc.Accepted)
    for name in kc.FingerRequest("left_four").expected:
        assert name in session.parts


def test_the_other_hand_is_mostly_told_and_the_right_one_never():
    told = 0
    for person in (8, 21):
        hand = grow_hand(person)
        for asked, other in (("right_four", "left_four"), ("left_four", "right_four")):
            lies_there, _ = slap(hand, other, seed=person, rotation=0.2)
            request = kc.FingerRequest(asked)
            told += parts_of([replace(lies_there, position=asked)], request).wrong_hand
            assert not parts_of([lies_there], kc.FingerRequest(other)).wrong_hand
    assert told >= 3


def test_the_same_single_fingers_of_the_other_hand_are_told_in_the_loop():
    room, clock = kc.scene("one finger twice"), kc.VirtualClock()
    room.seat(kc.Person(3, obedience=1.0))
    profile, session, policy = kc.load_profile("ktpel"), kc.Session(), kc.Policy(attempts=5)
    told = []

    def listen(event):
        if isinstance(event, kc.Advised) and event.advice.key.startswith("session."):
            told.append(event.advice.key)
            room.hear(event.advice)

    with kc.open_fingerprint_scanner("sim:fingerprint?scene=one finger twice", clock=clock) as scanner:
        kc.run(scanner, kc.FingerRequest("right_middle"), profile, listen, policy=policy, session=session)
        room.change("fingerprint", wrong_hand=1.0)  # of a single finger: the neighbour
        outcome = kc.run(scanner, kc.FingerRequest("right_index"), profile, listen, policy=policy, session=session)
    assert told == ["session.same_finger"]
    assert isinstance(outcome, kc.Accepted)
