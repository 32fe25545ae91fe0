"""Codes of ISO/IEC 19794-6:2005 and :2011."""

from __future__ import annotations

from ktpel_capture.records.codes import CodeTable
from ktpel_capture.samples import EYES, Eye, IrisSample

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


_TYPE_OF_EDIT = {
    "edit.iris_vga": "vga",
    "edit.iris_cropped": "cropped",
    "edit.iris_masked": "cropped_and_masked",
}


def image_type_of(sample: IrisSample) -> str:
    """The image type of a sample: what was made of it last, what a record said of it, or what its size says."""
    for edit in reversed(sample.capture.edits if sample.capture else ()):
        if edit in _TYPE_OF_EDIT:
            return _TYPE_OF_EDIT[edit]
    stated = sample.capture.reported.get("image_type") if sample.capture else None
    if isinstance(stated, str) and stated in IMAGE_TYPE_2011.names:
        return stated
    return "vga" if sample.image.shape == (480, 640) else "uncropped"


def sample_eye(name: str) -> Eye:
    """The eye of a sample; a reserved code is ``unknown``."""
    return name if name in EYES else "unknown"
