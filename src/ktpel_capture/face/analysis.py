"""Everything that is found in one portrait, computed once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool, RgbImage
from ktpel_capture.face.alignment import Aligned, align, standard_landmarks
from ktpel_capture.face.appearance import find_appearance
from ktpel_capture.face.backdrop import Backdrop, backdrop_spread, background_on_aligned, find_backdrop
from ktpel_capture.face.detail import eye_strip
from ktpel_capture.face.detection import FaceBox, detect_faces
from ktpel_capture.face.head import Head, head_geometry
from ktpel_capture.face.landmarks import (
    Landmarks,
    Region,
    blendshapes,
    find_landmarks,
    region_of_box,
    region_of_landmarks,
)
from ktpel_capture.face.light import Skin, find_skin
from ktpel_capture.face.pose import Pose, head_pose
from ktpel_capture.face.segmentation import person_probability
from ktpel_capture.face.surface import Surface, find_surface
from ktpel_capture.imaging.resample import enlarged, reduced, within
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FaceSample

_WORKING_SIDE, _BACKDROP_SIDE = 400, 200  # px: one reduction of the picture feeds every network
LEAST_PRESENCE = 0.5
_QUIET = 15.0  # colour difference; a plain cloth lies below, so nobody can stand before it
SURE = 0.8  # detector score of an upright face; upside down it stays below


@dataclass(frozen=True, slots=True, eq=False)
class FaceAnalysis:
    """The stages of one portrait; each may be `Missing` with its reason.

    Attributes
    ----------
    sample : what was analysed.
    faces : every face found, the sitter's (the largest) first.
    mesh : the sitter's 478 landmarks with depth.
    blendshapes : 52 facial movements 0..1 by ARKit name.
    pose : how the head is turned.
    person : (256, 256) float32, probability of person over the stretched picture.
    head : eyes, chin, crown, sides, px.
    standard_points : (98, 2) landmarks in ISO/IEC 29794-5's scheme, whole px.
    aligned : the face in the standard's canonical position.
    levels : (256,) share of each linear luminance level inside the face.
    backdrop : what is behind the person.
    skin : the skin of the face.
    eye_strip : (192, 320) grey, the eye region upright.
    appearance : probability 0..1 of spectacles, sunglasses, coverings, by name.
    surface : eyes, lenses and forehead at their own resolution.
    """

    sample: FaceSample
    faces: tuple[FaceBox, ...] | Missing
    mesh: Landmarks | Missing
    blendshapes: Mapping[str, float] | Missing
    pose: Pose | Missing
    person: F32 | Missing
    head: Head | Missing
    standard_points: F64 | Missing
    aligned: Aligned | Missing
    levels: F64 | Missing
    background: U8 | Missing
    backdrop: Backdrop | Missing
    skin: Skin | Missing
    eye_strip: U8 | Missing
    appearance: Mapping[str, float] | Missing
    surface: Surface | Missing

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture, px."""
        height, width = self.sample.image.shape[:2]
        return width, height

    @property
    def image(self) -> RgbImage:
        """The picture."""
        return self.sample.image

    @property
    def close_up(self) -> RgbImage | Missing:
        """The middle of the face as it was stored, at most 512x512 px, cut along the 8 px grid of JPEG."""
        if isinstance(self.head, Missing):
            return self.head
        x, y = np.maximum(self.head.eye_middle - min(256.0, 1.5 * self.head.inter_eye_distance), 0).astype(int) // 8 * 8
        side = max(8, int(min(512.0, 3 * self.head.inter_eye_distance)) // 8 * 8)
        return self.sample.image[y : y + side, x : x + side]

    @property
    def itself(self) -> FaceAnalysis | Missing:
        """The analysis, for measures over other measures."""
        return self.mesh if isinstance(self.mesh, Missing) else self

    @property
    def landmarks(self) -> F64 | Missing:
        """(478, 2) px, MediaPipe's numbering."""
        return self.mesh if isinstance(self.mesh, Missing) else self.mesh.points

    @property
    def person_mask(self) -> Bool | Missing:
        """(height, width) bool: the person with hair and clothes."""
        if isinstance(self.person, Missing):
            return self.person
        return enlarged(self.person, self.size) > 0.5

    def __repr__(self) -> str:
        found = self.faces.reason if isinstance(self.faces, Missing) else f"{len(self.faces)} face(s)"
        return f"FaceAnalysis({self.sample!r}, {found})"


def analyse(sample: FaceSample, *, thorough: bool = False) -> FaceAnalysis:
    """Find everything in a portrait that measures need.

    Parameters
    ----------
    sample : the portrait.
    thorough : look for small faces of people behind as well (the full-range detector, some milliseconds more).

    Examples
    --------
    >>> from ktpel_capture.face import synthesis
    >>> sample, truth = synthesis.grow(1).capture(seed=1, yaw=0.2)
    >>> analyse(sample).pose.yaw > 0.1
    True
    """
    image = sample.image
    small = within(image, _WORKING_SIDE)
    scale = image.shape[1] / small.shape[1]
    faces = find_faces(small, thorough=thorough)
    if isinstance(faces, Missing):
        return _nothing(sample, faces)
    mesh = _landmarks(image, small, region_of_box(faces[0]), scale)
    if mesh.presence < LEAST_PRESENCE:  # look once more where the first look saw it
        again = region_of_landmarks((mesh.points + 0.5) / scale - 0.5)
        mesh = max(mesh, _landmarks(image, small, again, scale), key=lambda found: found.presence)
    if mesh.presence < LEAST_PRESENCE:
        return _nothing(sample, Missing("face.turned_away" if _in_profile(faces[0]) else "face.no_face"))
    pose = head_pose(mesh)
    if abs(pose.roll) > math.radians(60):
        return _nothing(sample, Missing("face.upside_down" if abs(pose.roll) > 2 else "face.lying_sideways"))
    size = image.shape[1], image.shape[0]
    person = person_probability(small)
    head = head_geometry(mesh, person, size)
    points = standard_landmarks(mesh.points)
    aligned = align(image, points)
    tiny = within(small, _BACKDROP_SIDE)
    backdrop = find_backdrop(tiny, person, head, tiny.shape[1] / image.shape[1])
    if not thorough and not isinstance(backdrop, Missing) and backdrop_spread(backdrop) > _QUIET:
        faces = join_faces(faces, detect_faces(small, "full"))  # what makes it unquiet may be somebody's face
    counts: Any = cv2.calcHist([aligned.luminance], [0], aligned.region, [256], [0, 256])
    inside = counts.ravel().astype(np.float64)
    return FaceAnalysis(
        sample=sample,
        faces=tuple(face.scaled(scale) for face in faces),
        mesh=mesh,
        blendshapes=blendshapes(mesh),
        pose=pose,
        person=person,
        head=head,
        standard_points=points,
        aligned=aligned,
        levels=inside / inside.sum() if inside.any() else Missing("face.no_face"),
        background=background_on_aligned(aligned, person, size),
        backdrop=backdrop,
        skin=find_skin(tiny, mesh, tiny.shape[1] / image.shape[1]),
        eye_strip=eye_strip(image, mesh),
        appearance=find_appearance(aligned),
        surface=find_surface(aligned, mesh),
    )


def _nothing(sample: FaceSample, reason: Missing) -> FaceAnalysis:
    return FaceAnalysis(sample, *[reason] * 15)  # every stage for the same reason


def find_faces(small: RgbImage, *, thorough: bool = False) -> tuple[FaceBox, ...] | Missing:
    """The faces of a reduced picture, largest first, or why there is none.

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


def _in_profile(face: FaceBox) -> bool:
    """Whether the detector's two eyes fall almost together: a head seen from the side."""
    apart = np.linalg.norm(face.keypoints[1] - face.keypoints[0])
    return bool(apart < 0.3 * face.width)


def _landmarks(image: RgbImage, small: RgbImage, region: Region, scale: float) -> Landmarks:
    """Landmarks in px of the full picture, from the smallest picture that still shows the face at full detail."""
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
