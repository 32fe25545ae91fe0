import math
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import SYSTEM_CLOCK, Deadline, VirtualClock


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_virtual_time_is_the_sum_of_all_waits(waits):
    clock = VirtualClock()
    begin = clock.now()
    for seconds in waits:
        assert clock.wait(seconds)
    assert clock.monotonic() == pytest.approx(sum(waits))
    assert clock.now() - begin == timedelta(seconds=clock.monotonic())


def test_setting_the_calendar_back_leaves_the_monotonic_clock_alone():
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))
    clock.advance(5)
    clock.step(-3600)
    assert clock.monotonic() == 5
    assert clock.now() == datetime(2026, 2, 28, 23, 0, 5, tzinfo=UTC)


def test_a_cancelled_wait_ends_at_once_and_says_so():
    token = CancelToken()
    token.cancel()
    for clock in (SYSTEM_CLOCK, VirtualClock()):
        assert not clock.wait(3600, cancel=token)


def test_a_wait_is_woken_from_another_thread():
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    assert not SYSTEM_CLOCK.wait(30, cancel=token)


def test_whoever_watches_a_virtual_clock_sees_every_advance_until_it_stops_watching():
    clock, seen = VirtualClock(), []
    unwatch = clock.watch(seen.append)
    clock.advance(1)
    clock.wait(2)
    unwatch()
    clock.advance(4)
    assert seen == [1, 3]


def test_a_deadline_runs_out_once_and_for_all():
    clock = VirtualClock()
    deadline = Deadline(clock, 2)
    assert not deadline.passed
    assert deadline.remaining == 2
    clock.advance(1.5)
    assert deadline.remaining == 0.5
    clock.advance(10)
    assert deadline.passed
    assert deadline.remaining == 0
    assert not Deadline(clock, math.inf).passed


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_a_deadline_lies_ahead(seconds):
    with pytest.raises(ValueError, match="timeout"):
        Deadline(VirtualClock(), seconds)


def test_a_subscriber_is_called_once_in_the_cancelling_thread():
    token, calls = CancelToken(), []
    token.subscribe(lambda: calls.append(threading.current_thread()))
    token.cancel()
    token.cancel()
    assert calls == [threading.current_thread()]


def test_who_subscribes_late_is_called_at_once_and_who_unsubscribed_is_not():
    token, calls = CancelToken(), []
    token.subscribe(lambda: calls.append("left"))()
    token.cancel()
    token.subscribe(lambda: calls.append("late"))
    assert calls == ["late"]


def test_never_cannot_be_cancelled():
    with pytest.raises(RuntimeError, match="NEVER"):
        NEVER.cancel()
    assert not NEVER.cancelled
