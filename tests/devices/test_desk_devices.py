"""Card reader, card printer, backup drive and uplink, simulated; the folder as a drive."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

import ktpel_capture as kc
from ktpel_capture.devices.simulators.reader import SimulatedCard

FRONT = np.full((101, 160, 3), 200, np.uint8)


def printer(query="", clock=None):
    return kc.open_card_printer(f"sim:card-printer?{query}", clock=clock or kc.VirtualClock())


def test_a_card_takes_its_time_and_uses_supplies():
    clock = kc.VirtualClock()
    with printer("pace=20&cards=7", clock) as device:
        job = device.submit(kc.CardJob("a", FRONT))
        assert device.job(job).stage is kc.JobStage.PRINTING
        clock.advance(19)
        assert not device.job(job).finished
        clock.advance(2)
        assert device.job(job).stage is kc.JobStage.DONE
        assert device.supplies().cards_left() == 6


def test_jobs_are_printed_one_after_the_other():
    clock = kc.VirtualClock()
    with printer("pace=20", clock) as device:
        jobs = [device.submit(kc.CardJob(str(number), FRONT)) for number in range(3)]
        clock.advance(41)
        assert [device.job(job).stage for job in jobs] == [
            kc.JobStage.DONE,
            kc.JobStage.DONE,
            kc.JobStage.PRINTING,
        ]


def test_the_same_key_is_one_card():
    clock = kc.VirtualClock()
    with printer("pace=1&cards=10", clock) as device:
        assert device.submit(kc.CardJob("a", FRONT)) == device.submit(kc.CardJob("a", FRONT))
        clock.advance(10)
        assert device.submit(kc.CardJob("a", FRONT)) == device.submit(kc.CardJob("a", FRONT))
        clock.advance(10)
        assert device.supplies().cards_left() == 9


@pytest.mark.parametrize("supply", ["cards", "ribbon", "film", "cleaning"])
def test_an_empty_supply_holds_the_job_until_it_is_loaded(supply):
    clock = kc.VirtualClock()
    with printer(f"pace=5&{supply}=1", clock) as device:
        first, second = (device.submit(kc.CardJob(key, FRONT)) for key in "ab")
        clock.advance(60)
        assert device.job(first).stage is kc.JobStage.DONE
        held = device.job(second)
        assert held.stage is kc.JobStage.HELD
        assert held.problem == device.status().problems[0]
        device.load(supply)
        clock.advance(6)
        assert device.job(second).stage is kc.JobStage.DONE


def test_a_jam_costs_a_card_and_the_job_goes_on():
    clock = kc.VirtualClock()
    with printer("pace=5&cards=10", clock) as device:
        job = device.submit(kc.CardJob("a", FRONT))
        clock.advance(2)
        device.jam()
        clock.advance(60)
        assert device.job(job).stage is kc.JobStage.HELD
        assert device.status().problems[0].key == "device.printer_jam"
        device.clear()
        clock.advance(6)
        assert device.job(job).stage is kc.JobStage.DONE
        assert device.supplies().cards_left() == 8


def test_a_waiting_job_can_be_withdrawn_and_a_printed_one_cannot():
    clock = kc.VirtualClock()
    with printer("pace=5", clock) as device:
        first, second = (device.submit(kc.CardJob(key, FRONT)) for key in "ab")
        clock.advance(1)
        assert device.withdraw(first).stage is kc.JobStage.PRINTING
        assert device.withdraw(second).stage is kc.JobStage.WITHDRAWN
        clock.advance(60)
        assert device.withdraw(first).stage is kc.JobStage.DONE


def test_printed_cards_are_known_to_the_next_process(tmp_path):
    clock = kc.VirtualClock()
    with printer(f"path={tmp_path}&pace=1", clock) as device:
        device.submit(kc.CardJob("a", FRONT, FRONT))
        clock.advance(2)
        device.supplies()
    assert len(list(tmp_path.glob("*.png"))) == 2
    with printer(f"path={tmp_path}&cards=5", kc.VirtualClock()) as device:
        assert device.job(device.submit(kc.CardJob("a", FRONT))).stage is kc.JobStage.DONE


def test_a_reader_reads_a_file_of_a_card():
    with kc.open_card_reader("sim:card-reader?card=0", clock=kc.VirtualClock()) as reader:
        reader.insert("contactless", SimulatedCard(b"\x3b\x00", {0x2F01: bytes(range(40))}))
        with reader.card("contactless", timeout=1) as card:
            assert card.atr == b"\x3b\x00"
            assert card.transmit(kc.CommandApdu(0, 0xA4, 0, 0, b"\x2f\x01")).ok
            assert card.transmit(kc.CommandApdu(0, 0xB0, 0, 4, expected=8)).data == bytes(range(4, 12))
            assert card.transmit(kc.CommandApdu(0, 0xA4, 0, 0, b"\x2f\x02")).status == 0x6A82


@given(st.builds(kc.CommandApdu, *[st.integers(0, 255)] * 4, st.binary(max_size=20), st.none() | st.integers(0, 300)))
def test_a_card_answers_any_command(command):
    answer = SimulatedCard(b"", {0x2F01: bytes(40)}).answer(command)
    assert 0 <= answer.status <= 0xFFFF


def test_a_card_is_held_exclusively_and_may_be_taken_away():
    with kc.open_card_reader("sim:card-reader", clock=kc.VirtualClock()) as reader:
        with reader.card("contactless", timeout=1) as card:
            with pytest.raises(kc.DeviceBusy), reader.card("contactless", timeout=1):
                pass
            reader.remove("contactless")
            with pytest.raises(kc.CardRemoved):
                card.transmit(kc.CommandApdu(0, 0x84, 0, 0, expected=8))
        with pytest.raises(kc.CaptureTimeout), reader.card("contactless", timeout=1):
            pass
        with pytest.raises(ValueError, match="no slot"), reader.card("usb", timeout=1):
            pass


def test_an_uplink_registers_after_a_while():
    clock = kc.VirtualClock()
    with kc.open_uplink("sim:uplink?register=5", clock=clock) as link:
        assert not link.link().registered
        with link.online(timeout=10) as state:
            assert state.online
            assert state.technology == "lte"
        assert 5 <= clock.monotonic() < 6


def test_an_uplink_without_signal_times_out_and_says_so():
    with kc.open_uplink("sim:uplink?signal=-130", clock=kc.VirtualClock()) as link:
        assert link.status().problems[0].key == "device.no_signal"
        with pytest.raises(kc.CaptureTimeout, match="dBm"), link.online(timeout=5):
            pass


def test_an_uplink_drops_and_comes_back():
    clock = kc.VirtualClock()
    with kc.open_uplink("sim:uplink?drops=60&outage=10&seed=3", clock=clock) as link:
        online = []
        for _ in range(600):
            online.append(link.link().online)
            clock.advance(1)
    assert 0.7 < np.mean(online) < 0.95


@pytest.fixture(params=["volume", "sim"])
def drive(request, tmp_path):
    address = f"volume:{tmp_path}" if request.param == "volume" else f"sim:backup?path={tmp_path}&capacity=100000"
    with kc.open_backup_volume(address, clock=kc.VirtualClock()) as device:
        yield device


def test_what_is_written_is_read_back(drive):
    import hashlib

    content = [b"first ", b"second"]
    digest = drive.write("visit/1/photo.bin", content)
    assert digest == hashlib.sha256(b"".join(content)).hexdigest()
    with drive.read("visit/1/photo.bin") as file:
        assert file.read() == b"first second"
    drive.write("visit/1/photo.bin", [b"new"])
    with drive.read("visit/1/photo.bin") as file:
        assert file.read() == b"new"
    assert list(drive.names()) == ["visit/1/photo.bin"]
    assert list(drive.names("other")) == []
    drive.remove("visit/1/photo.bin")
    assert list(drive.names()) == []


def test_a_writer_that_fails_leaves_nothing(drive):
    def chunks():
        yield b"1"
        raise RuntimeError("the application failed")

    with pytest.raises(RuntimeError):
        drive.write("a", chunks())
    assert list(drive.names()) == []


@pytest.mark.parametrize("name", ["", "/a", "../a", "a//b", "a/..", ".", "a\\b", "c:a", "a\0"])
def test_a_name_that_leaves_the_volume_is_refused(drive, name):
    with pytest.raises(ValueError, match="no name on a volume"):
        drive.write(name, [b""])


def test_a_missing_name_is_a_device_error(drive):
    with pytest.raises(kc.DeviceError, match="there is no"), drive.read("nothing"):
        pass


def test_an_ejected_drive_takes_nothing_more(drive):
    drive.write("a", [b"1"])
    drive.eject()
    assert drive.status().condition is kc.Condition.GONE
    with pytest.raises(kc.DeviceDisconnected):
        drive.write("b", [b"1"])


def test_a_drive_fills(tmp_path):
    with kc.open_backup_volume(f"sim:backup?path={tmp_path}&capacity=1000") as device:
        device.write("a", [bytes(600)])
        with pytest.raises(kc.VolumeFull):
            device.write("b", [bytes(300), bytes(300)])
        assert device.usage().free == 400
        assert list(device.names()) == ["a"]


def test_a_locked_drive_says_what_to_do(tmp_path):
    with kc.open_backup_volume(f"sim:backup?path={tmp_path}&locked=1") as device:
        assert not device.usage().writable
        assert device.status().problems[0].key == "device.volume_read_only"
        with pytest.raises(kc.DeviceFault, match="lock switch"):
            device.write("a", [b"1"])


def test_a_pulled_folder_is_a_disconnection(tmp_path):
    root = tmp_path / "stick"
    root.mkdir()
    with kc.open_backup_volume(f"volume:{root}") as device:
        root.rmdir()
        assert device.status().condition is kc.Condition.GONE
        with pytest.raises(kc.DeviceDisconnected):
            device.write("a", [b"1"])


def test_a_drive_of_one_scene_keeps_its_files():
    for content in ([b"1"], None):
        with kc.open_backup_volume("sim:backup?scene=test-drive") as device:
            if content:
                device.write("a", content)
            assert list(device.names()) == ["a"]
            if not content:
                device.remove("a")
