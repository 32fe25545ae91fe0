"""What goes wrong, and how the application is told."""

import threading

import numpy as np
import pytest
from hypothesis import given, strategies as st

import ktpel_capture as kc
from ktpel_capture.devices.faults import EVENTS, FAULTS, Fault, parse_script

INDEX = kc.FingerRequest("right_index")
KINDS = {
    "fingerprint": (kc.open_fingerprint_scanner, INDEX),
    "iris": (kc.open_iris_scanner, kc.IrisRequest()),
    "face": (kc.open_face_camera, kc.FaceRequest()),
    "signature": (kc.open_signature_pad, kc.SignatureRequest()),
}


def scanner(query, clock=None):
    return kc.open_fingerprint_scanner(f"sim:fingerprint?{query}", clock=clock or kc.VirtualClock())


scripts = st.lists(st.builds(Fault, st.sampled_from(FAULTS), st.sampled_from(EVENTS), st.integers(1, 999)), max_size=5)


@given(scripts)
def test_a_script_reads_back_as_it_is_written(script):
    assert parse_script(",".join(map(str, script))) == tuple(script)


@given(st.text(max_size=30))
def test_any_text_is_a_script_or_a_clear_error(text):
    try:
        parse_script(text)
    except kc.AddressError as error:
        assert "fault" in str(error) or "event" in str(error)


@pytest.mark.parametrize(("script", "nearest"), [("unplg@frame:1", "unplug"), ("stall@fram", "frame")])
def test_an_unknown_fault_is_answered_with_the_nearest(script, nearest):
    with pytest.raises(kc.AddressError, match=f'did you mean "{nearest}"'):
        scanner(f"fault={script}")


@pytest.mark.parametrize("kind", KINDS)
def test_unplug_at_a_frame_ends_the_call_and_the_device(kind):
    opener, request = KINDS[kind]
    with opener(f"sim:{kind}?fault=unplug@frame:3&trigger=host", clock=kc.VirtualClock()) as device:
        frames = []
        with device.present(request, timeout=30) as presentation, pytest.raises(kc.DeviceDisconnected):
            frames.extend(presentation)
        assert len(frames) == 2 or not frames  # extend keeps nothing when it raises
        assert device.status().condition is kc.Condition.GONE
        with pytest.raises(kc.DeviceDisconnected):
            kc.capture(device, request, timeout=30)


@pytest.mark.parametrize("event", ["present", "take", "sample", "frame"])
def test_unplug_at_every_step_is_a_disconnection(event):
    with scanner(f"fault=unplug@{event}") as device, pytest.raises(kc.DeviceDisconnected):
        kc.capture(device, INDEX, timeout=30)


def test_unplug_while_opening():
    with pytest.raises(kc.DeviceDisconnected):
        scanner("fault=unplug@open")


def test_a_cable_put_back_stays_put_where_a_scene_remembers():
    clock = kc.VirtualClock()
    query = "scene=test-fault-once&fault=unplug@frame:2"
    with scanner(query, clock) as device, pytest.raises(kc.DeviceDisconnected):
        kc.capture(device, INDEX, timeout=30)
    with scanner(query, clock) as device:
        assert len(kc.capture(device, INDEX, timeout=30)) == 1


def test_without_a_scene_the_script_begins_anew_with_every_opening():
    clock = kc.VirtualClock()
    for _ in range(2):
        with scanner("fault=unplug@frame:2", clock) as device, pytest.raises(kc.DeviceDisconnected):
            kc.capture(device, INDEX, timeout=30)


def test_a_pulled_cable_ends_a_wait_that_has_no_live_view_at_once():
    with scanner("fault=skip@frame:999&rate=0", kc.SystemClock()) as device:
        threading.Timer(0.2, device.trouble.unplug).start()
        with device.present(INDEX, timeout=20) as presentation, pytest.raises(kc.DeviceDisconnected):
            next(iter(presentation))


def test_a_live_view_that_stands_still_is_a_timeout_after_two_seconds():
    clock = kc.VirtualClock()
    with scanner("fault=stall@frame:3", clock) as device, pytest.raises(kc.CaptureTimeout, match="stands still"):
        kc.capture(device, INDEX, timeout=30)
    assert clock.monotonic() < 3


def test_a_stall_can_be_called_off():
    token = kc.CancelToken()
    with scanner("fault=stall@frame:3", kc.SystemClock()) as device:
        threading.Timer(0.5, token.cancel).start()
        with pytest.raises(kc.CaptureCancelled):
            kc.capture(device, INDEX, timeout=30, cancel=token)


def test_a_stale_frame_has_its_old_number():
    with scanner("fault=stale@frame:4&trigger=host") as device, device.present(INDEX, timeout=30) as presentation:
        frames = [frame for frame, _ in zip(presentation, range(6), strict=False)]
    assert frames[3] is frames[2]
    assert frames[4].sequence == frames[2].sequence + 2


def test_a_lost_frame_is_a_gap():
    with scanner("fault=skip@frame:4&trigger=host") as device, device.present(INDEX, timeout=30) as presentation:
        numbers = [frame.sequence for frame, _ in zip(presentation, range(6), strict=False)]
    assert np.diff(numbers).tolist() == [1, 1, 2, 1, 1]


def test_busy_is_refused_once():
    with scanner("fault=busy@present:2") as device:
        kc.capture(device, INDEX, timeout=30)
        with pytest.raises(kc.DeviceBusy):
            kc.capture(device, INDEX, timeout=30)
        kc.capture(device, INDEX, timeout=30)


def test_a_wrong_serial_shows_in_the_info():
    with scanner("fault=wrong-serial@sample:1") as device:
        before = device.info.serial
        kc.capture(device, INDEX, timeout=30)
        assert device.info.serial != before


def test_a_clock_set_back_dates_the_sample_early_and_keeps_the_monotonic_stamp():
    clock = kc.VirtualClock()
    with scanner("fault=clock-back@sample:2", clock) as device:
        (first,) = kc.capture(device, INDEX, timeout=30)
        (second,) = kc.capture(device, INDEX, timeout=30)
    assert second.capture.at < first.capture.at
    assert second.capture.monotonic > first.capture.monotonic


def test_samples_name_the_address_with_its_fault():
    with scanner("fault=skip@frame:4") as device:
        (sample,) = kc.capture(device, INDEX, timeout=30)
        assert sample.capture.device == device.info.address == "sim:fingerprint?fault=skip@frame:4"


def test_a_power_cut_leaves_no_half_file(tmp_path):
    clock = kc.VirtualClock()
    with kc.open_backup_volume(f"sim:backup?path={tmp_path}&fault=power@chunk:3", clock=clock) as drive:
        with pytest.raises(kc.DeviceDisconnected):
            drive.write("a/b.bin", [b"1"] * 10)
        assert drive.status().condition is kc.Condition.GONE
    with kc.open_backup_volume(f"sim:backup?path={tmp_path}", clock=clock) as drive:
        assert list(drive.names()) == []


def test_a_disk_that_fills_keeps_what_was_whole(tmp_path):
    with kc.open_backup_volume(f"sim:backup?path={tmp_path}&fault=full@chunk:3") as drive:
        drive.write("whole", [b"12"])
        with pytest.raises(kc.VolumeFull):
            drive.write("half", [b"12"] * 5)
        assert list(drive.names()) == ["whole"]


def test_a_reader_pulled_while_a_card_is_held():
    with kc.open_card_reader("sim:card-reader?fault=unplug@apdu:2", clock=kc.VirtualClock()) as reader:
        challenge = kc.CommandApdu(0, 0x84, 0, 0, expected=8)
        with reader.card("contactless", timeout=1) as card:
            assert card.transmit(challenge).ok
            with pytest.raises(kc.DeviceDisconnected):
                card.transmit(challenge)


def test_a_printer_unplugged_at_submit_prints_the_key_once(tmp_path):
    clock = kc.VirtualClock()
    address = f"sim:card-printer?scene=test-printer-once&path={tmp_path}&fault=unplug@job:1"
    card = kc.CardJob("6311-1", np.zeros((101, 160, 3), np.uint8))
    with kc.open_card_printer(address, clock=clock) as printer:
        job = printer.submit(card)
        with pytest.raises(kc.DeviceDisconnected):
            printer.job(job)
    with kc.open_card_printer(address, clock=clock) as printer:
        assert printer.submit(card) == job
        clock.advance(200)
        assert printer.job(job).stage is kc.JobStage.DONE
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_an_open_device_can_be_given_a_script():
    from ktpel_capture.devices.faults import faulty

    clock = kc.VirtualClock()
    with (
        faulty(scanner("seed=3", clock), "unplug@frame:2", clock=clock) as device,
        pytest.raises(kc.DeviceDisconnected),
    ):
        kc.capture(device, INDEX, timeout=30)


def test_a_spare_goes_on_where_the_first_scanner_broke_and_loses_nothing():
    clock, room = kc.VirtualClock(), kc.scene("test-spare")
    room.seat(7)
    ktpel = kc.load_profile("ktpel")
    kept = {}
    query = "sim:fingerprint?scene=test-spare&serial="
    addresses = [f"{query}A&fault=unplug@present:2", f"{query}B"]
    device = kc.open_fingerprint_scanner(addresses.pop(0), clock=clock)
    for position in ("left_index", "right_index"):
        earlier = []
        while position not in kept:
            try:
                for event in kc.acquire(device, kc.FingerRequest(position), ktpel, earlier=earlier):
                    match event:
                        case kc.Captured(samples):
                            earlier.extend(samples)
                        case kc.Accepted(samples, _):
                            kept[position] = samples[0]
            except kc.DeviceDisconnected:
                device.close()
                device = kc.open_fingerprint_scanner(addresses.pop(0), clock=clock)
    device.close()
    assert [kept[position].position for position in ("left_index", "right_index")] == ["left_index", "right_index"]
    assert "serial=A" in kept["left_index"].capture.device
    assert "serial=B" in kept["right_index"].capture.device
