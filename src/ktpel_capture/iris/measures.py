"""The quality measures of an iris picture, as ISO/IEC 29794-6:2015 names them.

The standard's text was not to be had: each measure says where its formula comes from and how sure we are. Components
(0..100) are our own straight lines from a value that is of no use to one that leaves nothing to wish.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from ktpel_capture.arrays import F32, F64, I64, Bool, GreyImage, frozen_copy
from ktpel_capture.iris.analysis import Band, Zones
from ktpel_capture.iris.boundaries import Boundary
from ktpel_capture.iris.edges import EdgeWidth
from ktpel_capture.iris.gaze import LAG
from ktpel_capture.iris.sharpness import sharpness_of
from ktpel_capture.quality import Missing, Native, QualityMeasure

_OURS = "our own; ISO/IEC 29794-6 names the subject, a public formula was not found"


def usable_iris_area(pupil: Boundary, limbus: Boundary, mask: Bool) -> Native:
    """How much of the iris is really seen, not hidden by lids, lashes or reflections nor cut by the picture's edge.

    Usable pixels over the area between the boundaries, inside the picture and beyond it, in percent.
    """
    whole = _area(limbus) - _area(pupil)
    return min(100.0, 100 * _count(mask) / whole) if whole > 0 else Missing("iris.no_eye")


def _area(boundary: Boundary) -> float:
    """Area inside a contour in pixels."""
    x, y = boundary.contour.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def iris_sclera_contrast(zones: Zones) -> Native:
    """How clearly the white of the eye stands out against the iris.

    100 |s - i| / (s + i - 2 p) of the medians of sclera, outer iris and pupil; 0 where the pupil is not darker than
    both.
    """
    sclera, iris, pupil = zones.sclera, zones.outer_iris, zones.pupil
    if isinstance(sclera, Missing):
        return sclera
    if isinstance(iris, Missing):
        return iris
    if isinstance(pupil, Missing):
        return pupil
    if pupil >= iris or pupil >= sclera:
        return 0.0
    return 100 * abs(sclera - iris) / (sclera + iris - 2 * pupil)


def iris_pupil_contrast(zones: Zones) -> Native:
    """How clearly the iris stands out against the pupil.

    100 w / (0.75 + w) of the Weber ratio w = |i - p| / (20 + p) between the medians of inner iris and pupil.
    """
    iris, pupil = zones.inner_iris, zones.pupil
    if isinstance(iris, Missing):
        return iris
    if isinstance(pupil, Missing):
        return pupil
    weber = abs(iris - pupil) / (20 + pupil)
    return 100 * weber / (0.75 + weber)


def _count(mask: Bool) -> int:
    return cv2.countNonZero(mask.view(np.uint8))


def _circularity(radii: F64) -> float:
    """max(0, 100 - sum over k = 1..16 of |C_k|^2 / N), C the discrete Fourier transform of N radii."""
    spectrum = np.fft.rfft(radii)[1:17]
    return max(0.0, 100.0 - float(np.sum(np.abs(spectrum) ** 2)) / len(radii))


def _radii(pupil: Boundary) -> F64:
    distances: F64 = np.hypot(*(pupil.contour - (pupil.x, pupil.y)).T)
    return distances


def pupil_boundary_circularity(pupil: Boundary) -> Native:
    """How round the pupil is, by its radii in pixels.

    Falls with the square of the picture's resolution: many good eyes give 0. Reported, not judged; see
    ``iris.pupil_boundary_circularity_relative``.
    """
    return _circularity(_radii(pupil))


def pupil_boundary_circularity_relative(pupil: Boundary) -> Native:
    """How round the pupil is, by its radii as shares of their mean.

    The other reading of the same formula: nearly all eyes come close to 100. Reported, not judged.
    """
    radii = _radii(pupil)
    return _circularity(radii / radii.mean())


def grey_scale_utilisation(image: GreyImage, limbus: Boundary) -> Native:
    """How much of the range of grey levels the picture uses: the entropy of its histogram."""
    return _entropy(_histogram(image))


def iris_grey_scale_utilisation(image: GreyImage, mask: Bool) -> Native:
    """How much of the range of grey levels the usable iris uses: the entropy of its histogram."""
    if not mask.any():
        return Missing("iris.too_little_seen")
    return _entropy(_histogram(image[mask]))


def _histogram(levels: GreyImage) -> F64:
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256])
    return np.asarray(counts, dtype=np.float64).ravel()


def _entropy(counts: F64) -> float:
    shares = counts[counts > 0] / counts.sum()
    return abs(float(-(shares * np.log2(shares)).sum()))


def iris_radius(limbus: Boundary) -> Native:
    """How large the iris is in the picture: the radius of the limbus's best circle."""
    return limbus.radius


def picture_filled(image: GreyImage, limbus: Boundary) -> Native:
    """How much of the picture's height the iris takes: too much and no place is left for its margins.

    83 % in a picture cropped as ISO/IEC 19794-6 says; above 86 % the standard's margin cannot be adequate.
    """
    return 200 * limbus.radius / float(image.shape[0])


def pupil_iris_ratio(pupil: Boundary, limbus: Boundary) -> Native:
    """How wide the pupil is: its radius over that of the iris, in percent."""
    return 100 * pupil.radius / limbus.radius


def iris_pupil_concentricity(pupil: Boundary, limbus: Boundary) -> Native:
    """How near the pupil's centre lies to that of the iris: 100 (1 - d / r), 0 at the least."""
    apart = float(np.hypot(pupil.x - limbus.x, pupil.y - limbus.y))
    return max(0.0, 100 * (1 - apart / limbus.radius))


def margin_adequacy(image: GreyImage, limbus: Boundary) -> Native:
    """Whether there is enough picture around the iris.

    The least over the four sides of the gap between limbus and edge in iris radii, over 0.6 left and right and over
    0.2 above and below, held in 0..1; in percent.
    """
    height, width = image.shape
    sideways = min(limbus.x, width - 1 - limbus.x) - limbus.radius
    upright = min(limbus.y, height - 1 - limbus.y) - limbus.radius
    least = min(sideways / limbus.radius / 0.6, upright / limbus.radius / 0.2)
    return 100 * float(np.clip(least, 0, 1))


def sharpness(image: GreyImage, limbus: Boundary) -> Native:
    """How sharp the picture is, by the standard's 9x9 kernel on every fourth row and column.

    100 P^2 / (P^2 + C^2) of the mean squared response P with C = 1.8e6. Only pictures of an eye have it: noise would
    look very sharp.
    """
    return sharpness_of(image)


def motion_blur(edge: EdgeWidth) -> Native:
    """How far the eye moved during the exposure, in pixels.

    A movement widens the pupil's edge along its direction only: the root of the difference of the squared widths in
    the two main directions. An eye at rest gives 1 to 3 px, because no pupil is quite even.
    """
    return float(np.sqrt(max(0.0, edge.wide**2 - edge.narrow**2)))


def defocus_blur(edge: EdgeWidth) -> Native:
    """How wide the pupil's edge is where it is narrowest, in pixels: what is left when movement is taken away."""
    return edge.narrow


def gaze_angle(glint: tuple[float, float]) -> Native:
    """How far the eye looks past the lamps, in degrees.

    The lamps' reflection in the cornea lags behind the pupil by about three quarters of an iris radius times the sine
    of the angle. Lamps stand beside the lens, so an eye that looks into it gives up to 15 degrees. The limbus's and the
    pupil's oval are not used: lids hide most of the one, and pupils are of themselves as oval as one that looks 15
    degrees aside.
    """
    return float(np.degrees(np.arcsin(min(1.0, np.hypot(*glint) / LAG))))


def interlace(image: GreyImage, limbus: Boundary) -> Native:
    """Whether odd and even rows were taken at different times: combed edges of an eye that moved.

    How far each row is from the mean of its neighbours, over how far it is from the mean of the rows two away: below
    1 in any picture taken at once (1 in pure noise), above it in a combed one.
    """
    top, bottom = max(0, int(limbus.y - limbus.radius)), int(limbus.y + limbus.radius) + 1
    left, right = max(0, int(limbus.x - limbus.radius)), int(limbus.x + limbus.radius) + 1
    part = image[top:bottom, left:right]
    if part.shape[0] < 16:
        return Missing("iris.too_little_seen")
    near = cv2.filter2D(part, cv2.CV_16S, np.array([[-1], [2], [-1]], np.float32))[2:-2]
    far = cv2.filter2D(part, cv2.CV_16S, np.array([[-1], [0], [2], [0], [-1]], np.float32))[2:-2]
    return cv2.norm(near, cv2.NORM_L1) / max(cv2.norm(far, cv2.NORM_L1), 1.0)


def pattern_regularity(band: Band) -> Native:
    """How much a regular dot pattern stands out of the iris texture, in decibels: for information only.

    The strongest line of the unwrapped iris's spectrum over the median of lines of about the same fineness. Grown
    over, a natural iris has no single line; printed lenses and prints of an eye often do. It sees coarse, regular
    patterns only, and says nothing of whether a living eye was presented.
    """
    if band.usable.mean() < 0.3:
        return Missing("iris.too_little_seen")
    rows = band.image.astype(np.float32)
    level = float(rows[band.usable].mean())
    rows = np.where(band.usable, rows - np.float32(level), np.float32(0)) * _window(rows.shape[0])
    spectrum = cv2.dft(rows, flags=cv2.DFT_COMPLEX_OUTPUT)[:, : rows.shape[1] // 2 + 1]
    power = (spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2).ravel()
    strongest = 1.0
    for ring in _rings(rows.shape):
        lines = power[ring]
        middle = len(lines) // 2
        strongest = max(strongest, float(lines.max()) / max(float(np.partition(lines, middle)[middle]), 1e-6))
    return 10 * float(np.log10(strongest))


@cache
def _window(rows: int) -> F32:
    window: F32 = frozen_copy(np.hanning(rows)[:, None].astype(np.float32))
    return window


@cache
def _rings(shape: tuple[int, int]) -> tuple[I64, ...]:
    """Places of a spectrum's lines of about the same fineness, ring after ring."""
    fineness = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]).ravel()
    edges = np.arange(0.08, 0.4, 0.04)
    return tuple(frozen_copy(np.flatnonzero((fineness >= least) & (fineness < least + 0.04))) for least in edges)


def glare_area(annulus: Bool, reflections: Bool) -> Native:
    """How much of the iris mirrors a lamp, a window or a spectacle lens, in percent; part of the unusable area."""
    whole = _count(annulus)
    return 100 * _count(annulus & reflections) / whole if whole else Missing("iris.no_eye")


def _line(low: float, high: float) -> Callable[[float], float]:
    """A component of 0 at ``low``, 100 at ``high`` and beyond."""
    return lambda native: 100 * float(np.clip((native - low) / (high - low), 0, 1))


def _between(least: float, low: float, high: float, most: float) -> Callable[[float], float]:
    """A component of 100 from ``low`` to ``high``, falling to 0 at ``least`` and ``most``."""
    return lambda native: 100 * float(np.interp(native, (least, low, high, most), (0, 1, 1, 0)))


_ISO = "ISO/IEC 29794-6:2015"

MEASURES: tuple[QualityMeasure, ...] = (
    QualityMeasure(
        "iris.usable_iris_area",
        usable_iris_area,
        ("pupil", "limbus", "mask"),
        "%",
        (0, 100),
        f"{_ISO}, usable iris area; formula from independent public implementations, mask our own",
        lambda native: native,
    ),
    QualityMeasure(
        "iris.iris_sclera_contrast",
        iris_sclera_contrast,
        ("zones",),
        "%",
        (0, 100),
        f"{_ISO}, iris-sclera contrast; formula and zones as BIQT-Iris, absolute difference",
        _line(0, 20),
    ),
    QualityMeasure(
        "iris.iris_pupil_contrast",
        iris_pupil_contrast,
        ("zones",),
        "%",
        (0, 100),
        f"{_ISO}, iris-pupil contrast; formula from independent public implementations (BIQT-Iris reads the sclera)",
        _line(0, 60),
    ),
    QualityMeasure(
        "iris.pupil_boundary_circularity",
        pupil_boundary_circularity,
        ("pupil",),
        "",
        (0, 100),
        f"{_ISO}, pupil boundary circularity, read in pixels; which reading is meant is unresolved",
    ),
    QualityMeasure(
        "iris.pupil_boundary_circularity_relative",
        pupil_boundary_circularity_relative,
        ("pupil",),
        "",
        (0, 100),
        f"{_ISO}, pupil boundary circularity, read in shares of the radius; which reading is meant is unresolved",
    ),
    QualityMeasure(
        "iris.grey_scale_utilisation",
        grey_scale_utilisation,
        ("image", "limbus"),
        "bit",
        (0, 8),
        f"{_ISO}, grey scale utilisation; whole picture, as BIQT-Iris and others",
        _line(3, 7),
    ),
    QualityMeasure(
        "iris.iris_grey_scale_utilisation",
        iris_grey_scale_utilisation,
        ("image", "mask"),
        "bit",
        (0, 8),
        f"the same formula over the usable iris alone; {_OURS}",
        _line(3, 6),
    ),
    QualityMeasure(
        "iris.iris_radius",
        iris_radius,
        ("limbus",),
        "px",
        (0, 100_000),
        f"{_ISO}, iris radius; at least 80 px on 640x480 sensors",
        _line(30, 100),
    ),
    QualityMeasure("iris.picture_filled", picture_filled, ("image", "limbus"), "%", (0, 1000), _OURS),
    QualityMeasure(
        "iris.pupil_iris_ratio",
        pupil_iris_ratio,
        ("pupil", "limbus"),
        "%",
        (0, 100),
        f"{_ISO}, pupil dilation; formula certain",
        _between(5, 20, 70, 90),
    ),
    QualityMeasure(
        "iris.iris_pupil_concentricity",
        iris_pupil_concentricity,
        ("pupil", "limbus"),
        "%",
        (0, 100),
        f"{_ISO}, iris-pupil concentricity; formula as BIQT-Iris",
        _line(60, 92),
    ),
    QualityMeasure(
        "iris.margin_adequacy",
        margin_adequacy,
        ("image", "limbus"),
        "%",
        (0, 100),
        f"{_ISO}, margin adequacy; formula from independent public implementations (BIQT-Iris errs right and below)",
        lambda native: native,
    ),
    QualityMeasure(
        "iris.sharpness",
        sharpness,
        ("image", "limbus"),
        "",
        (0, 100),
        f"{_ISO}, sharpness; kernel certain, constant as a CASIA laboratory tool",
        _line(0, 50),
    ),
    QualityMeasure("iris.motion_blur", motion_blur, ("edge",), "px", (0, 1000), _OURS, _line(12, 4)),
    QualityMeasure("iris.defocus_blur", defocus_blur, ("edge",), "px", (0, 1000), _OURS, _line(16, 6)),
    QualityMeasure("iris.gaze_angle", gaze_angle, ("glint",), "deg", (0, 90), _OURS, _line(40, 20)),
    QualityMeasure("iris.interlace", interlace, ("image", "limbus"), "", (0, 100), _OURS, _line(1.6, 1.05)),
    QualityMeasure(
        "iris.pattern_regularity",
        pattern_regularity,
        ("band",),
        "dB",
        (0, 100),
        "our own, for information: weak evidence of a printed lens or picture, none of liveness",
    ),
    QualityMeasure("iris.glare_area", glare_area, ("annulus", "reflections"), "%", (0, 100), _OURS),
)
