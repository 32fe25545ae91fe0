"""Which interchange format bytes are in, told from their first bytes alone."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """An interchange format.

    Attributes
    ----------
    standard : such as ``ISO/IEC 19794-4``.
    edition : year of the edition, None where the first bytes do not tell it.
    module : where its decoder stands, empty where there is none.
    """

    standard: str
    edition: int | None
    module: str = ""

    def __str__(self) -> str:
        return self.standard if self.edition is None else f"{self.standard}:{self.edition}"


_BY_MAGIC = {
    b"FIR\x00010\x00": Format("ISO/IEC 19794-4", 2005, "finger_image_2005"),
    b"FIR\x00020\x00": Format("ISO/IEC 19794-4", 2011, "finger_image_2011"),
    b"FAC\x00010\x00": Format("ISO/IEC 19794-5", 2005, "face_image_2005"),
    b"FAC\x00030\x00": Format("ISO/IEC 19794-5", 2011, "face_image_2011"),
    b"IIR\x00010\x00": Format("ISO/IEC 19794-6", 2005, "iris_image_2005"),
    b"IIR\x00020\x00": Format("ISO/IEC 19794-6", 2011, "iris_image_2011"),
    b"FMR\x00 20\x00": Format("ISO/IEC 19794-2", 2005, "finger_minutiae_2005"),
    b"SDI\x00 10\x00": Format("ISO/IEC 19794-7", 2007, "signature_series"),
    b"FMR\x00030\x00": Format("ISO/IEC 19794-2", 2011, "finger_minutiae_2011"),
}
_BY_TAG = {
    0x75: (b"\x7f\x61", Format("ICAO Doc 9303-10 DG2", None, "lds")),
    0x63: (b"\x7f\x61", Format("ICAO Doc 9303-10 DG3", None, "lds")),
    0x76: (b"\x7f\x61", Format("ICAO Doc 9303-10 DG4", None, "lds")),
    0x67: (b"\x02\x01", Format("ICAO Doc 9303-10 DG7", None, "lds")),
    0x64: (b"\xa0", Format("ISO/IEC 39794-4", 2019)),
    0x65: (b"\xa0", Format("ISO/IEC 39794-5", 2019, "face_image_39794")),
    0x66: (b"\xa0", Format("ISO/IEC 39794-6", 2021)),
    0xA1: (b"\x65", Format("ISO/IEC 39794-5", 2019, "face_image_39794")),
}
"""Outermost BER tag and what must follow its length."""
CBEFF = Format("CBEFF", None, "cbeff")
ANSI_NIST = Format("ANSI/NIST-ITL", None, "ansi_nist")
FORMATS = tuple(dict.fromkeys((*_BY_MAGIC.values(), *(known for _, known in _BY_TAG.values()), CBEFF, ANSI_NIST)))
"""Every format that is recognised."""
_FAMILIES = {
    b"FIR\0": "ISO/IEC 19794-4",
    b"FAC\0": "ISO/IEC 19794-5",
    b"IIR\0": "ISO/IEC 19794-6",
    b"FMR\0": "ISO/IEC 19794-2",
    b"SDI\0": "ISO/IEC 19794-7",
}
_BIR_ROOT = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?[^>]*>\s*|<!--.*?-->\s*)*<([\w.-]+:)?BIR[\s/>]", re.DOTALL)


def format_of(data: bytes) -> Format | None:
    """The interchange format the bytes begin like, or None. The bytes are not checked any further.

    A record of a known family whose edition is not known is named without an edition.
    """
    known = _BY_MAGIC.get(data[:8])
    if known is not None:
        return known
    tagged = _BY_TAG.get(data[0] if data else 0)
    if tagged is not None and _content_of_tag(data).startswith(tagged[0]):
        return tagged[1]
    if data[:4] in _FAMILIES:
        return Format(_FAMILIES[data[:4]], None)
    if data.startswith((b"1.01:", b"1.001:")):
        return ANSI_NIST
    if _BIR_ROOT.match(data[:4096]):
        return CBEFF
    return None


def _content_of_tag(data: bytes) -> bytes:
    """The first bytes inside the outermost BER value, empty where its length is not one."""
    length = data[1] if len(data) > 1 else 0
    if length < 0x80:
        return data[2:6]
    octets = length & 0x7F
    return data[2 + octets : 6 + octets] if 1 <= octets <= 4 else b""
