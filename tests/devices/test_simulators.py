"""The four simulated capture devices and their scene."""

import itertools

import numpy as np
import pytest

import ktpel_capture as kc
from ktpel_capture.devices.protocols import Trigger
from ktpel_capture.devices.simulators.poses import values_of

STATIONS = {
    "fingerprint": (kc.open_fingerprint_scanner, kc.FingerRequest("right_index"), 1),
    "iris": (kc.open_iris_scanner, kc.IrisRequest(), 2),
    "face": (kc.open_face_camera, kc.FaceRequest(), 1),
    "signature": (kc.open_signature_pad, kc.SignatureRequest(), 1),
}
kinds = pytest.mark.parametrize("kind", STATIONS)


def opened(kind, query="seed=7", clock=None):
    opener, request, count = STATIONS[kind]
    return opener(f"sim:{kind}?{query}", clock=clock or kc.VirtualClock()), request, count


@kinds
def test_a_capture_in_one_line_says_how_it_came_about(kind):
    device, request, count = opened(kind)
    with device:
        samples = kc.capture(device, request, timeout=30)
    assert len(samples) == count
    for sample in samples:
        assert sample.capture.device == device.info.address
        assert sample.capture.at is not None
        assert sample.capture.sequence > 0


@kinds
@pytest.mark.parametrize("trigger", ["host", "device"])
@pytest.mark.parametrize("rate", [0, 30])
def test_frames_come_at_their_rate_and_samples_once_they_end(kind, trigger, rate):
    clock = kc.VirtualClock()
    device, request, count = opened(kind, f"seed=3&trigger={trigger}&rate={rate}", clock)
    with device, device.present(request, timeout=60) as presentation:
        stamps = []
        if not rate:
            presentation.take()
        for number, frame in enumerate(presentation):
            assert presentation.samples == ()
            stamps.append(frame.monotonic)
            if number >= 2 * rate:
                presentation.take()
        if not rate:
            assert not stamps
        elif len(stamps) > 1:
            assert np.allclose(np.diff(stamps), 1 / rate)
        assert len(presentation.samples) == count
        assert device.info.trigger is Trigger(trigger)


def test_host_trigger_waits_for_take_without_a_live_view():
    device, request, _ = opened("fingerprint", "rate=0")
    with device, device.present(request, timeout=5) as presentation, pytest.raises(kc.CaptureTimeout):
        next(iter(presentation))


@kinds
def test_two_openings_with_one_seed_see_the_same(kind):
    def once():
        device, request, _ = opened(kind, "seed=11")
        with device:
            return [sample.digest for sample in kc.capture(device, request, timeout=30)]

    assert once() == once()


@kinds
def test_a_slow_reader_gets_the_newest_frame_and_sees_the_gap(kind):
    clock = kc.VirtualClock()
    device, request, _ = opened(kind, "trigger=host&rate=15", clock)
    with device, device.present(request, timeout=60) as presentation:
        frames = iter(presentation)
        first = next(frames)
        clock.advance(1.0)
        second = next(frames)
    assert second.sequence - first.sequence >= 15
    assert second.monotonic - first.monotonic >= 1.0


@kinds
def test_the_whole_call_keeps_its_timeout_however_slowly_the_frames_are_read(kind):
    clock = kc.VirtualClock()
    device, request, _ = opened(kind, "trigger=host", clock)

    def read_slowly(presentation):
        for _ in presentation:
            clock.advance(0.7)

    with device, device.present(request, timeout=3) as presentation, pytest.raises(kc.CaptureTimeout) as caught:
        read_slowly(presentation)
    assert clock.monotonic() < 4.5
    assert caught.value.waited == 3


@kinds
def test_another_kind_behind_the_address_names_both(kind):
    other = next(name for name in STATIONS if name != kind)
    with pytest.raises(kc.DeviceError, match="this is an? .*, not an? ") as caught:
        STATIONS[other][0](f"sim:{kind}")
    assert f"sim:{kind}" in str(caught.value)


def test_devices_of_one_scene_see_the_person_who_was_seated_last():
    room, clock = kc.scene("test-one-person"), kc.VirtualClock()
    room.seat(5)
    with kc.open_fingerprint_scanner("sim:fingerprint?scene=test-one-person", clock=clock) as scanner:
        request = kc.FingerRequest("left_index")
        (first,) = kc.capture(scanner, request, timeout=10)
        room.seat(6)
        (second,) = kc.capture(scanner, request, timeout=10)
    assert room.person.seed == 6
    assert not np.array_equal(first.image, second.image)


def test_a_person_who_left_gives_nothing_to_capture():
    room, clock = kc.scene("test-left"), kc.VirtualClock()
    room.seat(5)
    room.leave()
    with (
        kc.open_fingerprint_scanner("sim:fingerprint?scene=test-left", clock=clock) as scanner,
        pytest.raises(kc.CaptureTimeout),
    ):
        kc.capture(scanner, kc.FingerRequest("left_index"), timeout=5)


def test_a_missing_finger_is_no_presentation():
    room, clock = kc.scene("test-missing"), kc.VirtualClock()
    room.seat(kc.Person(5, missing=("left_little",)))
    with kc.open_fingerprint_scanner("sim:fingerprint?scene=test-missing", clock=clock) as scanner:
        with pytest.raises(kc.CaptureTimeout):
            kc.capture(scanner, kc.FingerRequest("left_little"), timeout=5)
        (sample,) = kc.capture(scanner, kc.FingerRequest("left_four"), timeout=5)
    assert set(sample.capture.reported["boxes"]) == {"left_index", "left_middle", "left_ring"}


def test_a_small_sensor_refuses_a_slap():
    with kc.open_fingerprint_scanner("sim:fingerprint?sensor=fap20", clock=kc.VirtualClock()) as scanner:
        assert "right_four" not in scanner.info.takes
        with pytest.raises(kc.RequestUnsupported):
            scanner.present(kc.FingerRequest("right_four"), timeout=5)
        (sample,) = kc.capture(scanner, kc.FingerRequest("right_index"), timeout=5)
    assert sample.image.shape == (400, 300)


@pytest.mark.parametrize(
    ("modality", "wrong", "key", "field", "better"),
    [
        ("fingerprint", {"pressure": 0.1}, "fingerprint.press_harder", "pressure", 0.5),
        ("fingerprint", {"moisture": 0.05}, "fingerprint.use_lotion", "moisture", 0.5),
        ("fingerprint", {"dirt": 0.9}, "fingerprint.clean_glass", "dirt", 0.0),
        ("iris", {"scale": 0.6}, "iris.move_closer", "scale", 1.0),
        ("iris", {"spectacles": 1.0}, "iris.remove_spectacles", "spectacles", 0.0),
        ("face", {"yaw": 0.5}, "face.look_straight", "yaw", 0.0),
        ("face", {"distance": 1.6}, "face.move_closer", "distance", 1.0),
        ("signature", {"line": 1.0}, "signature.sign_again", "line", 0.0),
    ],
)
def test_advice_moves_the_person_in_a_moment_and_mostly_rightly(modality, wrong, key, field, better):
    helped = 0
    for seed in range(20):
        room = kc.Scene(seed)
        room.seat(seed)
        room.begin(modality, 0.0)
        room.change(modality, **wrong)
        before = abs(values_of(room.pose(modality))[field] - better)
        room.hear(key)
        assert abs(values_of(room.pose(modality))[field] - better) == before, "nobody moves at once"
        for now in (0.5, 1.0, 2.0):
            room.look(modality, now)
        room.begin(modality, 2.5)
        helped += abs(values_of(room.pose(modality))[field] - better) < before
    assert 14 <= helped <= 20


def test_some_advice_is_misunderstood():
    efforts = set()
    for seed in range(40):
        room = kc.Scene(seed)
        room.seat(seed)
        room.change("fingerprint", pressure=0.3)
        room.hear("fingerprint.press_harder")
        room.begin("fingerprint", 2.0)
        efforts.add(values_of(room.pose("fingerprint"))["pressure"] > 0.35)
    assert efforts == {True, False}


def test_advice_about_the_printer_moves_nobody():
    room = kc.Scene(1)
    room.seat(1)
    before = room.pose("face")
    room.hear("printer.replace_ribbon")
    room.look("face", 10.0)
    assert room.pose("face") == before


def test_people_blink_now_and_then():
    room = kc.Scene(3)
    room.seat(3)
    lids = [room.look("iris", t / 30).lids for t in range(30 * 60)]
    blinks = sum(1 for before, after in itertools.pairwise(lids) if before > 0.5 >= after)
    assert 8 <= blinks <= 16
    assert np.mean(np.array(lids) > 0.5) > 0.9


def test_the_pads_frames_make_up_the_signature():
    device, request, _ = opened("signature", "seed=4&trigger=device&sensor=pressure")
    with device, device.present(request, timeout=60) as presentation:
        frames = list(presentation)
        (sample,) = presentation.samples
    assert sample.t.size > 50
    assert np.array_equal(np.concatenate([frame.x for frame in frames]), sample.x[: sum(f.x.size for f in frames)])
    assert sum(frame.x.size for frame in frames) == sample.x.size
    assert sample.force is not None
    assert all(frame.force is not None for frame in frames)


def test_a_pad_without_pressure_reports_none():
    device, request, _ = opened("signature", "seed=4&trigger=device&sensor=plain")
    with device:
        (sample,) = kc.capture(device, request, timeout=60)
    assert sample.force is None


def test_calibration_falls_due_and_can_be_done():
    device, request, _ = opened("fingerprint", "calibrate=2")
    with device:
        for _ in range(2):
            kc.capture(device, request, timeout=10)
        assert device.status().problems[0].key == "device.calibrate"
        with pytest.raises(kc.CalibrationRequired):
            kc.capture(device, request, timeout=10)
        device.calibrate()
        kc.capture(device, request, timeout=10)


def test_a_cold_device_warms_up_within_the_call():
    clock = kc.VirtualClock()
    device, request, _ = opened("face", "warmup=4", clock)
    with device:
        assert device.status().condition is kc.Condition.WARMING_UP
        kc.capture(device, request, timeout=10)
        assert clock.monotonic() >= 4
        assert device.status().ready


@pytest.mark.parametrize(
    ("address", "nearest"), [("sim:irris", "iris"), ("sim:iris?sene=x", "scene"), ("sim:iris?trigger=hosst", "host")]
)
def test_an_unknown_name_is_answered_with_the_nearest(address, nearest):
    with pytest.raises(kc.DeviceError, match=f'did you mean "{nearest}"'):
        kc.open_iris_scanner(address)


def test_an_unknown_scheme_is_answered_with_the_nearest():
    with pytest.raises(kc.DriverMissing, match='did you mean "folder:"'):
        kc.open_iris_scanner("foldr:/tmp")


def test_a_dirty_glass_shows_in_the_status_until_it_is_wiped():
    room, clock = kc.scene("test-dirty"), kc.VirtualClock()
    room.seat(3)
    room.change("fingerprint", dirt=0.6)
    with kc.open_fingerprint_scanner("sim:fingerprint?scene=test-dirty", clock=clock) as scanner:
        assert [problem.key for problem in scanner.status().problems] == ["device.glass_dirty"]
        room.change("fingerprint", dirt=0.0)
        assert scanner.status().problems == ()


def test_cloth_of_another_colour_is_hung_when_the_operator_says_so():
    room = kc.scene("test-cloth")
    room.seat(3)
    room.hear("face.backdrop_not_blue")
    assert room.backdrop == "blue"


def test_who_cannot_sign_makes_a_line_whatever_is_said():
    room = kc.Scene(1)
    room.seat(kc.Person(2, signs=False))
    for moment in range(5):
        room.begin("signature", 10.0 * moment)
        room.hear("signature.sign_again")
    assert values_of(room.pose("signature"))["line"] == 1.0


@pytest.mark.parametrize(
    ("kind", "change", "hint"),
    [
        ("fingerprint", {"moisture": 0.05}, "too_dry"),
        ("fingerprint", {"moisture": 0.95}, "too_wet"),
        ("fingerprint", {"pressure": 0.05}, "too_light"),
        ("fingerprint", {}, ""),
        ("iris", {"scale": 0.6}, "too_far"),
        ("iris", {"scale": 1.6}, "too_near"),
        ("iris", {}, ""),
    ],
)
def test_a_device_gives_hints_of_its_own(kind, change, hint):
    room, clock = kc.scene(f"test-hints-{kind}"), kc.VirtualClock()
    room.seat(3)
    room.change(kind, **change)
    opener, request, _ = STATIONS[kind]
    with (
        opener(f"sim:{kind}?scene=test-hints-{kind}&trigger=host", clock=clock) as device,
        device.present(request, timeout=10) as presentation,
    ):
        hints = [frame.reported["hint"] for frame, _ in zip(presentation, range(30), strict=False)]
    assert hints[-1] == hint
