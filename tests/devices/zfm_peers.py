"""Two independent host libraries speak to a port; what they saw goes out as JSON.

Runs in an environment that has them (adafruit-circuitpython-fingerprint, pyfingerprint), never in the project's own:
``python zfm_peers.py PORT BAUD``.
"""

import hashlib
import json
import sys
import tempfile
import time


def adafruit(port, baud):
    import adafruit_fingerprint
    import serial

    with serial.Serial(port, baud, timeout=3) as uart:
        sensor = adafruit_fingerprint.Adafruit_Fingerprint(uart)
        seen = {"verified": sensor.verify_password(), "parameters": sensor.read_sysparam()}
        seen["library"], seen["security"] = sensor.library_size, sensor.security_level
        seen["collected"] = [sensor.get_image()]
        seen["extracted"] = [sensor.image_2_tz(1)]
        seen["collected"].append(sensor.get_image())
        seen["extracted"].append(sensor.image_2_tz(2))
        seen["combined"], seen["stored"] = sensor.create_model(), sensor.store_model(5)
        seen["read"], seen["pages"] = sensor.read_templates(), sensor.templates
        seen["found"], seen["page"] = sensor.finger_fast_search(), sensor.finger_id
        image = bytes(sensor.get_fpdata("image"))
        seen["image"] = hashlib.sha256(image).hexdigest()
        template = sensor.get_fpdata("char", 1)
        seen["sent"] = sensor.send_fpdata(template, "char", 2)
        seen["compared"] = sensor.compare_templates()
        seen["deleted"], seen["emptied"] = sensor.delete_model(5), sensor.empty_library()
        return seen


def pyfingerprint(port, baud):
    from PIL import Image
    from pyfingerprint.pyfingerprint import PyFingerprint

    sensor = PyFingerprint(port, baud, 0xFFFFFFFF, 0)
    seen = {"verified": sensor.verifyPassword(), "capacity": sensor.getStorageCapacity(), "read": sensor.readImage()}
    with tempfile.NamedTemporaryFile(suffix=".bmp") as file:
        try:  # it takes every sensor for 256 x 288
            sensor.downloadImage(file.name)
            seen["image"] = hashlib.sha256(Image.open(file.name).convert("L").tobytes()).hexdigest()
        except IndexError:
            seen["image"] = None
    seen["extracted"] = [sensor.convertImage(1), sensor.readImage(), sensor.convertImage(2)]
    seen["alike"] = sensor.compareCharacteristics() > 0
    seen["combined"], seen["stored"] = sensor.createTemplate(), sensor.storeTemplate(7, 1)
    seen["count"], seen["found"] = sensor.getTemplateCount(), sensor.searchTemplate()[0]
    seen["template"] = len(sensor.downloadCharacteristics(1))
    seen["deleted"], seen["emptied"] = sensor.deleteTemplate(7), sensor.clearDatabase()
    return seen


if __name__ == "__main__":
    port, baud = sys.argv[1], int(sys.argv[2])
    first = adafruit(port, baud)
    time.sleep(0.2)
    print(json.dumps({"adafruit": first, "pyfingerprint": pyfingerprint(port, baud)}))
