"""How a grown eye is drawn: where each pixel of a picture lies on the eye, and what is there to be seen.

Lengths are iris radii, with the centre of the iris at (0, 0), x right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool
from ktpel_capture.samples import Eye

Lens: TypeAlias = Literal["none", "textured"]

_RADIUS = 0.235
"""Iris radius at scale 1, as a share of the picture's height (of three quarters of its width where that is less)."""
_ANGLES = 1024
"""Entries of the tables that hold a radius by angle."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a person's eye looks like, apart from the iris texture; levels are grey values at exposure 1."""

    iris_level: float
    iris_contrast: float
    pupil_level: float
    sclera_level: float
    skin_level: float
    limbus_width: float
    limbal_ring: float
    pupil_offset: tuple[float, float]
    pupil_shape: F64
    limbus_shape: F64
    upper_height: float
    lower_height: float
    inner_corner: tuple[float, float]
    outer_corner: tuple[float, float]
    fold: float
    lashes: int
    lash_length: float
    lash_droop: float


def grow_look(rng: np.random.Generator) -> Look:
    harmonics = np.arange(2, 6)
    wobble = rng.normal(size=(2, 4, 2)) / harmonics[:, None]
    return Look(
        iris_level=rng.uniform(85, 140),
        iris_contrast=rng.uniform(9, 16),
        pupil_level=rng.uniform(12, 32),
        sclera_level=rng.uniform(165, 195),
        skin_level=rng.uniform(165, 215),
        limbus_width=rng.uniform(0.03, 0.07),
        limbal_ring=rng.uniform(0.0, 0.22),
        pupil_offset=(rng.uniform(0.0, 0.05), rng.uniform(-0.02, 0.04)),
        pupil_shape=0.016 * wobble[0],
        limbus_shape=0.007 * wobble[1],
        upper_height=rng.uniform(0.80, 1.02),
        lower_height=rng.uniform(0.93, 1.10),
        inner_corner=(rng.uniform(1.75, 2.15), rng.uniform(0.30, 0.55)),
        outer_corner=(rng.uniform(1.75, 2.20), rng.uniform(0.05, 0.35)),
        fold=rng.uniform(0.16, 0.40),
        lashes=int(rng.integers(45, 80)),
        lash_length=rng.uniform(0.45, 0.75),
        lash_droop=rng.uniform(0.05, 0.45),
    )


def _radii(shape: F64, base: float) -> F32:
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    waves = np.arange(2, 6)[:, None] * angles
    radii: F64 = base * (1 + shape[:, 0] @ np.cos(waves) + shape[:, 1] @ np.sin(waves))
    return radii.astype(np.float32)


def _step(distance: F32, width: float) -> F32:
    """0 where the distance is below -width/2, 1 above width/2, smooth between."""
    ramp = np.clip(distance / width + 0.5, 0, 1)
    smooth: F32 = ramp * ramp * (3 - 2 * ramp)
    return smooth


class EyeScene:
    """Geometry of one picture: where each pixel lies on the eye."""

    def __init__(
        self,
        look: Look,
        texture: F32,
        eye: Eye,
        dilation: float,
        lid_opening: float,
        gaze: tuple[float, float],
        scale: float,
        shift: tuple[float, float],
        roll: float,
        size: tuple[int, int],
    ) -> None:
        self.look = look
        self.texture = texture
        self.width, self.height = size
        self.radius = radius = _RADIUS * min(self.height, 0.75 * self.width) * scale
        self.pixel = 1 / radius
        self.nose = -1.0 if eye == "left" else 1.0
        self.opening = lid_opening
        self.middle = np.array([(0.5 + shift[0]) * (self.width - 1), (0.5 + shift[1]) * (self.height - 1)])
        self.turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
        steps = self.turn.T / radius
        rows = np.arange(self.height, dtype=np.float32)[:, None] - np.float32(self.middle[1])
        columns = np.arange(self.width, dtype=np.float32)[None, :] - np.float32(self.middle[0])
        self.x: F32 = np.float32(steps[0, 0]) * columns + np.float32(steps[0, 1]) * rows
        self.y: F32 = np.float32(steps[1, 0]) * columns + np.float32(steps[1, 1]) * rows

        tilt = float(np.hypot(*gaze))
        along = np.array([gaze[0], -gaze[1]]) / tilt if tilt else np.array([1.0, 0.0])
        self.iris_centre = 1.75 * np.sin(tilt) * along
        self.squash = np.eye(2) + (np.cos(tilt) - 1) * np.outer(along, along)
        self.pupil_centre = np.array([self.nose * look.pupil_offset[0], look.pupil_offset[1]])
        self.pupil_radii = _radii(look.pupil_shape, dilation)
        self.limbus_radii = _radii(look.limbus_shape, 1.0)

        base = look.lower_height
        self.lower_middle = base * (0.55 + 0.45 * min(lid_opening, 1.0))
        self.upper_middle = self.lower_middle - (self.lower_middle + look.upper_height) * lid_opening
        self.upper = self._lid(self.upper_middle)
        self.lower = self._lid(self.lower_middle)
        self.rho, self.angle, self.from_limbus = self._unwrap()

    def _lid(self, middle: float) -> tuple[float, float, float, float, float]:
        """A lid's margin: height at the middle, then distance and height of the left and the right corner."""
        look = self.look
        inner, outer = look.inner_corner, look.outer_corner
        left, right = (inner, outer) if self.nose < 0 else (outer, inner)
        return middle, left[0], left[1], right[0], right[1]

    @staticmethod
    def height_of(lid: tuple[float, float, float, float, float], x: F32 | F64) -> F32 | F64:
        middle, left, left_height, right, right_height = lid
        share = np.where(x < 0, -x / left, x / right)
        corner = np.where(x < 0, left_height, right_height)
        reach = np.minimum(np.abs(share), 1.4)
        return np.asarray(middle + (corner - middle) * reach**2.2)

    def _unwrap(self) -> tuple[F32, F32, F32]:
        """For each pixel the share of the way from pupil to limbus, the angle, and the distance past the limbus."""
        undo = np.linalg.inv(self.squash)
        dx, dy = self.x - np.float32(self.iris_centre[0]), self.y - np.float32(self.iris_centre[1])
        x = np.float32(undo[0, 0]) * dx + np.float32(undo[0, 1]) * dy
        y = np.float32(undo[1, 0]) * dx + np.float32(undo[1, 1]) * dy
        radius, angle = cv2.cartToPolar(x, -y)
        index = (angle * np.float32(_ANGLES / (2 * np.pi))).astype(np.int32) & (_ANGLES - 1)
        limbus = self.limbus_radii[index]
        from_limbus = radius - limbus
        rho = np.clip(radius, 0, 1).astype(np.float32)
        for _ in range(2):  # the sheet between two boundaries that share no centre, as a fixed point
            share = 1 - np.clip(rho, 0, 1)
            radius, angle = cv2.cartToPolar(
                x - share * np.float32(self.pupil_centre[0]), -(y - share * np.float32(self.pupil_centre[1]))
            )
            index = (angle * np.float32(_ANGLES / (2 * np.pi))).astype(np.int32) & (_ANGLES - 1)
            inner, outer = self.pupil_radii[index], self.limbus_radii[index]
            rho = (radius - inner) / (outer - inner)
        self.thickness = outer - inner
        return np.asarray(rho), np.asarray(angle), np.asarray(from_limbus)

    @property
    def annulus(self) -> Bool:
        inside: Bool = (self.rho > 0) & (self.rho <= 1)
        return inside

    def _boundary(self, radii: F32, centre: F64) -> F64:
        angles = np.arange(0, _ANGLES, 4) * (2 * np.pi / _ANGLES)
        circle = np.column_stack([np.cos(angles), -np.sin(angles)]) * radii[::4, None] + centre
        points: F64 = circle @ self.squash.T + self.iris_centre
        return points

    @property
    def pupil_boundary(self) -> F64:
        return self._boundary(self.pupil_radii, self.pupil_centre)

    @property
    def limbus_boundary(self) -> F64:
        return self._boundary(self.limbus_radii, np.zeros(2))

    def to_picture(self, points: F64) -> F64:
        placed: F64 = self.radius * points @ self.turn.T + self.middle
        return placed

    def lid_line(self, lid: tuple[float, float, float, float, float]) -> F64:
        x = np.linspace(-lid[1], lid[3], 129)
        return self.to_picture(np.column_stack([x, self.height_of(lid, x)]))

    def draw(self, rng: np.random.Generator, lens: Lens) -> tuple[F32, F32]:
        """The picture before lens and sensor, in grey levels, and how far each pixel of the iris is hidden, 0..1."""
        look = self.look
        soft = max(look.limbus_width, self.pixel)
        eye = self._iris(lens)
        sclera = self._sclera(rng)
        eye += (sclera - eye) * _step(self.from_limbus, soft)
        pupil_edge = _step(-self.rho * self.thickness, 1.5 * self.pixel)
        eye += (np.float32(look.pupil_level) - eye) * pupil_edge
        spots = self._reflections(rng)
        eye = np.maximum(eye, 265 * spots)

        above = (self.height_of(self.upper, self.x) - self.y).astype(np.float32)
        below = (self.y - self.height_of(self.lower, self.x)).astype(np.float32)
        shadow = np.exp(-np.maximum(-above, 0) / np.float32(0.10))
        eye *= 1 - np.float32(0.28) * shadow
        lid = np.maximum(_step(above, 2.5 * self.pixel), _step(below, 2.5 * self.pixel))
        eye += (self._skin(rng, above, below) - eye) * lid
        lashes = self._lashes(rng)
        eye += (np.float32(look.pupil_level + 18) - eye) * lashes
        return eye, np.maximum(np.maximum(lid, lashes), spots)

    def _iris(self, lens: Lens) -> F32:
        look = self.look
        rows, columns = self.texture.shape
        column = self.angle * np.float32(columns / (2 * np.pi))
        row = np.clip(self.rho, 0, 1) * np.float32(rows - 1)
        texture = cv2.remap(self.texture, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        level = look.iris_level * (1 - look.limbal_ring * np.clip((self.rho - 0.75) * 4, 0, 1) ** 2)
        iris: F32 = (level + look.iris_contrast * texture).astype(np.float32)
        if lens == "textured":
            dots = np.sin(60 * self.angle) * np.sin(self.rho * 34 + 3 * np.sin(7 * self.angle))
            printed = _step((dots - 0.1).astype(np.float32), 0.5) * _step((self.rho - 0.3).astype(np.float32), 0.1)
            iris += (np.float32(look.iris_level * 0.5) - iris) * np.float32(0.75) * printed
        return iris

    def _sclera(self, rng: np.random.Generator) -> F32:
        look = self.look
        veins = _clouds(rng, (self.height, self.width), 0.18 * self.radius) * np.float32(3)
        rounding = np.clip(np.abs(self.x) - 1, 0, 2).astype(np.float32)
        shaded: F32 = np.float32(look.sclera_level) - 16 * rounding**2 + veins
        return shaded

    def _skin(self, rng: np.random.Generator, above: F32, below: F32) -> F32:
        look = self.look
        shape = (self.height, self.width)
        skin = np.float32(look.skin_level) + 14 * _clouds(rng, shape, 1.2 * self.radius)
        skin += 5 * _clouds(rng, shape, 0.03 * self.radius)
        fold = above - np.float32(look.fold * (0.5 + 0.5 * min(self.opening, 1.0)))
        within = np.clip(np.float32(2.2) - 1.2 * np.abs(self.x), 0, 1)  # past the corners of the eye it fades
        skin -= 34 * within * np.exp(-((fold / np.float32(0.05)) ** 2))
        skin -= 20 * np.exp(-np.maximum(above, 0) / np.float32(0.08)) * (above > 0)
        rim = np.exp(-(((below - np.float32(0.04)) / np.float32(0.035)) ** 2))
        return np.asarray(skin + 10 * rim, dtype=np.float32)

    def _reflections(self, rng: np.random.Generator) -> F32:
        """Lamps mirrored by the cornea, near the pupil's middle, and a wet line on the lower lid."""
        spots = np.zeros((self.height, self.width), np.uint8)
        centre = self.pupil_centre + self.iris_centre * 0.55 + rng.normal(0, 0.05, 2)
        count = int(rng.integers(1, 4))
        places = [centre + rng.normal(0, 0.08, 2) for _ in range(count)]
        places += [np.array([rng.normal(0, 0.1), self.lower_middle - 0.02])] if rng.random() < 0.6 else []
        for place in places:
            x, y = self.to_picture(place[None])[0]
            axes = np.maximum(self.radius * rng.uniform(0.025, 0.055, 2), 0.8)
            cv2.ellipse(spots, (int(x), int(y)), (round(axes[0]), round(axes[1])), 0, 0, 360, 255, -1, cv2.LINE_AA)
        return np.asarray(cv2.GaussianBlur(spots, (0, 0), 0.7), dtype=np.float32) / np.float32(255)

    def _lashes(self, rng: np.random.Generator) -> F32:
        look = self.look
        hairs = np.zeros((self.height, self.width), np.uint8)
        shape = np.random.default_rng(look.lashes)  # a person's lashes stand where they stood before
        rows = (
            (self.upper, look.lashes, look.lash_length, -1.0, look.lash_droop + 0.35 * (1 - min(self.opening, 1.0))),
            (self.lower, look.lashes // 2, 0.45 * look.lash_length, 1.0, 0.0),
        )
        for lid, count, length, outwards, droop in rows:
            roots = shape.uniform(-0.92 * lid[1], 0.92 * lid[3], count)
            jitter = rng.normal(0, 0.02, (count, 2))
            for root, move in zip(roots, jitter, strict=True):
                away = length * shape.uniform(0.6, 1.2)
                falls = shape.random() < droop
                rise = -0.55 * outwards if falls else outwards * shape.uniform(0.5, 1.0)
                fan = 0.55 * root + shape.normal(0, 0.15)
                start = np.array([root, float(self.height_of(lid, np.array([root]))[0])])
                bend = start + away * np.array([0.35 * fan, 0.35 * (-outwards if not falls else rise)])
                tip = start + away * np.array([fan, rise]) + move
                share = np.linspace(0, 1, 9)[:, None]
                curve = (1 - share) ** 2 * start + 2 * share * (1 - share) * bend + share**2 * tip
                thickness = max(1, round(self.radius * 0.017 * shape.uniform(0.7, 1.4)))
                points = np.round(self.to_picture(curve) * 16).astype(np.int32)
                cv2.polylines(hairs, [points], False, 255, thickness, cv2.LINE_AA, 4)
        return np.asarray(hairs, dtype=np.float32) * np.float32(0.85 / 255)


def _clouds(rng: np.random.Generator, shape: tuple[int, int], length: float) -> F32:
    """Smooth noise of deviation about 1 whose details are ``length`` pixels large."""
    step = max(length, 1.0)
    small = rng.normal(size=(int(shape[0] / step) + 3, int(shape[1] / step) + 3)).astype(np.float32)
    large = cv2.resize(small, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    clouds: F32 = np.asarray(large, dtype=np.float32)[: shape[0], : shape[1]]
    return clouds


def put_on_spectacles(picture: F32, unseen: F32, scene: EyeScene, rng: np.random.Generator) -> None:
    """Glare of the lamps on the glasses and a frame around them, drawn in place."""
    height, width = picture.shape
    glare = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(2, 5))):
        place = rng.uniform((-1.4, -1.0), (1.4, 1.0))
        x, y = scene.to_picture(place[None])[0]
        wide, high = scene.radius * rng.uniform(0.08, 0.22, 2)
        cv2.ellipse(glare, (int(x), int(y)), (int(wide), int(high)), 20, 0, 360, 255, -1, cv2.LINE_AA)
    light = cv2.GaussianBlur(glare, (0, 0), 1.5).astype(np.float32) / 255
    np.maximum(picture, 265 * light, out=picture)
    np.maximum(unseen, light, out=unseen)
    frame = np.zeros((height, width), np.uint8)
    middle = scene.to_picture(np.array([[0.0, 0.1]]))[0]
    axes = (int(2.6 * scene.radius), int(1.75 * scene.radius))
    thickness = max(2, round(0.12 * scene.radius))
    cv2.ellipse(frame, (int(middle[0]), int(middle[1])), axes, 0, 0, 360, 255, thickness, cv2.LINE_AA)
    rim = frame.astype(np.float32) / 255
    picture += (30 - picture) * rim
    np.maximum(unseen, rim, out=unseen)


def expose(
    picture: F32,
    rng: np.random.Generator,
    defocus: float,
    motion: float,
    exposure: float,
    noise: float,
    interlace: float,
) -> U8:
    """Lens, movement and sensor."""
    if defocus > 0:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), defocus), dtype=np.float32)
    if motion > 0:
        direction = rng.uniform(0, np.pi)
        half = int(np.ceil(motion / 2)) + 1
        kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
        for share in np.linspace(-0.5, 0.5, 4 * half + 1):
            x, y = half + share * motion * np.cos(direction), half - share * motion * np.sin(direction)
            column, row = int(x), int(y)
            fx, fy = x - column, y - row
            kernel[row : row + 2, column : column + 2] += np.outer((1 - fy, fy), (1 - fx, fx))[
                : kernel.shape[0] - row, : kernel.shape[1] - column
            ]
        moved = cv2.filter2D(picture, cv2.CV_32F, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
        picture = np.asarray(moved, dtype=np.float32)
    if interlace:
        shifting = np.array([[1, 0, interlace], [0, 1, 0]], np.float32)
        size = (picture.shape[1], picture.shape[0])
        other = cv2.warpAffine(picture, shifting, size, borderMode=cv2.BORDER_REPLICATE)
        picture = picture.copy()
        picture[1::2] = other[1::2]
    if exposure != 1:
        picture = picture * np.float32(exposure)
    if noise > 0:
        picture = picture + rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(noise)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)
