"""Everything that is found in one picture of an eye, each computed once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F64, Bool, GreyImage, frozen_copy
from ktpel_capture.imaging.polar import directions, unwrap_between
from ktpel_capture.imaging.ranks import median
from ktpel_capture.iris.boundaries import CONTOUR, Boundary
from ktpel_capture.iris.edges import EdgeWidth, edge_width
from ktpel_capture.iris.gaze import reflection_from_pupil
from ktpel_capture.iris.lids import Lids
from ktpel_capture.iris.segmentation import segment
from ktpel_capture.quality import Missing
from ktpel_capture.samples import IrisSample

BAND_ROWS = 64
"""Rows of the unwrapped iris."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """The iris unwrapped: rows run from pupil to limbus, columns counter-clockwise from the picture's right.

    Attributes
    ----------
    image : (64, 256) uint8.
    usable : (64, 256) bool, where the iris is really seen.
    """

    image: GreyImage
    usable: Bool


@dataclass(frozen=True, slots=True)
class Zones:
    """Median grey levels of the zones that contrasts are taken between, each `Missing` where none of it is seen.

    Attributes
    ----------
    pupil : inside 0.8 pupil radii.
    inner_iris : from 1.1 pupil radii to halfway to the limbus.
    outer_iris : from halfway between the boundaries to 0.9 iris radii.
    sclera : from 1.1 to 1.2 iris radii, 25 degrees about the level line; the mean of both sides, as one is darker.
    """

    pupil: float | Missing
    inner_iris: float | Missing
    outer_iris: float | Missing
    sclera: float | Missing


@dataclass(frozen=True, slots=True, eq=False)
class IrisAnalysis:
    """One eye with what was found in it; a stage that found nothing is `Missing` with its reason.

    Attributes
    ----------
    sample : the picture.
    pupil, limbus : inner and outer boundary of the iris, found together or not at all.
    lids : the lids' margins where they cross the iris.
    annulus : (H, W) bool, between the boundaries, hidden or not.
    mask : (H, W) bool, the usable iris: of the annulus what neither lid, lash, reflection nor paint hides.
    reflections : (H, W) bool, small bright spots anywhere.
    band : the unwrapped iris.
    zones : grey levels of pupil, iris and sclera.
    edge : width of the pupil's edge.
    glint : from the pupil's middle to the lamps' reflection in the cornea, (right, down) in iris radii.
    """

    sample: IrisSample
    pupil: Boundary | Missing
    limbus: Boundary | Missing
    lids: Lids | Missing
    annulus: Bool | Missing
    mask: Bool | Missing
    reflections: Bool | Missing
    band: Band | Missing
    zones: Zones | Missing
    edge: EdgeWidth | Missing
    glint: tuple[float, float] | Missing

    @property
    def image(self) -> GreyImage:
        return self.sample.image

    def __repr__(self) -> str:
        if isinstance(self.pupil, Missing) or isinstance(self.limbus, Missing):
            return f"IrisAnalysis({self.pupil})"
        return (
            f"IrisAnalysis({self.sample.eye} eye, pupil {self.pupil.radius:.1f} px, iris {self.limbus.radius:.1f} px)"
        )


def analyse(sample: IrisSample) -> IrisAnalysis:
    """Find pupil, limbus, lids and the usable iris of one eye; what is not there is `Missing`, nothing is raised."""
    found = segment(sample.image)
    if isinstance(found, Missing):
        return IrisAnalysis(sample, *[found] * 10)
    pupil, limbus, lids, spots = found.pupil, found.limbus, found.lids, found.reflections
    annulus = between(sample.image.shape, pupil.contour, limbus.contour)
    opening = _opening(sample.image.shape, lids)
    clear = ~spots
    unhidden = opening & clear
    mask = _usable(sample.image, annulus & unhidden, limbus, lids)
    band = _band(sample.image, mask, pupil, limbus)
    zones = _zones(sample.image, clear, band, pupil, limbus)
    edge = edge_width(sample.image, pupil, unhidden)
    glint = reflection_from_pupil(spots, pupil, limbus) or Missing("iris.no_reflection")
    return IrisAnalysis(sample, pupil, limbus, lids, annulus, mask, spots, band, zones, edge, glint)


def between(shape: tuple[int, ...], inner: F64, outer: F64) -> Bool:
    """Pixels whose centres lie inside the outer and outside the inner contour, (H, W) bool, read-only."""
    canvas = np.zeros(shape[:2], np.uint8)
    for contour, value in ((outer, 1), (inner, 0)):
        middle = contour.mean(0)
        away = contour - middle
        # OpenCV fills the pixels that the outline touches too: half a pixel less on all sides
        inside = middle + away * (1 - 0.5 / np.maximum(np.hypot(*away.T), 1.0))[:, None]
        cv2.fillPoly(canvas, [np.rint(inside * 16).astype(np.int32)], value, shift=4)
    canvas.flags.writeable = False
    return canvas.view(np.bool_)


def _opening(shape: tuple[int, ...], lids: Lids) -> Bool:
    """Pixels between the lids, as far to the sides as these are known."""
    canvas = np.zeros(shape, np.uint8)
    cv2.fillPoly(canvas, [np.rint(lids.outline * 16).astype(np.int32)], 1, shift=4)
    return canvas.view(np.bool_)


def _usable(image: GreyImage, open_iris: Bool, limbus: Boundary, lids: Lids) -> Bool:
    """Of the open iris what is neither as dark as lashes nor as light as skin or glare, nor painted over."""
    levels = lids.levels
    dark = levels.iris - max(3.5 * levels.spread, 0.5 * (levels.iris - levels.pupil))
    light = levels.iris + max(4 * levels.spread, 0.3 * (255 - levels.iris))
    (left, top), (right, bottom) = limbus.contour.min(0), limbus.contour.max(0)
    box = np.s_[max(0, int(top)) : max(0, int(bottom) + 2), max(0, int(left)) : max(0, int(right) + 2)]
    usable = np.zeros(image.shape, np.bool_)
    part = image[box]
    as_iris = cv2.inRange(part, math.ceil(dark), math.floor(light))
    # no sensor sees seven by seven equal pixels: that is paint of a masked record, or texture that coding has wiped out
    window = np.ones((7, 7), np.uint8)
    even = cv2.compare(cv2.dilate(part, window), cv2.erode(part, window), cv2.CMP_EQ)
    usable[box] = open_iris[box] & (as_iris > cv2.dilate(even, window))
    usable.flags.writeable = False
    return usable


def _band(image: GreyImage, mask: Bool, pupil: Boundary, limbus: Boundary) -> Band:
    straight = unwrap_between(image, pupil.contour, limbus.contour, BAND_ROWS)
    usable = unwrap_between(mask.view(np.uint8), pupil.contour, limbus.contour, BAND_ROWS) > 0
    last = np.array(image.shape[::-1]) - 0.5
    if not ((limbus.contour > -0.5) & (limbus.contour < last)).all():  # no iris is seen beyond the picture's edge
        share = ((np.arange(BAND_ROWS) + 0.5) / BAND_ROWS)[:, None, None]
        places = pupil.contour + share * (limbus.contour - pupil.contour)
        usable &= ((places > -0.5) & (places < last)).all(2)
    return Band(frozen_copy(straight), np.asarray(frozen_copy(usable), dtype=np.bool_))


def _zones(image: GreyImage, clear: Bool, band: Band, pupil: Boundary, limbus: Boundary) -> Zones:
    share = (np.arange(BAND_ROWS) + 0.5) / BAND_ROWS
    inner, outer = pupil.radius, limbus.radius
    radius = inner + share * (outer - inner)

    def iris(least: float, most: float) -> float | Missing:
        rows = (radius >= least) & (radius <= most)
        return _median(band.image[rows][band.usable[rows]])

    def around(centre: Boundary, least: float, most: float, rows: int, rays: Bool) -> float | Missing:
        middle = np.array([centre.x, centre.y])
        near, far = (middle + factor * (centre.contour[rays] - middle) for factor in (least, most))
        values = unwrap_between(image, near, far, rows)
        inside = unwrap_between(clear.view(np.uint8), near, far, rows) > 0
        return _median(values[inside])

    halfway = 0.5 * (inner + outer)
    across = directions(CONTOUR)[:, 0]
    sides = [around(limbus, 1.1, 1.2, 6, side) for side in (across < -0.9, across > 0.9)]
    white = [level for level in sides if not isinstance(level, Missing)]
    return Zones(
        pupil=around(pupil, 0.0, 0.8, 12, np.arange(CONTOUR) % 4 == 0),
        inner_iris=iris(1.1 * inner, halfway),
        outer_iris=iris(halfway, 0.9 * outer),
        sclera=sum(white) / len(white) if white else Missing("iris.too_little_seen"),
    )


def _median(values: GreyImage) -> float | Missing:
    if values.size < 24:
        return Missing("iris.too_little_seen")
    return median(values)
