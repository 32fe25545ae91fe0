"""What both editions of ISO/IEC 19794-2 hold: minutiae and extended data, and the way to `Minutiae`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ktpel_capture.quality import Missing
from ktpel_capture.records.codes import CodeTable
from ktpel_capture.samples import Position
from ktpel_capture.templates import Minutiae

MINUTIA_TYPE = CodeTable("minutia type", {0: "other", 1: "ridge_ending", 2: "ridge_bifurcation"})
ANGLE_UNIT: Final = 2 * np.pi / 256
"""Minutia angles are counted in 256ths of a turn, counter-clockwise from the right."""
QUALITY_NOT_REPORTED: Final = Missing("record.quality_undefined")
MAX_MINUTIAE: Final = 255


@dataclass(frozen=True, slots=True)
class Minutia:
    """One minutia.

    Attributes
    ----------
    type : ``ridge_ending``, ``ridge_bifurcation`` or ``other``.
    x, y : px from the upper left corner.
    angle : 0..255, 256ths of a turn, counter-clockwise from the right.
    quality : 0..100 (1..100 in 2005), or Missing where it was not reported or failed.
    """

    type: str
    x: int
    y: int
    angle: int
    quality: int | Missing = QUALITY_NOT_REPORTED


@dataclass(frozen=True, slots=True)
class ExtendedData:
    """One area of extended data, carried through as it is.

    Attributes
    ----------
    type : 1 ridge counts, 2 cores and deltas, 3 zonal quality, 257 and more of a vendor.
    content : the octets after type and length.
    """

    type: int
    content: bytes


def to_template(minutiae: tuple[Minutia, ...], ppi: float, size: tuple[int, int], position: Position) -> Minutiae:
    """Minutiae as the library compares them; a quality that was not reported counts as 0.5."""
    return Minutiae(
        x=np.array([item.x for item in minutiae], np.float32),
        y=np.array([item.y for item in minutiae], np.float32),
        angle=np.array([item.angle * ANGLE_UNIT for item in minutiae], np.float32),
        kind=np.array([{"ridge_ending": 1, "ridge_bifurcation": 2}.get(item.type, 0) for item in minutiae], np.uint8),
        quality=np.array(
            [0.5 if isinstance(item.quality, Missing) else item.quality / 100 for item in minutiae], np.float32
        ),
        ppi=ppi,
        size=size,
        position=position,
    )


def from_template(template: Minutiae, least_quality: int) -> tuple[Minutia, ...]:
    """The minutiae of a template, at most 255, the surest ones where there are more, in the template's order."""
    order = np.arange(len(template))
    if len(template) > MAX_MINUTIAE:
        order = np.sort(np.argsort(-template.quality, kind="stable")[:MAX_MINUTIAE])
    width, height = template.size
    found = []
    for index in order:
        x, y = round(float(template.x[index])), round(float(template.y[index]))
        found.append(
            Minutia(
                MINUTIA_TYPE.name(int(template.kind[index])),
                min(max(x, 0), max(width - 1, 0) or 16383),
                min(max(y, 0), max(height - 1, 0) or 16383),
                round(float(template.angle[index]) / ANGLE_UNIT) % 256,
                min(100, max(least_quality, round(float(template.quality[index]) * 100))),
            )
        )
    return tuple(found)
