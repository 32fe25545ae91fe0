"""From files to samples: images, signatures, and the images inside interchange records.

A record says what it holds; an image does not, so its modality is guessed from its pixels, and an unsure guess is an
error that asks for it. Whatever was done to the pixels on the way is named in ``sample.capture.edits``.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from ktpel_capture import records
from ktpel_capture.arrays import U8, GreyImage, RgbImage
from ktpel_capture.errors import ImageError, RecordError, UnreadableFile
from ktpel_capture.imaging.codecs import DecodedImage, decode_image, format_of, page_count
from ktpel_capture.records.pictures import RECORD_DEVIATES
from ktpel_capture.samples import (
    EYES,
    MODALITIES,
    POSITIONS,
    CaptureInfo,
    Eye,
    FaceSample,
    FingerprintSample,
    IrisSample,
    Modality,
    Position,
    Sample,
    _choice,
    modality_of,
)

ASSUMED_PPI = 500.0
PLAUSIBLE_PPI = (250.0, 2100.0)
"""Resolutions a fingerprint image may honestly state; the 72 or 96 ppi of a screen are no capture resolution.

Source: ISO/IEC 19794-4, image acquisition setting levels 20 (250 ppi) to 41 (1000 ppi); the upper end leaves room for
latent scanners.
"""
MAX_BYTES = 1 << 30
READABLE = "PNG, JPEG, BMP, PGM, TIFF, JPEG 2000 or WSQ, a signature as CSV or InkML, or an interchange record"
COLOURFUL = 12.0
"""Mean difference of the channels (0..255) below which a colour image shows grey: JPEG colour noise stays far below."""
SURE_RIDGES = 0.15
SURE_PUPIL, SURE_LIMBUS = 0.6, 0.2
"""Share of the pupil's and of the iris's boundary that an edge must support; lids hide much of the latter."""
IRIS_TO_PUPIL = (1.43, 5.0)
"""Radius of the iris in pupils, from the dilations of 70 to 20 % between which ISO/IEC 29794-6 places an eye."""
SOME_FACE, SURE_GREY_FACE = 0.5, 0.75
"""The face detector takes near-infrared eyes for faces at scores up to about 0.65."""


def read(
    path: str | os.PathLike[str],
    kind: Modality | None = None,
    *,
    ppi: float | None = None,
    position: Position | None = None,
    eye: Eye | None = None,
) -> Sample:
    """The one sample of a file.

    Parameters
    ----------
    path : PNG, JPEG, BMP, PGM or PPM, TIFF, JPEG 2000, WSQ, a signature as CSV or InkML, or an interchange record.
    kind : what an image shows; None guesses. A record of another kind is refused.
    ppi : resolution of a fingerprint image, stronger than what the file states.
    position, eye : which finger or eye, stronger than what the file states; of a record with several samples they
        choose the one that is read.

    Raises
    ------
    UnreadableFile : missing, damaged, too large, of an unknown or unsure kind, or holding several samples; ``code``
        says which.
    DependencyMissing : the format needs an extra.
    """
    source = Path(path)
    samples = _read(source, kind, ppi, position, eye)
    if len(samples) > 1:
        chosen = [sample for sample in samples if _is_asked_for(sample, position, eye)]
        samples = tuple(chosen) if len(chosen) == 1 else samples
    if len(samples) > 1:
        held = ", ".join(_label(sample) for sample in samples[:12])
        raise UnreadableFile(
            source,
            f"holds {len(samples)} samples ({held})",
            remedy="Use read_all, or name the position or the eye.",
            code="file.several_samples",
        )
    return _with_facts(samples[0], position, eye)


def read_all(
    path: str | os.PathLike[str],
    kind: Modality | None = None,
    *,
    ppi: float | None = None,
    position: Position | None = None,
    eye: Eye | None = None,
) -> tuple[Sample, ...]:
    """All samples of a file, at least one; parameters and errors as in `read`.

    ``position`` and ``eye`` apply where the file holds one sample, or where a sample does not say which it is.
    """
    samples = _read(Path(path), kind, ppi, position, eye)
    return tuple(
        _with_facts(sample, position, eye) if len(samples) == 1 or _is_nameless(sample) else sample
        for sample in samples
    )


def read_bytes(
    data: bytes,
    kind: Modality | None = None,
    *,
    name: str = "bytes",
    ppi: float | None = None,
    position: Position | None = None,
    eye: Eye | None = None,
) -> tuple[Sample, ...]:
    """All samples of a file's content; ``name`` stands for the path in errors. Otherwise as `read_all`."""
    _check_arguments(kind, ppi, position, eye)
    samples = _samples_of(data, Path(name), kind, ppi)
    return tuple(
        _with_facts(sample, position, eye) if len(samples) == 1 or _is_nameless(sample) else sample
        for sample in samples
    )


# From the path to the bytes


def _check_arguments(kind: str | None, ppi: float | None, position: str | None, eye: str | None) -> None:
    if kind is not None:
        _choice("kind", kind, MODALITIES)
    if ppi is not None and not 0 < ppi <= 20_000:
        raise ValueError(f"ppi must lie above 0 and at most at 20000 pixels per inch, not {ppi!r}")
    if position is not None:
        _choice("position", position, POSITIONS)
    if eye is not None:
        _choice("eye", eye, EYES)


def _read(
    path: Path, kind: Modality | None, ppi: float | None, position: Position | None, eye: Eye | None
) -> tuple[Sample, ...]:
    _check_arguments(kind, ppi, position, eye)
    return _samples_of(file_content(path), path, kind, ppi)


def file_content(path: Path) -> bytes:
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise UnreadableFile(path, "is a directory", remedy="Name the files in it.", code="file.is_directory")
        if not stat.S_ISREG(facts.st_mode):
            raise UnreadableFile(path, "is not a regular file", remedy="Name a file.", code="file.not_regular")
        if facts.st_size > MAX_BYTES:
            raise UnreadableFile(
                path, f"{facts.st_size} bytes are more than {MAX_BYTES}", remedy="Give one file a sample.",
                code="file.too_large",
            )  # fmt: skip
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableFile(path, "does not exist", remedy="Check the path.", code="file.missing") from error
    except PermissionError as error:
        raise UnreadableFile(
            path, "may not be read", remedy="Give yourself the right to read it.", code="file.forbidden"
        ) from error
    except (OSError, ValueError) as error:  # an unreadable medium, a name too long, a NUL in the name
        raise UnreadableFile(path, str(error), remedy="Check the path and the medium.") from error


# From the bytes to samples


def _samples_of(data: bytes, path: Path, kind: Modality | None, ppi: float | None) -> tuple[Sample, ...]:
    if not data.strip(b"\0"):
        reason = "is empty" if not data else f"holds nothing but {len(data)} zero bytes"
        raise UnreadableFile(path, reason, remedy="Copy it again.", code="file.empty")
    if records.format_of(data) is not None:
        return _from_record(data, path, kind, ppi)
    if format_of(data) is None and _is_text(data):
        return (_from_pen_points(data, path, kind),)
    return _from_image(data, path, kind, ppi)


def _from_record(data: bytes, path: Path, kind: Modality | None, ppi: float | None) -> tuple[Sample, ...]:
    try:
        record, deviations = records.decode_tolerantly(data)
        samples = tuple(record.samples())
    except (RecordError, ImageError) as error:
        raise UnreadableFile(
            path, error.message, remedy=error.remedy or "Ask for the record again.", code=error.code
        ) from error
    if not samples:
        raise UnreadableFile(
            path, f"the {record.standard} record holds no image", remedy="Give the record that holds the images.",
            code="record.no_samples",
        )  # fmt: skip
    if kind is not None:
        wanted = tuple(sample for sample in samples if modality_of(sample) == kind)
        if not wanted:
            raise UnreadableFile(
                path, f"is a record of {modality_of(samples[0])}, not of {kind}", remedy="Leave out --as.",
                code="file.wrong_kind",
            )  # fmt: skip
        samples = wanted
    edits = (RECORD_DEVIATES,) if deviations else ()
    return tuple(_with_edits(_with_ppi(sample, ppi), edits) for sample in samples)


def _from_image(data: bytes, path: Path, kind: Modality | None, ppi: float | None) -> tuple[Sample, ...]:
    try:
        images = [decode_image(data, page) for page in range(page_count(data))]
    except ImageError as error:
        code = error.code.replace("image.", "file.", 1)
        raise UnreadableFile(path, error.message, remedy=error.remedy, code=code) from error
    return tuple(_sample(image, path, kind, ppi) for image in images)


def _sample(image: DecodedImage, path: Path, kind: Modality | None, ppi: float | None) -> Sample:
    if kind is None:
        kind = _guess(image, path, ppi)
    edits = list(image.edits)
    if kind == "face":
        return FaceSample(_as_rgb(image.pixels, edits), CaptureInfo(edits=tuple(edits)))
    if kind == "iris":
        return IrisSample(_as_grey(image.pixels, edits), capture=CaptureInfo(edits=tuple(edits)))
    if kind == "signature":
        raise UnreadableFile(
            path, "a picture of a signature holds no pen points", remedy="Give the signature as CSV or InkML.",
            code="file.wrong_kind",
        )  # fmt: skip
    pixels = _as_grey(image.pixels, edits)
    pixels, resolution = _at_one_resolution(pixels, image.ppi, ppi, edits)
    return FingerprintSample(pixels, resolution, capture=CaptureInfo(edits=tuple(edits)))


def _from_pen_points(data: bytes, path: Path, kind: Modality | None) -> Sample:
    from ktpel_capture.signature.csvfile import read_csv
    from ktpel_capture.signature.inkml import read_inkml

    head = data[:4096].lower()
    is_ink = b"<ink" in head or b":ink" in head
    if not is_ink and path.suffix.lower() != ".csv" and kind != "signature":
        raise UnreadableFile(path, "is text of no known format", remedy=f"Give {READABLE}.", code="file.unknown_format")
    if kind not in (None, "signature"):
        raise UnreadableFile(path, f"holds pen points, not {kind}", remedy="Leave out --as.", code="file.wrong_kind")
    try:
        return read_inkml(data) if is_ink else read_csv(data)
    except UnreadableFile as error:
        raise UnreadableFile(path, error.reason, remedy=error.remedy, code=error.code) from error
    except (RecordError, ValueError) as error:
        remedy = (error.remedy if isinstance(error, RecordError) else "") or "Export the signature again."
        raise UnreadableFile(
            path, getattr(error, "message", str(error)), remedy=remedy, code="file.bad_signature"
        ) from error


def _is_text(data: bytes) -> bool:
    if b"\0" in data[:4096]:
        return False
    head = data[:2048].removeprefix(b"\xef\xbb\xbf")
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > 0 and error.start >= len(head) - 4  # cut inside a character
    return True


# What an image needs to be a sample


def _as_rgb(pixels: U8, edits: list[str]) -> RgbImage:
    if pixels.ndim == 3:
        return pixels
    edits.append("edit.grey_to_colour")
    return np.repeat(pixels[..., None], 3, axis=2)


def _as_grey(pixels: U8, edits: list[str]) -> GreyImage:
    if pixels.ndim == 2:
        return pixels
    import cv2

    edits.append("edit.colour_to_grey")
    return cast(U8, cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))


def _at_one_resolution(
    pixels: GreyImage, stated: tuple[float, float] | None, given: float | None, edits: list[str]
) -> tuple[GreyImage, float]:
    """The pixels and their resolution, the same both ways: what was given, else what the file states, else 500."""
    if given is not None:
        return pixels, float(given)
    least, most = PLAUSIBLE_PPI
    if stated is None or not all(least <= value <= most for value in stated):
        edits.append("edit.resolution_assumed")
        return pixels, ASSUMED_PPI
    from ktpel_capture.imaging.resolution import square_pixels

    squared, resolution = square_pixels(pixels, *stated)
    if squared is not pixels:
        edits.append("edit.pixels_squared")
    return squared, resolution


def _with_facts(sample: Sample, position: Position | None, eye: Eye | None) -> Sample:
    match sample:
        case FingerprintSample() if position is not None:
            return replace(sample, position=position)
        case IrisSample() if eye is not None:
            return replace(sample, eye=eye)
    return sample


def _with_ppi(sample: Sample, ppi: float | None) -> Sample:
    return replace(sample, ppi=float(ppi)) if isinstance(sample, FingerprintSample) and ppi is not None else sample


def _with_edits(sample: Sample, edits: tuple[str, ...]) -> Sample:
    if not edits:
        return sample
    capture = sample.capture or CaptureInfo()
    return replace(sample, capture=replace(capture, edits=tuple(dict.fromkeys((*capture.edits, *edits)))))


def _is_nameless(sample: Sample) -> bool:
    facts: dict[str, Any] = {"fingerprint": "position", "iris": "eye"}
    name = facts.get(modality_of(sample))
    return name is not None and getattr(sample, name) == "unknown"


def _is_asked_for(sample: Sample, position: Position | None, eye: Eye | None) -> bool:
    match sample:
        case FingerprintSample():
            return position is not None and sample.position == position
        case IrisSample():
            return eye is not None and sample.eye == eye
    return False


def _label(sample: Sample) -> str:
    match sample:
        case FingerprintSample():
            return sample.position
        case IrisSample():
            return f"{sample.eye} eye"
    return modality_of(sample)


# What an image shows


def _guess(image: DecodedImage, path: Path, ppi: float | None) -> Modality:
    """What the pixels show, from evidence that only the true kind gives; otherwise an error that asks."""
    from ktpel_capture.imaging.evidence import ridge_evidence

    pixels = image.pixels
    grey = _as_grey(pixels, [])
    ridges = ridge_evidence(grey, _at_one_resolution(grey[:1, :1], image.ppi, ppi, [])[1])
    if ridges >= SURE_RIDGES:
        return "fingerprint"
    face = _face_evidence(_as_rgb(pixels, []))
    colourful = _colourfulness(pixels) >= COLOURFUL
    if face >= (SOME_FACE if colourful else SURE_GREY_FACE):
        return "face"
    if not colourful and _shows_an_eye(grey):
        return "iris"
    raise UnreadableFile(
        path,
        "what this image shows cannot be told from its pixels",
        remedy="Say it with --as fingerprint, iris or face (kind= in Python).",
        code="file.unsure_kind",
    )


def _colourfulness(pixels: U8) -> float:
    if pixels.ndim == 2:
        return 0.0
    wide = pixels[::4, ::4].astype(np.int16)
    return float((wide.max(axis=2) - wide.min(axis=2)).mean())


def _face_evidence(pixels: RgbImage) -> float:
    """Score of the surest face, 0 for none."""
    from ktpel_capture.face.detection import detect_faces

    return max((face.score for face in detect_faces(pixels)), default=0.0)


def _shows_an_eye(grey: GreyImage) -> bool:
    """Whether a pupil stands in an iris of a size that eyes have."""
    from ktpel_capture.iris.segmentation import segment
    from ktpel_capture.quality import Missing

    if min(grey.shape) < 32:
        return False
    found = segment(grey)
    if isinstance(found, Missing):
        return False
    least, most = IRIS_TO_PUPIL
    return (
        found.pupil.support >= SURE_PUPIL
        and found.limbus.support >= SURE_LIMBUS
        and least <= found.limbus.radius / found.pupil.radius <= most
    )
