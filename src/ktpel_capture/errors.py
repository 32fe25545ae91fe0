"""Everything that goes wrong, as one tree.

::

    KtpelError                    .code  .message  .remedy
    ├── DependencyMissing         a package, an extra or a system library is not there: .remedy is the command
    ├── UnreadableFile            a file cannot be taken as what it should be: .path
    ├── ImageError                bytes cannot be decoded as an image: .code says why
    ├── ProfileError              a profile is wrong: .path .entry .field .nearest
    ├── RecordError               bytes break their format: .offset .field .clause
    └── DeviceError               hardware broke a promise: .device .advice .vendor_code .vendor_text
        ├── DeviceNotFound        ├── DeviceBusy          ├── DeviceDisconnected   ├── DeviceFault
        ├── LicenceMissing        ├── RequestUnsupported  ├── CaptureTimeout       ├── CaptureCancelled
        ├── ProtocolError         ├── CalibrationRequired ├── SupplyEmpty          ├── CardRemoved
        ├── VolumeFull            ├── IntegrityError      ├── DriverMissing
        └── AddressError          (a DeviceNotFound and a ValueError: the address itself is wrong)

Three troubles are never mixed: the caller erred (`ValueError`, `TypeError`), the world broke a promise (these
errors), the sample is poor (a finding of a verdict; nothing is raised).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol


class KtpelError(Exception):
    """Base of all errors this library raises on purpose.

    Attributes
    ----------
    code : short stable name for programs, such as ``file.truncated``.
    message : what happened, where, with which value.
    remedy : what to do next; may be empty where nothing helps.
    """

    code: str = "error"

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        gap = " " if self.message.endswith((".", "!", "?", ";")) else ". "
        return f"{self.message}{gap}{self.remedy}"


class DependencyMissing(KtpelError, ImportError):
    """A package, an extra or a system library is missing; ``remedy`` holds the command that mends it."""

    code = "dependency.missing"


class UnreadableFile(KtpelError):
    """A file is missing, damaged, too large, or not what it was said to be."""

    code = "file.unreadable"

    def __init__(self, path: str | Path, reason: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(f"{path}: {reason}", remedy=remedy, code=code)
        self.path = Path(path)
        self.reason = reason


class ImageError(KtpelError):
    """Bytes cannot be decoded as an image: unknown format, truncated, damaged, or refused for their size."""

    code = "image.damaged"


class ProfileError(KtpelError):
    """A profile is refused: which file, which entry, which field, and the nearest known name."""

    code = "profile.invalid"

    def __init__(
        self, path: str | Path, reason: str, *, entry: str = "", field: str = "", nearest: str = "", remedy: str = ""
    ) -> None:
        where = f"{Path(path).name if isinstance(path, Path) else path}, {entry}" if entry else str(path)
        guess = f'; did you mean "{nearest}"?' if nearest else ""
        super().__init__(f"{where}: {reason}{guess}", remedy=remedy)
        self.path = Path(path)
        self.entry = entry
        self.field = field
        self.nearest = nearest


class RecordError(KtpelError):
    """Bytes do not keep the rules of their format.

    Attributes
    ----------
    offset : index of the first byte at fault, or None where no single byte is.
    field : the standard's name of the field.
    clause : standard and clause that the bytes break.
    """

    code = "record.invalid"

    def __init__(
        self,
        reason: str,
        *,
        offset: int | None = None,
        field: str = "",
        clause: str = "",
        remedy: str = "",
        code: str | None = None,
    ) -> None:
        where = "" if offset is None else f"byte {offset}"
        where = f"{where}, {field}" if where and field else where or field
        message = f"{where}: {reason}" if where else reason
        if clause:
            message = f"{message} ({clause})"
        super().__init__(message, remedy=remedy, code=code)
        self.reason = reason
        self.offset = offset
        self.field = field
        self.clause = clause


class Labelled(Protocol):
    """Whatever names a device: a `DeviceInfo` does."""

    @property
    def address(self) -> str: ...
    @property
    def model(self) -> str: ...


class DeviceError(KtpelError):
    """Hardware, or the program behind it, broke a promise of the device protocol.

    Parameters
    ----------
    device : the device's info, or its address where there is none yet.
    reason : what happened, in words an operator understands.
    advice : what the operator should do next.
    vendor_code, vendor_text : what the vendor's software said, word for word.
    waited : seconds that were waited, where waiting is the point.
    """

    code = "device.error"
    usual_advice: ClassVar[str] = ""

    def __init__(
        self,
        device: Labelled | str,
        reason: str,
        *,
        advice: str | None = None,
        vendor_code: str | int | None = None,
        vendor_text: str | None = None,
        waited: float | None = None,
    ) -> None:
        if isinstance(device, str):
            self.address, name = device, device
        else:
            self.address = device.address
            name = f"{device.model} ({device.address})" if device.model else device.address
        within = f" within {waited:g} s" if waited is not None else ""
        vendor = f" [{vendor_code}: {vendor_text}]" if vendor_code is not None or vendor_text else ""
        self.advice = self.usual_advice if advice is None else advice
        super().__init__(f"{name}: {reason}{within}{vendor}", remedy=self.advice)
        self.device = device
        self.reason = reason
        self.vendor_code = vendor_code
        self.vendor_text = vendor_text
        self.waited = waited


class DeviceNotFound(DeviceError):
    """Nothing answers at this address."""

    code = "device.not_found"
    usual_advice = "Check the cable and the power; `ktpel devices list` shows what is there."


class AddressError(DeviceNotFound, ValueError):
    """A device address cannot be read: no scheme, an unknown kind or key, a value out of range.

    Attributes
    ----------
    nearest : the known name that looks most like the one given, empty where none does.
    """

    code = "device.address"
    usual_advice = "`ktpel devices list` shows the addresses of this machine."

    def __init__(self, address: str, reason: str, *, nearest: str = "", advice: str | None = None) -> None:
        guess = f'; did you mean "{nearest}"?' if nearest else ""
        super().__init__(address, f"{reason}{guess}", advice=advice)
        self.nearest = nearest


class DeviceBusy(DeviceError):
    """Another call or another program uses the device."""

    code = "device.busy"
    usual_advice = "Wait for the running capture to end, or close the other program."


class DeviceDisconnected(DeviceError):
    """The device went away while it was in use."""

    code = "device.disconnected"
    usual_advice = "Plug the device in again and open it anew; what was accepted is kept."


class DeviceFault(DeviceError):
    """The device answers and says that something in it is broken."""

    code = "device.fault"
    usual_advice = "Switch the device off and on; if it says so again, take the spare."


class LicenceMissing(DeviceError):
    """The vendor's software refuses to work without a licence."""

    code = "device.licence_missing"
    usual_advice = "Install the vendor's licence on this machine."


class RequestUnsupported(DeviceError):
    """The device cannot capture what was asked for."""

    code = "device.request_unsupported"
    usual_advice = "Ask for one of the positions in `info.takes`."


class CaptureTimeout(DeviceError):
    """Nothing was captured in the time given; the device itself answers."""

    code = "device.capture_timeout"
    usual_advice = "Ask the person to present again."


class CaptureCancelled(DeviceError):
    """The capture was called off, or the device was closed meanwhile."""

    code = "device.capture_cancelled"


class ProtocolError(DeviceError):
    """What came over the wire breaks the device's protocol."""

    code = "device.protocol"
    usual_advice = "Check the cable; if it stays, record the traffic and report it."


class CalibrationRequired(DeviceError):
    """The device wants to be calibrated before it captures."""

    code = "device.calibration_required"
    usual_advice = "Clean the glass, remove every finger, and run the calibration."


class SupplyEmpty(DeviceError):
    """Ribbon, film, cards or paper have run out."""

    code = "device.supply_empty"
    usual_advice = "Put in the missing supply and continue; the job is kept."


class CardRemoved(DeviceError):
    """The card left its slot while it was in use."""

    code = "device.card_removed"
    usual_advice = "Insert the card again."


class VolumeFull(DeviceError):
    """The backup volume has no room for this."""

    code = "device.volume_full"
    usual_advice = "Use another backup drive; nothing was written half."


class IntegrityError(DeviceError):
    """What was read back is not what was written."""

    code = "device.integrity"
    usual_advice = "Do not use this copy; write it again, to another drive if it stays."


class DriverMissing(DeviceError):
    """No driver is installed for this kind of address."""

    code = "device.driver_missing"
    usual_advice = "`ktpel devices list` names the known address schemes."
