"""Which two fingers go on the chip of a card."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ktpel_capture.quality import QualityReport
from ktpel_capture.samples import Position

PREFERRED: tuple[Position, ...] = (
    "right_index",
    "left_index",
    "right_thumb",
    "left_thumb",
    "right_middle",
    "left_middle",
    "right_ring",
    "left_ring",
    "right_little",
    "left_little",
)
"""Order in which fingers are taken: the index fingers are the easiest to put on a reader, a little finger has least
skin."""


def best_two(
    fingers: Collection[Position] | Mapping[Position, QualityReport], *, least: float | None = None
) -> tuple[Position, ...]:
    """The two fingers to verify a card's holder with: both index fingers where they can be.

    Parameters
    ----------
    fingers : those that were captured; with their reports where quality shall count.
    least : unified quality (NFIQ 2) below which a finger is passed over while a better one is there. Policy; without it
        the order alone decides.

    Returns
    -------
    Two fingers, the preferred one first; fewer where fewer were captured.

    Source: the card's own rule, both index fingers, else the next; the order after them is ours.
    """
    here = [finger for finger in PREFERRED if finger in fingers]
    if least is None or not isinstance(fingers, Mapping):
        return tuple(here[:2])

    def poor(finger: Position) -> bool:
        score = fingers[finger].score
        return not isinstance(score, int | float) or score < least

    return tuple(sorted(here, key=poor)[:2])
