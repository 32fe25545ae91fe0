"""The image kinds of ISO/IEC 19794-6, made from a capture.

Kind 2 is a picture of 640x480; kind 3 is cropped to the iris with 0.6 iris radii left and right and 0.2 above and
below; kind 7 is kind 3 with lids and sclera painted over, so that it compresses small. Nothing is resampled: an iris
keeps its size in pixels.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from ktpel_capture.arrays import Bool, GreyImage
from ktpel_capture.iris.analysis import IrisAnalysis
from ktpel_capture.quality import Missing
from ktpel_capture.samples import CaptureInfo, IrisSample

VGA = (640, 480)
SCLERA_FILL, LID_FILL = 200, 128
"""Grey levels painted over sclera and lids: ISO/IEC 19794-6:2011, cropped and masked."""
_SIDEWAYS, _UPRIGHT = 0.6, 0.2


def vga(analysis: IrisAnalysis) -> IrisSample | Missing:
    """Kind 2: 640x480 around the iris, the picture's edge repeated where it ends sooner.

    `Missing` where no iris was found, or where it is too large for 640x480 with a margin of 0.2 radii.
    """
    limbus = analysis.limbus
    if isinstance(limbus, Missing):
        return limbus
    if limbus.radius * (1 + _UPRIGHT) * 2 > VGA[1]:
        return Missing("iris.too_large_for_vga")
    image = analysis.image
    if image.shape == VGA[::-1]:
        return analysis.sample
    left, top = round(limbus.x - VGA[0] / 2), round(limbus.y - VGA[1] / 2)
    return _sample(analysis, _window(image, left, top, *VGA), "edit.iris_vga")


def cropped(analysis: IrisAnalysis) -> IrisSample | Missing:
    """Kind 3: the iris with the standard's margins, the iris in the middle."""
    box = _crop_box(analysis)
    return box if isinstance(box, Missing) else _sample(analysis, _window(analysis.image, *box), "edit.iris_cropped")


def cropped_and_masked(analysis: IrisAnalysis) -> IrisSample | Missing:
    """Kind 7: kind 3 with sclera and lids painted over, their edges blurred as the standard wants."""
    box = _crop_box(analysis)
    if isinstance(box, Missing):
        return box
    limbus, pupil, lids = analysis.limbus, analysis.pupil, analysis.lids
    if isinstance(limbus, Missing) or isinstance(pupil, Missing) or isinstance(lids, Missing):
        return Missing("iris.no_eye")
    image = _window(analysis.image, *box)
    left, top, width, height = box
    x, y = np.arange(width, dtype=np.float64) + left, np.arange(height, dtype=np.float64) + top
    between_lids = lids.between(x, y[:, None])
    canvas = np.zeros(image.shape, np.uint8)
    grown = limbus.contour - (left, top)
    cv2.fillPoly(canvas, [np.rint(grown * 16).astype(np.int32)], 1, shift=4)
    inside: Bool = canvas.view(np.bool_)
    painted = np.where(between_lids, np.where(inside, image, SCLERA_FILL), LID_FILL).astype(np.uint8)
    soft = cv2.blur(painted, (5, 5))
    rim = cv2.blur((inside & between_lids).view(np.uint8) * np.uint8(255), (5, 5))
    kept = np.where(inside & between_lids, image, np.where(rim > 0, soft, painted)).astype(np.uint8)
    return _sample(analysis, kept, "edit.iris_masked")


def _crop_box(analysis: IrisAnalysis) -> tuple[int, int, int, int] | Missing:
    """Left, top, width and height of kind 3; both lengths odd, so that the iris lies in the middle pixel."""
    limbus = analysis.limbus
    if isinstance(limbus, Missing):
        return limbus
    half_width = int(np.ceil((1 + _SIDEWAYS) * limbus.radius))
    half_height = int(np.ceil((1 + _UPRIGHT) * limbus.radius))
    return round(limbus.x) - half_width, round(limbus.y) - half_height, 2 * half_width + 1, 2 * half_height + 1


def _window(image: GreyImage, left: int, top: int, width: int, height: int) -> GreyImage:
    """A window of the picture; its edge is repeated beyond it."""
    rows = np.clip(np.arange(top, top + height), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, left + width), 0, image.shape[1] - 1)
    return image[np.ix_(rows, columns)]


def _sample(analysis: IrisAnalysis, image: GreyImage, edit: str) -> IrisSample:
    before = analysis.sample.capture or CaptureInfo()
    return IrisSample(image, analysis.sample.eye, replace(before, edits=(*before.edits, edit)))
