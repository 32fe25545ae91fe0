"""Face: portraits measured as ISO/IEC 29794-5 and ICAO want them, live framing, and the finished KTP-el photo."""

from typing import TYPE_CHECKING

from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture.face import live as live, overlay as overlay, synthesis as synthesis
    from ktpel_capture.face.analysis import FaceAnalysis as FaceAnalysis, analyse as analyse
    from ktpel_capture.face.assessing import ALGORITHM as ALGORITHM, assess as assess
    from ktpel_capture.face.attendance import Attendance as Attendance, SubjectWatch as SubjectWatch
    from ktpel_capture.face.finished import crop_portrait as crop_portrait, encode_portrait as encode_portrait
    from ktpel_capture.face.live import Watcher as Watcher, watch as watch
    from ktpel_capture.face.measures import MEASURES as MEASURES
    from ktpel_capture.face.overlay import draw as draw
    from ktpel_capture.face.recurrence import (
        Likeness as Likeness,
        cohort_mean as cohort_mean,
        descriptor as descriptor,
        same_person as same_person,
    )

_WHERE = {
    "analysis": ("FaceAnalysis", "analyse"),
    "assessing": ("ALGORITHM", "assess"),
    "attendance": ("Attendance", "SubjectWatch"),
    "finished": ("crop_portrait", "encode_portrait"),
    "live": ("Watcher", "watch"),
    "measures": ("MEASURES",),
    "overlay": ("draw",),
    "recurrence": ("Likeness", "cohort_mean", "descriptor", "same_person"),
}
_MODULES = ("live", "overlay", "synthesis")
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME, _MODULES)
