"""Codes of the finger parts of ISO/IEC 19794.

Sources: ISO/IEC 19794-4:2005 and :2011, 19794-2:2005; positions as in ANSI/NIST-ITL 1-2011, table 8.
"""

from __future__ import annotations

from ktpel_capture.records.codes import CodeTable
from ktpel_capture.samples import IMPRESSIONS, POSITIONS, Impression, Position

_FINGERS = {
    0: "unknown",
    1: "right_thumb",
    2: "right_index",
    3: "right_middle",
    4: "right_ring",
    5: "right_little",
    6: "left_thumb",
    7: "left_index",
    8: "left_middle",
    9: "left_ring",
    10: "left_little",
    13: "right_four",
    14: "left_four",
    15: "both_thumbs",
}
_PALMS = {
    20: "unknown_palm",
    21: "right_full_palm",
    22: "right_writers_palm",
    23: "left_full_palm",
    24: "left_writers_palm",
    25: "right_lower_palm",
    26: "right_upper_palm",
    27: "left_lower_palm",
    28: "left_upper_palm",
    29: "right_other",
    30: "left_other",
    31: "right_interdigital",
    32: "right_thenar",
    33: "right_hypothenar",
    34: "left_interdigital",
    35: "left_thenar",
    36: "left_hypothenar",
}
_GROUPS = {
    40: "right_index_and_middle",
    41: "right_middle_and_ring",
    42: "right_ring_and_little",
    43: "left_index_and_middle",
    44: "left_middle_and_ring",
    45: "left_ring_and_little",
    46: "right_index_and_left_index",
    47: "right_index_middle_and_ring",
    48: "right_middle_ring_and_little",
    49: "left_index_middle_and_ring",
    50: "left_middle_ring_and_little",
}
POSITION_2005 = CodeTable("finger position", _FINGERS | _PALMS)
POSITION_2011 = CodeTable("finger position", _FINGERS | _PALMS | _GROUPS)

_PLAIN_AND_ROLLED = {0: "live_scan_plain", 1: "live_scan_rolled", 2: "nonlive_scan_plain", 3: "nonlive_scan_rolled"}
IMPRESSION_2005 = CodeTable(
    "impression type", _PLAIN_AND_ROLLED | {7: "latent", 8: "live_scan_swipe", 9: "live_scan_contactless"}
)
IMPRESSION_2011 = CodeTable(
    "impression type",
    _PLAIN_AND_ROLLED
    | {
        4: "latent_impression",
        5: "latent_tracing",
        6: "latent_photo",
        7: "latent_lift",
        8: "live_scan_swipe",
        9: "live_scan_vertical_roll",
        10: "live_scan_palm",
        11: "nonlive_scan_palm",
        12: "latent_palm_impression",
        13: "latent_palm_tracing",
        14: "latent_palm_photo",
        15: "latent_palm_lift",
        24: "live_scan_optical_contactless_plain",
        28: "other",
        29: "unknown",
    },
)
COMPRESSION_2005 = CodeTable(
    "image compression algorithm",
    {0: "raw", 1: "raw_bit_packed", 2: "wsq", 3: "jpeg", 4: "jpeg2000", 5: "png"},
)
COMPRESSION_2011 = CodeTable(
    "image compression algorithm",
    {0: "raw", 1: "raw_bit_packed", 2: "wsq", 3: "jpeg", 4: "jpeg2000_lossy", 5: "jpeg2000_lossless", 6: "png"},
)
SCALE_UNITS = CodeTable("scale units", {1: "pixels_per_inch", 2: "pixels_per_centimetre"})
ACQUISITION_LEVELS = (10, 20, 30, 31, 35, 40, 41)
"""Image acquisition setting levels of ISO/IEC 19794-4, table 1."""

_TO_SAMPLE: dict[str, Impression] = {
    "live_scan_plain": "live_plain",
    "live_scan_rolled": "live_rolled",
    "live_scan_vertical_roll": "live_rolled",
    "nonlive_scan_plain": "nonlive_plain",
    "nonlive_scan_rolled": "nonlive_rolled",
    "latent": "latent",
    "latent_impression": "latent",
    "latent_tracing": "latent",
    "latent_photo": "latent",
    "latent_lift": "latent",
    "live_scan_swipe": "swipe",
    "live_scan_contactless": "contactless",
    "live_scan_optical_contactless_plain": "contactless",
}


def sample_position(name: str) -> Position:
    """The position of a sample; what samples do not know (palms, pairs) is ``unknown``."""
    return name if name in POSITIONS else "unknown"


def sample_impression(name: str) -> Impression:
    """The impression of a sample; what samples do not know is ``unknown``."""
    return _TO_SAMPLE.get(name, "unknown")


def record_impression(impression: Impression, table: CodeTable) -> str:
    """The name in a record of a sample's impression; ``unknown`` is a live plain one where the edition has no word."""
    if impression not in IMPRESSIONS:
        raise ValueError(f"impression {impression!r} is not known; one of {', '.join(IMPRESSIONS)}")
    for name, known in _TO_SAMPLE.items():
        if known == impression and name in table.names:
            return name
    return "unknown" if "unknown" in table.names else "live_scan_plain"


def pixels_per_inch(resolution: int, units: str) -> float:
    """A resolution of a record in pixels per inch; 197 and 394 per centimetre are the 500 and 1000 they stand for."""
    if units != "pixels_per_centimetre":
        return float(resolution)
    exact = resolution * 2.54
    nominal = round(exact / 100) * 100
    return float(nominal) if nominal and abs(exact - nominal) <= 1.27 else exact
