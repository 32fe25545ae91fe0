"""The images of an ANSI/NIST-ITL transaction as samples, and transactions from samples.

Source: ANSI/NIST-ITL 1-2011, clauses 8.4, 8.10, 8.13, 8.14 and 8.17, tables 7, 8, 15 and 16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ktpel_capture.arrays import U8
from ktpel_capture.errors import RecordError
from ktpel_capture.records.ansi_nist import (
    STANDARD,
    AnsiNistTransaction,
    BinaryRecord,
    LogicalRecord,
    TaggedRecord,
    is_number,
    tagged,
)
from ktpel_capture.records.blocks import CaptureDateTime
from ktpel_capture.records.finger_codes import (
    IMPRESSION_2011,
    POSITION_2011,
    pixels_per_inch,
    record_impression,
    sample_impression,
    sample_position,
)
from ktpel_capture.records.pictures import RECORD_DEVIATES, decode_coded, decode_raw
from ktpel_capture.records.sampling import face_sample, finger_sample, iris_sample
from ktpel_capture.samples import (
    Eye,
    FaceSample,
    FingerprintSample,
    Impression,
    IrisSample,
    Position,
    Sample,
    SignatureSample,
)

MINIMUM_RESOLUTION: Final = 500.0
"""19.69 pixels a millimetre, the minimum scanning resolution."""
_PLAIN_THUMBS: Final[dict[int, Position]] = {11: "right_thumb", 12: "left_thumb"}
_CONTACT: Final[dict[int, Impression]] = {
    20: "live_plain",
    21: "live_rolled",
    22: "live_plain",
    23: "live_rolled",
    24: "contactless",
    25: "contactless",
    26: "contactless",
    27: "contactless",
}
EYES_BY_CODE: Final[dict[str, Eye]] = {"0": "unknown", "1": "right", "2": "left"}


def samples_of(transaction: AnsiNistTransaction) -> tuple[Sample, ...]:
    """The samples of a transaction's image records, in their order."""
    found: list[Sample] = []
    for record in transaction.records:
        if isinstance(record, BinaryRecord):
            if record.type == 4:
                found.append(_type_4(record, transaction))
        elif record.type in _TAGGED and record.get(999) is not None:
            found.append(_TAGGED[record.type](record))
    return tuple(found)


def position_of(code: int) -> Position:
    """A finger position code as samples name it; palms and the like are ``unknown``."""
    return _PLAIN_THUMBS.get(code) or sample_position(POSITION_2011.name(code))


def impression_of(code: int) -> Impression:
    """An impression type code as samples name it."""
    return _CONTACT.get(code) or sample_impression(IMPRESSION_2011.name(code))


def resolution_of(record: LogicalRecord, transaction: AnsiNistTransaction) -> float:
    """The resolution of a finger image in pixels per inch, across."""
    if isinstance(record, TaggedRecord):
        return _resolution(record, [])[0]
    picture, head = record.image_header, transaction.records[0]
    if picture is not None and picture.image_scanning_resolution == 1 and isinstance(head, TaggedRecord):
        per_mm = _number(head.text(11)) or 0.0
        return _nominal(per_mm * 25.4) if per_mm > 0 else MINIMUM_RESOLUTION
    return MINIMUM_RESOLUTION


def _type_4(record: BinaryRecord, transaction: AnsiNistTransaction) -> FingerprintSample:
    header = record.image_header
    if header is None:
        raise RecordError("the image header is cut off", field="record of type 4", clause=STANDARD)
    edits: list[str] = []
    ppi = resolution_of(record, transaction)
    pixels = _pixels(
        {0: "NONE", 1: "WSQ", 2: "JPEGB", 3: "JPEGL", 4: "JP2", 5: "JP2L", 6: "PNG"}.get(header.compression, "?"),
        record.image_data,
        header.width,
        header.height,
        8,
        edits,
    )
    return finger_sample(
        pixels,
        edits,
        (ppi, ppi),
        position_of(header.finger_positions[0]),
        impression_of(header.impression_type),
        (None, None, ()),
    )


def _pixels(algorithm: str, data: bytes, width: int, height: int, depth: int, edits: list[str]) -> U8:
    if algorithm == "NONE":
        if not (1 <= depth <= 16 or depth == 24):
            raise RecordError(f"{depth} bits a pixel", field="BPX", clause=STANDARD)
        if depth == 24:
            return decode_raw(data, width, height, 8, edits, channels=3)
        return decode_raw(data, width, height, depth, edits)
    if algorithm == "JPEGL":
        raise RecordError("lossless JPEG is not read", field="CGA", clause=STANDARD, code="record.unsupported")
    return decode_coded(data, width, height, edits)


def _number(text: str) -> float | None:
    try:
        value = float(text.strip())
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None


def _whole(record: TaggedRecord, number: int) -> int:
    text = record.text(number).strip()
    if not is_number(text):
        raise RecordError(f"{text[:20]!r} is no number", field=f"{record.type}.{number:03}", clause=STANDARD)
    return int(text)


def _nominal(ppi: float) -> float:
    nominal = round(ppi / 100) * 100
    return float(nominal) if nominal and abs(ppi - nominal) <= 1.27 else ppi


def _resolution(record: TaggedRecord, edits: list[str]) -> tuple[float, float]:
    """Of a finger image; a stated zero is assumed to be the minimum resolution, and said so."""
    units = {"1": "pixels_per_inch", "2": "pixels_per_centimetre"}.get(record.text(8).strip())
    if units is None:
        raise RecordError("the scale unit is neither 1 nor 2", field=f"{record.type}.008 SLC", clause=STANDARD)
    across, down = _whole(record, 9), _whole(record, 10)
    if across == 0 or down == 0:
        edits.append("edit.resolution_assumed")
        return MINIMUM_RESOLUTION, MINIMUM_RESOLUTION
    return pixels_per_inch(across, units), pixels_per_inch(down, units)


def _image_data(record: TaggedRecord, edits: list[str]) -> bytes:
    """The octets of field 999; where a writer set the field twice, those of the second."""
    content = record.get(999)
    if content is None:
        return b""
    before, again, behind = content.content.partition(b"\x1d" + content.tag.encode() + b":")
    if again and len(before) <= 32 and before.isalnum():
        edits.append(RECORD_DEVIATES)
        return behind
    return content.content


def _depth(record: TaggedRecord) -> int:
    return _whole(record, 12) if record.get(12) is not None else 8


def _picture(record: TaggedRecord, depth: int, edits: list[str]) -> U8:
    data = _image_data(record, edits)
    return _pixels(record.text(11).strip() or "?", data, _whole(record, 6), _whole(record, 7), depth, edits)


def _captured(record: TaggedRecord) -> CaptureDateTime | None:
    text = record.text(5).strip()
    if len(text) != 8 or not is_number(text):
        return None
    return CaptureDateTime(int(text[:4]), int(text[4:6]), int(text[6:]), 0)


def _finger(record: TaggedRecord) -> FingerprintSample:
    edits: list[str] = []
    pixels = _picture(record, _depth(record), edits)
    position = record.text(13).split("\x1e")[0].split("\x1f")[0].strip()
    impression = record.text(3).strip()
    return finger_sample(
        pixels,
        edits,
        _resolution(record, edits),
        position_of(int(position)) if is_number(position) else "unknown",
        impression_of(int(impression)) if is_number(impression) else "unknown",
        (_captured(record), None, ()),
    )


def _face(record: TaggedRecord) -> Sample:
    edits: list[str] = []
    grey = record.text(12).strip().upper() in ("GRAY", "GREY")
    return face_sample(_picture(record, 8 if grey else 24, edits), edits, (_captured(record), None, ()))


def _iris(record: TaggedRecord) -> Sample:
    edits: list[str] = []
    pixels = _picture(record, _depth(record), edits)
    return iris_sample(
        pixels, edits, EYES_BY_CODE.get(record.text(3).strip(), "unknown"), (_captured(record), None, ())
    )


_TAGGED: Final[dict[int, Callable[[TaggedRecord], Sample]]] = {10: _face, 13: _finger, 14: _finger, 17: _iris}


def make(
    pairs: Sequence[tuple[Sample, Any]],
    order: Any,
    *,
    source_agency: str = "KTPEL",
    destination_agency: str = "KTPEL",
    transaction_type: str = "CAR",
    control_number: str = "0",
    at: datetime | None = None,
) -> AnsiNistTransaction:
    """A transaction of the 2011 edition with one image record a sample: type 14, 10 or 17."""
    moments = [sample.capture.at for sample, _ in pairs if sample.capture is not None and sample.capture.at is not None]
    day = (at or min(moments, default=datetime.now(UTC))).astimezone(UTC).strftime("%Y%m%d").encode()
    agency = source_agency.encode()
    algorithm = _ALGORITHMS.get(order.encoding)
    if algorithm is None:
        raise ValueError(f"an ANSI/NIST-ITL record here holds no {order.encoding}")
    bodies = []
    for number, (sample, _report) in enumerate(pairs, 1):
        height, width = sample.image.shape[:2] if not isinstance(sample, SignatureSample) else (0, 0)
        taken = sample.capture.at if sample.capture is not None else None
        shared = {
            2: b"%02d" % number,
            4: agency,
            5: day if taken is None else taken.strftime("%Y%m%d").encode(),
            6: b"%d" % width,
            7: b"%d" % height,
            11: algorithm,
        }
        match sample:
            case FingerprintSample():
                rate = b"%d" % round(sample.ppi)
                impression = IMPRESSION_2011.code(record_impression(sample.impression, IMPRESSION_2011))
                bodies.append(
                    tagged(
                        14,
                        shared
                        | {
                            3: b"%d" % impression,
                            8: b"1",
                            9: rate,
                            10: rate,
                            12: b"8",
                            13: b"%d" % POSITION_2011.code(sample.position),
                            999: order.image(sample),
                        },
                    )
                )
            case FaceSample():
                facts = {3: b"FACE", 8: b"0", 9: b"1", 10: b"1", 12: b"SRGB", 13: b"1", 999: order.image(sample)}
                bodies.append(tagged(10, shared | facts))
            case IrisSample():
                code = next(code for code, eye in EYES_BY_CODE.items() if eye == sample.eye)
                facts = {3: code.encode(), 8: b"0", 9: b"1", 10: b"1", 12: b"8", 13: b"GRAY", 999: order.image(sample)}
                bodies.append(tagged(17, shared | facts))
            case _:
                raise ValueError("an ANSI/NIST-ITL record here holds no signature")
    head = header(
        bodies,
        day=at or min(moments, default=None),
        source_agency=source_agency,
        destination_agency=destination_agency,
        transaction_type=transaction_type,
        control_number=control_number,
    )
    return AnsiNistTransaction((head, *bodies))


def header(
    bodies: Sequence[TaggedRecord],
    *,
    version: bytes = b"0500",
    day: datetime | None = None,
    source_agency: str = "KTPEL",
    destination_agency: str = "KTPEL",
    transaction_type: str = "CAR",
    control_number: str = "0",
) -> TaggedRecord:
    """The type 1 record that announces these records, designated 01, 02 and so on; of today where no day is given."""
    announced = [f"1\x1f{len(bodies)}"] + [f"{body.type}\x1f{number:02}" for number, body in enumerate(bodies, 1)]
    return tagged(
        1,
        {
            2: version,
            3: "\x1e".join(announced).encode(),
            4: transaction_type.encode(),
            5: (day or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%d").encode(),
            7: destination_agency.encode(),
            8: source_agency.encode(),
            9: control_number.encode(),
            11: b"00.00",
            12: b"00.00",
        },
    )


_ALGORITHMS: Final = {
    "raw": b"NONE",
    "wsq": b"WSQ20",
    "jpeg": b"JPEGB",
    "jpeg2000_lossy": b"JP2",
    "jpeg2000_lossless": b"JP2L",
    "png": b"PNG",
}
"""Compression algorithms (CGA) by our names."""
