"""``folder:/path?kind=fingerprint``: plays the images of a folder as any capture device.

Files are played in the order of their names, one a presentation, round and round. A file whose name holds the
position or eye that is asked for (``right_index``, ``left``) is played for it; a folder without such names serves
every request. Signatures are CSV files with the columns ``t,x,y`` and, where there are any, ``force`` and
``pen_down``. Colour pictures are taken as grey for fingerprints and irises; richer formats are `ktpel_capture.read`'s.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from ktpel_capture.arrays import U8
from ktpel_capture.clock import Clock
from ktpel_capture.devices.addresses import Address
from ktpel_capture.devices.presenting import CaptureDriver, Turn
from ktpel_capture.devices.protocols import DeviceInfo, Kind, Trigger
from ktpel_capture.errors import DeviceFault, DeviceNotFound, ImageError, RequestUnsupported
from ktpel_capture.imaging.codecs import decode_image
from ktpel_capture.requests import FaceRequest, FingerRequest, Frame, IrisRequest, PenPoints, SignatureRequest
from ktpel_capture.samples import (
    EYES,
    POSITIONS,
    CaptureInfo,
    FaceSample,
    FingerprintSample,
    IrisSample,
    Sample,
    SignatureSample,
)

KINDS: Mapping[str, tuple[Kind, type, tuple[str, ...]]] = MappingProxyType(
    {
        "fingerprint": (Kind.FINGERPRINT_SCANNER, FingerRequest, POSITIONS[1:]),
        "iris": (Kind.IRIS_SCANNER, IrisRequest, EYES[1:]),
        "face": (Kind.FACE_CAMERA, FaceRequest, ("face",)),
        "signature": (Kind.SIGNATURE_PAD, SignatureRequest, ("card", "approval")),
    }
)
_IMAGES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".tif", ".tiff", ".jp2"))


class FolderDevice(CaptureDriver[Any, Any, Any]):
    """Shows a file as a still live view, and hands it over as the sample."""

    def __init__(self, info: DeviceInfo, clock: Clock, kind: str, files: tuple[Path, ...], ppi: float | None) -> None:
        super().__init__(info, clock)
        self._kind = kind
        self._files = files
        self._ppi = ppi
        self._played: dict[str, int] = {}
        self._opened = clock.monotonic()

    def show(self, screen: U8 | None) -> None:
        """A folder has no screen."""

    def _refuse(self, request: object) -> None:
        expected = KINDS[self._kind][1]
        if not isinstance(request, expected):
            raise TypeError(f"this device takes a {expected.__name__}, not {type(request).__name__}")
        for name in self._wanted(request):
            if not self._candidates(name):
                raise RequestUnsupported(self.info, f"the folder holds no file for {name.replace('_', ' ')}")

    def _present(self, request: object, turn: Turn) -> Iterator[Any]:
        names = self._wanted(request)
        samples = tuple(self._read(self._next_file(name), name) for name in names)
        previews = tuple(self._previews(samples))
        shown = 0
        while True:
            sequence = self._next_frame(turn)
            now = self._clock.monotonic()
            enough = turn.taken if self.info.trigger is Trigger.HOST else shown >= len(previews) + 5
            if enough:
                break
            yield self._frame(previews, shown, sequence, now)
            shown += 1
        yield tuple(self._stamped(sample, sequence) for sample in samples)

    # Which file is played.

    def _wanted(self, request: object) -> tuple[str, ...]:
        match request:
            case FingerRequest(position=position):
                return (position,)
            case IrisRequest() as irises:
                return irises.expected
        return ("",)

    def _candidates(self, name: str) -> tuple[Path, ...]:
        known = POSITIONS[1:] if self._kind == "fingerprint" else EYES[1:]
        named = {path: _named_in(path.stem, known) for path in self._files}
        if not any(named.values()):
            return self._files
        return tuple(path for path in self._files if named[path] == name) if name else self._files

    def _next_file(self, name: str) -> Path:
        files = self._candidates(name)
        number = self._played.get(name, 0)
        self._played[name] = number + 1
        return files[number % len(files)]

    # What is made of it.

    def _read(self, path: Path, name: str) -> Sample:
        try:
            return self._parsed(path, name)
        except (ImageError, OSError, ValueError, KeyError, csv.Error) as error:
            raise DeviceFault(self.info, f"{path.name} cannot be played: {error}", advice="Take it out.") from error

    def _parsed(self, path: Path, name: str) -> Sample:
        if self._kind == "signature":
            return _signature(path)
        decoded = decode_image(path.read_bytes())
        image = _in_colours(decoded.pixels, colour=self._kind == "face")
        if self._kind == "face":
            return FaceSample(image, CaptureInfo(edits=decoded.edits))
        if self._kind == "iris":
            return IrisSample(image, cast(Any, name), capture=CaptureInfo(edits=decoded.edits))
        ppi = self._ppi or _resolution(decoded.header.ppi)
        edits = (*decoded.edits, *(() if ppi else ("edit.resolution_assumed",)))
        return FingerprintSample(image, ppi or 500.0, cast(Any, name), "unknown", CaptureInfo(edits=edits))

    def _stamped(self, sample: Any, sequence: int) -> Sample:
        from dataclasses import replace

        edits = sample.capture.edits if sample.capture is not None else ()
        capture = CaptureInfo(
            device=self.info.address,
            at=self._clock.now(),
            monotonic=self._clock.monotonic(),
            sequence=sequence,
            edits=edits,
        )
        return cast(Sample, replace(sample, capture=capture))

    def _previews(self, samples: tuple[Sample, ...]) -> Iterator[Any]:
        first = samples[0]
        if isinstance(first, SignatureSample):
            every = max(1, round(first.t.size / max(1e-3, float(np.ptp(first.t)) if first.t.size else 1) / 30))
            for start in range(0, first.t.size, every):
                yield slice(start, start + every), first
            return
        import cv2

        halves = [
            np.asarray(cv2.resize(sample.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
            for sample in cast(tuple[Any, ...], samples)
            if min(sample.image.shape[:2]) > 1
        ]
        if not halves:
            halves = [cast(Any, first).image]
        tall = max(half.shape[0] for half in halves)
        padded = [np.pad(half, ((0, tall - half.shape[0]), *([(0, 0)] * (half.ndim - 1)))) for half in halves]
        view = np.hstack(padded)
        view.flags.writeable = False
        yield view

    def _frame(self, previews: tuple[Any, ...], shown: int, sequence: int, now: float) -> Frame | PenPoints:
        if self._kind != "signature":
            return Frame(previews[0], sequence, now, 0.5)
        if shown >= len(previews):
            none = np.zeros(0)
            return PenPoints(none, none, none, None, none.astype(np.bool_), sequence, now)
        part, ink = previews[shown]
        down = np.ones(ink.t.size, np.bool_) if ink.pen_down is None else ink.pen_down
        force = None if ink.force is None else ink.force[part]
        return PenPoints(ink.t[part], ink.x[part], ink.y[part], force, down[part], sequence, now)

    def _next_frame(self, turn: Turn) -> int:
        rate = self.info.frame_rate
        elapsed = self._clock.monotonic() - self._opened
        number = int(elapsed * rate + 1e-6) + 1
        turn.wait(number / rate - elapsed)
        return number


def _named_in(stem: str, known: tuple[str, ...]) -> str:
    """The position or eye that a file's name holds, the longest that fits."""
    text = re.sub(r"[\s-]+", "_", stem.lower())
    hits = [name for name in known if re.search(rf"(?<![a-z]){name}(?![a-z])", text)]
    return max(hits, key=len, default="")


def _resolution(stated: tuple[float, float] | None) -> float | None:
    """What a file states, where it is one resolution that a print can have."""
    if stated is None or abs(stated[0] - stated[1]) >= 1 or stated[0] <= 100:
        return None
    return stated[0]


def _in_colours(pixels: U8, *, colour: bool) -> U8:
    if colour:
        return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    if pixels.ndim == 2:
        return pixels
    import cv2

    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _signature(path: Path) -> SignatureSample:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))

    def column(name: str) -> Any:
        return np.array([float(row[name]) for row in rows])

    columns = set(rows[0]) if rows else {"t", "x", "y"}
    return SignatureSample(
        column("t"),
        column("x"),
        column("y"),
        column("force") if "force" in columns else None,
        column("pen_down") > 0.5 if "pen_down" in columns else None,
    )


_FILES: Mapping[str, Callable[[Path], bool]] = MappingProxyType(
    {
        "signature": lambda path: path.suffix.lower() == ".csv",
        **{kind: (lambda path: path.suffix.lower() in _IMAGES) for kind in ("fingerprint", "iris", "face")},
    }
)


def discover(*, timeout: float) -> Iterator[DeviceInfo]:
    """Nothing: which folder is a device is for the operator to say."""
    del timeout
    return iter(())


def open(address: Address, *, clock: Clock) -> FolderDevice:
    """Open a folder as a capture device."""
    address.allow("kind", "ppi", "trigger", "rate")
    kind = address.choice("kind", list(KINDS), "fingerprint")
    ppi = address.number("ppi", 500.0, 1, 20_000) if "ppi" in address.query else None
    trigger = Trigger(address.choice("trigger", [each.value for each in Trigger], "host"))
    folder = Path(address.path[2:] if address.path.startswith("///") else address.path)
    if not folder.is_dir():
        raise DeviceNotFound(str(address), f"there is no folder {str(folder)!r}", advice="Check the path.")
    files = tuple(sorted(path for path in folder.iterdir() if path.is_file() and _FILES[kind](path)))
    if not files:
        suffixes = ".csv" if kind == "signature" else ", ".join(sorted(_IMAGES))
        raise DeviceNotFound(str(address), f"the folder holds no file to play ({suffixes})", advice="Put one in.")
    takes = KINDS[kind][2]
    if kind in ("fingerprint", "iris"):
        named = {name for path in files if (name := _named_in(path.stem, takes))}
        takes = tuple(name for name in takes if name in named) if named else takes
    info = DeviceInfo(
        str(address),
        KINDS[kind][0],
        "ktpel_capture",
        f"Folder {folder.name}",
        "",
        "",
        "folder",
        trigger,
        takes,
        ppi,
        address.number("rate", 15.0, 1, 240),
    )
    return FolderDevice(info, clock, kind, files, ppi)
