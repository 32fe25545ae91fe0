"""Fingerprints: what a print is like, its minutiae, whether two are of one finger, the fingers of a slap."""

from typing import TYPE_CHECKING

from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture.fingerprint import (
        live as live,
        overlay as overlay,
        synthesis as synthesis,
        verdict as verdict,
    )
    from ktpel_capture.fingerprint.analysis import FingerprintAnalysis as FingerprintAnalysis, analyse as analyse
    from ktpel_capture.fingerprint.assessing import ALGORITHM as ALGORITHM, assess as assess
    from ktpel_capture.fingerprint.boxes import Box as Box
    from ktpel_capture.fingerprint.choice import best_two as best_two
    from ktpel_capture.fingerprint.comparison import (
        Prepared as Prepared,
        compare as compare,
        compare_many as compare_many,
        prepare as prepare,
    )
    from ktpel_capture.fingerprint.extraction import minutiae as minutiae
    from ktpel_capture.fingerprint.hands import hand_of as hand_of
    from ktpel_capture.fingerprint.live import watch as watch
    from ktpel_capture.fingerprint.measures import MEASURES as MEASURES
    from ktpel_capture.fingerprint.segmentation import (
        SegmentedFinger as SegmentedFinger,
        missing_fingers as missing_fingers,
        segment as segment,
    )
    from ktpel_capture.fingerprint.slots import SlotCheck as SlotCheck, check_slots as check_slots
    from ktpel_capture.fingerprint.synthesis import (
        Finger as Finger,
        grow as grow,
        grow_hand as grow_hand,
        slap as slap,
    )

_WHERE = {
    "analysis": ("FingerprintAnalysis", "analyse"),
    "assessing": ("ALGORITHM", "assess"),
    "boxes": ("Box",),
    "choice": ("best_two",),
    "comparison": ("Prepared", "compare", "compare_many", "prepare"),
    "extraction": ("minutiae",),
    "hands": ("hand_of",),
    "live": ("watch",),
    "measures": ("MEASURES",),
    "segmentation": ("SegmentedFinger", "missing_fingers", "segment"),
    "slots": ("SlotCheck", "check_slots"),
    "synthesis": ("Finger", "grow", "grow_hand", "slap"),
}
_MODULES = ("live", "overlay", "synthesis", "verdict")
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME, _MODULES)
