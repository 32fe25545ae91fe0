"""Grown eyes: persons who do not exist, seen by a near-infrared camera, with the truth of every picture.

`grow` makes one eye from a seed; ``.capture`` takes a picture of it. Captured again, under whatever conditions, it is
the same iris texture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ktpel_capture.arrays import F32, F64, Bool, GreyImage, frozen_copy
from ktpel_capture.iris.eye_scene import EyeScene, Lens, Look, expose, grow_look, put_on_spectacles
from ktpel_capture.iris.texture import grow_texture
from ktpel_capture.samples import CaptureInfo, Eye, IrisSample


@dataclass(frozen=True, slots=True, eq=False)
class IrisTruth:
    """What is really in a grown picture.

    Attributes
    ----------
    pupil, limbus : (N, 2) float64, boundary points in pixels, also where a lid hides them.
    upper_lid, lower_lid : (N, 2) float64, the lids' margins in pixels, from the picture's left to its right.
    annulus : (H, W) bool, between pupil and limbus, hidden or not.
    mask : (H, W) bool, the part of it that is seen: no lid, lash, reflection, glare, and inside the picture.
    dilation : pupil diameter over iris diameter.
    gaze : (horizontal, vertical) radians off the camera's axis, positive to the picture's right and up.
    roll : radians, counter-clockwise as seen on the picture.
    lid_opening, defocus, motion : as they were asked for.
    """

    pupil: F64
    limbus: F64
    upper_lid: F64
    lower_lid: F64
    annulus: Bool
    mask: Bool
    dilation: float
    gaze: tuple[float, float]
    roll: float
    lid_opening: float
    defocus: float
    motion: float

    def __repr__(self) -> str:
        usable = 100 * self.mask.sum() / max(self.annulus.sum(), 1)
        return f"IrisTruth({usable:.0f} % of the iris seen, dilation {self.dilation:.2f})"


@dataclass(frozen=True, slots=True, eq=False)
class GrownEye:
    """One eye of a person who does not exist.

    Attributes
    ----------
    seed : that it was grown from; the same seed is the same eye.
    eye : which eye it is drawn as unless ``capture`` is told otherwise.
    texture : (rows, columns) float32 of mean 0 and deviation 1: the iris from pupil to limbus, by angle
        counter-clockwise from the picture's right.
    """

    seed: int
    eye: Eye
    texture: F32
    _look: Look = field(repr=False)

    def __repr__(self) -> str:
        return f"GrownEye({self.eye} eye, seed {self.seed})"

    def capture(
        self,
        *,
        seed: int,
        eye: Eye | None = None,
        dilation: float = 0.4,
        lid_opening: float = 1.0,
        gaze: tuple[float, float] = (0.0, 0.0),
        defocus: float = 0.0,
        motion: float = 0.0,
        scale: float = 1.0,
        shift: tuple[float, float] = (0.0, 0.0),
        roll: float = 0.0,
        exposure: float = 1.0,
        spectacles: bool = False,
        noise: float = 2.0,
        size: tuple[int, int] = (640, 480),
        lens: Lens = "none",
        interlace: float = 0.0,
    ) -> tuple[IrisSample, IrisTruth]:
        """Take one picture.

        Parameters
        ----------
        seed : of what differs from picture to picture: reflections, lashes in detail, noise, direction of motion.
        eye : the eye to draw it as (which side the nose is on), its own by default.
        dilation : pupil diameter over iris diameter, 0.1 .. 0.85.
        lid_opening : 0 closed, 1 open as usual, more is wide open.
        gaze : (horizontal, vertical) radians off the camera's axis, positive to the picture's right and up.
        defocus : standard deviation of the blur in pixels.
        motion : pixels moved during the exposure.
        scale : 1 is well framed: an iris radius of 113 px on 640x480.
        shift : of the eye from the picture's middle, as shares of its width and height, right and down.
        roll : radians, counter-clockwise as seen on the picture.
        exposure : factor on all light.
        spectacles : a frame at the edge and glare of the lamps.
        noise : standard deviation of the sensor's noise in grey levels.
        size : (width, height) in pixels.
        lens : ``textured`` prints a dotted contact lens over the iris.
        interlace : pixels that the odd rows are shifted against the even ones.

        Returns
        -------
        The sample and what is really in it.
        """
        if not 0.1 <= dilation <= 0.85:
            raise ValueError(f"dilation is pupil over iris diameter, 0.1 .. 0.85, not {dilation!r}")
        if scale <= 0 or exposure <= 0 or min(size) < 16:
            raise ValueError(f"scale {scale!r} and exposure {exposure!r} are above 0, size {size!r} from 16x16 up")
        eye = self.eye if eye is None else eye
        rng = np.random.default_rng((self.seed & 0xFFFFFFFF, seed & 0xFFFFFFFF, 77))
        scene = EyeScene(self._look, self.texture, eye, dilation, lid_opening, gaze, scale, shift, roll, size)
        picture, unseen = scene.draw(rng, lens)
        if spectacles:
            put_on_spectacles(picture, unseen, scene, rng)
        image = expose(picture, rng, defocus, motion, exposure, noise, interlace)
        annulus = scene.annulus
        truth = IrisTruth(
            pupil=frozen_copy(scene.to_picture(scene.pupil_boundary)),
            limbus=frozen_copy(scene.to_picture(scene.limbus_boundary)),
            upper_lid=frozen_copy(scene.lid_line(scene.upper)),
            lower_lid=frozen_copy(scene.lid_line(scene.lower)),
            annulus=frozen_copy(annulus),
            mask=frozen_copy(annulus & (unseen < 0.4)),
            dilation=dilation,
            gaze=gaze,
            roll=roll,
            lid_opening=lid_opening,
            defocus=defocus,
            motion=motion,
        )
        return IrisSample(image, eye, CaptureInfo(device="iris.synthesis")), truth


@lru_cache(maxsize=64)
def grow(seed: int, eye: Eye = "right") -> GrownEye:
    """Grow one eye; the same seed is the same eye."""
    return GrownEye(seed, eye, frozen_copy(grow_texture(seed)), grow_look(np.random.default_rng((seed, 31))))


def grow_pair(seed: int) -> Mapping[Eye, GrownEye]:
    """Grow a person's two eyes: alike in lids, lashes and shade, of different texture, as in life."""
    return MappingProxyType(
        {eye: GrownEye(own, eye, grow(own).texture, grow(seed)._look) for eye, own in _pair_seeds(seed).items()}
    )


def _pair_seeds(seed: int) -> dict[Eye, int]:
    return {"right": seed, "left": seed + 1_000_003}


def capture_binocular(
    pair: Mapping[Eye, GrownEye], *, seed: int, size: tuple[int, int] = (1280, 480), **conditions: object
) -> tuple[GreyImage, Mapping[Eye, IrisTruth]]:
    """One picture of both eyes side by side, as a binocular scanner's live view shows it.

    The subject's right eye stands in the picture's left half. Further conditions are those of `GrownEye.capture`; an
    eye that is not in ``pair`` leaves its half as closed lids.

    Returns
    -------
    (height, width) uint8 and the truth of each eye, in the pixels of its own half.
    """
    half = (size[0] // 2, size[1])
    halves, truths = [], {}
    order: tuple[Eye, Eye] = ("right", "left")
    for eye in order:
        grown = pair.get(eye)
        settings = dict(conditions)
        if grown is None:
            grown, settings["lid_opening"] = next(iter(pair.values())), 0.0
        sample, truth = grown.capture(seed=seed, eye=eye, size=half, **settings)  # type: ignore[arg-type]
        halves.append(sample.image)
        truths[eye] = truth
    return np.hstack(halves), MappingProxyType(truths)
