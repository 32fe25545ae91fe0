"""Whether the portraits of one session show one person, and not the pupil before.

This is no recognition system: it answers within one session, with the same camera and light, and errs. At its rule a
different person is taken for the same in about one of a thousand cases (0.06 % over all, 0.1 % among East and South-
East Asian faces, interval 0.04 to 0.3), and the same person, photographed years apart, is found again in four of five.
Not measured: Indonesian faces, hijab, teenagers.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, RgbImage, frozen_copy
from ktpel_capture.face.analysis import FaceAnalysis, analyse
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.networks import model_bytes
from ktpel_capture.face.pose import head_pose
from ktpel_capture.imaging.resample import reduced, warped
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FaceSample

MOST_DISTANT, MOST_TURNED = 0.529, 0.331
"""Both must hold for one person: Euclidean distance, and 1 - cosine about the cohort mean (facts of the descriptor)."""
_POINTS = (263, 362, 33, 133, 2)
_PLACES = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
_SIDE = 150
_MOST_AWAY = math.radians(25)  # between the nose and the camera
_loaded = threading.local()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two portraits, or one and a group, are.

    Attributes
    ----------
    distance : Euclidean distance of the descriptors, 0 the same picture; up to 0.529 for one person.
    turn : 1 - cosine about the cohort mean, 0..2; up to 0.331 for one person.
    same : both hold.
    """

    distance: float
    turn: float

    @property
    def same(self) -> bool:
        return self.distance < MOST_DISTANT and self.turn < MOST_TURNED

    def __bool__(self) -> bool:
        return self.same


@cache
def packaged_cohort_mean() -> F64:
    """(128,) the mean descriptor of 40 synthetic faces."""
    mean: F64 = np.load(BytesIO(model_bytes("same_person_cohort_mean.npy"))).astype(np.float64)
    return mean


def cohort_mean(samples: Iterable[FaceSample | FaceAnalysis]) -> F64:
    """The mean descriptor of 20 to 50 people of the region: hand it to `same_person`, it does better than the packaged.

    Raises
    ------
    ValueError : fewer than 20 portraits show a face.
    """
    found = [value for sample in samples if not isinstance(value := descriptor(sample), Missing)]
    if len(found) < 20:
        raise ValueError(f"a cohort mean wants at least 20 portraits with a face, not {len(found)}")
    mean: F64 = np.mean(found, 0)
    return mean


def descriptor(subject: FaceSample | FaceAnalysis) -> F64 | Missing:
    """(128,) float64 that lies near for portraits of one person; missing where the face is not seen well enough.

    Heads that look more than 25 degrees past the camera, whichever way, are not compared.

    Source: dlib's face recognition network by Davis King (CC0), converted; within 0.012 of the original.
    """
    analysis = analyse(subject) if isinstance(subject, FaceSample) else subject
    if isinstance(analysis.mesh, Missing):
        return analysis.mesh
    return describe_face(analysis.image, analysis.mesh)


def describe_face(image: RgbImage, mesh: Landmarks) -> F64 | Missing:
    """`descriptor` of a face whose landmarks are known."""
    pose = head_pose(mesh)
    if math.hypot(pose.yaw, pose.pitch) > _MOST_AWAY:
        return Missing("face.turned_away")
    batch: F32 = _aligned(image, mesh).astype(np.float32).transpose(2, 0, 1)[None]
    network = _network()
    network.setInput(np.ascontiguousarray(batch))
    values: F64 = frozen_copy(np.asarray(network.forward(), np.float64).ravel())
    return values


def compare(first: F64, second: F64, mean: F64 | None = None) -> Likeness:
    """How alike two descriptors are."""
    about = packaged_cohort_mean() if mean is None else mean
    a, b = first - about, second - about
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12)
    return Likeness(float(np.linalg.norm(first - second)), 1 - cosine)


def same_person(
    samples: FaceSample | FaceAnalysis | Iterable[FaceSample | FaceAnalysis],
    other: FaceSample | FaceAnalysis,
    *,
    mean: F64 | None = None,
) -> Likeness | Missing:
    """Whether a portrait shows the person of the earlier portraits of this session; no recognition system.

    Parameters
    ----------
    samples : one or more portraits of the person, or their analyses; their mean descriptor is compared.
    other : the portrait in question.
    mean : of `cohort_mean`, or None for the packaged one.

    Returns
    -------
    The likeness, ``.same`` for the rule; `Missing` where a face is not seen well enough on either side.

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> one, other = (synthesis.grow(seed).capture(seed=1)[0] for seed in (1, 5))
    >>> same_person(one, other).same
    False
    """
    group = [samples] if isinstance(samples, FaceSample | FaceAnalysis) else list(samples)
    known = [descriptor(sample) for sample in group]
    seen = [value for value in known if not isinstance(value, Missing)]
    asked = descriptor(other)
    if isinstance(asked, Missing):
        return asked
    if not seen:
        return next((value for value in known if isinstance(value, Missing)), Missing("face.no_face"))
    return compare(mean_of(seen), asked, mean)


def mean_of(descriptors: Sequence[F64]) -> F64:
    """The mean descriptor of several portraits of one person."""
    together: F64 = np.mean(descriptors, 0)
    return together


def _aligned(image: RgbImage, mesh: Landmarks) -> RgbImage:
    """(150, 150, 3): the face where the network expects it, by least squares without reflection; edges replicated."""
    targets = (_PLACES + 0.25) / 1.5 * _SIDE
    source = mesh.points[list(_POINTS)]
    a, b = source - source.mean(0), targets - targets.mean(0)
    # The similarity z -> c z + d of complex numbers from target to picture.
    from_target = complex(
        float((b * a).sum()), float((b[:, 0] * a[:, 1] - b[:, 1] * a[:, 0]).sum())
    ) / float((b * b).sum())  # fmt: skip
    turn = np.array([[from_target.real, -from_target.imag], [from_target.imag, from_target.real]])
    shift = source.mean(0) - turn @ targets.mean(0)
    scale = abs(from_target)
    if scale > 1.5:
        height, width = image.shape[:2]
        smaller = max(1, round(width / scale)), max(1, round(height / scale))
        ratio = np.array([smaller[0] / width, smaller[1] / height])
        image, turn, shift = reduced(image, smaller), turn * ratio[:, None], (shift + 0.5) * ratio - 0.5
    return warped(image, np.column_stack((turn, shift)), (_SIDE, _SIDE))


def _network() -> Any:
    """The descriptor network of this thread."""
    if not hasattr(_loaded, "network"):
        engine = {"engine": cv2.dnn.ENGINE_CLASSIC} if hasattr(cv2.dnn, "ENGINE_CLASSIC") else {}
        with as_file(files(__package__).joinpath("models", "same_person.onnx")) as path:
            _loaded.network = cv2.dnn.readNetFromONNX(str(path), **engine)
    return _loaded.network
