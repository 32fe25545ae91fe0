"""Whether the subject of a session still sits there: seen, gone, or somebody else has sat down.

A live view is followed cheaply; only when a face has been found anew, after it was lost or jumped, is it compared with
the session's portraits by the rule of `recurrence`. No recognition system: it says what the rule says, with its errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, TypeAlias

from ktpel_capture.arrays import F64
from ktpel_capture.face.analysis import FaceAnalysis
from ktpel_capture.face.recurrence import compare, describe_face, descriptor, mean_of
from ktpel_capture.face.tracking import Tracker, working_picture
from ktpel_capture.quality import Missing
from ktpel_capture.requests import Frame
from ktpel_capture.samples import FaceSample

Attendance: TypeAlias = Literal["present", "away", "another", "unsure"]
_LOOK_EVERY = 0.2  # seconds
_ABSENT = 0.6  # seconds without a face; a glance aside is shorter
_TRIES = 5  # comparisons of a face found anew; it must look into the camera for one


class SubjectWatch:
    """Follows the subject of a session through the frames of a live view.

    Parameters
    ----------
    portraits : of the subject, accepted in this session; without any, the first face seen is the subject.
    mean : of `cohort_mean`, or None for the packaged one.

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> watching = SubjectWatch([synthesis.grow(1).capture(seed=1)[0]])
    >>> newcomer = synthesis.grow(5).capture(seed=1, size=(1280, 720))[0].image
    >>> watching.see(Frame(newcomer, 0, 0.0))
    'another'
    """

    def __init__(self, portraits: Iterable[FaceSample | FaceAnalysis] = (), *, mean: F64 | None = None) -> None:
        known = [value for each in portraits if not isinstance(value := descriptor(each), Missing)]
        self._known = mean_of(known) if known else None
        self._mean = mean
        self._tracker = Tracker()
        self._looked, self._seen = -math.inf, -math.inf
        self._tries = 0
        self._answer: Attendance = "unsure"

    def see(self, frame: Frame) -> Attendance:
        """Who sits there now.

        Returns
        -------
        ``present`` the subject; ``away`` no face for more than half a second; ``another`` a face that is not the
        subject's; ``unsure`` a face that has not looked into the camera yet, or none for a moment.
        """
        if 0 <= frame.monotonic - self._looked < _LOOK_EVERY:
            return self._answer
        self._looked = frame.monotonic
        picture = working_picture(frame.image)
        mesh = self._tracker.look(picture)
        if isinstance(mesh, Missing):
            if frame.monotonic - self._seen > _ABSENT:
                self._answer = "away"
            return self._answer
        self._seen = frame.monotonic
        if self._tracker.anew:
            self._tries, self._answer = _TRIES, "unsure"
        if self._tries and self._answer != "present":
            found = describe_face(picture, mesh)
            if not isinstance(found, Missing):
                self._tries -= 1
                if self._known is None:
                    self._known = found
                self._answer = "present" if compare(self._known, found, self._mean).same else "another"
        return self._answer
