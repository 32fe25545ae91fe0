"""Is this kit ready to travel?"""

import pytest

import ktpel_capture as kc
from ktpel_capture.devices.readiness import PACKING, examine, examine_kit
from ktpel_capture.messages import catalogue

KIT = (
    "sim:fingerprint",
    "sim:iris",
    "sim:face",
    "sim:signature",
    "sim:card-reader",
    "sim:card-printer",
    "sim:backup",
    "sim:uplink",
)


def test_a_good_kit_is_ready():
    kit = examine_kit(KIT, clock=kc.VirtualClock())
    assert kit.ready, [device.problems for device in kit.devices]
    assert [device.info.kind for device in kit.devices] == list(kc.Kind)
    assert all(device.versions.startswith("driver sim") for device in kit.devices)
    assert len(kit.packing) == len(PACKING)


@pytest.mark.parametrize("left_out", KIT)
def test_a_kind_that_nobody_packed_is_named(left_out):
    kit = examine_kit([address for address in KIT if address != left_out], clock=kc.VirtualClock())
    assert not kit.ready
    assert len(kit.problems) == 1
    assert kit.problems[0].key.startswith("device.missing_")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("sim:fingerprint?fault=unplug@open", "device.error_disconnected"),
        ("sim:fingerprint?fault=stall@frame:1", "device.no_live_view"),
        ("sim:fingerprint?fault=busy@present", "device.error_busy"),
        ("sim:face?fault=fault@frame:1", "device.error_fault"),
        ("sim:card-printer?ribbon=3", "device.printer_ribbon_low"),
        ("sim:card-printer?cards=0", "device.printer_cards"),
        ("sim:card-reader?sam=0", "device.no_sam"),
        ("sim:backup?locked=1", "device.volume_read_only"),
        ("sim:backup?capacity=100", "device.error_volume_full"),
        ("volume:/no/such/folder", "device.error_not_found"),
        ("sim:iriss", "device.error_address"),
        ("zfn:///dev/ttyUSB0?x=finger", "device.error_driver_missing"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_names_the_spare(address, key):
    device = examine(address, cards=30, clock=kc.VirtualClock())
    assert not device.ready
    assert key in [problem.key for problem in device.problems]
    assert device.spare is not None
    for problem in device.problems:
        assert problem.id
        assert problem.en


def test_no_network_is_a_note_and_stops_nobody():
    device = examine("sim:uplink?signal=-130", clock=kc.VirtualClock())
    assert device.ready
    assert "device.no_signal" in [sentence.key for sentence in device.notes]


def test_a_device_that_warms_up_is_waited_for():
    assert examine("sim:iris?warmup=20", clock=kc.VirtualClock()).ready


def test_one_device_twice_is_told():
    kit = examine_kit([*KIT, "sim:iris?rate=30"], clock=kc.VirtualClock())
    assert [problem.key for problem in kit.problems] == ["device.same_device_twice"]


def test_the_check_leaves_nothing_on_the_drive(tmp_path):
    examine(f"volume:{tmp_path}", clock=kc.VirtualClock())
    assert list(tmp_path.iterdir()) == []


def test_both_catalogues_hold_the_same_keys_and_placeholders():
    import string

    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    id_texts, en_texts = catalogue("id"), catalogue("en")
    keys = [key for key in en_texts if key.startswith("device.")]
    assert keys == [key for key in id_texts if key.startswith("device.")]
    for key in keys:
        assert fields(id_texts[key]) == fields(en_texts[key]), key
