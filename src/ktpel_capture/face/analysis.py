"""Everything that is found in one portrait, computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool, RgbImage
from ktpel_capture.face.alignment import Aligned, align, standard_landmarks
from ktpel_capture.face.appearance import find_appearance
from ktpel_capture.face.backdrop import Backdrop, background_on_aligned, colour_difference, find_backdrop
from ktpel_capture.face.coverage import Coverage, find_coverage, hidden_on_picture
from ktpel_capture.face.detail import eye_strip
from ktpel_capture.face.detection import FaceBox, detect_faces
from ktpel_capture.face.head import Head, head_geometry
from ktpel_capture.face.landmarks import Landmarks, blendshapes
from ktpel_capture.face.light import Skin, find_skin
from ktpel_capture.face.patches import person_on_aligned
from ktpel_capture.face.pose import Pose, head_pose
from ktpel_capture.face.segmentation import person_probability
from ktpel_capture.face.sitter import SURE_FULL, beside, find_sitter, join_faces
from ktpel_capture.face.surface import Surface, find_surface
from ktpel_capture.imaging.resample import enlarged, reduced, within
from ktpel_capture.quality import Missing
from ktpel_capture.samples import FaceSample

_WORKING_SIDE, _BACKDROP_SIDE = 400, 200  # px: one reduction of the picture feeds every network
_QUIET = 15.0  # colour difference; a plain cloth lies below, so nobody can stand before it


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
    coverage : what of the face is hidden, and by how much.
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
    coverage: Coverage | Missing

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
    small = _working_picture(image)
    scale = image.shape[1] / small.shape[1]
    sitter = find_sitter(image, small, thorough=thorough)
    if isinstance(sitter, Missing):
        return _nothing(sample, sitter)
    mesh, faces = sitter.mesh, sitter.faces
    size = image.shape[1], image.shape[0]
    person = person_probability(small)
    head = head_geometry(mesh, person, size)
    points = standard_landmarks(mesh.points)
    aligned = align(image, points)
    tiny = within(small, _BACKDROP_SIDE)
    backdrop = find_backdrop(tiny, person, head, tiny.shape[1] / image.shape[1])
    if not thorough and not isinstance(backdrop, Missing) and colour_difference(backdrop, 98) > _QUIET:
        # What makes it unquiet may be somebody's face, on a poster or behind the sitter's shoulder.
        more = beside(image, small, mesh, detect_faces(small, "full"), sure=SURE_FULL)
        faces = (faces[0], *join_faces(faces[1:], more))
    counts: Any = cv2.calcHist([aligned.luminance], [0], aligned.region, [256], [0, 256])
    inside = counts.ravel().astype(np.float64)
    coverage, shrink = find_coverage(aligned, mesh), tiny.shape[1] / image.shape[1]
    hidden = None
    if not isinstance(coverage, Missing):
        hidden = hidden_on_picture(coverage, aligned, (tiny.shape[1], tiny.shape[0]), shrink)
    return FaceAnalysis(
        sample=sample,
        faces=tuple(face.scaled(scale) for face in faces),
        mesh=mesh,
        blendshapes=blendshapes(mesh),
        pose=head_pose(mesh),
        person=person,
        head=head,
        standard_points=points,
        aligned=aligned,
        levels=inside / inside.sum() if inside.any() else Missing("face.no_face"),
        background=background_on_aligned(aligned, person, size),
        backdrop=backdrop,
        skin=find_skin(tiny, mesh, shrink, hidden),
        eye_strip=eye_strip(image, mesh),
        appearance=find_appearance(aligned, person_on_aligned(person, aligned.to_aligned, size)),
        surface=find_surface(aligned, mesh),
        coverage=coverage,
    )


def _working_picture(image: RgbImage) -> RgbImage:
    """The picture at some hundred px; halving first is three times as fast and differs by a grey level."""
    while max(image.shape) >= 2 * _WORKING_SIDE and image.shape[0] % 2 == image.shape[1] % 2 == 0:
        image = reduced(image, (image.shape[1] // 2, image.shape[0] // 2))
    return within(image, _WORKING_SIDE)


def _nothing(sample: FaceSample, reason: Missing) -> FaceAnalysis:
    return FaceAnalysis(sample, *[reason] * 16)  # every stage for the same reason
