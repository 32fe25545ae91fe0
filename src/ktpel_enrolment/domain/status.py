"""Where a recording stands in the national system, and what that allows."""

from __future__ import annotations

from enum import Enum


class NationalStatus(Enum):
    """Status of a recording in the national system, by the names its screens show."""

    UNREGISTERED = "UNREGISTERED"
    BIO_CAPTURED = "BIO_CAPTURED"
    PROCESSING = "PROCESSING"
    SENT_FOR_ENROLLMENT = "SENT_FOR_ENROLLMENT"
    RECEIVED_AT_CENTRAL = "RECEIVED_AT_CENTRAL"
    PRINT_READY_RECORD = "PRINT_READY_RECORD"
    ENROLL_FAILURE_AT_CENTRAL = "ENROLL_FAILURE_AT_CENTRAL"
    ENROLL_FAILURE_AT_REGIONAL = "ENROLL_FAILURE_AT_REGIONAL"
    SEARCH_FAILURE_AT_CENTRAL = "SEARCH_FAILURE_AT_CENTRAL"
    ADJUDICATE_RECORD = "ADJUDICATE_RECORD"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"

    @property
    def failed(self) -> bool:
        """The recording came to nothing: the person is recorded again, so returns to the visit plan."""
        return self in _FAILED

    @property
    def printable(self) -> bool:
        """The only status that allows a card to be printed."""
        return self is NationalStatus.PRINT_READY_RECORD

    @property
    def to_be_recorded(self) -> bool:
        """Never recorded, or recorded in vain."""
        return self is NationalStatus.UNREGISTERED or self.failed


_FAILED = frozenset(
    {
        NationalStatus.ENROLL_FAILURE_AT_CENTRAL,
        NationalStatus.ENROLL_FAILURE_AT_REGIONAL,
        NationalStatus.SEARCH_FAILURE_AT_CENTRAL,
        NationalStatus.ADJUDICATE_RECORD,
        NationalStatus.DUPLICATE_RECORD,
    }
)
