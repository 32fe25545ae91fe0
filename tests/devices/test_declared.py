"""Simulated devices written down in TOML."""

import pytest

import ktpel_capture as kc

INDEX = kc.FingerRequest("right_index")
ACME = """
kind = "fingerprint"
maker = "Acme"
model = "A-100"
serial = "A100-0001"
firmware = "2.1"
faults = ["busy@present:2"]

[options]
trigger = "device"
rate = 30
latency = 0.4

[sensor]
width = 600
height = 500
takes = ["right_index", "left_index"]
"""


def opened(tmp_path, text, query=""):
    path = tmp_path / "acme.toml"
    path.write_text(text, "utf-8")
    return kc.open_fingerprint_scanner(f"simfile:{path}{query}", clock=kc.VirtualClock())


def test_a_device_is_as_its_file_says(tmp_path):
    with opened(tmp_path, ACME, "?seed=3") as scanner:
        info = scanner.info
        assert (info.maker, info.model, info.serial, info.firmware) == ("Acme", "A-100", "A100-0001", "2.1")
        assert info.trigger is kc.Trigger.DEVICE
        assert info.frame_rate == 30
        assert info.takes == ("right_index", "left_index")
        (sample,) = kc.capture(scanner, INDEX, timeout=10)
        assert sample.image.shape == (500, 500)
        assert sample.capture.device == info.address
        with pytest.raises(kc.DeviceBusy):
            kc.capture(scanner, INDEX, timeout=10)
        with pytest.raises(kc.RequestUnsupported):
            kc.capture(scanner, kc.FingerRequest("right_thumb"), timeout=10)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("kind =", "kin ="), 'unknown field .kin.*did you mean "kind"'),
        (('"fingerprint"', '"fingerprnt"'), 'did you mean "fingerprint"'),
        (("unplug", "x"), None),
        (("busy@present:2", "buzy@present:2"), 'did you mean "busy"'),
        (("rate = 30", "rat = 30"), 'did you mean "rate"'),
        (("width = 600", "width = 6"), "64..4000 pixels"),
        (("width = 600", "widht = 600"), 'did you mean "width"'),
        (('"left_index"', '"left_indx"'), 'did you mean "left_index"'),
        (('maker = "Acme"', "maker = 3"), "maker must be a text"),
        (('"2.1"', '"2.1'), "is no TOML"),
        (("[options]", "options = 3\n[x]"), "unknown field"),
    ],
)
def test_a_wrong_field_is_named_with_the_nearest(tmp_path, change, said):
    text = ACME.replace(*change)
    if said is None:
        opened(tmp_path, text).close()
        return
    with pytest.raises(kc.AddressError, match=said):
        opened(tmp_path, text)


def test_a_file_that_is_not_there():
    with pytest.raises(kc.DeviceNotFound):
        kc.open_fingerprint_scanner("simfile:/no/such.toml")


@pytest.mark.parametrize("kind", ["iris", "face", "signature"])
def test_every_capture_kind_can_be_described(tmp_path, kind):
    path = tmp_path / "device.toml"
    path.write_text(f'kind = "{kind}"\nmodel = "M"\n[options]\ntrigger = "device"\n')
    opener = {"iris": kc.open_iris_scanner, "face": kc.open_face_camera, "signature": kc.open_signature_pad}[kind]
    with opener(f"simfile:{path}", clock=kc.VirtualClock()) as device:
        assert device.info.model == "M"
