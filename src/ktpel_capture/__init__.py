"""Capture layer for national-ID enrolment: devices, quality, acquisition.

Names load on first use, so that ``import ktpel_capture`` costs next to nothing; the modules ``fingerprint``, ``iris``,
``face``, ``signature`` and ``records`` likewise.
"""

from typing import TYPE_CHECKING

from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture import (
        face as face,
        fingerprint as fingerprint,
        iris as iris,
        records as records,
        signature as signature,
    )
    from ktpel_capture.acquisition import (
        Accepted as Accepted,
        Advised as Advised,
        Cancelled as Cancelled,
        Captured as Captured,
        Exhausted as Exhausted,
        Judged as Judged,
        Policy as Policy,
        Previewed as Previewed,
        TimedOut as TimedOut,
        acquire as acquire,
        note as note,
        run as run,
    )
    from ktpel_capture.assessment import (
        CompressionHarm as CompressionHarm,
        analyse as analyse,
        assess as assess,
        compression_harm as compression_harm,
        load_profile as load_profile,
        measures as measures,
    )
    from ktpel_capture.cancel import (
        NEVER as NEVER,
        CancelToken as CancelToken,
    )
    from ktpel_capture.clock import (
        Clock as Clock,
        Deadline as Deadline,
        SystemClock as SystemClock,
        VirtualClock as VirtualClock,
    )
    from ktpel_capture.devices.addresses import Address as Address
    from ktpel_capture.devices.capturing import capture as capture
    from ktpel_capture.devices.opening import (
        open_backup_volume as open_backup_volume,
        open_card_printer as open_card_printer,
        open_card_reader as open_card_reader,
        open_face_camera as open_face_camera,
        open_fingerprint_scanner as open_fingerprint_scanner,
        open_iris_scanner as open_iris_scanner,
        open_signature_pad as open_signature_pad,
        open_uplink as open_uplink,
    )
    from ktpel_capture.devices.protocols import (
        BackupVolume as BackupVolume,
        Card as Card,
        CardJob as CardJob,
        CardPrinter as CardPrinter,
        CardReader as CardReader,
        CommandApdu as CommandApdu,
        Condition as Condition,
        Device as Device,
        DeviceInfo as DeviceInfo,
        DeviceStatus as DeviceStatus,
        FaceCamera as FaceCamera,
        FingerprintScanner as FingerprintScanner,
        IrisScanner as IrisScanner,
        JobStage as JobStage,
        JobState as JobState,
        Kind as Kind,
        LinkState as LinkState,
        ResponseApdu as ResponseApdu,
        SignaturePad as SignaturePad,
        Supplies as Supplies,
        Trigger as Trigger,
        Uplink as Uplink,
        VolumeUsage as VolumeUsage,
    )
    from ktpel_capture.devices.registry import discover as discover
    from ktpel_capture.devices.simulators.people import Person as Person
    from ktpel_capture.devices.simulators.scene import (
        Scene as Scene,
        scene as scene,
    )
    from ktpel_capture.documents import (
        EventNote as EventNote,
        from_json as from_json,
        to_json as to_json,
    )
    from ktpel_capture.errors import (
        AddressError as AddressError,
        CalibrationRequired as CalibrationRequired,
        CaptureCancelled as CaptureCancelled,
        CaptureTimeout as CaptureTimeout,
        CardRemoved as CardRemoved,
        DependencyMissing as DependencyMissing,
        DeviceBusy as DeviceBusy,
        DeviceDisconnected as DeviceDisconnected,
        DeviceError as DeviceError,
        DeviceFault as DeviceFault,
        DeviceNotFound as DeviceNotFound,
        DriverMissing as DriverMissing,
        IntegrityError as IntegrityError,
        KtpelError as KtpelError,
        LicenceMissing as LicenceMissing,
        ProfileError as ProfileError,
        ProtocolError as ProtocolError,
        RecordError as RecordError,
        RequestUnsupported as RequestUnsupported,
        SupplyEmpty as SupplyEmpty,
        UnreadableFile as UnreadableFile,
        VolumeFull as VolumeFull,
    )
    from ktpel_capture.messages import Advice as Advice, advice as advice
    from ktpel_capture.profiles import (
        Finding as Finding,
        Profile as Profile,
        Requirement as Requirement,
        Verdict as Verdict,
    )
    from ktpel_capture.quality import (
        Measurement as Measurement,
        Missing as Missing,
        QualityReport as QualityReport,
        QualityScore as QualityScore,
        ReportFacts as ReportFacts,
    )
    from ktpel_capture.reading import (
        read as read,
        read_all as read_all,
        read_bytes as read_bytes,
    )
    from ktpel_capture.requests import (
        FaceRequest as FaceRequest,
        FingerRequest as FingerRequest,
        Frame as Frame,
        IrisRequest as IrisRequest,
        PenPoints as PenPoints,
        SignatureRequest as SignatureRequest,
        Unavailable as Unavailable,
    )
    from ktpel_capture.samples import (
        FINGERS as FINGERS,
        FINGERS_OF as FINGERS_OF,
        CaptureInfo as CaptureInfo,
        Eye as Eye,
        FaceSample as FaceSample,
        FingerprintSample as FingerprintSample,
        IrisSample as IrisSample,
        Position as Position,
        SignatureSample as SignatureSample,
        modality_of as modality_of,
    )
    from ktpel_capture.session import Session as Session


__version__ = "0.1.0"

_WHERE = {
    "acquisition": (
        "Accepted",
        "Advised",
        "Cancelled",
        "Captured",
        "Exhausted",
        "Judged",
        "Policy",
        "Previewed",
        "TimedOut",
        "acquire",
        "note",
        "run",
    ),
    "assessment": ("CompressionHarm", "analyse", "assess", "compression_harm", "load_profile", "measures"),
    "cancel": ("NEVER", "CancelToken"),
    "clock": ("Clock", "Deadline", "SystemClock", "VirtualClock"),
    "devices.addresses": ("Address",),
    "devices.capturing": ("capture",),
    "devices.opening": (
        "open_backup_volume",
        "open_card_printer",
        "open_card_reader",
        "open_face_camera",
        "open_fingerprint_scanner",
        "open_iris_scanner",
        "open_signature_pad",
        "open_uplink",
    ),
    "devices.protocols": (
        "BackupVolume",
        "Card",
        "CardJob",
        "CardPrinter",
        "CardReader",
        "CommandApdu",
        "Condition",
        "Device",
        "DeviceInfo",
        "DeviceStatus",
        "FaceCamera",
        "FingerprintScanner",
        "IrisScanner",
        "JobStage",
        "JobState",
        "Kind",
        "LinkState",
        "ResponseApdu",
        "SignaturePad",
        "Supplies",
        "Trigger",
        "Uplink",
        "VolumeUsage",
    ),
    "devices.registry": ("discover",),
    "devices.simulators.people": ("Person",),
    "devices.simulators.scene": ("Scene", "scene"),
    "documents": ("EventNote", "from_json", "to_json"),
    "errors": (
        "AddressError",
        "CalibrationRequired",
        "CaptureCancelled",
        "CaptureTimeout",
        "CardRemoved",
        "DependencyMissing",
        "DeviceBusy",
        "DeviceDisconnected",
        "DeviceError",
        "DeviceFault",
        "DeviceNotFound",
        "DriverMissing",
        "IntegrityError",
        "KtpelError",
        "LicenceMissing",
        "ProfileError",
        "ProtocolError",
        "RecordError",
        "RequestUnsupported",
        "SupplyEmpty",
        "UnreadableFile",
        "VolumeFull",
    ),
    "messages": ("Advice", "advice"),
    "profiles": ("Finding", "Profile", "Requirement", "Verdict"),
    "quality": ("Measurement", "Missing", "QualityReport", "QualityScore", "ReportFacts"),
    "reading": ("read", "read_all", "read_bytes"),
    "requests": (
        "FaceRequest",
        "FingerRequest",
        "Frame",
        "IrisRequest",
        "PenPoints",
        "SignatureRequest",
        "Unavailable",
    ),
    "samples": (
        "CaptureInfo",
        "FaceSample",
        "FingerprintSample",
        "IrisSample",
        "SignatureSample",
        "FINGERS",
        "FINGERS_OF",
        "Eye",
        "Position",
        "modality_of",
    ),
    "session": ("Session",),
}
_MODULES = ("face", "fingerprint", "iris", "records", "signature")
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME, _MODULES)
