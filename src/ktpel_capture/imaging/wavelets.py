"""The subbands of WSQ, the way into them and the way back.

The image is split into low and high frequencies across and down, the parts again, into 64 subbands. A part that came
out of a high-pass filter has its frequencies mirrored, so its own high part stands first.
Source: IAFIS-IC-0110 (V3), clause 3 and annex A.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the plane of coefficients, and whether its frequencies are mirrored across and down."""

    x: int
    y: int
    width: int
    height: int
    mirrored_across: bool = False
    mirrored_down: bool = False

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def rows(self) -> slice:
        return slice(self.y, self.y + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.x, self.x + self.width)

    def split(self) -> tuple[Box, Box, Box, Box]:
        """Upper left, upper right, lower left, lower right; of an odd length the low frequencies take one more."""
        left = self.width // 2 if self.mirrored_across else (self.width + 1) // 2
        top = self.height // 2 if self.mirrored_down else (self.height + 1) // 2
        right, bottom = self.width - left, self.height - top
        return (
            Box(self.x, self.y, left, top, False, False),
            Box(self.x + left, self.y, right, top, True, False),
            Box(self.x, self.y + top, left, bottom, False, True),
            Box(self.x + left, self.y + top, right, bottom, True, True),
        )


def _sixteen(box: Box) -> list[Box]:
    return [part for quarter in box.split() for part in quarter.split()]


def subbands(width: int, height: int) -> list[Box]:
    """The 64 subbands of an image, in the order their coefficients are written."""
    lowest, across, down, both = Box(0, 0, width, height).split()
    fine, right, lower, corner = lowest.split()
    first, *rest = _sixteen(fine)
    return [
        *first.split(),
        *rest,
        *_sixteen(right),
        *_sixteen(lower),
        corner,
        *across.split(),
        *down.split(),
        *both.split(),
    ]


def join(plane: F32, box: Box, low: F64, high: F64, depth: int = 0, place: str = "") -> None:
    """Put a part's quarters together, in place, the deepest first."""
    for name, quarter in zip("abcd", box.split(), strict=True):
        if place + name in _SPLIT:
            join(plane, quarter, low, high, depth + 1, place + name)
    part = plane[box.rows, box.columns]
    if part.size == 0:
        return
    upright = _joined_down(part, low, high, box.mirrored_down)
    plane[box.rows, box.columns] = _joined_across(upright, low, high, box.mirrored_across)


def split(plane: F32, box: Box, low: F64, high: F64, place: str = "") -> None:
    """Take a part apart into its quarters, in place, and those that are split again: the way back from `join`.

    ``low`` and ``high`` are the analysis filters.
    """
    part = plane[box.rows, box.columns]
    if part.size == 0:
        return
    across = _parted(part, low[None, :], high[None, :], box.mirrored_across, 1)
    plane[box.rows, box.columns] = _parted(across, low[:, None], high[:, None], box.mirrored_down, 0)
    for name, quarter in zip("abcd", box.split(), strict=True):
        if place + name in _SPLIT:
            split(plane, quarter, low, high, place + name)


def _parted(part: F32, low: F64, high: F64, mirrored: bool, axis: int) -> F32:
    """One analysis step: a signal becomes two half-bands side by side, the high one first where it is mirrored."""
    if part.shape[axis] == 1:
        return part
    smooth, detail = _filtered(part, low), _filtered(part, high)
    halves = (smooth[:, 0::2], detail[:, 1::2]) if axis else (smooth[0::2], detail[1::2])
    return np.concatenate(halves[::-1] if mirrored else halves, axis=axis)


_SPLIT = frozenset(
    [
        *("a", "b", "c"),
        *("aa", "ab", "ac"),
        *(f"a{second}{third}" for second in "abc" for third in "abcd"),
        "aaaa",
    ]
)
"""Which parts are split again: the path of quarters from the whole image (a upper left .. d lower right)."""


def _joined_across(part: F32, low: F64, high: F64, mirrored: bool) -> F32:
    """One synthesis step along the rows of a part: half-bands side by side become one signal."""
    length = part.shape[1]
    if length == 1:
        return part
    lows = (length + 1) // 2
    smooth, detail = np.zeros(part.shape, np.float32), np.zeros(part.shape, np.float32)
    smooth[:, 0::2] = part[:, length - lows :] if mirrored else part[:, :lows]
    detail[:, 1::2] = part[:, : length - lows] if mirrored else part[:, lows:]
    return _filtered(smooth, low[None, :]) + _filtered(detail, high[None, :])


def _joined_down(part: F32, low: F64, high: F64, mirrored: bool) -> F32:
    """One synthesis step along the columns of a part."""
    length = part.shape[0]
    if length == 1:
        return part
    lows = (length + 1) // 2
    smooth, detail = np.zeros(part.shape, np.float32), np.zeros(part.shape, np.float32)
    smooth[0::2] = part[length - lows :] if mirrored else part[:lows]
    detail[1::2] = part[: length - lows] if mirrored else part[lows:]
    return _filtered(smooth, low[:, None]) + _filtered(detail, high[:, None])


def _filtered(signal: F32, taps: F64) -> F32:
    """The filter with the signal reflected at its ends, the end itself not repeated."""
    filtered: F32 = cv2.filter2D(signal, cv2.CV_32F, taps, borderType=cv2.BORDER_REFLECT_101).astype(
        np.float32, copy=False
    )
    return filtered
