"""Irises: boundaries, quality, live hints and codes of near-infrared pictures of eyes.

Names load on first use.
"""

from typing import TYPE_CHECKING

from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture.iris import live as live, overlay as overlay, synthesis as synthesis
    from ktpel_capture.iris.analysis import (
        Band as Band,
        IrisAnalysis as IrisAnalysis,
        Zones as Zones,
        analyse as analyse,
    )
    from ktpel_capture.iris.assessing import ALGORITHM as ALGORITHM, assess as assess
    from ktpel_capture.iris.boundaries import Boundary as Boundary
    from ktpel_capture.iris.comparison import (
        SAME_EYE as SAME_EYE,
        closest as closest,
        distance as distance,
        distances as distances,
        encode as encode,
    )
    from ktpel_capture.iris.kinds import cropped as cropped, cropped_and_masked as cropped_and_masked, vga as vga
    from ktpel_capture.iris.lids import Lids as Lids
    from ktpel_capture.iris.live import watch as watch
    from ktpel_capture.iris.measures import MEASURES as MEASURES
    from ktpel_capture.iris.overlay import draw as draw
    from ktpel_capture.iris.sharpness import focus as focus

_WHERE = {
    "analysis": ("Band", "IrisAnalysis", "Zones", "analyse"),
    "assessing": ("ALGORITHM", "assess"),
    "boundaries": ("Boundary",),
    "sharpness": ("focus",),
    "comparison": ("SAME_EYE", "closest", "distance", "distances", "encode"),
    "kinds": ("cropped", "cropped_and_masked", "vga"),
    "lids": ("Lids",),
    "live": ("watch",),
    "measures": ("MEASURES",),
    "overlay": ("draw",),
}
_MODULES = ("live", "overlay", "synthesis")
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME, _MODULES)
