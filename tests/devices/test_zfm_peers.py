"""Two independent host libraries understand our firmware, and read the same picture from it to the byte.

They are no dependency: ``KTPEL_ZFM_PEERS`` names the Python of an environment of their own.
"""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ktpel_capture.devices.drivers.zfm.firmware import R503, ZFM20, Firmware
from ktpel_capture.devices.drivers.zfm.packets import Parameters, pack_image, unpack_image
from ktpel_capture.devices.transports.served import PtyServer

PYTHON = os.environ.get("KTPEL_ZFM_PEERS", "")


@pytest.mark.skipif(not PYTHON, reason="KTPEL_ZFM_PEERS names no Python with the peers installed")
@pytest.mark.parametrize("model", [ZFM20, R503], ids=["zfm20", "r503"])
def test_peers_read_the_same(model):
    width, height = model.size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = np.rint(127.5 + 120 * np.sin(0.6 * (x * np.cos(y / 90) + y * np.sin(x / 70)))).astype(np.uint8)
    firmware = Firmware(model, lambda now: picture, parameters=Parameters(baud=115_200))
    with PtyServer(firmware) as server:
        command = [PYTHON, str(Path(__file__).with_name("zfm_peers.py")), server.path, "115200"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    packed = pack_image(picture)
    one = seen["adafruit"]
    assert one["image"] == hashlib.sha256(packed).hexdigest()
    assert one["pages"] == [5]
    assert one["page"] == 5
    assert (one["library"], one["security"]) == (200, 3)
    successes = ["verified", "parameters", "combined", "stored", "read", "found", "compared", "deleted", "emptied"]
    assert [one[name] for name in successes] == [0] * len(successes)
    assert one["collected"] == one["extracted"] == [0, 0]
    other = seen["pyfingerprint"]
    if model is ZFM20:
        assert other["image"] == hashlib.sha256(unpack_image(packed).tobytes()).hexdigest()
    assert other["verified"]
    assert other["read"]
    assert all(other["extracted"])
    assert other["alike"]
    assert (other["stored"], other["found"], other["count"], other["template"]) == (7, 7, 1, 512)
