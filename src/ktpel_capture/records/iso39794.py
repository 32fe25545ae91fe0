# ruff: noqa: RUF009 - `asn` describes a field as `dataclasses.field` does
"""The blocks every part of ISO/IEC 39794 shares.

This software makes use of the schema of ISO/IEC 39794-1 within modifications permitted in that standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from ktpel_capture.records.der import (
    Choice,
    Code,
    ExtensionCode,
    Integer,
    OctetString,
    Sequence,
    SequenceOf,
    asn,
    unknown_extensions,
)


@dataclass(frozen=True, slots=True)
class VersionBlock:
    """Generation (3 for the first of ISO/IEC 39794) and year of the edition."""

    generation: int = asn(0, Integer(3, 65535))
    year: int = asn(1, Integer(2019, 9999))
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class RegistryIdBlock:
    """Something registered: its organisation and the organisation's identifier of it."""

    organization: int = asn(0, Integer(1, 65535))
    id: int = asn(1, Integer(1, 65535))


@dataclass(frozen=True, slots=True)
class DateTimeBlock:
    """Coordinated universal time; what is not known is None."""

    year: int = asn(0, Integer(0, 9999))
    month: int | None = asn(1, Integer(1, 12), optional=True)
    day: int | None = asn(2, Integer(1, 31), optional=True)
    hour: int | None = asn(3, Integer(0, 23), optional=True)
    minute: int | None = asn(4, Integer(0, 59), optional=True)
    second: int | None = asn(5, Integer(0, 59), optional=True)
    millisecond: int | None = asn(6, Integer(0, 999), optional=True)


SCORE_OR_ERROR: Final = Choice(
    MappingProxyType({0: ("score", Integer(0, 100)), 1: ("error", Code({0: "failure_to_assess"}))})
)


@dataclass(frozen=True, slots=True)
class QualityBlock:
    """One quality assessment: ``("score", 0..100)`` or ``("error", "failure_to_assess")``."""

    algorithm: RegistryIdBlock = asn(0, Sequence(lambda: RegistryIdBlock))
    score_or_error: tuple[str, Any] = asn(1, SCORE_OR_ERROR)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class PadScoreBlock:
    """One presentation attack detection score."""

    mechanism: RegistryIdBlock = asn(0, Sequence(lambda: RegistryIdBlock))
    score_or_error: tuple[str, Any] = asn(1, SCORE_OR_ERROR)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class ExtendedDataBlock:
    """Data of a registered type."""

    data_type: RegistryIdBlock = asn(0, Sequence(lambda: RegistryIdBlock))
    data: bytes = asn(1, OctetString())


DECISION: Final = Code({0: "no_attack", 1: "attack", 2: "failure_to_assess"})
CAPTURE_CONTEXT: Final = Code({0: "enrolment", 1: "verification", 2: "identification"})
SUPERVISION_LEVEL: Final = Code({0: "unknown", 1: "controlled", 2: "assisted", 3: "observed", 4: "unattended"})
CRITERIA_CATEGORY: Final = Code({0: "unknown", 1: "individual", 2: "common"})


@dataclass(frozen=True, slots=True)
class PadDataBlock:
    """Presentation attack detection: what was decided, and how."""

    decision: str | ExtensionCode | None = asn(0, DECISION, optional=True)
    scores: tuple[PadScoreBlock, ...] | None = asn(1, SequenceOf(Sequence(lambda: PadScoreBlock)), optional=True)
    extended_data: tuple[ExtendedDataBlock, ...] | None = asn(
        2, SequenceOf(Sequence(lambda: ExtendedDataBlock)), optional=True
    )
    capture_context: str | ExtensionCode | None = asn(3, CAPTURE_CONTEXT, optional=True)
    supervision_level: str | ExtensionCode | None = asn(4, SUPERVISION_LEVEL, optional=True)
    risk_level: int | None = asn(5, Integer(0, 100), optional=True)
    criteria_category: str | ExtensionCode | None = asn(6, CRITERIA_CATEGORY, optional=True)
    parameter: bytes | None = asn(7, OctetString(), optional=True)
    challenges: tuple[bytes, ...] | None = asn(8, SequenceOf(OctetString(), universal=0x04), optional=True)
    captured: DateTimeBlock | None = asn(9, Sequence(lambda: DateTimeBlock), optional=True)
    unknown: tuple[bytes, ...] = unknown_extensions()


@dataclass(frozen=True, slots=True)
class CoordinateCartesian2D:
    """A point, px."""

    x: int = asn(0, Integer(0, 65535))
    y: int = asn(1, Integer(0, 65535))


@dataclass(frozen=True, slots=True)
class CoordinateCartesian3D:
    """A point in space."""

    x: int = asn(0, Integer(0, 65535))
    y: int = asn(1, Integer(0, 65535))
    z: int = asn(2, Integer(0, 65535))
