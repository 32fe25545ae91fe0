"""Small pictures of a capture for the report: what was accepted with its overlay, what was not without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import ktpel_capture as kc
from ktpel_capture import modality_of
from ktpel_enrolment.store.blobs import Sample, replace_durably
from ktpel_enrolment.visit.capturing import CaptureNotes

_WIDTHS = {"face": 330, "fingerprint": 190, "iris": 320, "signature": 380}
_SLAP = 430
_QUALITY = 82


class Album:
    """A folder of JPEG pictures beside the store; they are made again from nothing, so nothing depends on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, prefix: str, notes: CaptureNotes) -> dict[str, Any]:
        """Draw what came of a capture; returns file names by part, and of the attempts that did not pass."""
        accepted = {}
        for part, sample in notes.samples.items():
            verdict = notes.verdicts.get(part)
            accepted[part] = self.write(f"{prefix}-{part}", with_overlay(sample, verdict), width_of(sample))
        rejected = {}
        for attempt in notes.attempts:
            if attempt.sample is not None and not all(accepted for accepted, _, _ in attempt.parts.values()):
                name = f"{prefix}-attempt-{attempt.number}"
                rejected[str(attempt.number)] = self.write(name, plain(attempt.sample), width_of(attempt.sample))
        return {"accepted": accepted, "rejected": rejected}

    def holds(self, name: str) -> bool:
        """Whether a picture of this name is there already."""
        return (self.folder / f"{name}.jpg").exists()

    def write(self, name: str, image: NDArray[np.uint8], width: int) -> str:
        """Keep a picture, made smaller to a width; returns its file name."""
        scale = min(1.0, width / image.shape[1])
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        pixels = small if small.ndim == 2 else np.ascontiguousarray(small[:, :, ::-1])
        done, content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            raise ValueError(f"picture {name} of shape {image.shape} could not be written as JPEG")
        replace_durably(self.folder / f"{name}.jpg", content.tobytes())
        return f"{name}.jpg"


def with_overlay(sample: Sample, verdict: kc.Verdict | None) -> NDArray[np.uint8]:
    """The sample as an operator sees it after the analysis."""
    draw = getattr(kc, modality_of(sample)).overlay.draw
    image: NDArray[np.uint8] = draw(kc.analyse(sample), verdict.findings if verdict is not None else ())
    return image


def plain(sample: Sample) -> NDArray[np.uint8]:
    """The sample as it came."""
    if isinstance(sample, kc.SignatureSample):
        return ink(sample)
    return sample.image


def width_of(sample: Sample) -> int:
    if isinstance(sample, kc.FingerprintSample):
        return _SLAP if sample.position in kc.FINGERS_OF else _WIDTHS["fingerprint"]
    return {kc.FaceSample: _WIDTHS["face"], kc.IrisSample: _WIDTHS["iris"]}.get(type(sample), _WIDTHS["signature"])


def ink(sample: kc.SignatureSample, size: tuple[int, int] = (760, 440)) -> NDArray[np.uint8]:
    """A signature as dark ink on white."""
    canvas = Image.new("RGB", size, "white")
    drawn = Image.fromarray(kc.signature.render(sample, *size, ink=(18, 24, 60)))
    canvas.paste(drawn, (0, 0), drawn)
    return np.asarray(canvas).copy()
