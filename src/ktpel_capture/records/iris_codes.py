"""Codes of ISO/IEC 19794-6:2005 and :2011."""

from __future__ import annotations

from ktpel_capture.records.codes import CodeTable
from ktpel_capture.samples import EYES, Eye

EYE = CodeTable("eye label", {0: "unknown", 1: "right", 2: "left"})
IMAGE_TYPE_2011 = CodeTable("image type", {1: "uncropped", 2: "vga", 3: "cropped", 7: "cropped_and_masked"})
FORMAT_2005 = CodeTable(
    "image format",
    {
        2: "mono_raw",
        4: "rgb_raw",
        6: "mono_jpeg",
        8: "rgb_jpeg",
        10: "mono_jpeg_ls",
        12: "rgb_jpeg_ls",
        14: "mono_jpeg2000",
        16: "rgb_jpeg2000",
    },
)
FORMAT_2011 = CodeTable(
    "image format",
    {
        2: "mono_raw",
        4: "rgb_raw",
        6: "mono_jpeg",
        8: "rgb_jpeg",
        10: "mono_jpeg2000",
        12: "rgb_jpeg2000",
        14: "mono_png",
        16: "rgb_png",
    },
)
"""The standard itself names raw, JPEG 2000 and PNG; the JPEG codes are what MOSIP's encoders write."""
ORIENTATION = CodeTable("image orientation", {0: "undefined", 1: "base", 2: "flipped"})
COMPRESSION_HISTORY = CodeTable("compression history", {0: "undefined", 1: "lossless_or_none", 2: "lossy"})
SCAN_TYPE = CodeTable("scan type", {0: "corrected", 1: "progressive", 2: "interlaced_frame", 3: "interlaced_field"})


def sample_eye(name: str) -> Eye:
    """The eye of a sample; a reserved code is ``unknown``."""
    return name if name in EYES else "unknown"
