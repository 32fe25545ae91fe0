"""Which of the faces in a picture is the sitter's, and who else is there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ktpel_capture.arrays import RgbImage
from ktpel_capture.face.detection import FaceBox, detect_faces
from ktpel_capture.face.landmarks import Landmarks, Region, find_landmarks, region_of_box, region_of_landmarks
from ktpel_capture.face.pose import head_pose
from ktpel_capture.imaging.resample import reduced
from ktpel_capture.quality import Missing

LEAST_PRESENCE = 0.5
SURE = 0.8  # detector score of an upright face; upside down it stays below
SURE_FULL = 0.6
"""Score from which the full-range detector is believed alone: on 764 portraits of one person it sees two more, one of
them a statue's."""
_MOST_FACES = 4  # looked at closely; of a class photo the largest
_PRINT = 0.6  # of the sitter's face; smaller ones on the chest are printed on clothes
_SMALL = 0.2  # of the height of the portrait's window; the face of a portrait takes twice as much


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """The face that is portrayed.

    Attributes
    ----------
    mesh : its landmarks, px of the full picture.
    faces : every face, px of the reduced picture, the sitter's first.
    """

    mesh: Landmarks
    faces: tuple[FaceBox, ...]


def find_sitter(image: RgbImage, small: RgbImage, *, thorough: bool = False) -> Sitter | Missing:
    """The largest face that the landmark network takes for one, and the others that it takes for faces.

    The detector alone sees a second face in one of twenty pictures of a single person, in folds and hair; the landmark
    network refuses nine of ten of those.

    Parameters
    ----------
    image : the picture.
    small : the same, reduced; it feeds the detectors.
    thorough : look for small faces with the full-range detector too.
    """
    scale = image.shape[1] / small.shape[1]
    faces = find_faces(small, thorough=thorough)
    if isinstance(faces, Missing):
        return faces
    for number, face in enumerate(faces[:_MOST_FACES]):
        mesh = landmarks_near(image, small, region_of_box(face), scale)
        if mesh.presence < LEAST_PRESENCE:  # look once more where the first look saw it
            again = region_of_landmarks((mesh.points + 0.5) / scale - 0.5)
            mesh = max(mesh, landmarks_near(image, small, again, scale), key=lambda found: found.presence)
        if mesh.presence >= LEAST_PRESENCE:
            roll = abs(head_pose(mesh).roll)
            if roll > math.radians(60):
                return Missing("face.upside_down" if roll > 2 else "face.lying_sideways")
            others = beside(image, small, mesh, faces[number + 1 :])
            return Sitter(mesh, (face, *others))
    return Missing(_unseen(faces[0], small))


def _unseen(face: FaceBox, small: RgbImage) -> str:
    """Why no landmarks were found on a detected face."""
    if np.linalg.norm(face.keypoints[1] - face.keypoints[0]) < 0.3 * face.width:
        return "face.turned_away"  # the detector's two eyes fall almost together: a head seen from the side
    small_one = face.height < _SMALL * min(small.shape[0], small.shape[1] / 0.75)
    return "face.too_small" if small_one else "face.no_face"


def beside(
    image: RgbImage, small: RgbImage, mesh: Landmarks, faces: Iterable[FaceBox], sure: float = math.inf
) -> tuple[FaceBox, ...]:
    """The faces that are not the sitter's and that the landmark network takes for faces; largest first, each once.

    A small face on the sitter's chest is a print on clothes and nobody.

    Parameters
    ----------
    image, small : the picture and its reduction.
    mesh : the sitter's landmarks, px of the picture.
    faces : what a detector took for faces, px of the reduction.
    sure : score from which the detector is believed alone; half a face behind a shoulder has no landmarks.
    """
    scale = image.shape[1] / small.shape[1]
    points = (mesh.points + 0.5) / scale - 0.5
    low, high = points.min(0), points.max(0)
    found: list[FaceBox] = []
    for face in sorted(faces, key=lambda face: -face.area)[:_MOST_FACES]:
        middle = np.array([face.left + face.width / 2, face.top + face.height / 2])
        if ((low < middle) & (middle < high)).all():
            continue
        on_chest = middle[1] > high[1] and abs(middle[0] - (low[0] + high[0]) / 2) < high[0] - low[0]
        if on_chest and face.height < _PRINT * (high[1] - low[1]):
            continue
        surely = face.score >= sure
        if surely or landmarks_near(image, small, region_of_box(face), scale).presence >= LEAST_PRESENCE:
            found = list(join_faces(tuple(found), (face,)))
    return tuple(found)


def find_faces(small: RgbImage, *, thorough: bool = False) -> tuple[FaceBox, ...] | Missing:
    """What the detectors take for faces in a reduced picture, largest first, or why there is none.

    A face the short-range detector misses is looked for with the full-range one, and in a picture with a margin (a
    face that fills the frame); one that is found only in a turned picture is a finding of its own.
    """
    faces = detect_faces(small)
    if thorough or not faces:
        faces = join_faces(faces, detect_faces(small, "full"))
    turned = () if faces and faces[0].score >= SURE else detect_faces(np.ascontiguousarray(small[::-1, ::-1]))
    if turned and turned[0].score > max(SURE, max((face.score for face in faces), default=0.0) + 0.1):
        return Missing("face.upside_down")
    if faces:
        return faces
    height, width = small.shape[:2]
    margin = np.pad(small, ((height // 3, height // 3), (width // 3, width // 3), (0, 0)), "edge")
    found = detect_faces(margin)
    if found:
        shift = np.array([width // 3, height // 3], np.float32)
        return tuple(
            FaceBox(
                face.left - float(shift[0]), face.top - float(shift[1]),
                face.width, face.height, face.keypoints - shift, face.score,
            )
            for face in found
        )  # fmt: skip
    if turned:
        return Missing("face.upside_down")
    if any(detect_faces(np.ascontiguousarray(np.rot90(small, turns))) for turns in (1, 3)):
        return Missing("face.lying_sideways")
    return Missing("face.no_face")


def join_faces(first: tuple[FaceBox, ...], second: tuple[FaceBox, ...]) -> tuple[FaceBox, ...]:
    """Both detectors' faces without those that lie on one another."""
    joined = list(first)
    for face in second:
        middle = face.left + face.width / 2, face.top + face.height / 2
        covered = any(
            known.left < middle[0] < known.left + known.width and known.top < middle[1] < known.top + known.height
            for known in joined
        )
        if not covered:
            joined.append(face)
    return tuple(sorted(joined, key=lambda face: -face.area))


def landmarks_near(image: RgbImage, small: RgbImage, region: Region, scale: float) -> Landmarks:
    """Landmarks in px of the full picture, from the smallest picture that still shows the face at full detail.

    Parameters
    ----------
    image, small : the picture and its reduction.
    region : px of ``small``.
    scale : px of ``image`` per px of ``small``.
    """
    if scale == 1 or region.side >= 200:
        found = find_landmarks(small, region)
        return Landmarks((found.points + 0.5) * scale - 0.5, found.depth * scale, found.presence)
    factor = min(scale, 256 / region.side)  # enlarge the reduced picture's region from the full one
    half = 0.75 * region.side * scale
    centre = (np.array(region.centre) + 0.5) * scale - 0.5
    x0, y0 = np.maximum(np.floor(centre - half), 0).astype(int).tolist()
    x1, y1 = np.ceil(centre + half).astype(int).tolist()
    part = image[y0:y1, x0:x1]
    size = max(1, round(part.shape[1] * factor / scale)), max(1, round(part.shape[0] * factor / scale))
    nearer = reduced(part, size)
    ratio = np.array([part.shape[1] / size[0], part.shape[0] / size[1]])
    middle = (centre - [x0, y0] + 0.5) / ratio - 0.5
    found = find_landmarks(nearer, Region((float(middle[0]), float(middle[1])), region.side * factor, region.turn))
    return Landmarks((found.points + 0.5) * ratio - 0.5 + [x0, y0], found.depth * float(ratio.mean()), found.presence)
