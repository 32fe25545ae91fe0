"""From what a record holds to samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ktpel_capture.arrays import U8, GreyImage, RgbImage
from ktpel_capture.errors import RecordError
from ktpel_capture.quality import Missing
from ktpel_capture.records.blocks import CaptureDateTime, CaptureDevice, QualityBlock
from ktpel_capture.samples import (
    CaptureInfo,
    Eye,
    FaceSample,
    FingerprintSample,
    Impression,
    IrisSample,
    Position,
)

MAX_STRETCH = 8.0
"""A record that calls one axis more than this many times finer than the other is taken for damaged."""


def capture_info(
    captured: CaptureDateTime | None,
    device: CaptureDevice | None,
    quality: Sequence[QualityBlock],
    edits: Sequence[str],
) -> CaptureInfo:
    """How the sample came about, as far as a record tells it.

    Quality blocks are kept in ``reported["quality"]``, one mapping each; a failed assessment has the score None.
    """
    reported: dict[str, Any] = {}
    if quality:
        reported["quality"] = [
            {
                "score": None if isinstance(block.score, Missing) else block.score,
                "vendor": block.vendor,
                "algorithm": block.algorithm,
            }
            for block in quality
        ]
    name = ""
    if device is not None and (device.technology or device.vendor or device.type):
        name = f"vendor {device.vendor} type {device.type} technology {device.technology}"
        reported["capture_device"] = {
            "technology": device.technology,
            "vendor": device.vendor,
            "type": device.type,
        }
    return CaptureInfo(
        device=name, at=None if captured is None else captured.utc, reported=reported, edits=tuple(edits)
    )


def grey(pixels: U8, edits: list[str]) -> GreyImage:
    """Grey pixels of grey or colour ones."""
    if pixels.ndim == 2:
        return pixels
    import cv2

    edits.append("edit.colour_to_grey")
    converted: U8 = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)
    return converted


def rgb(pixels: U8, edits: list[str]) -> RgbImage:
    """RGB pixels of grey or colour ones."""
    if pixels.ndim == 3:
        return pixels
    edits.append("edit.grey_to_colour")
    return np.repeat(pixels[..., None], 3, axis=2)


def finger_sample(
    pixels: U8,
    edits: list[str],
    resolution: tuple[float, float],
    position: Position,
    impression: Impression,
    origin: tuple[CaptureDateTime | None, CaptureDevice | None, Sequence[QualityBlock]],
) -> FingerprintSample:
    """A fingerprint at one resolution."""
    across, down = resolution
    if not (0 < across <= 20_000 and 0 < down <= 20_000):
        raise RecordError(f"a sampling rate of {across:g} x {down:g} ppi", field="image spatial sampling rate")
    image, ppi = grey(pixels, edits), across
    if abs(across - down) > 0.01 * min(across, down):
        from ktpel_capture.imaging.resolution import square_pixels

        if max(across, down) > MAX_STRETCH * min(across, down):
            raise RecordError(f"sampling rates of {across:g} x {down:g} ppi", field="image spatial sampling rate")
        image, ppi = square_pixels(image, across, down)
        edits.append("edit.pixels_squared")
    return FingerprintSample(image, ppi, position, impression, capture_info(*origin, edits))


def iris_sample(
    pixels: U8,
    edits: list[str],
    eye: Eye,
    origin: tuple[CaptureDateTime | None, CaptureDevice | None, Sequence[QualityBlock]],
    image_type: str = "",
) -> IrisSample:
    """An eye; the image type a record states is kept in ``reported["image_type"]``."""
    image = grey(pixels, edits)
    info = capture_info(*origin, edits)
    if image_type:
        info = replace(info, reported={**info.reported, "image_type": image_type})
    return IrisSample(image, eye, info)


def face_sample(
    pixels: U8,
    edits: list[str],
    origin: tuple[CaptureDateTime | None, CaptureDevice | None, Sequence[QualityBlock]],
) -> FaceSample:
    """A portrait."""
    return FaceSample(rgb(pixels, edits), capture_info(*origin, edits))
