"""People who work at a station, and how one proves to be who he says: the right index finger."""

from __future__ import annotations

from dataclasses import dataclass, field

import ktpel_capture as kc
from ktpel_capture import KtpelError
from ktpel_enrolment.station.station import Station
from ktpel_enrolment.visit.capturing import Desk
from ktpel_enrolment.visit.matching import SAME_FINGER, likeness


class NotProved(KtpelError):
    """The finger on the glass is not this officer's."""

    code = "officer.not_proved"


@dataclass(frozen=True, slots=True, eq=False)
class Officer:
    """An officer of the registry, who may correct the register and print.

    Attributes
    ----------
    name : as the books write it.
    finger : impression of the right index finger, taken when the officer was made known to the station.
    """

    name: str
    finger: kc.FingerprintSample = field(repr=False)

    def prove(self, station: Station, desk: Desk) -> float:
        """Put the right index finger on the glass before something that only an officer may do; how alike it is.

        Raises
        ------
        NotProved : it is another finger.
        """
        with desk.officer_at_the_glass():
            samples = kc.capture(station.fingerprint_scanner, kc.FingerRequest("right_index"), timeout=20.0)
        alike = max((likeness(self.finger, sample) for sample in samples), default=0.0)
        if alike < SAME_FINGER:
            raise NotProved(
                f"this is not the right index finger of {self.name} (likeness {alike:.0f}, at least {SAME_FINGER:g})",
                remedy="The officer himself puts the right index finger on the glass.",
            )
        return round(alike, 1)
