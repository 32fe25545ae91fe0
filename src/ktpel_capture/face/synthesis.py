"""Composed portraits with truth: packaged faces before a cloth, with everything that goes wrong at a school.

``grow(seed)`` seats a person, ``person.capture(seed=..., **conditions)`` takes the picture. Ten synthetic faces come
with the package (NOTICE names them); seeds ten apart are the same face mirrored, and every seed has its own
proportions. What is composed is a picture, not a reconstruction: turns end at 0.5 rad (29 degrees).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, U8, Bool, RgbImage, frozen_copy
from ktpel_capture.face.coverings import HIDDEN, Covering, Scarf, draw_covering, draw_headscarf
from ktpel_capture.face.landmarks import Landmarks
from ktpel_capture.face.pose import head_pose
from ktpel_capture.face.scenery import backdrop_image, draw_spectacles
from ktpel_capture.face.warps import Neutral, lower_lids, mouth_shift, pose_map, turned_depth, turned_points
from ktpel_capture.imaging.resample import enlarged, inverted, remapped, softened, warped
from ktpel_capture.samples import CaptureInfo, FaceSample

Backdrop: TypeAlias = Literal["red", "blue", "orange", "white", "grey", "green", "cluttered"]
PORTRAITS = 10
MOST_TURNED = 0.5
"""Greatest yaw and pitch, rad."""
_PAD_TOP, _PAD_SIDE, _PAD_BOTTOM = (
    60,
    200,
    300,
)
"""px round a packaged portrait, so that clothes never end in the picture."""
_NECKS = {2: 62.0, 3: 62.0, 7: 58.0}
"""Half the width in px of what a shirt does not cover at the lower edge of a packaged picture."""
_EYE_TO_CHIN = 0.335  # of the 3:4 window's height, in a well framed picture
_EYE_LINE = 0.475


@dataclass(frozen=True, slots=True, eq=False)
class FaceTruth:
    """What a composed portrait shows.

    Attributes
    ----------
    landmarks : (478, 2) px, MediaPipe's numbering.
    person_mask : (height, width) bool, the sitter alone.
    yaw, pitch, roll : rad; yaw to the person's left, pitch downwards, roll counter-clockwise as seen are positive.
    backdrop : colour of the cloth.
    eyes_closed, mouth_open : 0..1.
    spectacles, headscarf, someone_behind : whether they are there.
    covered : which of ``forehead``, ``cheek`` and ``chin`` are hidden.
    """

    landmarks: F64
    person_mask: Bool
    yaw: float
    pitch: float
    roll: float
    backdrop: str
    eyes_closed: float
    mouth_open: float
    spectacles: bool
    headscarf: bool
    someone_behind: bool
    covered: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One simulated sitter; make one with `grow`."""

    seed: int
    portrait: int
    mirrored: bool
    stretch: float
    _colours: U8 = field(repr=False)
    _neutral: Neutral = field(repr=False)

    def __repr__(self) -> str:
        return f"Person(seed {self.seed}, portrait {self.portrait}{' mirrored' if self.mirrored else ''})"

    def capture(
        self,
        *,
        seed: int,
        size: tuple[int, int] = (1200, 1600),
        backdrop: Backdrop = "red",
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        shift: tuple[float, float] = (0.0, 0.0),
        distance: float = 1.0,
        exposure: float = 1.0,
        backlight: float = 0.0,
        light_from: float = 0.0,
        blur: float = 0.0,
        cast: tuple[float, float, float] = (1.0, 1.0, 1.0),
        noise: float = 1.5,
        eyes_closed: float = 0.0,
        mouth_open: float = 0.0,
        spectacles: bool | Literal["glare", "dark"] = False,
        headscarf: bool | Scarf = False,
        covering: Covering | None = None,
        someone_behind: bool = False,
    ) -> tuple[FaceSample, FaceTruth]:
        """Take one picture.

        Parameters
        ----------
        seed : of the folds of the cloth, the noise and who stands behind.
        size : (width, height) px.
        backdrop : colour of the cloth, or ``cluttered`` for a classroom.
        yaw, pitch, roll : rad, as in `FaceTruth`; yaw and pitch within 0.5.
        shift : right and down, as a share of the picture.
        distance : 1 is well framed, 2 twice as far.
        exposure : light of the picture, 1 is right.
        backlight : 0..1, a bright window behind a dark face.
        light_from : -1..1, a lamp on the left or the right of the picture.
        blur : standard deviation in px of a picture 1600 px high.
        cast : gain of red, green and blue.
        noise : standard deviation in grey levels.
        eyes_closed, mouth_open : 0..1.
        spectacles : ``glare`` for lenses that reflect, ``dark`` for sunglasses.
        headscarf : a scarf that leaves the face free from forehead to chin (``proper`` or True), or that lies
            ``over_chin``, ``over_cheek`` or ``over_forehead``, or a ``veil`` below the eyes.
        covering : a ``mask``, a ``hand`` on the chin, or a ``fringe`` over the brows.
        someone_behind : a second person.

        Raises
        ------
        ValueError : a head turned or nodded by more than 0.5 rad, which a flat picture cannot show.
        """
        if not max(abs(yaw), abs(pitch)) <= MOST_TURNED:
            raise ValueError(
                f"a composed head turns by at most {MOST_TURNED} rad, not by yaw {yaw:g} and pitch {pitch:g}; "
                "a packaged face is a flat picture"
            )
        rng = np.random.default_rng([self.seed, seed])
        width, height = size
        window = min(height, width / 0.75)
        neutral = self._neutral
        eye_to_chin = float(np.linalg.norm(neutral.points[152] - neutral.eye_middle))
        place = _placement(neutral, size, window * _EYE_TO_CHIN / eye_to_chin / distance, roll, shift)

        figure = self._pose(yaw, pitch, eyes_closed, mouth_open)
        points = turned_points(neutral, yaw, pitch, eyes_closed, mouth_open) @ place[:, :2].T + place[:, 2]
        figure = warped(figure, inverted(place), size, cubic=True)
        hidden: frozenset[str] = frozenset()
        if headscarf:
            worn: Scarf = "proper" if headscarf is True else headscarf
            figure, hidden = draw_headscarf(figure, points, worn, rng), HIDDEN[worn]
        if covering:
            figure, hidden = draw_covering(figure, points, covering, rng), hidden | HIDDEN[covering]
        mask = figure[..., 3] > 127
        if spectacles:
            draw_spectacles(figure, points, "plain" if spectacles is True else spectacles)
        if light_from:
            _light_from_side(figure, points, light_from)
        scene = backdrop_image(backdrop, size, rng)
        if someone_behind:
            scene = _with_a_second(scene, self.seed, window, rng)
        gains = np.array(cast) * exposure
        figure[..., :3] = _lit(figure[..., :3], gains * (1 - 0.85 * backlight))
        image = _over(figure, _lit(scene, gains * (1 + 4 * backlight)))
        image = _with_noise(softened(image, blur * height / 1600), noise, rng)
        truth = FaceTruth(
            frozen_copy(points), frozen_copy(mask), yaw, pitch, roll, backdrop,
            eyes_closed, mouth_open, bool(spectacles), bool(headscarf), someone_behind, hidden,
        )  # fmt: skip
        return FaceSample(image, CaptureInfo(device="face.synthesis")), truth

    def _pose(self, yaw: float, pitch: float, eyes_closed: float, mouth_open: float) -> U8:
        """The cut-out with the head turned, lids and mouth moved: (height, width, 4) RGB and coverage."""
        colours = lower_lids(self._colours, self._neutral, eyes_closed) if eyes_closed else self._colours
        if not (yaw or pitch or mouth_open):
            return colours.copy()
        size = colours.shape[1], colours.shape[0]
        where = pose_map(self._neutral, size, yaw, pitch)
        if not mouth_open:
            return remapped(colours, where, cubic=True)
        lips, opening = mouth_shift(self._neutral, size, mouth_open)
        moved, inside = remapped(lips, where), remapped(opening, where)[..., None]
        where[..., 1] += moved
        figure = remapped(colours, where, cubic=True)
        figure[..., :3] = np.round(figure[..., :3] * (1 - inside) + np.array([58, 20, 20]) * inside)
        return figure


@lru_cache(maxsize=32)
def grow(seed: int) -> Person:
    """The person of a seed.

    Examples
    --------
    >>> sample, truth = grow(7).capture(seed=1, backdrop="blue", size=(600, 800))
    >>> sample
    FaceSample(600x800 px)
    """
    if seed < 0:
        raise ValueError(f"a seed is a whole number from 0, not {seed}")
    rng = np.random.default_rng([seed, 20])
    portrait, mirrored, stretch = seed % PORTRAITS, bool(seed // PORTRAITS % 2), float(rng.uniform(0.96, 1.04))
    folder = files(__package__).joinpath("portraits")
    rgb = _decoded(folder.joinpath(f"{portrait:02d}.jpg").read_bytes(), cv2.IMREAD_COLOR)[..., ::-1]
    alpha = _decoded(folder.joinpath(f"{portrait:02d}.png").read_bytes(), cv2.IMREAD_GRAYSCALE)
    with folder.joinpath("landmarks.npy").open("rb") as file:
        mesh: F64 = np.load(file)[portrait].astype(np.float64)
    if mirrored:
        rgb, alpha = rgb[:, ::-1], alpha[:, ::-1]
        mesh = mesh[_mirror_order()]
        mesh[:, 0] = rgb.shape[1] - 1 - mesh[:, 0]
    cover = np.clip(alpha.astype(np.float32) * (255 / 248), 0, 255).astype(np.uint8)
    colours: U8 = np.dstack((_sharpened(rgb, cover), cover))
    colours = np.pad(colours, ((0, 0), (_PAD_SIDE, _PAD_SIDE), (0, 0)), "edge")
    neck = float(mesh[152, 0]) + _PAD_SIDE, _NECKS.get(portrait, 0.0)
    colours = np.vstack((colours, _more_clothes(colours[-1], neck)))
    colours = np.pad(colours, ((_PAD_TOP, 0), (0, 0), (0, 0)), "edge")
    colours[: _PAD_TOP + 1, :, 3] = 0
    colours = enlarged(colours, (round(colours.shape[1] * stretch), colours.shape[0]), cubic=True)
    stretch = colours.shape[1] / (rgb.shape[1] + 2 * _PAD_SIDE)
    points = (mesh[:, :2] + [_PAD_SIDE, _PAD_TOP]) * [stretch, 1]
    colours, neutral = _levelled(colours, Neutral(points, mesh[:, 2]))
    return Person(seed, portrait, mirrored, stretch, frozen_copy(colours), neutral)


def _levelled(colours: U8, seated: Neutral) -> tuple[U8, Neutral]:
    """The cut-out with the turn of the packaged picture undone, so that yaw, pitch and roll count from a level head."""
    pose = head_pose(Landmarks(seated.points, seated.depth, 1.0))
    size = colours.shape[1], colours.shape[0]
    turned = remapped(colours, pose_map(seated, size, -pose.yaw, -pose.pitch), cubic=True)
    points, depth = turned_points(seated, -pose.yaw, -pose.pitch), turned_depth(seated, -pose.yaw, -pose.pitch)
    x, y, _ = seated.pivot
    cos, sin = math.cos(pose.roll), math.sin(pose.roll)
    upright = np.array([[cos, -sin], [sin, cos]])  # the picture's leaning head goes clockwise by its own roll
    place = np.column_stack((upright, np.array([x, y]) - upright @ [x, y]))
    return warped(turned, inverted(place), size, cubic=True), Neutral(points @ upright.T + place[:, 2], depth)


def _sharpened(rgb: RgbImage, cover: U8) -> RgbImage:
    """Sharper inside; the rim, where old surroundings would shine through, stays soft."""
    sharp = np.clip(rgb * 1.7 - softened(rgb, 1.0) * 0.7, 0, 255).astype(np.uint8)
    inside = cv2.erode((cover > 250).astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(inside[..., None] > 0, sharp, rgb)


def _more_clothes(last: U8, neck: tuple[float, float]) -> U8:
    """What hangs below the packaged picture: plain cloth of the shoulders' colour, a bare neck closed by a neckline."""
    middle, half = neck
    x, y = np.arange(len(last)) - middle, np.arange(_PAD_BOTTOM)[:, None]
    bare = half * np.sqrt(np.clip(1 - (y / max(0.6 * half, 1.0)) ** 2, 0, 1)) if half else np.zeros_like(y, np.float64)
    covered = (np.abs(x) > half) & (last[:, 3] > 200)
    cloth = np.median(last[covered & (np.abs(x) < half + 90), :3], 0)
    came = np.clip(middle + x * half / np.maximum(bare, 1e-6), 0, len(last) - 1)
    skin = softened(last[np.round(came).astype(np.intp)], 1.5, across=4.0)
    drawn = softened(np.repeat(last[None], _PAD_BOTTOM, 0), 1.0, across=3.0)
    fading = np.clip(y / 40, 0, 1)[..., None]
    body = drawn[..., :3] * (1 - fading) + cloth * fading
    edge = np.clip((bare - np.abs(x)) / 2 + 0.5, 0, 1)[..., None] * (bare > 0)[..., None]
    drawn[..., :3] = (body * (1 - edge) + skin[..., :3] * edge).astype(np.uint8)
    return drawn


def _decoded(content: bytes, flags: int) -> U8:
    image: Any = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    decoded: U8 = image
    return decoded


@lru_cache(maxsize=1)
def _mirror_order() -> Any:
    """Which landmark stands where another stood once the picture is mirrored."""
    with files(__package__).joinpath("portraits", "landmarks.npy").open("rb") as file:
        mesh: F64 = np.load(file).astype(np.float64).mean(0)
    centred = mesh[:, :2] - mesh[[10, 152, 1], :2].mean(0)
    flipped = centred * [-1, 1]
    distance = np.linalg.norm(flipped[:, None] - centred[None], axis=2)
    return distance.argmin(1)


def _with_a_second(scene: RgbImage, seed: int, window: float, rng: np.random.Generator) -> RgbImage:
    """Somebody else behind the sitter's shoulder, two and a half times as far away."""
    other = grow((seed + 1 + int(rng.integers(PORTRAITS - 1))) % PORTRAITS)
    size = scene.shape[1], scene.shape[0]
    reach = float(np.linalg.norm(other._neutral.points[152] - other._neutral.eye_middle))
    across = 0.385 * 0.75 * window / size[0] * (1 if rng.random() < 0.5 else -1)
    place = _placement(other._neutral, size, 0.4 * window * _EYE_TO_CHIN / reach, 0.0, (across, -0.2))
    cut_out = other._colours.copy()
    cut_out[:, :_PAD_SIDE, 3] = cut_out[:, -_PAD_SIDE:, 3] = 0
    return _over(warped(cut_out, inverted(place), size), scene)


def _placement(neutral: Neutral, size: tuple[int, int], scale: float, roll: float, shift: tuple[float, float]) -> F64:
    """(2, 3) affine map from the cut-out to the picture."""
    width, height = size
    window = min(height, width / 0.75)
    middle = neutral.eye_middle
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    turn = np.array([[cos, sin], [-sin, cos]])
    target = np.array([width * (0.5 + shift[0]), (height - window) / 2 + window * _EYE_LINE + height * shift[1]])
    return np.column_stack((turn, target - turn @ middle))


def _lit(image: RgbImage, gains: F64) -> RgbImage:
    """The picture under more or less light in red, green and blue, clipped as a sensor clips (IEC 61966-2-1)."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    lit = np.clip(linear[:, None] * gains[None, :], 0, 1)
    encoded = np.where(lit <= 0.0031308, 12.92 * lit, 1.055 * lit ** (1 / 2.4) - 0.055)
    table: Any = cv2.LUT(image, np.round(encoded * 255).astype(np.uint8)[None])
    lit_image: RgbImage = table
    return lit_image


def _light_from_side(figure: U8, points: F64, light_from: float) -> None:
    """Shade the figure in place: one side of the head brighter, the other darker."""
    middle, half = points[[234, 454], 0].mean(), max(1.0, np.ptp(points[[234, 454], 0]) / 2)
    across = np.clip((np.arange(figure.shape[1]) - middle) / half, -1.2, 1.2)
    gain: F32 = np.clip(1 + light_from * across * 0.75, 0.05, 1.6).astype(np.float32)
    lit = np.clip(figure[..., :3] * gain[None, :, None], 0, 255)
    figure[..., :3] = lit.astype(np.uint8)


def _over(figure: U8, scene: RgbImage) -> RgbImage:
    """The figure laid on the scene by its coverage."""
    rows = np.flatnonzero(figure[..., 3].any(1))
    if not rows.size:
        return scene
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    cover = figure[part, :, 3].astype(np.uint16)[..., None]
    result = scene.copy()
    result[part] = (figure[part, :, :3] * cover + scene[part] * (255 - cover) + 127) // 255
    return result


def _with_noise(image: RgbImage, deviation: float, rng: np.random.Generator) -> RgbImage:
    if deviation <= 0:
        return image
    tile = np.round(rng.normal(0, deviation, (251, 257, 3))).astype(np.int16)
    height, width = image.shape[:2]
    grain = np.pad(tile, ((0, max(0, height - 251)), (0, max(0, width - 257)), (0, 0)), "wrap")
    added: Any = cv2.add(image, grain[:height, :width], dtype=cv2.CV_8U)
    noisy: RgbImage = added
    return noisy
