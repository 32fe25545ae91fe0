"""The single fingers of a slap: where they lie, and each cut out and turned upright."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F64, U8
from ktpel_capture.fingerprint.boxes import Box
from ktpel_capture.fingerprint.hands import arrangement, likeliest, names_of
from ktpel_capture.fingerprint.presence import LEAST_WINDOWS
from ktpel_capture.fingerprint.resolution import at_500_ppi
from ktpel_capture.fingerprint.slap_map import CELL, RidgeMap, disc, ridge_map
from ktpel_capture.fingerprint.spectrum import RidgeSpectrum, ridge_spectrum
from ktpel_capture.samples import FINGERS_OF, FingerprintSample, Position

_cv2: Any = cv2
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
        hand they are found to be of. More areas than a declared position has fingers are dirt or a neighbour's:
        those that lie most like a hand are kept, of a single finger's picture the largest.
    absent : fingers that were declared unavailable, so that the others get the right names.

    Returns
    -------
    One value a fingertip found; fewer than expected where some did not touch (`missing_fingers` names them). Where it
    cannot be told which finger is missing, the names that are in doubt are ``unknown``.
    """
    boxes = likeliest(finger_boxes(ridge_spectrum(at_500_ppi(slap))), slap.position, absent)
    names = names_of(boxes, slap.position, absent)
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


def finger_boxes(spectrum: RidgeSpectrum) -> tuple[Box, ...]:
    """A box around every fingertip of a picture at 500 ppi, from left to right as the hand lies."""
    if int(spectrum.ridged.sum()) < LEAST_WINDOWS:
        return ()
    there = ridge_map(spectrum)
    areas = _areas(_solid(there))
    angle = _hand_angle(areas)
    columns = _columns([_Area.of(points, angle) for points in areas])
    fitted = [_fitted(column, angle, there) for column in sorted(columns, key=lambda column: column[0].middle)]
    boxes = [box for box in fitted if min(box.size) > _NARROWEST * CELL]
    return tuple(box for box in boxes if not _of_a_neighbour(box, boxes, there))


_LEAST_AREA = 12 * _MM**2
_LEAST_TIP = 35 * _MM**2
_WIDEST = 25 * _MM
"""No fingertip is wider than 25 mm, unless it was rolled."""
_LONGEST = 30 * _MM
_NECK, _WIDE_NECK = 8, 15
"""Cells worn away from either side: fingers that touch are joined by less than 6.5 mm, or 12 mm where the whole is
large and not convex. A print that was rolled holds together."""
_ELONGATED, _STEEPEST = 1.25, math.radians(60)
"""Length against width from which one print alone tells its direction, and no hand lies more aslant."""
_NARROWEST = 7 * _MM
"""Less is a strip of one, not a fingertip."""


def _solid(there: RidgeMap) -> U8:
    """The ridges without letters and other thin things, and without the holes that smears and scars make."""
    mask = there.ridges
    filled = mask.copy()
    contours, hierarchy = _cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for contour, links in zip(contours, hierarchy[0] if hierarchy is not None else ()):
        if links[3] >= 0 and cv2.contourArea(contour) < 20 * _MM**2:
            _cv2.drawContours(filled, [contour], -1, 1, cv2.FILLED)
    # clean ground is a gap between fingers that touch around it
    filled[(mask == 0) & (there.swing < 0.3) & (there.seen > 0)] = 0
    opened: U8 = _cv2.morphologyEx(np.pad(filled, 7, mode="edge"), cv2.MORPH_OPEN, disc(7))[7:-7, 7:-7]
    return opened


def _areas(mask: U8) -> list[F64]:
    """The connected areas of a mask, (N, 2) points each; those joined by a neck (neighbours that touch) are worn away
    from outside until they fall apart."""
    found: list[F64] = []
    count, labels, stats, _ = _cv2.connectedComponentsWithStats(mask, connectivity=4)
    framed = np.pad(labels, 1, mode="edge")  # the picture's edge wears nothing away: a finger goes on behind it
    last = np.array(mask.shape[::-1])
    for number in range(1, count):
        left, top, width, height, size = stats[number].tolist()
        if size < _LEAST_AREA:
            continue
        area = (framed[top : top + height + 2, left : left + width + 2] == number).astype(np.uint8)
        for points in _apart(area) or [_points(area)]:
            there = points + np.array((left - 1, top - 1))
            found.append(there[((there >= 0) & (there < last)).all(1)])
    return found


def _points(area: U8) -> F64:
    y, x = np.nonzero(area)
    return np.stack((x, y), 1).astype(np.float64)


def _apart(area: U8) -> list[F64]:
    """One area as the pieces it falls into when worn away, grown back to their full size; empty if it holds."""
    core = area
    for _ in range(_WIDE_NECK if _joined(area) else _NECK):
        core = _cv2.erode(core, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
        count, labels, stats, _ = _cv2.connectedComponentsWithStats(core, connectivity=8)
        large = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] > _LEAST_AREA) + 1
        if len(large) >= 2:
            seeds = np.where(np.isin(labels, large), 0, 255).astype(np.uint8)
            _, nearest = _cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
            grown = [((nearest == number) & (area > 0)).astype(np.uint8) for number in np.unique(nearest[seeds == 0])]
            return [points for piece in grown for points in _areas(piece)]
        if count <= 1:
            break
    return []


def _joined(area: U8) -> bool:
    """Whether an area is large for one finger, and not convex as one is."""
    points = _points(area).astype(np.int32).reshape(-1, 1, 2)
    size = len(points)
    return size > 0.7 * _WIDEST * _LONGEST and size < 0.93 * cv2.contourArea(cv2.convexHull(points))


def _sides(points: F64) -> tuple[float, float]:
    """Short and long side of an area, as of a full rectangle with the same spread."""
    centred = points - points.mean(0)
    narrow, long = np.linalg.eigvalsh(centred.T @ centred / len(points))
    return math.sqrt(12 * max(0.0, float(narrow))), math.sqrt(12 * max(0.0, float(long)))


@dataclass(frozen=True, slots=True, eq=False)
class _Area:
    """Connected cells in the frame of a hand: its extent across and down."""

    points: F64
    left: float
    right: float
    top: float
    middle: float
    narrow: float

    @staticmethod
    def of(points: F64, angle: float) -> _Area:
        across, down = _turned(points[::3], angle).T
        left, middle, right = np.percentile(across, (3, 50, 97))
        return _Area(
            points, float(left), float(right), float(np.percentile(down, 1)), float(middle), _sides(points[::3])[0]
        )


def _turned(points: F64, angle: float) -> F64:
    """Points in a frame turned by an angle: across, down."""
    cos, sin = math.cos(angle), math.sin(angle)
    turned: F64 = points @ np.array(((cos, sin), (-sin, cos)))
    return turned


def _columns(areas: Sequence[_Area]) -> list[list[_Area]]:
    """The areas of each finger, one above the other, the topmost first."""
    columns: list[list[_Area]] = []
    for area in sorted(areas, key=lambda area: area.top):
        width = area.right - area.left

        def shared(column: list[_Area], area: _Area = area) -> float:
            return max(min(area.right, other.right) - max(area.left, other.left) for other in column)

        home = max(columns, key=shared, default=None)
        if home is not None and shared(home) > 0.5 * width:
            if home[0].left < area.middle < home[0].right:
                home.append(area)
        elif width >= _NARROWEST and area.narrow >= _NARROWEST and len(area.points) >= _LEAST_TIP:
            columns.append([area])
    return columns


def _hand_angle(areas: Sequence[F64]) -> float:
    """How far the hand is turned, radians: of the directions that its parts point in, the one in which the tips lie
    most like a hand's."""
    large = [points for points in areas if len(points) >= _LEAST_TIP]
    if not large:
        return 0.0
    if len(_columns([_Area.of(points, 0.0) for points in large])) == 1:
        # one finger, perhaps with its next joint below; a round print does not tell
        points = np.concatenate(large)
        narrow, long = _sides(points)
        angle = _axis((points - points.mean(0)).T @ (points - points.mean(0)))
        return angle if long > _ELONGATED * narrow and abs(angle) < _STEEPEST else 0.0
    spreads = [(points - points.mean(0)).T @ (points - points.mean(0)) for points in large]
    slender = [spread for spread, points in zip(spreads, large) if _sides(points)[0] < _WIDEST]
    candidates: list[float] = []
    for spread in (sum(slender or spreads), *slender):
        angle = _axis(spread)
        if abs(angle) < _STEEPEST and all(abs(angle - other) > 0.05 for other in candidates):
            candidates.append(angle)
    return min(candidates or [0.0], key=lambda angle: _unlikeness(large, angle))


def _axis(spread: F64) -> float:
    """Direction of the longest spread against straight up, radians."""
    return 0.5 * math.atan2(2 * spread[0, 1], spread[1, 1] - spread[0, 0])


def _unlikeness(areas: Sequence[F64], angle: float) -> float:
    tips = sorted((column[0].middle, column[0].top) for column in _columns([_Area.of(p, angle) for p in areas]))
    return arrangement(np.array(tips).reshape(-1, 2) / _MM)


_LONG = 1.6
"""How much longer a fingertip's print is than wide."""


def _fitted(column: Sequence[_Area], angle: float, there: RidgeMap) -> Box:
    """The box around the fingertip of a column of ridges, its own tilt found, cut at the first joint."""
    width = min(column[0].right - column[0].left, _WIDEST)
    near = column[0].top + min(_LONG * width, _LONGEST)
    points = _rounded(_whole([area for area in column if area.top < near], there), width)
    tip = _rounded(_whole(column[:1], there), width)
    at_edge = (points[:, 0] < 3) | (points[:, 0] > there.ridges.shape[1] - 4)
    own = angle
    for _ in range(3):
        turned = _turned(points, own)
        top = float(np.percentile(_turned(tip, own)[:, 1], 0.5))
        body = (turned[:, 1] > top + 0.3 * width) & (turned[:, 1] <= top + 0.85 * min(_LONG * width, _LONGEST))
        if body.sum() < 6:
            break
        along, left, right = _outline(turned[body])
        width = float(np.percentile(right, 80) - np.percentile(left, 20))
        row = np.floor(turned[body, 1] - turned[body, 1].min()).astype(np.int64)
        cut = np.zeros(row.max() + 1, np.bool_)
        cut[row[at_edge[body]]] = True
        whole = ~cut[np.floor(along - along.min()).astype(np.int64)]
        if whole.sum() >= 8 and whole.mean() > 0.7:  # where the picture cuts a side off, the middle is not the middle
            slope = _slope(along[whole], ((left + right) / 2)[whole])
            own = angle + max(-0.35, min(0.35, own - angle + math.atan(slope)))
    turned = _turned(points, own)
    top = float(np.percentile(_turned(tip, own)[:, 1], 0.5))
    across = float(np.median(turned[turned[:, 1] <= top + _LONG * width, 0]))
    base = _joint(there, own, across, top, width, whole=not _cut_off(tip, own, there))
    along, left, right = _outline(turned[turned[:, 1] <= base])
    low, high = float(np.percentile(left, 33)), float(np.percentile(right, 67))
    cos, sin = math.cos(own), math.sin(own)
    middle, down = (low + high) / 2, (top + base) / 2
    x, y = middle * cos + down * sin, -middle * sin + down * cos
    return Box(((x + 0.5) * CELL - 0.5, (y + 0.5) * CELL - 0.5), ((high - low) * CELL, (base - top) * CELL), own)


def _whole(areas: Sequence[_Area], there: RidgeMap) -> F64:
    """The cells of a finger with the notches of its outline filled where there is smeared skin: fingers are convex."""
    points = np.concatenate([area.points for area in areas]).astype(np.int32)
    mask = np.zeros(there.ridges.shape, np.uint8)
    _cv2.fillConvexPoly(mask, _cv2.convexHull(points.reshape(-1, 1, 2)), 1)
    mask[there.swing <= 0.4] = 0
    mask[points[:, 1], points[:, 0]] = 1
    return _points(mask)


def _rounded(tip: F64, width: float) -> F64:
    """The cells of a fingertip without what stands out of its round: printed words and writing that touch it."""
    x, y = tip.astype(np.int64).T
    side = max(3, round(0.6 * width))
    mask = np.zeros((y.max() - y.min() + 1, x.max() - x.min() + 1), np.uint8)
    mask[y - y.min(), x - x.min()] = 1
    opened = _cv2.morphologyEx(np.pad(mask, side), cv2.MORPH_OPEN, disc(side))[side:-side, side:-side]
    kept = opened[y - y.min(), x - x.min()] > 0
    return tip[kept] if kept.mean() > 0.65 else tip


def _cut_off(tip: F64, angle: float, there: RidgeMap) -> bool:
    """Whether the picture ends where the finger's tip begins."""
    down = _turned(tip, angle)[:, 1]
    x, y = tip[down < down.min() + 2].T
    rows, cols = there.ridges.shape
    return bool(((x < 3) | (y < 3) | (x > cols - 4) | (y > rows - 4)).any())


def _of_a_neighbour(box: Box, boxes: Sequence[Box], there: RidgeMap) -> bool:
    """Whether a box at the picture's side is the strip of a finger beyond it: less than half as wide as the others."""
    left, _, right, _ = box.bounds
    at_side = left < 1.5 * CELL or right > (there.ridges.shape[1] - 1.5) * CELL
    return at_side and box.size[0] < 0.55 * max(other.size[0] for other in boxes)


def _outline(turned: F64) -> tuple[F64, F64, F64]:
    """Left and right end of each row of cells of a turned area: rows, left, right."""
    row = np.floor(turned[:, 1] - turned[:, 1].min()).astype(np.int64)
    left, right = np.full(row.max() + 1, np.inf), np.full(row.max() + 1, -np.inf)
    np.minimum.at(left, row, turned[:, 0])
    np.maximum.at(right, row, turned[:, 0])
    full = np.flatnonzero(right > left)
    rows = np.asarray(full + (float(turned[:, 1].min()) + 0.5), np.float64)
    return rows, left[full], right[full]


def _slope(x: F64, y: F64) -> float:
    """Slope of a line through points, most of which lie on it: the median over pairs some way apart."""
    slopes = [(y[step:] - y[:-step]) / (x[step:] - x[:-step]) for step in (len(x) // 3, len(x) // 2)]
    return float(np.median(np.concatenate(slopes)))


def _joint(there: RidgeMap, angle: float, across: float, top: float, width: float, *, whole: bool) -> float:
    """Where the fingertip ends along the finger: at the crease of the first joint, where ridges pause."""
    usual = min(_LONG * width, _LONGEST)
    half, long = max(3, round(0.38 * width)), round(2.2 * usual)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array(((cos, sin), (-sin, cos)))
    at = np.arange(long)
    low, high = round((0.7 if whole else 0.3) * usual), round(1.35 * usual)
    doubt = np.where(whole | (at > usual), 0.25, 1.0)  # a finger whose tip is cut off is shorter
    far = 0.5 * ((at - usual) / (doubt * usual)) ** 2
    swing = np.minimum(there.swing, 2) * there.seen
    best, end, profile, swings = math.inf, long, np.zeros(long), np.zeros(long)
    for tilt in _TILTS:
        # columns of the strip slide along the finger, so that a crease which runs aslant lies level
        slide = np.array(((1, 0), (math.tan(tilt), 1)))
        how = np.column_stack((turn @ slide, turn @ (across - half, top - half * math.tan(tilt))))
        strip, seen = (
            _cv2.warpAffine(picture, how, (2 * half + 1, long), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR)
            for picture in (swing, there.seen)
        )
        level = strip.sum(1) / np.maximum(seen.sum(1), 0.3 * seen.shape[1])
        above, below = (_running_max(part, 10) for part in (level, level[::-1]))
        depth = level / np.maximum(np.minimum(above, below[::-1]), 1e-3)
        depth[below[::-1] < 0.4] = 0.6  # nothing more below: an end, if not a crease
        depth[seen.mean(1) < 0.3] = 1  # hidden
        cost = 1.5 * depth + far + abs(tilt)
        here = low + int(cost[low:high].argmin())
        if cost[here] < best:
            best, end = float(cost[here]), here
        if tilt == 0:
            ridges = _cv2.warpAffine(there.ridges, how, strip.shape[::-1], flags=cv2.WARP_INVERSE_MAP)
            profile, swings = ridges.mean(1), level
    typical = float(np.median(profile[: round(0.8 * usual)]))
    solid = np.flatnonzero(profile[: end + 1] > 0.3 * typical)
    last = int(solid[-1]) if len(solid) else end
    while last < end and swings[last + 1] > 0.5:  # smeared ridges
        last += 1
    return top + last + 1


_TILTS = tuple(math.radians(degrees) for degrees in (-20, -10, 0, 10, 20))


def _running_max(values: F64, reach: int) -> F64:
    """The largest of each value and those up to ``reach`` before it."""
    padded = np.concatenate((np.full(reach, -np.inf), values))
    largest: F64 = np.lib.stride_tricks.sliding_window_view(padded, reach + 1).max(1)
    return largest
