"""Points while somebody signs: what to say meanwhile, and when the signature is complete."""

from __future__ import annotations

import math

import numpy as np

from ktpel_capture.arrays import F64, Bool
from ktpel_capture.quality import Hint
from ktpel_capture.requests import PenPoints, SignatureRequest
from ktpel_capture.samples import CaptureInfo, SignatureSample

QUIET = 2.5
"""s without ink after which a signature counts as complete. With it 0.7 % and 0.05 % of the genuine signatures in the
two parts of SUSIG would be ended early; half of all people never pause for 0.2 s."""
AS_LONG_AS = 2.5
"""times the longest pause so far: who pauses long may pause again."""
PATIENCE = 4.0
"""s, the longest wait: for a dot alone, for a pen still hovering, for who pauses long."""
DOT = 3.0
"""mm; smaller ink is a dot, and more is likely to come."""


class Ink:
    """What the pen has written so far; cleared, it starts anew.

    Parameters
    ----------
    request : what is signed for; the signature that approves the biodata and the card's are never one sample.
    """

    def __init__(self, request: SignatureRequest | None = None) -> None:
        self.request = request or SignatureRequest()
        self._frames: list[PenPoints] = []

    def add(self, points: PenPoints) -> None:
        """Take the pen's new points in; a frame whose pad reports ``cleared`` throws the earlier ones away."""
        if points.reported.get("cleared"):
            self.clear()
        if points.t.size:
            self._frames.append(points)

    def clear(self) -> None:
        """Throw all points away."""
        self._frames.clear()

    def sample(
        self, pad_size: tuple[float, float] | None = None, capture: CaptureInfo | None = None
    ) -> SignatureSample:
        """The points so far as a sample."""
        frames = self._frames
        if not frames:
            nothing = np.zeros(0)
            return SignatureSample(nothing, nothing, nothing, pad_size=pad_size, capture=capture)
        t, x, y = (np.concatenate([getattr(frame, name) for frame in frames]) for name in ("t", "x", "y"))
        down: Bool = np.concatenate([frame.pen_down for frame in frames])
        pressed: list[F64] = [frame.force for frame in frames if frame.force is not None]
        force = np.concatenate(pressed) if len(pressed) == len(frames) else None
        return SignatureSample(t, x, y, force, down, pad_size=pad_size, capture=capture)


class Watcher:
    """Watches one presentation on a pad.

    Attributes
    ----------
    ink : the points so far; `clear` throws them away for a second try.
    """

    def __init__(self, request: SignatureRequest) -> None:
        self.ink = Ink(request)
        self.clear()

    def clear(self) -> None:
        """Begin anew: what was written does not count."""
        self.ink.clear()
        self._touched: float | None = None
        self._longest_pause = 0.0
        self._lower = np.full(2, math.inf)
        self._upper = np.full(2, -math.inf)
        self._held_at_border = False

    def see(self, frame: PenPoints) -> tuple[Hint, ...]:
        """What stands against the signature now, worst first.

        ``(Hint(good=True),)`` says that signing has ended: the pen has been away for 2.5 s, or longer where a pause, a
        hovering pen or a lone dot tell that more may come. Nothing at all says: still signing.
        """
        if frame.reported.get("cleared"):
            self.clear()
        self.ink.add(frame)
        if frame.pen_down.any():
            self._take_in(frame)
        if self._touched is None:
            return (Hint("signature.start_signing", strength=0.5),)
        if not frame.pen_down.any() and self._ended(frame):
            return (Hint(good=True),)
        return (Hint("signature.keep_inside_the_box"),) if self._held_at_border else ()

    def _take_in(self, frame: PenPoints) -> None:
        if self._touched is not None:
            self._longest_pause = max(self._longest_pause, frame.monotonic - self._touched)
        self._touched = frame.monotonic
        ink = np.column_stack([frame.x, frame.y])[frame.pen_down]
        self._lower = np.minimum(self._lower, ink.min(0))
        self._upper = np.maximum(self._upper, ink.max(0))
        size = frame.reported.get("pad_size")
        if size is not None:
            held = (ink <= 0.02) | (ink >= np.asarray(size, np.float64) - 0.02)
            self._held_at_border = self._held_at_border or bool(held.any(1).sum() >= 3)

    def _ended(self, frame: PenPoints) -> bool:
        assert self._touched is not None
        hovering = frame.t.size > 0
        if hovering or math.hypot(*(self._upper - self._lower)) < DOT:
            wait = PATIENCE
        else:
            wait = min(max(QUIET, AS_LONG_AS * self._longest_pause), PATIENCE)
        return frame.monotonic - self._touched >= wait


def watch(request: SignatureRequest) -> Watcher:
    """A watcher for one presentation."""
    return Watcher(request)
