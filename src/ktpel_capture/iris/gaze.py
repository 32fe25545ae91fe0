"""Where an eye looks, by where the lamps are mirrored in it.

The cornea is a small ball on the eyeball: as the eye turns away from the lamps, their reflection lags behind the pupil.
"""

from __future__ import annotations

import cv2
import numpy as np

from ktpel_capture.arrays import Bool
from ktpel_capture.iris.boundaries import Boundary, Circle

LAG = 0.75
"""Iris radii that the reflection lags behind the pupil, times the sine of the angle: the cornea's centre of curvature
lies 4.2 mm behind the pupil (E. D. Guestrin and M. Eizenman, IEEE Trans. Biomedical Engineering 53, 2006), the iris's
radius is 5.6 to 6 mm."""
_REACH = 0.7
_TOGETHER = 0.25
_LARGEST = 0.2


def reflection_from_pupil(
    reflections: Bool, pupil: Circle | Boundary, limbus: Circle | Boundary
) -> tuple[float, float] | None:
    """From the pupil's middle to the lamps' reflection in the cornea, in iris radii; None where none is seen.

    Reflections near the one that is nearest to the pupil's middle are taken together; larger ones are of glasses or
    wet lids.

    Parameters
    ----------
    reflections : (H, W) bool.
    pupil, limbus : in pixels of the same picture.
    """
    radius = limbus.radius
    reach = _REACH * radius
    height, width = reflections.shape
    left, top = max(0, round(pupil.x - reach)), max(0, round(pupil.y - reach))
    right, bottom = min(width, round(pupil.x + reach) + 1), min(height, round(pupil.y + reach) + 1)
    part = reflections[top:bottom, left:right].view(np.uint8)
    if part.size == 0:
        return None
    _, _, stats, centres = cv2.connectedComponentsWithStats(np.ascontiguousarray(part), ltype=cv2.CV_16U)
    small = stats[1:, cv2.CC_STAT_AREA] < _LARGEST * radius * radius + 40  # spots are widened; a ring of lamps is one
    places = (centres[1:][small] + (left - pupil.x, top - pupil.y)) / radius
    if len(places) == 0:
        return None
    nearest = places[np.hypot(*places.T).argmin()]
    together = places[np.hypot(*(places - nearest).T) < _TOGETHER].mean(0)
    return float(together[0]), float(together[1])
