"""The wrappers that play a script of `faults` around a device of each kind; the device inside knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, BinaryIO, Generic, Self, TypeVar, cast

from ktpel_capture.arrays import RgbImage
from ktpel_capture.cancel import NEVER, CancelToken
from ktpel_capture.clock import Clock, Deadline
from ktpel_capture.devices.faults import Trouble, raise_if_struck
from ktpel_capture.devices.presenting import FRAME_TIMEOUT
from ktpel_capture.devices.protocols import (
    BackupVolume,
    Card,
    CardJob,
    CardPrinter,
    CardReader,
    CommandApdu,
    Condition,
    Device,
    DeviceInfo,
    DeviceStatus,
    Digest,
    JobId,
    JobState,
    Kind,
    LinkState,
    Presentation,
    ResponseApdu,
    Supplies,
    Uplink,
    VolumeUsage,
)
from ktpel_capture.errors import CaptureCancelled, CaptureTimeout, DeviceDisconnected, DeviceError

RequestT = TypeVar("RequestT")
FrameT = TypeVar("FrameT")
SampleT = TypeVar("SampleT")
DeviceT = TypeVar("DeviceT", bound=Device)

_HOUR = timedelta(hours=1)


class Faulty(Generic[DeviceT]):
    """What goes wrong with every kind: the cable, the status, the serial number.

    Parameters
    ----------
    device : the good device inside.
    clock : that it runs on.
    trouble : the script, and the cable.
    address : that opened it.
    """

    def __init__(self, device: DeviceT, clock: Clock, trouble: Trouble, address: str) -> None:
        self._device = device
        self._clock = clock
        self.trouble = trouble
        self._cable = trouble.cable
        self._address = address
        self._wrong_serial = False
        self._early = False

    @property
    def info(self) -> DeviceInfo:
        info = replace(self._device.info, address=self._address)
        return replace(info, serial=f"{info.serial[::-1]}X") if self._wrong_serial else info

    def status(self) -> DeviceStatus:
        if self._cable.cancelled:
            return DeviceStatus(Condition.GONE)
        names = self.trouble.strikes("status")
        self._note(names)
        raise_if_struck(names, self.info, self.trouble)
        return self._device.status()

    def close(self) -> None:
        self._device.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:  # what only this device has: calibrate(), insert(), the operator's hands
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._device, name)

    def _note(self, names: tuple[str, ...]) -> None:
        self._wrong_serial |= "wrong-serial" in names
        self._early |= "clock-back" in names

    def _strike(self, event: str) -> None:
        """Count an event of the device, and fail as the script says."""
        if self._cable.cancelled:
            raise DeviceDisconnected(self.info, "the cable was pulled out")
        names = self.trouble.strikes(event)
        self._note(names)
        raise_if_struck(names, self.info, self.trouble)

    def _named(self, error: DeviceError) -> DeviceError:
        """An error of the device inside, under the address that opened both."""
        if error.address == self._address:
            return error
        return type(error)(
            self.info,
            error.reason,
            advice=error.advice,
            vendor_code=error.vendor_code,
            vendor_text=error.vendor_text,
            waited=error.waited,
        )

    @contextmanager
    def _wire(self, cancel: CancelToken = NEVER) -> Iterator[CancelToken]:
        """A token for one call that is also cancelled when the cable is pulled; says then what really happened."""
        token = CancelToken()
        forgets = (cancel.subscribe(token.cancel), self._cable.subscribe(token.cancel))
        try:
            yield token
        except CaptureCancelled:
            if self._cable.cancelled and not cancel.cancelled:
                raise DeviceDisconnected(self.info, "the cable was pulled out") from None
            raise
        except DeviceError as error:
            raise self._named(error) from error
        finally:
            for forget in forgets:
                forget()


class FaultyCapture(Faulty[Any], Generic[RequestT, FrameT, SampleT]):
    """A capture device whose frames and samples go wrong."""

    def show(self, screen: RgbImage | None) -> None:
        self._strike("status")
        self._device.show(screen)

    def present(
        self, request: RequestT, *, timeout: float, cancel: CancelToken = NEVER
    ) -> AbstractContextManager[_FaultyPresentation[FrameT, SampleT]]:
        deadline = Deadline(self._clock, timeout)
        token = CancelToken()
        try:
            inner = self._device.present(request, timeout=timeout, cancel=token)
        except DeviceError as error:
            raise self._named(error) from error
        return self._presenting(inner, deadline, cancel, token)

    def _dated(self, sample: SampleT) -> SampleT:
        """The sample with the address that opened the device, an hour early where the clock was set back."""
        value: Any = sample
        capture = replace(value.capture, device=self._address)
        if self._early and capture.at is not None:
            capture = replace(capture, at=capture.at - _HOUR)
        return cast(SampleT, replace(value, capture=capture))

    @contextmanager
    def _presenting(
        self,
        inner: AbstractContextManager[Presentation[FrameT, SampleT]],
        deadline: Deadline,
        cancel: CancelToken,
        token: CancelToken,
    ) -> Iterator[_FaultyPresentation[FrameT, SampleT]]:
        self._strike("present")
        forgets = (cancel.subscribe(token.cancel), self._cable.subscribe(token.cancel))
        try:
            with inner as presentation:
                yield _FaultyPresentation(self, presentation, deadline, cancel, token)
        finally:
            for forget in forgets:
                forget()


class _FaultyPresentation(Generic[FrameT, SampleT]):
    """Passes frames on until the script strikes."""

    def __init__(
        self,
        device: FaultyCapture[Any, FrameT, SampleT],
        inner: Presentation[FrameT, SampleT],
        deadline: Deadline,
        cancel: CancelToken,
        token: CancelToken,
    ) -> None:
        self._device = device
        self._inner = inner
        self._frames = iter(inner)
        self._deadline = deadline
        self._cancel = cancel
        self._token = token
        self._last: FrameT | None = None
        self._samples: tuple[SampleT, ...] = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> FrameT:
        frame = self._next()
        names = self._struck("frame")
        if "skip" in names:
            frame = self._next()
        if "stale" in names and self._last is not None:
            return self._last
        self._last = frame
        return frame

    def _next(self) -> FrameT:
        device = self._device
        try:
            return next(self._frames)
        except StopIteration:
            self._struck("sample")
            self._samples = tuple(device._dated(sample) for sample in self._inner.samples)
            raise
        except CaptureCancelled as error:
            if device._cable.cancelled and not self._cancel.cancelled:
                raise DeviceDisconnected(device.info, "the cable was pulled out") from None
            raise device._named(error) from error
        except DeviceError as error:
            raise device._named(error) from error

    def _struck(self, event: str) -> tuple[str, ...]:
        device = self._device
        names = device.trouble.strikes(event)
        device._note(names)
        raise_if_struck(names, device.info, device.trouble)
        if "stall" in names:
            self._stall()
        return names

    def _stall(self) -> None:
        """The sensor says nothing any more; the driver gives up as the protocol has it."""
        device = self._device
        patience = FRAME_TIMEOUT if device.info.frame_rate else self._deadline.remaining
        device._clock.wait(min(patience, self._deadline.remaining), cancel=self._token)
        if device._cable.cancelled:
            raise DeviceDisconnected(device.info, "the cable was pulled out")
        if self._token.cancelled:
            raise CaptureCancelled(device.info, "the capture was called off")
        waited = patience if not self._deadline.passed else self._deadline.seconds
        raise CaptureTimeout(
            device.info, "the live view stands still", waited=waited, advice="Plug the device in anew."
        )

    def take(self) -> None:
        self._struck("take")
        self._inner.take()

    @property
    def samples(self) -> tuple[SampleT, ...]:
        return self._samples


class FaultyVolume(Faulty[BackupVolume]):
    """A drive that is pulled, fills or loses power while it is written to."""

    def usage(self) -> VolumeUsage:
        self._strike("status")
        return self._device.usage()

    def names(self, prefix: str = "") -> Iterator[str]:
        self._strike("read")
        return self._device.names(prefix)

    def write(self, name: str, content: Iterable[bytes], *, cancel: CancelToken = NEVER) -> Digest:
        self._strike("write")
        with self._wire(cancel) as token:
            return self._device.write(name, self._chunks(content), cancel=token)

    def _chunks(self, content: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in content:
            self._strike("chunk")
            yield chunk

    @contextmanager
    def read(self, name: str) -> Iterator[BinaryIO]:
        self._strike("read")
        with self._device.read(name) as file:
            yield file

    def remove(self, name: str) -> None:
        self._strike("write")
        self._device.remove(name)

    def eject(self) -> None:
        self._strike("write")
        self._device.eject()


class FaultyPrinter(Faulty[CardPrinter]):
    """A printer whose connection fails; its job is kept by its key."""

    def supplies(self) -> Supplies:
        self._strike("status")
        return self._device.supplies()

    def submit(self, job: CardJob) -> JobId:
        self._strike("submit")
        return self._device.submit(job)

    def job(self, job: JobId) -> JobState:
        self._strike("job")
        return self._device.job(job)

    def withdraw(self, job: JobId) -> JobState:
        self._strike("job")
        return self._device.withdraw(job)


class FaultyReader(Faulty[CardReader]):
    """A reader that is pulled while a card is held."""

    def slots(self) -> tuple[str, ...]:
        self._strike("status")
        return self._device.slots()

    @contextmanager
    def card(self, slot: str, *, timeout: float, cancel: CancelToken = NEVER) -> Iterator[Card]:
        self._strike("card")
        with self._wire(cancel) as token, self._device.card(slot, timeout=timeout, cancel=token) as card:
            yield _FaultyCard(self, card)


class _FaultyCard:
    def __init__(self, reader: FaultyReader, card: Card) -> None:
        self._reader, self._card = reader, card

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: CommandApdu, *, timeout: float = 5.0) -> ResponseApdu:
        self._reader._strike("apdu")
        return self._card.transmit(command, timeout=timeout)


class FaultyUplink(Faulty[Uplink]):
    """A modem that is pulled."""

    def link(self) -> LinkState:
        self._strike("link")
        return self._device.link()

    @contextmanager
    def online(self, *, timeout: float, cancel: CancelToken = NEVER) -> Iterator[LinkState]:
        self._strike("link")
        with self._wire(cancel) as token, self._device.online(timeout=timeout, cancel=token) as state:
            yield state


_WRAPPERS: dict[Kind, Callable[[Any, Clock, Trouble, str], Faulty[Any]]] = {
    Kind.FINGERPRINT_SCANNER: FaultyCapture,
    Kind.IRIS_SCANNER: FaultyCapture,
    Kind.FACE_CAMERA: FaultyCapture,
    Kind.SIGNATURE_PAD: FaultyCapture,
    Kind.CARD_READER: FaultyReader,
    Kind.CARD_PRINTER: FaultyPrinter,
    Kind.BACKUP_VOLUME: FaultyVolume,
    Kind.UPLINK: FaultyUplink,
}


def wrapped(device: Device, clock: Clock, trouble: Trouble, address: str) -> Device:
    """A device with its trouble around it."""
    return _WRAPPERS[device.info.kind](device, clock, trouble, address)
