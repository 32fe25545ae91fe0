"""While somebody signs: the end is found, a late dot is not cut off, clearing begins anew."""

import numpy as np
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_array_equal

from ktpel_capture.quality import Hint
from ktpel_capture.requests import PenPoints, SignatureRequest
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.live import Ink, watch
from ktpel_capture.signature.synthesis import grow

END = (Hint(good=True),)
few = settings(deadline=None, max_examples=25)


def frames(sample, *, every=0.1, start=3.0, idle=6.0, reported=None):
    """The pad's frames of a signing that begins ``start`` s after the pad was asked, and ``idle`` s of nothing."""
    t = sample.t - (sample.t[0] if sample.t.size else 0.0) + start
    end = (t[-1] if t.size else start) + idle
    for number, at in enumerate(np.arange(every, end, every)):
        new = (t > at - every) & (t <= at)
        force = None if sample.force is None else sample.force[new]
        yield PenPoints(
            sample.t[new], sample.x[new], sample.y[new], force, sample.pen_down[new], number, float(at), reported or {}
        )


def ended_at(sample, **how):
    watcher = watch(SignatureRequest())
    return next((frame.monotonic for frame in frames(sample, **how) if watcher.see(frame) == END), None)


@few
@given(st.integers(0, 300), st.integers(0, 9), st.booleans(), st.sampled_from([0.02, 0.1, 0.25]))
def test_signing_ends_soon_after_the_last_ink_and_never_before(person, seed, hover, every):
    sample, _ = grow(person).capture(seed=seed, hover=hover)
    end = ended_at(sample, every=every)
    last = 3.0 + (sample.t[sample.pen_down][-1] - sample.t[0])
    assert last + 2.4 <= end <= last + 4.6


@few
@given(st.integers(0, 300), st.floats(0.1, 2.35))
def test_a_late_dot_is_waited_for(person, pause):
    sample, _ = grow(person).capture(seed=1, hover=False)
    late = sample.t[-1] + pause
    dotted = SignatureSample(
        np.append(sample.t, [late, late + 0.03]),
        np.append(sample.x, [50.0, 50.1]),
        np.append(sample.y, [20.0, 20.0]),
        np.append(sample.force, [0.3, 0.0]),
        np.append(sample.pen_down, [True, False]),
    )
    assert ended_at(dotted) > 3.0 + late - sample.t[0]


def test_a_lone_dot_and_a_hovering_pen_are_given_more_time():
    dot, _ = grow(1).capture(seed=1, kind="dot", hover=False)
    line, _ = grow(1).capture(seed=1, kind="line", hover=False)
    assert ended_at(dot) - np.ptp(dot.t) > ended_at(line) - np.ptp(line.t) + 1.2
    t = np.arange(line.t[-1] + 0.01, line.t[-1] + 5, 0.01)
    hovering = SignatureSample(
        np.append(line.t, t), np.append(line.x, 40 + t), np.append(line.y, 20 + t),
        pen_down=np.append(line.pen_down, np.zeros(len(t), bool)),
    )  # fmt: skip
    assert ended_at(hovering) > ended_at(line) + 1.2


def test_while_nothing_is_written_the_person_is_asked_to_sign():
    watcher = watch(SignatureRequest())
    blank, _ = grow(1).capture(seed=1, kind="blank")
    seen = [watcher.see(frame) for frame in frames(blank)]
    assert {hints[0].key for hints in seen} == {"signature.start_signing"}
    assert ended_at(blank) is None


def test_while_the_pen_rests_on_the_pad_nothing_ends():
    t = np.arange(0, 8, 0.01)
    resting = SignatureSample(t, np.minimum(20 + 10 * t, 50), np.full(len(t), 30.0), pen_down=np.ones(len(t), bool))
    assert ended_at(resting) > 3 + 8


def test_ink_at_the_border_is_told_where_the_pad_says_its_size():
    sample, _ = grow(1).capture(seed=1, shift=(40.0, 0.0))
    watcher = watch(SignatureRequest())
    told = [watcher.see(frame) for frame in frames(sample, reported={"pad_size": sample.pad_size})]
    assert (Hint("signature.keep_inside_the_box"),) in told
    assert told[-1] == END


@few
@given(st.integers(0, 300), st.booleans())
def test_cleared_ink_is_gone_and_the_second_try_is_whole(person, by_pad):
    first, _ = grow(person).capture(seed=1)
    second, _ = grow(person).capture(seed=2)
    watcher = watch(SignatureRequest("approval"))
    for frame in frames(first):
        watcher.see(frame)
    if by_pad:
        empty = np.zeros(0)
        watcher.see(PenPoints(empty, empty, empty, empty, np.zeros(0, bool), 0, 90.0, {"cleared": True}))
    else:
        watcher.clear()
    assert watcher.ink.sample().t.size == 0
    hints = [watcher.see(frame) for frame in frames(second, start=100.0)]
    assert hints[0][0].key == "signature.start_signing"
    kept = watcher.ink.sample(second.pad_size)
    assert watcher.ink.request.purpose == "approval"
    assert kept.digest == second.digest
    assert_array_equal(kept.pen_down, second.pen_down)


def test_without_force_the_sample_has_none():
    sample, _ = grow(1).capture(seed=1, force=False)
    ink = Ink()
    for frame in frames(sample):
        ink.add(frame)
    assert ink.sample().force is None
