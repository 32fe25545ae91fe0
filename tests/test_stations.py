"""The capture loop on simulated devices with real measures and the real profile, on virtual and on real time."""

import threading
from contextlib import ExitStack

import pytest

import ktpel_capture as kc
from ktpel_capture.errors import DeviceDisconnected

REQUESTS = {
    "fingerprint": (kc.open_fingerprint_scanner, kc.FingerRequest("right_four")),
    "iris": (kc.open_iris_scanner, kc.IrisRequest()),
    "face": (kc.open_face_camera, kc.FaceRequest()),
    "signature": (kc.open_signature_pad, kc.SignatureRequest()),
}


@pytest.fixture(scope="module")
def ktpel():
    return kc.load_profile("ktpel")


def captured(kind, address, profile, clock, policy=None, **options):
    """Run the loop to its end as a station does: what is advised is said to the person."""
    opener, request = REQUESTS[kind]
    request = options.pop("request", request)
    events = []
    with opener(address, clock=clock) as device:

        def note(event):
            events.append(event)
            if isinstance(event, kc.Advised):
                kc.scene(address.partition("scene=")[2]).hear(event.advice)

        outcome = kc.run(device, request, profile, note, policy=policy or kc.Policy(attempts=6), **options)
    return outcome, events


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("seed", [11, 12])
def test_a_willing_person_is_captured_on_every_kind_of_device(kind, seed, ktpel):
    name = f"willing-{kind}-{seed}"
    kc.scene(name).seat(seed)
    outcome, events = captured(kind, f"sim:{kind}?scene={name}", ktpel, kc.VirtualClock(), when={"backdrop": "red"})
    assert isinstance(outcome, kc.Accepted)
    for sample, report, verdict in zip(outcome.samples, outcome.reports, outcome.verdicts):
        assert verdict.accepted
        assert report.facts.digest == sample.digest == verdict.digest
        assert kc.from_json(kc.to_json(report)) == report
    assert isinstance(events[-1], kc.Accepted)


def test_the_fingers_of_a_slap_come_one_by_one_in_the_order_asked_for(ktpel):
    kc.scene("slap").seat(21)
    outcome, _ = captured("fingerprint", "sim:fingerprint?scene=slap", ktpel, kc.VirtualClock())
    assert [sample.position for sample in outcome.samples] == [
        "right_index",
        "right_middle",
        "right_ring",
        "right_little",
    ]
    assert {sample.position for sample in outcome.captured} == {"right_four"}


@pytest.mark.parametrize(
    ("kind", "poor"),
    [
        ("face", {"yaw": 0.6}),
        ("face", {"distance": 1.9}),
        ("iris", {"lid_opening": 0.3}),
        ("fingerprint", {"pressure": 0.05}),
    ],
)
def test_a_poor_presentation_is_talked_into_a_good_one(kind, poor, ktpel):
    name = f"poor-{kind}-{next(iter(poor))}"
    room = kc.scene(name)
    room.seat(31)
    room.change(kind, **poor)
    outcome, events = captured(
        kind,
        f"sim:{kind}?scene={name}",
        ktpel,
        kc.VirtualClock(),
        kc.Policy(attempts=9, timeout=60),
        when={"backdrop": "red"},
    )
    assert isinstance(outcome, kc.Accepted)
    assert any(isinstance(event, kc.Advised) for event in events)


def test_a_missing_finger_that_nobody_declared_is_named(ktpel):
    from ktpel_capture.devices.simulators.people import Person

    kc.scene("missing").seat(Person(41, missing=("right_ring",)))
    outcome, _ = captured(
        "fingerprint", "sim:fingerprint?scene=missing", ktpel, kc.VirtualClock(), kc.Policy(attempts=1, timeout=20)
    )
    assert isinstance(outcome, kc.Exhausted)
    assert "ring finger" in outcome.verdicts["right_ring"].advice.en
    assert "right_ring" not in outcome.best


def test_a_missing_finger_that_was_declared_is_not_waited_for(ktpel):
    from ktpel_capture.devices.simulators.people import Person

    kc.scene("declared").seat(Person(41, missing=("right_ring",)))
    request = kc.FingerRequest("right_four", (kc.Unavailable("right_ring", "missing"),))
    _, events = captured("fingerprint", "sim:fingerprint?scene=declared", ktpel, kc.VirtualClock(), request=request)
    judged = [event for event in events if isinstance(event, kc.Judged)]
    assert judged
    for event in judged:
        assert list(event.verdicts) == ["right_index", "right_middle", "right_little"]


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_capture_in_a_worker_thread_is_called_off_from_another(kind, ktpel):
    name = f"away-{kind}"
    room = kc.scene(name)
    room.seat(51)
    room.leave()
    cancel, outcomes = kc.CancelToken(), []
    opener, request = REQUESTS[kind]
    with opener(f"sim:{kind}?scene={name}") as device:
        worker = threading.Thread(target=lambda: outcomes.append(kc.run(device, request, ktpel, cancel=cancel)))
        worker.start()
        worker.join(0.7)
        assert worker.is_alive()
        cancel.cancel()
        worker.join(5)
        assert not worker.is_alive()
    assert isinstance(outcomes[0], kc.Cancelled)


@pytest.mark.parametrize("kind", REQUESTS)
def test_nobody_there_is_a_timeout_not_a_sample(kind, ktpel):
    room = kc.scene(f"nobody-{kind}")
    room.seat(61)
    room.leave()
    policy = kc.Policy(attempts=1, timeout=4)
    outcome, events = captured(kind, f"sim:{kind}?scene=nobody-{kind}", ktpel, kc.VirtualClock(), policy)
    assert isinstance(outcome, kc.Exhausted)
    assert outcome.best == {}
    assert any(isinstance(event, kc.TimedOut) for event in events)


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_unplugged_device_is_replaced_by_its_spare_and_nothing_is_lost(kind, ktpel):
    name = f"unplug-{kind}"
    kc.scene(name).seat(71)
    clock, kept = kc.VirtualClock(), []
    opener, request = REQUESTS[kind]

    def note(event):
        if isinstance(event, kc.Captured):
            kept.extend(event.samples)

    with ExitStack() as stack:
        broken = stack.enter_context(opener(f"sim:{kind}?scene={name}&fault=unplug@frame:5", clock=clock))
        with pytest.raises(DeviceDisconnected):
            kc.run(broken, request, ktpel, note, when={"backdrop": "red"})
        spare = stack.enter_context(opener(f"sim:{kind}?scene={name}&seed=2", clock=clock))
        outcome = kc.run(spare, request, ktpel, note, when={"backdrop": "red"}, earlier=kept)
    assert isinstance(outcome, kc.Accepted)


def test_another_kind_of_device_behind_the_address_is_an_error_that_names_both():
    with pytest.raises(kc.DeviceError, match="iris scanner, not a fingerprint scanner"):
        kc.open_fingerprint_scanner("sim:iris?seed=1")
