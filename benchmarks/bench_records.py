"""Speed of the records, beside bare `struct`, asn1tools and iso19794.

    pytest -p pytest_benchmark.plugin benchmarks/bench_records.py -s

asn1tools is measured in the same process where it is installed, or found in the folder that the variable PEERS names
(the site-packages of an environment of its own); iso19794 needs an old Pillow and is measured by the
interpreter that the variable ISO19794_PYTHON names. Where one is missing its benchmark is skipped.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ktpel_capture import records
from ktpel_capture.imaging.codecs import decode_image, encode_image

if "PEERS" in os.environ:
    sys.path.append(os.environ["PEERS"])
SHARED = Path(__file__).parents[1] / ".." / "shared" / "data" / "records"
MOSIP = SHARED / "mosip" / "Default" / "Registration"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/records")


def finger() -> bytes:
    return (MOSIP / "Left_Thumb.iso").read_bytes()  # 110 kB


def portrait() -> bytes:
    return (SHARED / "lds" / "ICAO_39794_5_AP_MandFields.dat").read_bytes()


def enrolment() -> list[bytes]:
    names = [
        *(f"{side}_{finger}" for side in ("Left", "Right") for finger in _FINGERS),
        "Left_Iris",
        "Right_Iris",
        "Face",
    ]
    return [(MOSIP / f"{name}.iso").read_bytes() for name in names]


_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")


def many(benchmark, function, *arguments):
    """Batches of calls: a single one of these takes little longer than looking at the clock."""
    benchmark.pedantic(function, arguments, iterations=200, rounds=100, warmup_rounds=3)


def test_headers_of_a_finger_record_strictly(benchmark):
    data = finger()
    benchmark.group = "headers of a 110 kB finger record (goal 20 us)"
    many(benchmark, records.decode, data)


def test_headers_with_bare_struct(benchmark):
    benchmark.group = "headers of a 110 kB finger record (goal 20 us)"
    data = finger()
    general, header = struct.Struct(">8sIHBB"), struct.Struct(">IHBBBBBHBHHB")
    quality, certification, extended = struct.Struct(">BHH"), struct.Struct(">HB"), struct.Struct(">HH")
    body = struct.Struct(">BBBHHHHBBBHHI")

    def unpack():
        general.unpack_from(data)
        header.unpack_from(data, 16)
        quality.unpack_from(data, 35)
        certification.unpack_from(data, 41), certification.unpack_from(data, 44)
        *_rest, length = body.unpack_from(data, 47)
        image, at = data[69 : 69 + length], 69 + length
        while at < len(data):
            at += extended.unpack_from(data, at)[1]
        return image

    many(benchmark, unpack)


def test_headers_with_iso19794(benchmark):
    python = os.environ.get("ISO19794_PYTHON")
    if not python:
        pytest.skip("ISO19794_PYTHON names no interpreter with iso19794 and Pillow < 10")
    program = (
        "import io, sys, timeit, iso19794\nfrom PIL import Image\n"
        f"data = open({str(MOSIP / 'Left_Thumb.iso')!r}, 'rb').read()\n"
        "print(min(timeit.repeat(lambda: Image.open(io.BytesIO(data)), number=200, repeat=20)) / 200)"
    )
    benchmark.group = "headers of a 110 kB finger record (goal 20 us)"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    benchmark.extra_info["iso19794_seconds"] = float(done.stdout)
    print(f"\niso19794: {float(done.stdout) * 1e6:.1f} us (headers only)")
    benchmark(lambda: None)


def test_a_39794_face(benchmark):
    benchmark.group = "a 15 kB face of ISO/IEC 39794-5 (goal: faster than asn1tools)"
    many(benchmark, records.decode, portrait())


def test_a_39794_face_with_asn1tools(benchmark):
    asn1tools = pytest.importorskip("asn1tools")
    benchmark.group = "a 15 kB face of ISO/IEC 39794-5 (goal: faster than asn1tools)"
    text = ""
    for part in ("1", "5"):
        schema = (SHARED / "lds" / f"ID-ICAO-ISO-IEC-39794-{part}-ed-1-v1.asn").read_text()
        text += "\n".join(line for line in schema.splitlines() if not line.startswith("[source")) + "\n"
    compiled = asn1tools.compile_string(text, "der")
    many(benchmark, compiled.decode, "FaceImageDataBlock", portrait()[4:])


def shortest(function, times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def test_a_whole_enrolment_costs_little_more_than_its_codecs(benchmark):
    """Ten fingers, two irises and a face: record handling beside the image codecs (goal: at most 2 % more).

    The codecs take about a second here and swing by more than two percent from run to run, so what the records add is
    measured on its own: everything that is done besides the codecs.
    """
    blobs = enrolment()
    samples = [sample for data in blobs for sample in records.decode(data).samples()]
    coded = [records.decode(data).representations[0].image_data for data in blobs]
    decoding = shortest(lambda: [decode_image(data) for data in coded])
    encoding = shortest(lambda: [encode_image(sample.image, "jpeg2000", lossless=True) for sample in samples], 3)
    parsed = [records.decode(data) for data in blobs]
    headers = shortest(lambda: [records.encode(records.decode(data)) for data in blobs], 20)
    made = shortest(lambda: [records.encode(record) for record in parsed], 20)
    share = (headers + made) / (decoding + encoding)
    benchmark.group = "a whole enrolment: ten fingers, two irises, a face"
    benchmark.extra_info |= {"decoding_s": decoding, "encoding_s": encoding, "records_s": headers + made}
    print(f"\ncodecs {decoding:.3f} s + {encoding:.3f} s, records {(headers + made) * 1e3:.2f} ms: {share:.2%} more")
    benchmark.pedantic(lambda: [records.decode(data).samples() for data in blobs], rounds=3)
