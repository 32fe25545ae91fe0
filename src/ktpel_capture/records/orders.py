"""What is asked for when records are made from samples, and what a sample brings along for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from ktpel_capture.imaging.codecs import ImageFormat, encode_image, encode_within
from ktpel_capture.quality import Missing, QualityReport
from ktpel_capture.records import blocks
from ktpel_capture.records.blocks import CaptureDateTime, CaptureDevice, QualityBlock
from ktpel_capture.samples import CaptureInfo, FaceSample, FingerprintSample, IrisSample, Sample

QUALITY_ALGORITHMS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "NFIQ 2": (0x000F, 0x377D),
        "ktpel-iris": (0, 0x4902),
        "ktpel-face": (0, 0x4903),
        "ktpel-signature": (0, 0x4904),
    }
)
"""(vendor, algorithm) identifiers written into quality blocks.

NIST is registered as 15 with its NFIQ as 0x377D. Our own algorithms are not registered: vendor 0, unspecified, and a
number of ours that only this library understands.
"""


ENCODINGS: Mapping[str, tuple[ImageFormat | None, bool]] = MappingProxyType(
    {
        "raw": (None, True),
        "png": ("png", True),
        "jpeg2000_lossless": ("jpeg2000", True),
        "jpeg2000_lossy": ("jpeg2000", False),
        "jpeg": ("jpeg", False),
        "wsq": ("wsq", False),
    }
)
"""How pixels may be coded in a record: the codec, and whether nothing is lost."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, the same for every sample."""

    encoding: str
    max_bytes: int | None
    identifiers: Mapping[str, tuple[int, int]]

    def image(self, sample: FingerprintSample | IrisSample | FaceSample) -> bytes:
        codec, lossless = ENCODINGS[self.encoding]
        if codec is None:
            return sample.image.tobytes()
        ppi = sample.ppi if isinstance(sample, FingerprintSample) else None
        if self.max_bytes is not None:
            return encode_within(sample.image, codec, self.max_bytes, ppi=ppi).data
        return encode_image(sample.image, codec, ppi=ppi, lossless=lossless and codec != "png")

    def quality(self, report: QualityReport | None) -> tuple[QualityBlock, ...]:
        if report is None:
            return ()
        found = []
        for score in report.scores:
            value = blocks.QUALITY_FAILED if isinstance(score.value, Missing) else min(100, max(0, round(score.value)))
            found.append(QualityBlock(value, *self.identifiers.get(score.algorithm, (0, 0))))
        return tuple(found)


Pairs: TypeAlias = Sequence[tuple[Any, QualityReport | None]]


def origin(capture: CaptureInfo | None) -> tuple[CaptureDateTime, CaptureDevice]:
    if capture is None:
        return blocks.UNKNOWN_TIME, blocks.UNSPECIFIED_DEVICE
    stated = capture.reported.get("capture_device")
    if not isinstance(stated, Mapping):
        return CaptureDateTime.of(capture.at), blocks.UNSPECIFIED_DEVICE
    parts = [stated.get(name, 0) for name in ("technology", "vendor", "type")]
    device = CaptureDevice(*parts) if all(isinstance(part, int) for part in parts) else blocks.UNSPECIFIED_DEVICE
    return CaptureDateTime.of(capture.at), device


def _carried(capture: CaptureInfo | None) -> tuple[QualityBlock, ...]:
    """Quality blocks that a sample brought along from a record."""
    if capture is None or not isinstance(capture.reported.get("quality"), (list, tuple)):
        return ()
    found = []
    for block in capture.reported["quality"]:
        if isinstance(block, Mapping) and {"score", "vendor", "algorithm"} <= set(block):
            score = blocks.QUALITY_FAILED if block["score"] is None else block["score"]
            found.append(QualityBlock(score, block["vendor"], block["algorithm"]))
    return tuple(found)


def quality_of(sample: Sample, report: QualityReport | None, order: Order) -> tuple[QualityBlock, ...]:
    return _carried(sample.capture) if report is None else order.quality(report)


def whole_ppi(sample: FingerprintSample) -> int:
    return max(1, min(65535, round(sample.ppi)))
