"""Samples as files: written whole or not at all, and on the disk before anything refers to them."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

import ktpel_capture as kc
from ktpel_enrolment.store.problems import StoreDamaged

Sample = kc.FingerprintSample | kc.IrisSample | kc.FaceSample | kc.SignatureSample


@dataclass(frozen=True, slots=True)
class StoredSample:
    """Everything of a sample but its pixels.

    Attributes
    ----------
    name : of the blob's file.
    checksum : SHA-256 of the blob.
    digest : identity of the sample (`sample.digest`).
    facts : what `decode` needs besides the blob, as JSON.
    """

    name: str
    checksum: str
    digest: str
    facts: str


def encode(sample: Sample) -> tuple[StoredSample, bytes]:
    """A sample as a lossless blob (PNG; a signature's points as JSON) and the facts beside it."""
    match sample:
        case kc.FaceSample():
            content, suffix = _png(sample.image[:, :, ::-1]), "png"
            own: dict[str, Any] = {"modality": "face"}
        case kc.IrisSample():
            content, suffix = _png(sample.image), "png"
            own = {"modality": "iris", "eye": sample.eye}
        case kc.FingerprintSample():
            content, suffix = _png(sample.image), "png"
            own = {
                "modality": "fingerprint",
                "ppi": sample.ppi,
                "position": sample.position,
                "impression": sample.impression,
            }
        case kc.SignatureSample():
            content, suffix = _points(sample), "json"
            own = {"modality": "signature", "pad_size": sample.pad_size}
        case _:
            raise TypeError(f"not a sample: {type(sample).__name__}")
    own["capture"] = _capture_facts(sample.capture)
    checksum = hashlib.sha256(content).hexdigest()
    facts = msgspec.json.encode(own, enc_hook=_plain, order="sorted").decode()
    return StoredSample(f"{checksum}.{suffix}", checksum, sample.digest, facts), content


def decode(stored: StoredSample, content: bytes) -> Sample:
    """The sample again, equal to the last bit.

    Raises
    ------
    StoreDamaged : the blob is not what was written.
    """
    if hashlib.sha256(content).hexdigest() != stored.checksum:
        raise StoreDamaged(f"blob {stored.name} has been changed since it was written")
    facts = msgspec.json.decode(stored.facts)
    capture = _capture(facts["capture"])
    sample: Sample
    if facts["modality"] == "signature":
        channels = msgspec.json.decode(content)
        pad = facts["pad_size"]
        sample = kc.SignatureSample(**channels, pad_size=tuple(pad) if pad else None, capture=capture)
    else:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None:
            raise StoreDamaged(f"blob {stored.name} is no picture")
        pixels = image.astype(np.uint8, copy=False)
        match facts["modality"]:
            case "face":
                sample = kc.FaceSample(pixels[:, :, ::-1], capture=capture)
            case "iris":
                sample = kc.IrisSample(pixels, facts["eye"], capture=capture)
            case _:
                sample = kc.FingerprintSample(pixels, facts["ppi"], facts["position"], facts["impression"], capture)
    if sample.digest != stored.digest:
        raise StoreDamaged(f"blob {stored.name} and the facts beside it do not belong together")
    return sample


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; it is on the disk when this returns.

    A file of that name that is there already stays: names are checksums.
    """
    if path.exists():
        return
    replace_durably(path, content)


def replace_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all over what stood there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a folder; NTFS journals the rename itself
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_halves(folder: Path) -> None:
    """Delete what a killed process had not finished writing."""
    for half in folder.glob(".*.half"):
        half.unlink(missing_ok=True)


def _png(image: Any) -> bytes:
    done, content = cv2.imencode(".png", np.ascontiguousarray(image), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise ValueError(f"an image of shape {image.shape} could not be written as PNG")
    return content.tobytes()


def _points(sample: kc.SignatureSample) -> bytes:
    channels = {
        name: None if values is None else values.tolist()
        for name in ("t", "x", "y", "force", "pen_down", "azimuth", "altitude")
        for values in (getattr(sample, name),)
    }
    return msgspec.json.encode(channels)


def _capture_facts(capture: kc.CaptureInfo | None) -> dict[str, Any] | None:
    if capture is None:
        return None
    return {
        "device": capture.device,
        "at": capture.at.isoformat() if capture.at else None,
        "monotonic": capture.monotonic,
        "sequence": capture.sequence,
        "reported": dict(capture.reported),
        "attestation": base64.b64encode(capture.attestation).decode(),
        "edits": list(capture.edits),
    }


def _capture(facts: dict[str, Any] | None) -> kc.CaptureInfo | None:
    if facts is None:
        return None
    at = datetime.fromisoformat(facts["at"]) if facts["at"] else None
    return kc.CaptureInfo(
        device=facts["device"],
        at=at,
        monotonic=facts["monotonic"],
        sequence=facts["sequence"],
        reported=facts["reported"],
        attestation=base64.b64decode(facts["attestation"]),
        edits=tuple(facts["edits"]),
    )


def _plain(value: object) -> object:
    """What a device reports beside plain numbers and text."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    return str(value)
