"""The single fingers of a slap: where they lie, whose they are, which is missing."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, U8
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.presence import LEAST_WINDOWS
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.spectrum import RidgeSpectrum, ridge_spectrum
from ktpel_capture.samples import FINGERS_OF, FingerprintSample, Position

_cv2: Any = cv2
CELL = 8
"""Side of a cell of the map that fingers are sought on, pixels at 500 ppi (0.4 mm)."""
_MM = 500 / 25.4 / CELL
"""Cells a millimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedFinger:
    """One finger of a slap.

    Attributes
    ----------
    position : which finger; ``unknown`` where the slap does not tell.
    box : where it lies, in pixels of the slap.
    sample : the finger alone, turned upright.
    """

    position: Position
    box: Box
    sample: FingerprintSample


def segment(slap: FingerprintSample, absent: Collection[Position] = ()) -> tuple[SegmentedFinger, ...]:
    """Cut a slap into its single fingers, from left to right on the picture.

    Parameters
    ----------
    slap : several fingers at once; ``position`` says which, or ``unknown``, and then four fingers are named by the
        hand they are found to be of.
    absent : fingers that were declared unavailable, so that the others get the right names.

    Returns
    -------
    One value a fingertip found; fewer than expected where some did not touch (`missing_fingers` names them).
    """
    boxes = finger_boxes(ridge_spectrum(at_500_ppi(slap)))
    names = _names(boxes, slap.position, absent)
    scale = slap.ppi / 500
    fingers = []
    for box, name in zip(boxes, names):
        there = Box(
            ((box.centre[0] + 0.5) * scale - 0.5, (box.centre[1] + 0.5) * scale - 0.5),
            (box.size[0] * scale, box.size[1] * scale),
            box.angle,
        )
        fingers.append(SegmentedFinger(name, there, cut_out(slap, there, name)))
    return tuple(fingers)


def missing_fingers(
    position: Position, fingers: Sequence[SegmentedFinger], absent: Collection[Position] = ()
) -> tuple[Position, ...]:
    """Fingers of a slap position that are neither there nor declared unavailable."""
    there = {finger.position for finger in fingers} | set(absent)
    return tuple(finger for finger in FINGERS_OF.get(position, ()) if finger not in there)


def cut_out(slap: FingerprintSample, box: Box, position: Position) -> FingerprintSample:
    """The part of a slap inside a box, turned upright; what lies outside the picture is white."""
    width, height = max(1, round(box.size[0])), max(1, round(box.size[1]))
    cos, sin = math.cos(box.angle), math.sin(box.angle)
    # from the cut-out's pixel to the slap's
    turn = np.array(((cos, sin), (-sin, cos)))
    corner = np.array(box.centre) - turn @ np.array(((width - 1) / 2, (height - 1) / 2))
    how = np.column_stack((turn, corner))
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_NEAREST if box.angle == 0 else cv2.INTER_CUBIC)
    image = cv2.warpAffine(
        slap.image, how, (width, height), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    return FingerprintSample(np.asarray(image, np.uint8), slap.ppi, position, slap.impression, slap.capture)


def ridge_map(spectrum: RidgeSpectrum) -> U8:
    """Where ridges are: (rows, cols) uint8 on cells of `CELL` pixels, 1 where there are some.

    Fine enough for the gap between two fingers from the local swing of grey, and sure that it is ridges, not writing
    or a hole punched in the card, from the spectrum of wider windows.
    """
    half = spectrum.half
    rows, cols = half.shape[0] // 4, half.shape[1] // 4
    if rows < 8 or cols < 8 or not spectrum.ridged.any():
        return np.zeros((rows, cols), np.uint8)
    swing = _cv2.absdiff(_cv2.blur(half, (3, 3)), _cv2.blur(half, (11, 11)))[: rows * 4, : cols * 4]
    fine = _cv2.resize(swing, (cols, rows), interpolation=cv2.INTER_AREA)
    swing = _cv2.blur(fine, (3, 3)).astype(np.float32)
    likely = spectrum.strength * ((spectrum.period < 16) & (spectrum.period > 4.8))
    # the middle of window n is cell 4 n + 3.5
    at_x = ((np.arange(cols, dtype=np.float32) - 3.5) / 4)[None, :].repeat(rows, 0)
    at_y = ((np.arange(rows, dtype=np.float32) - 3.5) / 4)[:, None].repeat(cols, 1)
    sure = _cv2.remap(likely.astype(np.float32), at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ridged = _cv2.GaussianBlur(sure, (0, 0), 1.5) > 0.16
    if not ridged.any():
        return np.zeros((rows, cols), np.uint8)
    typical = float(np.median(swing[ridged]))
    mask: U8 = (ridged & (swing > 0.4 * typical) & (fine > 0.2 * typical)).astype(np.uint8)
    return mask


def finger_boxes(spectrum: RidgeSpectrum) -> tuple[Box, ...]:
    """A box around every fingertip of a picture at 500 ppi, from left to right as the hand lies."""
    if int(spectrum.ridged.sum()) < LEAST_WINDOWS:
        return ()
    mask = _cv2.morphologyEx(ridge_map(spectrum), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return tuple(_boxes(mask))


def _boxes(mask: U8) -> list[Box]:
    areas = _areas(mask)
    angle = _hand_angle(areas)
    parts = [_Part(points, angle) for points in areas]
    return [tip.box() for tip in sorted(_tips(parts), key=lambda tip: tip.middle)]


_LEAST_AREA = 35 * _MM**2
_WIDEST, _LONGEST = 25 * _MM, 30 * _MM
"""No fingertip is wider than 25 mm or longer than 30 mm."""
_NECK = 6
"""Cells worn away from either side: fingers that touch are joined by less than 5 mm, a rolled print by more."""
_NARROWEST = 7 * _MM
"""Less is a strip of one, not a fingertip."""


def _areas(mask: U8) -> list[F64]:
    """The connected areas of a mask large enough to be a fingertip, (N, 2) points each; those larger than a fingertip
    (neighbours that touch, a finger down to its second joint) are worn away from outside until they fall apart."""
    found: list[F64] = []
    count, labels, stats, _ = _cv2.connectedComponentsWithStats(mask, connectivity=4)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < _LEAST_AREA:
            continue
        y, x = np.nonzero(labels == number)
        points = np.stack((x, y), 1).astype(np.float64)
        narrow, long = _sides(points)
        large = narrow > _WIDEST or long > _LONGEST
        parts = _apart((labels == number).astype(np.uint8)) if large else []
        found += parts or [points]
    return found


def _apart(area: U8) -> list[F64]:
    """One area as the pieces it falls into when worn away, grown back to their full size; empty if it holds."""
    core = area
    for _ in range(_NECK):
        core = _cv2.erode(core, np.ones((3, 3), np.uint8))
        count, labels, stats, _ = _cv2.connectedComponentsWithStats(core, connectivity=4)
        large = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] > 0.3 * _LEAST_AREA) + 1
        if len(large) >= 2:
            seeds = np.where(np.isin(labels, large), 0, 255).astype(np.uint8)
            _, nearest = _cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
            grown = [((nearest == number) & (area > 0)).astype(np.uint8) for number in np.unique(nearest[seeds == 0])]
            pieces = [points for piece in grown for points in _areas(piece)]
            whole = [points for points in pieces if _sides(points)[0] > _NARROWEST]
            return whole if len(whole) > 1 else []
        if count <= 1:
            break
    return []


def _sides(points: F64) -> tuple[float, float]:
    """Short and long side of an area, as of a full rectangle with the same spread."""
    centred = points - points.mean(0)
    narrow, long = np.linalg.eigvalsh(centred.T @ centred / len(points))
    return math.sqrt(12 * max(0.0, float(narrow))), math.sqrt(12 * max(0.0, float(long)))


def _hand_angle(areas: Sequence[F64]) -> float:
    """How far the hand is turned, radians: of the directions that its parts point in, the one in which the tips lie
    most like a hand's."""
    spreads = [(points - points.mean(0)).T @ (points - points.mean(0)) for points in areas]
    if not spreads:
        return 0.0
    if len(areas) > 1 and len(_tips([_Part(points, 0.0) for points in areas])) == 1:
        return 0.0  # one finger with its next joint below
    narrow = [spread for spread, points in zip(spreads, areas) if _sides(points)[0] < _WIDEST]
    candidates = [_axis(sum(narrow or spreads))] + [_axis(spread) for spread in narrow]
    candidates = [angle for angle in candidates if abs(angle) < math.radians(60)] or [0.0]
    return min(candidates, key=lambda angle: _unlikeness([_Part(points, angle) for points in areas]))


def _axis(spread: F64) -> float:
    """Direction of the longest spread against straight up, radians."""
    return 0.5 * math.atan2(2 * spread[0, 1], spread[1, 1] - spread[0, 0])


def _unlikeness(parts: Sequence[_Part]) -> float:
    """How little the tips of these parts lie as those of a hand that points up; mm squared."""
    tips = _tips(parts)
    if len(tips) < 3:
        return 200.0 - 20 * len(tips)
    points = np.array([(tip.middle, tip.top) for tip in sorted(tips, key=lambda tip: tip.middle)]) / _MM
    fits = [
        _misfit(points[list(some)], np.array(model)[list(chosen)], 400)
        for model in _TIPS.values()
        for size in (min(4, len(tips)),)
        for chosen in combinations(range(4), size)
        for some in combinations(range(len(tips)), size)
    ]
    return min(fits) + 15 * abs(len(tips) - 4)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some cells of one finger: points (N, 2) and the direction of the hand."""

    points: F64
    angle: float

    def turned(self) -> F64:
        """The points in the hand's own frame: across, along (down)."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.stack(
            (self.points[:, 0] * cos - self.points[:, 1] * sin, self.points[:, 0] * sin + self.points[:, 1] * cos), 1
        )

    @property
    def middle(self) -> float:
        return float(np.median(self.turned()[:, 0]))

    @property
    def top(self) -> float:
        return float(np.percentile(self.turned()[:, 1], 1))

    @property
    def sides(self) -> tuple[float, float]:
        left, right = np.percentile(self.turned()[:, 0], (3, 97))
        return float(left), float(right)

    def box(self) -> Box:
        """The box around the fingertip, its own tilt found, cut at the first joint."""
        own = _Part(self.points, self.angle + _lean(self.turned()))
        turned = own.turned()
        turned = turned[turned[:, 1] <= _joint(turned)]
        half_cell = np.array((-0.5, 0.5))
        left, right = np.percentile(turned[:, 0], (1, 99)) + half_cell
        top, bottom = np.percentile(turned[:, 1], (0.5, 99.5)) + half_cell
        across, along = (left + right) / 2, (top + bottom) / 2
        cos, sin = math.cos(own.angle), math.sin(own.angle)
        x, y = across * cos + along * sin, -across * sin + along * cos
        return Box(
            ((x + 0.5) * CELL - 0.5, (y + 0.5) * CELL - 0.5), ((right - left) * CELL, (bottom - top) * CELL), own.angle
        )


def _lean(turned: F64) -> float:
    """How far one finger leans against the hand's direction, radians; round prints do not tell and give 0."""
    centred = turned - turned.mean(0)
    covariance = centred.T @ centred / len(turned)
    along, across = covariance[1, 1], covariance[0, 0]
    if along < 1.3 * across:
        return 0.0
    # the axis of most spread, measured from straight down
    lean = 0.5 * math.atan2(2 * covariance[0, 1], along - across)
    return max(-0.35, min(0.35, lean))


def _joint(turned: F64) -> float:
    """Where the fingertip ends along the finger: at the crease of the first joint, or 30 mm below the tip."""
    top = float(np.percentile(turned[:, 1], 0.5))
    counts = np.bincount(np.maximum((turned[:, 1] - top), 0).astype(np.int64), minlength=1).astype(np.float64)
    smooth = np.convolve(counts, np.ones(3) / 3, mode="same")
    low, high = int(15 * _MM), int(32 * _MM)
    if len(smooth) > low + 4:
        span = smooth[low : min(high, len(smooth) - 2)]
        if len(span) and span.min() < 0.6 * smooth[: low + 1].max():
            dip = low + int(span.argmin())
            if smooth[dip:].max() > 1.3 * smooth[dip] or smooth[dip] < 0.25 * smooth.max():
                return top + dip
    return top + 30 * _MM


def _tips(parts: Sequence[_Part]) -> list[_Part]:
    """Of the parts of each finger, one above the other, the tip."""
    tips: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.top):
        left, right = part.sides
        if right - left < _NARROWEST or _sides(part.points)[0] < _NARROWEST:
            continue
        shared = (min(right, tip.sides[1]) - max(left, tip.sides[0]) for tip in tips)
        if any(common > 0.5 * (right - left) for common in shared):
            continue
        tips.append(part)
    return tips


_TIPS: dict[Position, tuple[tuple[float, float], ...]] = {
    "right_four": ((-29.0, 2.0), (-9.5, -6.0), (10.0, -2.5), (28.5, 11.0)),
    "left_four": ((-28.5, 11.0), (-10.0, -2.5), (9.5, -6.0), (29.0, 2.0)),
}
"""Fingertips of an average hand from left to right, mm: what fewer than four are told apart by."""


def _names(boxes: Sequence[Box], position: Position, absent: Collection[Position]) -> list[Position]:
    """Which finger each box is, from left to right."""
    if position == "both_thumbs":
        thumbs = [name for name in FINGERS_OF[position][::-1] if name not in absent]
        if len(boxes) == len(thumbs):
            return thumbs
        return ["unknown"] * len(boxes)
    if position == "unknown" and len(boxes) == 4:
        position = hand_of(boxes)
    if position not in _TIPS:
        return ["unknown"] * len(boxes) if position == "unknown" else [position] * len(boxes)
    order = FINGERS_OF[position] if position == "right_four" else FINGERS_OF[position][::-1]
    here = [index for index, name in enumerate(order) if name not in absent]
    if len(boxes) > len(here):
        return ["unknown"] * len(boxes)
    points = np.array([box.centre for box in boxes]) * 25.4 / 500
    model = np.array(_TIPS[position])
    fits = [(_misfit(points, model[list(chosen)]), chosen) for chosen in combinations(here, len(boxes))]
    return [order[index] for index in min(fits)[1]] if fits else []


def _misfit(points: F64, model: F64, stiffness: float = 20) -> float:
    """How badly points fit a model that may be turned (``stiffness`` mm² a radian squared), moved and scaled a
    little."""
    if len(points) < 2:
        return 0.0
    p = (points - points.mean(0)) @ np.array((1, 1j))
    m = (model - model.mean(0)) @ np.array((1, 1j))
    turn = np.vdot(m, p) / np.vdot(m, m)
    size = abs(turn)
    lean = abs(math.atan2(turn.imag, turn.real))
    return float(np.mean(np.abs(p - turn * m) ** 2)) + 150 * math.log(max(size, 0.05)) ** 2 + stiffness * lean**2


def hand_of(boxes: Sequence[Box]) -> Position:
    """Which hand four fingertips from left to right are of: the little finger is the one that lies lowest."""
    points = np.array([box.centre for box in boxes]) * 25.4 / 500
    right, left = (_misfit(points, np.array(_TIPS[hand])) for hand in ("right_four", "left_four"))
    return "right_four" if right <= left else "left_four"
