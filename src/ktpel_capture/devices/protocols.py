"""What every peripheral promises.

Calls block, with one timeout for the whole call and a cancel token that is answered within 0.5 s: that is what the
hardware does; async applications use a thread. ``open`` returns a working device; there is no half-open state. The
kind is ``info.kind`` at run time and the request and sample types for the type checker; no protocol is
``runtime_checkable``, because that compares names only and an iris scanner would pass for a fingerprint scanner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import BinaryIO, Literal, Protocol, Self, TypeAlias, TypeVar

from ktpel_capture.arrays import RgbImage
from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.messages import Advice
from ktpel_capture.requests import FaceRequest, FingerRequest, Frame, IrisRequest, PenPoints, SignatureRequest
from ktpel_capture.samples import FaceSample, FingerprintSample, IrisSample, SignatureSample

RequestT = TypeVar("RequestT", contravariant=True)
FrameT = TypeVar("FrameT", covariant=True)
SampleT = TypeVar("SampleT", covariant=True)


class Kind(Enum):
    """The eight kinds of peripherals of an enrolment station."""

    FINGERPRINT_SCANNER = "fingerprint-scanner"
    IRIS_SCANNER = "iris-scanner"
    FACE_CAMERA = "face-camera"
    SIGNATURE_PAD = "signature-pad"
    CARD_READER = "card-reader"
    CARD_PRINTER = "card-printer"
    BACKUP_VOLUME = "backup-volume"
    UPLINK = "uplink"


class Trigger(Enum):
    """Who decides when a sample is taken."""

    HOST = "host"
    """The device waits for `Presentation.take`."""
    DEVICE = "device"
    """The device decides itself, as most vendors' software does."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What is known of a device without asking it anything.

    Attributes
    ----------
    address : that opens it again.
    kind : which of the eight.
    maker, model, serial, firmware : as the device says, empty where it does not.
    driver : name and version of the driver.
    trigger : who decides when a sample is taken.
    takes : finger positions (`Position`), ``left``, ``right`` (eyes) or ``card``, ``approval`` (signatures) that it
        can be asked for, so that 4-4-2 or ten single fingers is planned, not tried. A face camera takes ``face``.
    ppi : resolution of its samples, None where that means nothing.
    frame_rate : frames a second of its live view, 0 where it has none.
    """

    address: str
    kind: Kind
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    driver: str = ""
    trigger: Trigger = Trigger.HOST
    takes: tuple[str, ...] = ()
    ppi: float | None = None
    frame_rate: float = 0.0


class Condition(Enum):
    """Whether a device can be used now."""

    READY = "ready"
    BUSY = "busy"
    WARMING_UP = "warming-up"
    NEEDS_ATTENTION = "needs-attention"
    """A person must do something first; `DeviceStatus.problems` says what."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What the hardware says of itself.

    Attributes
    ----------
    condition : whether it can be used now.
    problems : what is wrong, each a sentence an operator can act on.
    details : further facts (temperature, counters, days to calibration), by name.
    """

    condition: Condition
    problems: tuple[Advice, ...] = ()
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def ready(self) -> bool:
        return self.condition is Condition.READY


class Device(Protocol):
    """What all kinds share."""

    @property
    def info(self) -> DeviceInfo:
        """Known without I/O."""
        ...

    def status(self) -> DeviceStatus:
        """Ask the hardware, at most 2 s; in a capture: what was last known."""
        ...

    def close(self) -> None:
        """Idempotent, from any thread; a running call ends with `CaptureCancelled`, a suspended preview too.

        It never waits for its own thread.
        """
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...


class Presentation(Protocol[FrameT, SampleT]):
    """One presentation, from the first frame to the samples."""

    def __iter__(self) -> Iterator[FrameT]:
        """Frames, the newest first to hand, gaps in ``frame.sequence``; ends when the samples are there.

        With live view, no frame for 2 s is a `CaptureTimeout`.
        """
        ...

    def take(self) -> None:
        """HOST: capture now; a pad: the ink is complete; DEVICE: nothing, it decides."""
        ...

    @property
    def samples(self) -> tuple[SampleT, ...]:
        """Empty until the iteration has ended. A slap is one (the device's own boxes in ``capture.reported``), or one
        a finger where the device gives no whole picture; a binocular iris scanner gives two."""
        ...


class CaptureDevice(Device, Protocol[RequestT, FrameT, SampleT]):
    """A device that captures samples."""

    def present(
        self, request: RequestT, *, timeout: float, cancel: CancelToken = NEVER
    ) -> AbstractContextManager[Presentation[FrameT, SampleT]]:
        """Begin one presentation; ``timeout`` covers all of it. A second call meanwhile is `DeviceBusy`."""
        ...


FingerprintScanner: TypeAlias = CaptureDevice[FingerRequest, Frame, FingerprintSample]
IrisScanner: TypeAlias = CaptureDevice[IrisRequest, Frame, IrisSample]
FaceCamera: TypeAlias = CaptureDevice[FaceRequest, Frame, FaceSample]


class SignaturePad(CaptureDevice[SignatureRequest, PenPoints, SignatureSample], Protocol):
    """A pad; its frames are the pen's new points, and cancelling throws the ink away."""

    def show(self, screen: RgbImage | None) -> None:
        """Show a picture on the pad's own screen, or clear it; nothing where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command to a card (ISO/IEC 7816-4): class, instruction, parameters, data, expected length (None: no data)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int | None = None

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            if not 0 <= getattr(self, name) <= 0xFF:
                raise ValueError(f"{name} must be one byte, not {getattr(self, name)!r}")
        if len(self.data) > 65_535:
            raise ValueError(f"an APDU carries at most 65535 bytes of data, not {len(self.data)}")
        if self.expected is not None and not 0 <= self.expected <= 65_536:
            raise ValueError(f"expected length must lie in 0..65536, not {self.expected!r}")


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """A card's answer: data and status word."""

    data: bytes
    status: int

    @property
    def ok(self) -> bool:
        return self.status == 0x9000


class Card(Protocol):
    """A card in a slot, held exclusively."""

    @property
    def atr(self) -> bytes: ...
    def transmit(self, command: CommandApdu, *, timeout: float = 5.0) -> ResponseApdu: ...


class CardReader(Device, Protocol):
    """A reader with contactless and SAM slots."""

    def slots(self) -> tuple[str, ...]: ...
    def card(self, slot: str, *, timeout: float, cancel: CancelToken = NEVER) -> AbstractContextManager[Card]:
        """Wait for a card in the slot and hold it."""
        ...


@dataclass(frozen=True, slots=True)
class Supply:
    """One thing a printer uses up: how many cards it will still do, None where the printer does not say."""

    name: Literal["ribbon", "film", "cards", "cleaning"]
    cards_left: int | None


@dataclass(frozen=True, slots=True)
class Supplies:
    """What a printer has left."""

    items: tuple[Supply, ...] = ()

    def cards_left(self) -> int | None:
        """How many cards can be printed before something runs out; None where nothing is known."""
        known = [item.cards_left for item in self.items if item.cards_left is not None]
        return min(known) if known else None


@dataclass(frozen=True, slots=True, eq=False)
class CardJob:
    """One card to print.

    Attributes
    ----------
    key : the application's own name of the job; the same key is never printed twice.
    front : (height, width, 3) RGB at ``dpi``.
    back : likewise, or None.
    dpi : of both pictures.
    """

    key: str
    front: RgbImage
    back: RgbImage | None = None
    dpi: float = 300.0


JobId: TypeAlias = str


class JobStage(Enum):
    WAITING = "waiting"
    PRINTING = "printing"
    HELD = "held"
    """A person must do something (jam, empty supply); it goes on afterwards."""
    DONE = "done"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a print job is."""

    job: JobId
    key: str
    stage: JobStage
    problem: Advice | None = None

    @property
    def finished(self) -> bool:
        return self.stage in (JobStage.DONE, JobStage.WITHDRAWN, JobStage.FAILED)


class CardPrinter(Device, Protocol):
    """A card printer."""

    def supplies(self) -> Supplies: ...
    def submit(self, job: CardJob) -> JobId:
        """Hand in a job; idempotent in ``job.key``."""
        ...

    def job(self, job: JobId) -> JobState: ...
    def withdraw(self, job: JobId) -> JobState: ...


@dataclass(frozen=True, slots=True)
class VolumeUsage:
    """Room on a volume, in bytes."""

    total: int
    free: int
    writable: bool = True


Digest: TypeAlias = str
"""SHA-256, hexadecimal."""


class BackupVolume(Device, Protocol):
    """A drive that backups are written to."""

    def usage(self) -> VolumeUsage: ...
    def names(self, prefix: str = "") -> Iterator[str]: ...
    def write(self, name: str, content: Iterable[bytes], *, cancel: CancelToken = NEVER) -> Digest:
        """All or nothing, and on the medium before it returns."""
        ...

    def read(self, name: str) -> AbstractContextManager[BinaryIO]: ...
    def remove(self, name: str) -> None: ...
    def eject(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LinkState:
    """State of the modem's link.

    Attributes
    ----------
    registered : with a network.
    technology : ``gsm``, ``umts``, ``lte``, ``nr``, ``ethernet`` or empty.
    signal_dbm : received strength, None where unknown.
    online : whether packets pass.
    """

    registered: bool
    technology: str = ""
    signal_dbm: float | None = None
    online: bool = False


class Uplink(Device, Protocol):
    """The way to the office's server."""

    def link(self) -> LinkState: ...
    def online(self, *, timeout: float, cancel: CancelToken = NEVER) -> AbstractContextManager[LinkState]:
        """Wait until packets pass, and hold the link."""
        ...


class Driver(Protocol):
    """A driver: a module with two functions."""

    def discover(self, *, timeout: float) -> Iterable[DeviceInfo]: ...
    def open(self, address: Address, *, clock: Clock) -> Device: ...
