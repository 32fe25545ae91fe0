"""The minutiae of an ANSI/NIST-ITL transaction as templates, and transactions from templates.

A type 9 record holds them in one of two ways: the block of INCITS 378 (fields 9.126 to 9.141, edition of 2011), or the
standard's own fields 9.005 to 9.012, which editions up to 2007 wrote and which are still about.

Sources: ANSI/NIST-ITL 1-2011, clause 8.9; ANSI/NIST-ITL 1-2007, clause 16, as NIST's own programs write it: there
positions count from the lower left in hundredths of a millimetre (four digits, for palms five), and an angle points
away from the ridge, half a turn from INCITS 378 and ISO/IEC 19794-2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from ktpel_capture.errors import RecordError
from ktpel_capture.records.ansi_nist import (
    STANDARD,
    AnsiNistTransaction,
    BinaryRecord,
    TaggedRecord,
    is_number,
    tagged,
)
from ktpel_capture.records.ansi_nist_samples import header, position_of, resolution_of
from ktpel_capture.records.finger_codes import IMPRESSION_2011, POSITION_2011, pixels_per_inch, record_impression
from ktpel_capture.samples import Impression
from ktpel_capture.templates import Minutiae

M1_BLOCK, LEGACY_DATA = 137, 12
NEUTRAL: Final = 0.5
"""Quality of a minutia whose quality was not recorded, as in ISO/IEC 19794-2 records."""
_BEST, _WORST = 2, 63
"""Legacy qualities; 0 is a minutia encoded by hand, 1 one without a quality."""
_LEGACY_KINDS: Final = {"A": 1, "B": 2, "C": 0, "D": 0}
_PER_MM: Final = 100
_DEFAULT_PPI: Final = 500.0


def templates_of(transaction: AnsiNistTransaction) -> tuple[Minutiae, ...]:
    """The minutiae of the type 9 records, in their order; a record that holds only other features is passed by.

    Where the legacy fields stand without their image its height is not known: positions then count from the topmost
    minutia, and the template's size is (0, 0).

    Raises
    ------
    RecordError : a field that is not what the standard says.
    """
    found = []
    for record in transaction.of_type(9):
        if isinstance(record, TaggedRecord) and record.get(M1_BLOCK) is not None:
            found.append(_of_m1(record))
        elif isinstance(record, TaggedRecord) and record.get(LEGACY_DATA) is not None:
            found.append(_of_legacy(record, transaction))
    return tuple(found)


def _of_m1(record: TaggedRecord) -> Minutiae:
    size = _whole(record, 128), _whole(record, 129)
    units = {"1": "pixels_per_inch", "2": "pixels_per_centimetre"}.get(record.text(130).strip())
    if units is None:
        raise RecordError("the scale unit is neither 1 nor 2", field="9.130 SLC", clause=STANDARD)
    across, down = _whole(record, 131), _whole(record, 132)
    if across != down or across == 0:
        raise RecordError(f"a pixel scale of {across} x {down}", field="9.131 THPS", clause=STANDARD)
    rows = np.array(list(_numbers(record, M1_BLOCK, 6)), np.float32).reshape(-1, 6)
    _check_count(record, 136, len(rows))
    _index, x, y, angle, kind, quality = rows.T
    if (angle >= 180).any() or (kind > 2).any() or (quality > 100).any():
        raise RecordError("an angle, type or quality is out of range", field="9.137 FMD", clause=STANDARD)
    return Minutiae(
        x,
        y,
        np.deg2rad(2 * angle),
        kind.astype(np.uint8),
        np.where(quality > 0, quality / 100, NEUTRAL),
        pixels_per_inch(across, units),
        size,
        position_of(_whole(record, 134)) if record.get(134) is not None else "unknown",
    )


def _of_legacy(record: TaggedRecord, transaction: AnsiNistTransaction) -> Minutiae:
    pictured = _picture_of(record, transaction)
    ppi, size = (_DEFAULT_PPI, (0, 0)) if pictured is None else pictured
    rows, kinds = [], []
    field = record.get(LEGACY_DATA)
    for subfield in () if field is None else field.subfields:
        place = subfield[1].strip() if len(subfield) > 3 else ""
        digits = {11: 4, 13: 5}.get(len(place))
        if digits is None or not (place.isascii() and place.isdigit() and is_number(subfield[2].strip())):
            raise RecordError(f"{subfield[:3]!r} is no minutia", field="9.012 MRC", clause=STANDARD)
        if subfield[3].strip() not in _LEGACY_KINDS:
            raise RecordError(f"{subfield[3]!r} is no type of minutia", field="9.012 MRC", clause=STANDARD)
        rows.append((int(place[:digits]), int(place[digits:-3]), int(place[-3:]), int(subfield[2])))
        kinds.append(_LEGACY_KINDS[subfield[3].strip()])
    _check_count(record, 10, len(rows))
    x, y, angle, quality = np.array(rows, np.float32).reshape(-1, 4).T
    if (angle >= 360).any() or (quality > _WORST).any():
        raise RecordError("an angle or a quality is out of range", field="9.012 MRC", clause=STANDARD)
    pixels = ppi / 25.4 / _PER_MM
    bottom = size[1] if size[1] else float(y.max(initial=0)) * pixels
    positions = record.text(6).split("\x1e")[0].split("\x1f")[0].strip()
    return Minutiae(
        x * pixels,
        bottom - y * pixels,
        np.deg2rad((angle + 180) % 360),
        np.array(kinds, np.uint8),
        np.where(quality < _BEST, NEUTRAL, 1 - (quality - _BEST) / (_WORST - _BEST)),
        ppi,
        size,
        position_of(int(positions)) if is_number(positions) else "unknown",
    )


def _picture_of(record: TaggedRecord, transaction: AnsiNistTransaction) -> tuple[float, tuple[int, int]] | None:
    """Resolution and size of the image that a record's minutiae were found in: the one of the same designation."""
    for other in transaction.records:
        if other is record or other.type not in (4, 13, 14) or other.idc != record.idc:
            continue
        if isinstance(other, BinaryRecord):
            picture = other.image_header
            if picture is not None:
                return resolution_of(other, transaction), (picture.width, picture.height)
        else:
            return resolution_of(other, transaction), (_whole(other, 6), _whole(other, 7))
    return None


def _whole(record: TaggedRecord, number: int) -> int:
    text = record.text(number).strip()
    if not is_number(text):
        raise RecordError(f"{text[:20]!r} is no number", field=f"{record.type}.{number:03}", clause=STANDARD)
    return int(text)


def _numbers(record: TaggedRecord, number: int, count: int) -> Iterator[list[int]]:
    field = record.get(number)
    for subfield in () if field is None else field.subfields:
        if len(subfield) != count or not all(is_number(item.strip()) for item in subfield):
            raise RecordError(f"{subfield[:7]!r} is not {count} numbers", field=f"9.{number}", clause=STANDARD)
        yield [int(item) for item in subfield]


def _check_count(record: TaggedRecord, number: int, count: int) -> None:
    if record.get(number) is not None and _whole(record, number) != count:
        reason = f"{record.text(number)[:20]} are announced, {count} are there"
        raise RecordError(reason, field=f"9.{number:03}", clause=STANDARD)


def make(
    templates: Sequence[Minutiae], edition: int, impression: Impression, quality: int | None, captured: datetime | None
) -> AnsiNistTransaction:
    """A transaction with one type 9 record a template: INCITS 378's block in 2011, the standard's fields in 2007."""
    written = {2007: _legacy_fields, 2011: _m1_fields}[edition]
    bodies = []
    for number, template in enumerate(templates, 1):
        code = IMPRESSION_2011.code(record_impression(impression, IMPRESSION_2011))
        shared = {2: b"%02d" % number, 3: b"%d" % code}
        bodies.append(tagged(9, shared | written(template, quality)))
    version = {2007: b"0400", 2011: b"0500"}[edition]
    return AnsiNistTransaction((header(bodies, version=version, day=captured), *bodies))


def _m1_fields(template: Minutiae, quality: int | None) -> dict[int, bytes]:
    width, height = template.size
    rate = b"%d" % round(template.ppi)
    minutiae = [
        b"\x1f".join(b"%d" % value for value in (index, *_pixel(template, index - 1), *_rest(template, index - 1)))
        for index in range(1, len(template) + 1)
    ]
    own = {
        126: b"27\x1f513\x1f0",
        127: b"NONE\x1f0",
        133: b"0",
        135: b"%d\x1f0\x1f0" % (254 if quality is None else quality),
    }
    return own | {
        4: b"U",
        128: b"%d" % width,
        129: b"%d" % height,
        130: b"1",
        131: rate,
        132: rate,
        134: b"%d" % POSITION_2011.code(template.position),
        136: b"%d" % len(template),
        **({M1_BLOCK: b"\x1e".join(minutiae)} if minutiae else {}),
    }


def _pixel(template: Minutiae, index: int) -> tuple[int, int]:
    width, height = template.size
    x, y = round(float(template.x[index])), round(float(template.y[index]))
    return min(max(x, 0), width - 1), min(max(y, 0), height - 1)


def _rest(template: Minutiae, index: int) -> tuple[int, int, int]:
    """Angle in steps of two degrees, type, quality 1..100."""
    angle = round(float(np.rad2deg(template.angle[index])) / 2) % 180
    return angle, int(template.kind[index]), min(100, max(1, round(float(template.quality[index]) * 100)))


def _legacy_fields(template: Minutiae, quality: int | None) -> dict[int, bytes]:
    minutiae = []
    per_pixel = 25.4 * _PER_MM / template.ppi
    for index in range(len(template)):
        x, y = float(template.x[index]) * per_pixel, (template.size[1] - float(template.y[index])) * per_pixel
        angle = round(float(np.rad2deg(template.angle[index])) + 180) % 360
        surely = _BEST + round((1 - float(template.quality[index])) * (_WORST - _BEST))
        kind = {1: "A", 2: "B"}.get(int(template.kind[index]), "D")
        across, up = max(0, round(x)), max(0, round(y))
        digits = 4 if max(across, up) <= 9999 else 5
        place = f"{across:0{digits}}{up:0{digits}}{angle:03}"
        minutiae.append(f"{index + 1}\x1f{place}\x1f{surely}\x1f{kind}".encode())
    fields = {
        4: b"S",
        5: b"ktpel_capture\x1fA",
        6: b"%d" % POSITION_2011.code(template.position),
        7: b"T\x1fUN",
        10: b"%d" % len(template),
        11: b"0",
    }
    return fields | ({LEGACY_DATA: b"\x1e".join(minutiae)} if minutiae else {})
