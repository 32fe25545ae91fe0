"""The finished KTP-el photo: upright, cropped to 2x3 cm at print resolution, and small enough for the chip."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ktpel_capture.arrays import F32, F64, RgbImage
from ktpel_capture.face.analysis import FaceAnalysis, analyse
from ktpel_capture.face.head import Head
from ktpel_capture.face.pose import Pose
from ktpel_capture.face.scenery import CLOTHS
from ktpel_capture.imaging.codecs import EncodedImage, ImageFormat, encode_within
from ktpel_capture.imaging.colour import LINEAR
from ktpel_capture.imaging.resample import enlarged, reduced, softened, warped
from ktpel_capture.quality import Missing
from ktpel_capture.samples import CaptureInfo, FaceSample

KTP_SIZE_MM = (20.0, 30.0)
"""Width and height of the photo on the card (press and office pages)."""
PRINT_PPI = 300.0
HEAD_HEIGHT, EYE_LINE = 0.70, 0.44
"""Chin to crown, and the eyes from the top, over the finished height (within ICAO's 0.60-0.90 and 0.30-0.50)."""
_OUTSIDE = 0.04
"""Share of the finished photo that may lie outside the picture (corners of a straightened one); edges are repeated."""
_MOST_ENLARGED = 1.3
"""Finished pixels per captured pixel beyond which a print looks soft."""


def crop_portrait(
    subject: FaceSample | FaceAnalysis,
    *,
    size_mm: tuple[float, float] = KTP_SIZE_MM,
    ppi: float = PRINT_PPI,
    head_height: float = HEAD_HEIGHT,
    backdrop: str | None = None,
) -> FaceSample | Missing:
    """The finished photo of a portrait: head upright, of the right size and in the right place.

    Parameters
    ----------
    subject : a portrait or its analysis.
    size_mm : width and height of the print.
    ppi : pixels per inch of the print; 300 gives 236x354.
    head_height : chin to crown over the height; up to 0.12 less or more where the capture leaves no other room.
    backdrop : ``red``, ``blue`` or ``orange`` to lay another cloth behind the person. Off by default; what was done is
        always recorded in ``capture.edits`` and shown by every verdict.

    Returns
    -------
    The finished sample, or why the capture does not hold it (no face, a head cut off, too few pixels).

    Raises
    ------
    ValueError : a size, resolution or cloth that cannot be.

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> sample, truth = synthesis.grow(3).capture(seed=1)
    >>> crop_portrait(sample)
    FaceSample(236x354 px)
    """
    if not (min(size_mm) > 0 and ppi > 0 and math.isfinite(ppi) and 0.3 <= head_height <= 0.95):
        raise ValueError(f"a photo of {size_mm} mm at {ppi:g} ppi with a head of {head_height:g} cannot be made")
    if backdrop is not None and backdrop not in CLOTHS:
        raise ValueError(f"backdrop {backdrop!r} is not known; one of {', '.join(CLOTHS)}")
    analysis = analyse(subject) if isinstance(subject, FaceSample) else subject
    head, pose, person = analysis.head, analysis.pose, analysis.person
    if isinstance(head, Missing) or isinstance(pose, Missing) or isinstance(person, Missing):
        return head if isinstance(head, Missing) else Missing("face.no_face")
    size = round(size_mm[0] / 25.4 * ppi), round(size_mm[1] / 25.4 * ppi)
    shares = sorted(
        np.arange(head_height - 0.12, head_height + 0.121, 0.02), key=lambda share: abs(share - head_height)
    )
    for share in shares:
        finished_to_picture = _placement(head, pose, share, size)
        if _fits(finished_to_picture, size, analysis.size, head):
            break
    else:
        return Missing("face.head_cut")
    scale = math.hypot(finished_to_picture[0, 0], finished_to_picture[1, 0])
    if scale < 1 / _MOST_ENLARGED:
        return Missing("face.more_pixels")
    image, edits = analysis.image, ["edit.portrait_cropped"]
    if backdrop is not None:
        image = replace_backdrop(image, person, backdrop)
        edits.append("edit.backdrop_replaced")
    finished = _taken(image, finished_to_picture, size, scale)
    before = analysis.sample.capture or CaptureInfo()
    return FaceSample(finished, replace(before, edits=(*before.edits, *edits)))


def encode_portrait(sample: FaceSample, max_bytes: int, format: ImageFormat = "jpeg2000") -> EncodedImage:
    """The portrait as JPEG 2000 or JPEG of at most so many bytes, as good as fits.

    Raises
    ------
    ValueError : it does not fit.
    """
    return encode_within(sample.image, format, max_bytes)


def _placement(head: Head, pose: Pose, share: float, size: tuple[int, int]) -> F64:
    """(2, 3) affine map from the finished photo to the picture: head of this share, eyes level and in the middle."""
    scale = head.height / (share * size[1])
    cos, sin = scale * math.cos(pose.roll), scale * math.sin(pose.roll)
    turn = np.array([[cos, sin], [-sin, cos]])
    anchor = np.array([(size[0] - 1) / 2, EYE_LINE * size[1] - 0.5])
    placed: F64 = np.column_stack((turn, head.eye_middle - turn @ anchor))
    return placed


def _fits(affine: F64, size: tuple[int, int], picture: tuple[int, int], head: Head) -> bool:
    """Whether hair or scarf lies inside the finished photo, and the photo, but for slivers, inside the picture."""
    x, y = np.meshgrid(np.linspace(0, size[0] - 1, 41), np.linspace(0, size[1] - 1, 61))
    across, down = (row[0] * x + row[1] * y + row[2] for row in affine)
    inside = (across >= -0.5) & (across <= picture[0] - 0.5) & (down >= -0.5) & (down <= picture[1] - 0.5)
    top_edge = affine[1] @ [(size[0] - 1) / 2, 0.0, 1.0]
    return bool(inside.mean() >= 1 - _OUTSIDE and head.hair_top > max(top_edge, 0.0))


def _taken(image: RgbImage, affine: F64, size: tuple[int, int], scale: float) -> RgbImage:
    """The finished photo; a large picture is reduced by area first, so that fine detail does not fold over."""
    if scale > 1.5:
        height, width = image.shape[:2]
        smaller = max(1, round(width / scale)), max(1, round(height / scale))
        ratio = np.array([smaller[0] / width, smaller[1] / height])
        image = reduced(image, smaller)
        affine = np.column_stack((affine[:, :2] * ratio[:, None], (affine[:, 2] + 0.5) * ratio - 0.5))
    return warped(image, affine, size, cubic=scale < 1)


def replace_backdrop(image: RgbImage, person: F32, colour: str) -> RgbImage:
    """The picture with a plain cloth of a colour behind the person.

    The person mask has 256x256 px; its edge is drawn along the picture's own edges (guided filter), good for short
    hair and scarves, rough for loose hair. Light in linear, so that the rim does not glow.

    Source: He, Sun and Tang, "Guided image filtering" (ECCV 2010).
    """
    height, width = image.shape[:2]
    grey = image.mean(2, dtype=np.float32) / np.float32(255)
    cover = enlarged(person, (width, height))
    reach = max(2.0, min(height, width) / 100)
    mean_grey, mean_cover = softened(grey, reach), softened(cover, reach)
    slope = (softened(grey * cover, reach) - mean_grey * mean_cover) / (
        softened(grey * grey, reach) - mean_grey**2 + np.float32(1e-4)
    )
    edge = softened(slope, reach) * grey + softened(mean_cover - slope * mean_grey, reach)
    matte = np.clip((np.where((cover > 0.02) & (cover < 0.98), edge, cover) - 0.2) / 0.6, 0, 1)[..., None]
    light = LINEAR.astype(np.float32)
    cloth = light[np.array(CLOTHS[colour])]
    mixed = light[image] * matte + cloth * (1 - matte)
    encoded = np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * np.maximum(mixed, 1e-6) ** (1 / 2.4) - 0.055)
    laid: RgbImage = np.clip(encoded * 255 + 0.5, 0, 255).astype(np.uint8)
    return laid
