"""Biometric information records: CBEFF as MOSIP passes it in XML, ISO/IEC 19785-3 with its ``Others``.

Three forms are about: the ISO namespace with ``Others`` (Key and Value), with ``others`` (entry elements), and the
OASIS namespace of BIAS. The form is part of the value, so that a record is written back as it was read.
Sources: the schemas MOSIP publishes (updatedcbeff.xsd, mosip-cbeff.xsd, cbeff.xsd).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from ktpel_capture.errors import RecordError
from ktpel_capture.requests import UNAVAILABLE_REASONS, Unavailable, UnavailableReason
from ktpel_capture.samples import EYES, FINGERS, FingerprintSample, IrisSample, Position, Sample

STANDARD: Final = "ISO/IEC 19785-3, CBEFF XML"
NAMESPACES: Final = {
    "iso": "http://standards.iso.org/iso-iec/19785/-3/ed-2/",
    "oasis": "http://docs.oasis-open.org/bias/ns/biaspatronformat-1.0/",
}
TYPES: Final = (
    "Scent", "DNA", "Ear", "Face", "Finger", "Foot", "HandGeometry", "Vein", "Iris", "Retina", "Voice", "Gait",
    "Keystroke", "LipMovement", "SignatureSign", "Palm", "BackOfHand", "Wrist", "ExceptionPhoto",
)  # fmt: skip
SUBTYPES: Final = ("Left", "Right", "Thumb", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger")
VEIN_SUBTYPES: Final = ("LeftVein", "RightVein", "Palm", "BackOfHand", "Wrist", "Reserved1", "Reserved2")
LEVELS: Final = ("Raw", "Intermediate", "Processed")
EXCEPTION: Final = "EXCEPTION"
"""Key of the fact by which MOSIP marks a finger or eye that could not be captured."""
PURPOSES: Final = ("Verify", "Identify", "Enroll", "EnrollVerify", "EnrollIdentify", "Audit")


@dataclass(frozen=True, slots=True)
class Registered:
    """Something registered: its organisation and the organisation's identifier of it."""

    organization: str
    type: str


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of a biometric data block.

    Attributes
    ----------
    algorithm : which algorithm computed it.
    score : 0..100, None where the calculation failed.
    failure : why it failed.
    """

    algorithm: Registered
    score: int | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class BirInfo:
    """Facts about a biometric information record; dates are ISO 8601 text as they came."""

    integrity: bool = False
    creator: str | None = None
    index: str | None = None
    payload: bytes | None = None
    creation_date: str | None = None
    not_valid_before: str | None = None
    not_valid_after: str | None = None


@dataclass(frozen=True, slots=True)
class BdbInfo:
    """Facts about a biometric data block; dates are ISO 8601 text as they came."""

    challenge_response: bytes | None = None
    index: str | None = None
    format: Registered | None = None
    encryption: bool | None = None
    creation_date: str | None = None
    not_valid_before: str | None = None
    not_valid_after: str | None = None
    type: tuple[str, ...] = ()
    subtype: tuple[str, ...] = ()
    level: str | None = None
    product: Registered | None = None
    capture_device: Registered | None = None
    feature_extraction_algorithm: Registered | None = None
    comparison_algorithm: Registered | None = None
    compression_algorithm: Registered | None = None
    purpose: str | None = None
    quality: Quality | None = None


@dataclass(frozen=True, slots=True)
class Bir:
    """One biometric information record: facts, a data block or further records, a security block.

    Attributes
    ----------
    info : facts about the record.
    version, cbeff_version : (major, minor).
    bdb_info : facts about the data block.
    sb_format : of the security block.
    children : records inside this one.
    bdb, sb : the biometric data block and the security block.
    others : MOSIP's further facts, (key, value).
    """

    info: BirInfo = field(default_factory=BirInfo)
    version: tuple[int, int] | None = None
    cbeff_version: tuple[int, int] | None = None
    bdb_info: BdbInfo | None = None
    sb_info: bool = False
    sb_format: Registered | None = None
    children: tuple[Bir, ...] = ()
    bdb: bytes | None = field(default=None, repr=False)
    sb: bytes | None = field(default=None, repr=False)
    others: tuple[tuple[str, str], ...] = ()

    @property
    def is_exception(self) -> bool:
        """Whether MOSIP's facts say that this finger or eye could not be captured; its data block is then empty."""
        return not self.bdb and any(key == EXCEPTION and value.strip().lower() == "true" for key, value in self.others)

    def blocks(self) -> Iterator[Bir]:
        """This record and those inside it that hold a data block, in order; exceptions hold none."""
        if self.bdb is not None and not self.is_exception:
            yield self
        for child in self.children:
            yield from child.blocks()


@dataclass(frozen=True, slots=True)
class CbeffRecord:
    """A CBEFF XML document.

    Attributes
    ----------
    root : the outermost record.
    namespace : ``iso`` or ``oasis``.
    others_form : how further facts are written: ``Others`` (Key and Value) or ``others`` (entry elements).
    """

    standard: ClassVar[str] = "CBEFF"
    edition: ClassVar[None] = None

    root: Bir
    namespace: str = "iso"
    others_form: str = "Others"

    def inner_records(self) -> Iterator[tuple[str, bytes]]:
        """(where, octets) of every data block that is not encrypted."""
        for number, bir in enumerate(self.root.blocks()):
            if bir.bdb is not None and not (bir.bdb_info is not None and bir.bdb_info.encryption):
                yield f"BDB[{number}]", bir.bdb

    @property
    def unavailable(self) -> tuple[Unavailable, ...]:
        """The fingers and eyes the set declares as exceptions, in order; a reason of no known name is ``other``."""
        return tuple(item for bir in _all(self.root) if (item := _unavailable(bir)) is not None)

    def samples(self) -> tuple[Sample, ...]:
        """The samples of all data blocks, in order.

        A finger or eye that the data block itself does not name takes the block's subtype.

        Raises
        ------
        RecordError : a data block is encrypted, of no known format, or damaged.
        """
        from ktpel_capture.records.coding import decode_tolerantly

        found: list[Sample] = []
        for bir in self.root.blocks():
            if bir.bdb_info is not None and bir.bdb_info.encryption:
                raise RecordError(
                    "the biometric data block is encrypted",
                    field="BDB",
                    clause=STANDARD,
                    remedy="Decrypt it first.",
                    code="record.encrypted",
                )
            record, _deviations = decode_tolerantly(bir.bdb or b"")
            found.extend(_named(sample, bir.bdb_info) for sample in record.samples())
        return tuple(found)


_FINGER_WORDS = {
    "thumb": "Thumb",
    "index": "IndexFinger",
    "middle": "MiddleFinger",
    "ring": "RingFinger",
    "little": "LittleFinger",
}
SUBTYPE_OF_FINGER: Final[dict[Position, tuple[str, ...]]] = {
    finger: (finger.split("_")[0].title(), _FINGER_WORDS[finger.split("_")[1]]) for finger in FINGERS
} | {
    "right_four": ("Right", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger"),
    "left_four": ("Left", "IndexFinger", "MiddleFinger", "RingFinger", "LittleFinger"),
    "both_thumbs": ("Left", "Right", "Thumb"),
}


SUBTYPE_OF_UNAVAILABLE: Final[dict[str, tuple[str, ...]]] = {
    **{str(finger): SUBTYPE_OF_FINGER[finger] for finger in FINGERS},
    "left_eye": ("Left",),
    "right_eye": ("Right",),
}


def _all(bir: Bir) -> Iterator[Bir]:
    yield bir
    for child in bir.children:
        yield from _all(child)


def _unavailable(bir: Bir) -> Unavailable | None:
    info = bir.bdb_info
    if not bir.is_exception or info is None:
        return None
    kind = {"Finger": FINGERS, "Iris": ("left_eye", "right_eye")}.get(" ".join(info.type), ())
    subtype = set(info.subtype)
    position = next((name for name in kind if set(SUBTYPE_OF_UNAVAILABLE[name]) == subtype), None)
    if position is None:
        return None
    stated = "" if info.quality is None else info.quality.failure
    reason: UnavailableReason = next((known for known in UNAVAILABLE_REASONS if known == stated), "other")
    return Unavailable(position, reason)


def _named(sample: Sample, info: BdbInfo | None) -> Sample:
    if info is None or not info.subtype:
        return sample
    if isinstance(sample, FingerprintSample) and sample.position == "unknown":
        for finger, words in SUBTYPE_OF_FINGER.items():
            if set(words) == set(info.subtype):
                return replace(sample, position=finger)
    if isinstance(sample, IrisSample) and sample.eye == "unknown" and len(info.subtype) == 1:
        for eye in EYES[1:]:
            if info.subtype == (eye.title(),):
                return replace(sample, eye=eye)
    return sample
