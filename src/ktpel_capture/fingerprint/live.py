"""What a live frame says about the finger on the glass, before anything is captured."""

from __future__ import annotations

import math

import cv2
import numpy as np

from ktpel_capture.arrays import F32, Bool
from ktpel_capture.quality import Hint
from ktpel_capture.requests import FingerRequest, Frame
from ktpel_capture.samples import FINGERS_OF

_CELL = 4
"""Side of a cell in pixels at 250 ppi (0.4 mm)."""
_MM = _CELL * 25.4 / 250
_TILTED = 0.45
"""Radians (26 degrees) from upright that a finger may lie: less costs a comparison nothing."""
_LONG = 1.08
"""A print this much longer than wide has a direction."""
_FILLED = 0.25
"""Ridges that stand out from the ground by less than this share of the print's darkness: the valleys are filled."""
_BROAD = 330.0
"""Contact in mm² that few fingertips reach unless they are pressed hard (16 x 20 mm are usual): then it is the force,
else the moisture, that fills the valleys."""
_SHORT = 17.0
"""A print cut off at the lower edge and shorter than this (mm), with glass left above it, lies too low."""
_GOOD = (Hint(good=True),)


class Watcher:
    """Looks at the frames of one presentation; keeps the one before, to see movement."""

    def __init__(self, request: FingerRequest) -> None:
        self._request = request
        self._before: F32 | None = None

    def see(self, frame: Frame) -> tuple[Hint, ...]:
        """What stands against capturing now, worst first; one good hint where nothing does."""
        image = frame.image if frame.image.ndim == 2 else np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY))
        # at 250 ppi a ridge is four pixels wide: enough to tell ridges from a smear
        scale = 0.5 / frame.scale
        if scale < 1:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        rows, cols = image.shape[0] // _CELL, image.shape[1] // _CELL
        if min(rows, cols) < 8:
            return (Hint("fingerprint.place_finger"),)
        whole = image[: rows * _CELL, : cols * _CELL]
        ridges = cv2.resize(cv2.absdiff(whole, cv2.blur(whole, (9, 9))), (cols, rows), interpolation=cv2.INTER_AREA)
        grey = cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA)
        hints = self._hints(np.asarray(cv2.blur(ridges, (3, 3)), np.float32), np.asarray(grey, np.float32))
        return tuple(sorted(hints, key=lambda hint: -hint.strength)) or _GOOD

    def _hints(self, ridges: F32, grey: F32) -> list[Hint]:
        before, self._before = self._before, grey
        dark = np.maximum(np.percentile(grey, 95) - grey, 0)
        skin: Bool = (ridges > np.maximum(5, 0.12 * dark)) & (dark > 12)
        area = float(skin.sum()) * _MM**2
        wanted = len(self._request.expected)
        smear = float(((dark > 14) & ~skin).mean())
        if area < 25 * max(1, wanted - 1):
            key = "fingerprint.clean_glass" if smear > 0.12 else "fingerprint.place_finger"
            return [Hint(key)]
        hints: list[Hint] = []
        if before is not None and before.shape == grey.shape:
            change = float(np.abs(grey - before)[skin].mean())
            if change > 5:
                hints.append(Hint("fingerprint.hold_still", strength=0.95))
        if smear > 0.12:
            hints.append(Hint("fingerprint.clean_glass", strength=0.7))
        level, standing_out = float(np.median(dark[skin])), float(np.median(ridges[skin] / dark[skin]))
        if area < 110 * wanted or (area < 180 * wanted and level < 52):
            hints.append(Hint("fingerprint.press_harder", strength=0.8))
        elif level > 140 or standing_out < _FILLED:
            broad = float((dark > 30).sum()) * _MM**2 > _BROAD * wanted
            hints.append(Hint("fingerprint.press_lighter" if broad else "fingerprint.wipe_finger", strength=0.75))
        elif level < 48:
            hints.append(Hint("fingerprint.use_lotion", strength=0.6))
        return hints + self._placement(skin)

    def _placement(self, skin: Bool) -> list[Hint]:
        """Cut off at an edge of the glass: which way to move."""
        if self._request.position in FINGERS_OF:
            return []
        rows, cols = skin.sum(1), skin.sum(0)
        across = max(1, int((rows > 0).sum())), max(1, int((cols > 0).sum()))
        touch = {
            "fingerprint.move_right": float(skin[:, :2].any(1).sum()) / across[0],
            "fingerprint.move_left": float(skin[:, -2:].any(1).sum()) / across[0],
            "fingerprint.move_down": float(skin[:2].any(0).sum()) / across[1],
        }
        key, share = max(touch.items(), key=lambda item: item[1])
        if share > 0.5 and sum(value > 0.5 for value in touch.values()) == 1:
            return [Hint(key, strength=0.85)]
        if float(skin[-2:].any(0).sum()) / across[1] > 0.5 and across[0] * _MM < _SHORT:
            tip = int(np.argmax(rows > 0))
            if tip > len(rows) / 4:
                return [Hint("fingerprint.move_up", strength=0.85)]
        if abs(_tilt(skin)) > _TILTED:
            return [Hint("fingerprint.turn_straight", strength=0.65)]
        return []


def _tilt(skin: Bool) -> float:
    """How far the longer axis of a print is turned from upright, radians; 0 where it is about as wide as long."""
    y, x = np.nonzero(skin)
    xx, yy, xy = float(x.var()), float(y.var()), float(((x - x.mean()) * (y - y.mean())).mean())
    spread = math.hypot(xx - yy, 2 * xy)
    if xx + yy + spread < _LONG**2 * (xx + yy - spread):
        return 0.0
    return 0.5 * math.atan2(2 * xy, yy - xx)


def watch(request: FingerRequest) -> Watcher:
    """Start looking at the live view of one presentation."""
    return Watcher(request)
