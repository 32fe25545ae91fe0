"""The table of face measures: ISO/IEC 29794-5's components by the standard's names, then ICAO's framing and our own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ktpel_capture.arrays import F64
from ktpel_capture.face import appearance, backdrop, coverage, detail, framing, light, standard, surface
from ktpel_capture.face.standard import COMPONENTS
from ktpel_capture.quality import Measurement, Missing, QualityMeasure, measure_all

Measure: TypeAlias = Callable[..., Any]
_ISO = "ISO/IEC 29794-5:2025, equal to its reference program given the same landmarks and masks"
_OWN = "own algorithm; the standard's is a trained model that is not to be had"
_ICAO = "ICAO Doc 9303; ISO/IEC 19794-5:2011, 8.3; ISO/IEC 39794-5 annex D"


def _iso(name: str, function: Measure, takes: tuple[str, ...], unit: str, span: tuple[float, float]) -> QualityMeasure:
    return QualityMeasure(f"face.{name}", function, takes, unit, span, _ISO, COMPONENTS[name])


def _instead(name: str, function: Measure, *takes: str) -> QualityMeasure:
    """A measure of ours in place of the standard's, whose model is not to be had: a share or a probability."""
    return QualityMeasure(f"face.{name}", function, takes, "", (0, 1), _OWN, COMPONENTS["covered_share"])


def unified_quality_score(analysis: object) -> float | Missing:
    """One number 0..100 for sorting captures of one person: the geometric mean of the components that decide whether a
    face can be recognised.

    It is no prediction of recognition scores, which ISO/IEC 29794-5's trained model would be.

    Source: own.
    """
    return unify(measure_all(analysis, [row for row in MEASURES if row.id in UNIFIED]))


def unify(measured: Mapping[str, Measurement]) -> float | Missing:
    """The geometric mean of the components in `UNIFIED`, or why one of them is missing."""
    product = 1.0
    for measurement in (measured[identifier] for identifier in UNIFIED):
        if isinstance(measurement.native, Missing):
            if measurement.native.reason == "face.no_backdrop":  # a face that fills the picture can still be recognised
                continue
            return measurement.native
        product *= max(measurement.component or 0, 1) / 100
    return round(100 * math.pow(product, 1 / len(UNIFIED)), 2)


def _leftward(points: F64, size: tuple[int, int]) -> float:
    """Room left of the person's left eye in eye distances; little means the face is cut at the left.

    Source: ISO/IEC 29794-5, leftward crop of the face image.
    """
    return standard.crops(points, size)["leftward"]


def _rightward(points: F64, size: tuple[int, int]) -> float:
    """Room right of the person's right eye in eye distances; little means the face is cut at the right.

    Source: ISO/IEC 29794-5, rightward crop of the face image.
    """
    return standard.crops(points, size)["rightward"]


def _above(points: F64, size: tuple[int, int]) -> float:
    """Room above the eyes in eye-to-chin distances.

    Source: ISO/IEC 29794-5, margin above of the face image.
    """
    return standard.crops(points, size)["above"]


def _below(points: F64, size: tuple[int, int]) -> float:
    """Room below the eyes in eye-to-chin distances.

    Source: ISO/IEC 29794-5, margin below of the face image.
    """
    return standard.crops(points, size)["below"]


def _pose(name: str, function: Measure) -> QualityMeasure:
    return QualityMeasure(
        f"face.head_pose_{name}", function, ("pose",), "deg", (-180.0, 180.0),
        "ISO/IEC 29794-5:2025 mapping of an angle fitted to landmarks", COMPONENTS["head_pose"],
    )  # fmt: skip


def _icao(name: str, function: Measure, takes: tuple[str, ...], span: tuple[float, float]) -> QualityMeasure:
    return QualityMeasure(f"face.{name}", function, takes, "", span, _ICAO)


def _own(
    name: str, function: Measure, takes: tuple[str, ...], unit: str, span: tuple[float, float],
    component: Callable[[float], float] | None = None,
) -> QualityMeasure:  # fmt: skip
    return QualityMeasure(f"face.{name}", function, takes, unit, span, "own", component)


UNIFIED = tuple(
    f"face.{name}"
    for name in (
        "illumination_uniformity", "over_exposure_prevention", "dynamic_range", "sharpness", "compression_artifacts",
        "natural_colour", "single_face_present", "eyes_open", "mouth_closed", "eyes_visible",
        "mouth_occlusion_prevention", "inter_eye_distance", "backlight", "picture_highlight_level",
        "head_pose_yaw", "head_pose_pitch", "head_pose_roll",
    )
)  # fmt: skip

MEASURES: tuple[QualityMeasure, ...] = (
    _iso("background_uniformity", standard.background_uniformity, ("aligned", "background"), "", (0, 5770)),
    _iso("illumination_uniformity", standard.illumination_uniformity, ("aligned",), "", (0, 1)),
    _iso("luminance_mean", standard.luminance_mean, ("levels",), "", (0, 1)),
    _iso("luminance_variance", standard.luminance_variance, ("levels",), "", (0, 0.25)),
    _iso("under_exposure_prevention", standard.under_exposure, ("levels",), "", (0, 1)),
    _iso("over_exposure_prevention", standard.over_exposure, ("levels",), "", (0, 1)),
    _iso("dynamic_range", standard.dynamic_range, ("levels",), "bit", (0, 8)),
    QualityMeasure(
        "face.sharpness", detail.sharpness, ("eye_strip",), "", (0, 320), _OWN, detail.sharpness_component
    ),
    QualityMeasure(
        "face.compression_artifacts", detail.blocking, ("close_up",), "levels", (0, 255), _OWN,
        detail.compression_component,
    ),
    _iso("natural_colour", standard.natural_colour, ("aligned",), "", (0, 150)),
    _iso("single_face_present", standard.single_face, ("faces",), "", (0, 1)),
    _iso("eyes_open", standard.eyes_open, ("aligned",), "", (0, 1)),
    _iso("mouth_closed", standard.mouth_closed, ("standard_points",), "", (0, 1)),
    _instead("eyes_visible", appearance.eyes_covered, "appearance", "coverage"),
    _instead("mouth_occlusion_prevention", coverage.mouth_covered, "coverage"),
    _instead("face_occlusion_prevention", coverage.face_covered, "coverage"),
    _iso("inter_eye_distance", standard.inter_eye_distance, ("standard_points", "pose"), "px", (0, 100_000)),
    _iso("head_size", standard.head_size, ("standard_points", "size"), "", (0, 5)),
    _iso("leftward_crop_of_the_face_image", _leftward, ("standard_points", "size"), "", (-50, 1000)),
    _iso("rightward_crop_of_the_face_image", _rightward, ("standard_points", "size"), "", (-50, 1000)),
    _iso("margin_above_of_the_face_image", _above, ("standard_points", "size"), "", (-50, 1000)),
    _iso("margin_below_of_the_face_image", _below, ("standard_points", "size"), "", (-50, 1000)),
    _pose("yaw", framing.yaw_deg),
    _pose("pitch", framing.pitch_deg),
    _pose("roll", framing.roll_deg),
    QualityMeasure(
        "face.expression_neutrality", framing.expression, ("blendshapes",), "", (0, 1), _OWN,
        lambda strength: 100 * (1 - strength),
    ),
    _instead("no_head_coverings", appearance.head_covered, "appearance"),
    QualityMeasure(
        "face.unified_quality_score", unified_quality_score, ("itself",), "", (0, 100), _OWN, lambda score: score
    ),
    _icao("face_centre_across", framing.face_centre_across, ("head", "size"), (-5, 5)),
    _icao("eye_line", framing.eye_line, ("head", "size"), (-5, 5)),
    _icao("head_width_share", framing.head_width_share, ("head", "size"), (0, 5)),
    _icao("head_height_share", framing.head_height_share, ("head", "size"), (0, 5)),
    _own("hair_gap", framing.hair_gap, ("head", "size"), "", (0, 1)),
    _own("spectacles", appearance.spectacles, ("appearance",), "", (0, 1)),
    _own("sunglasses", appearance.sunglasses, ("appearance",), "", (0, 1)),
    _own("forehead_visible", coverage.forehead_visible, ("coverage",), "", (0, 1)),
    _own("cheeks_visible", coverage.cheeks_visible, ("coverage",), "", (0, 1)),
    _own("chin_visible", coverage.chin_visible, ("coverage",), "", (0, 1)),
    _own("headscarf", coverage.headscarf, ("coverage",), "", (0, 1)),
    _own("hat", appearance.hat, ("appearance", "coverage"), "", (0, 1)),
    _own("lens_glare", surface.lens_glare, ("surface",), "", (0, 1)),
    _own("red_eye", surface.red_eye, ("surface",), "", (0, 20)),
    _own("forehead_shadow", surface.forehead_shadow, ("surface",), "stops", (0, 12)),
    _own("pixelation", detail.pixelation, ("close_up",), "px", (1, 64)),
    _own("flat_share", detail.flat_share, ("aligned",), "", (0, 1)),
    _own("gaze_offset", framing.gaze_offset, ("mesh",), "eye widths", (0, 5)),
    _own("eye_closure", framing.eye_closure, ("blendshapes",), "", (0, 1)),
    _own("smile", framing.smile, ("blendshapes",), "", (0, 1)),
    _own("highlight_level", light.highlight_level, ("skin",), "stops", (-12, 0)),
    _own(
        "picture_highlight_level", light.picture_highlight_level, ("skin",), "stops", (-12, 0), light.picture_component
    ),
    _own("clipped_share", light.clipped_share, ("skin",), "", (0, 1)),
    _own("crushed_share", light.crushed_share, ("skin",), "", (0, 1)),
    _own("side_light", light.side_light_strength, ("skin",), "stops", (0, 12)),
    _own("backlight", light.backlight, ("skin", "backdrop"), "stops", (-15, 15), light.backlight_component),
    _own("skin_hue", light.skin_hue, ("skin",), "deg", (-180, 180)),
    _own("skin_saturation", light.skin_saturation, ("skin",), "", (0, 1)),
    _own("yellow_cast", surface.yellow_cast, ("surface", "skin"), "stops", (0, 12)),
    _own("backdrop_hue", backdrop.backdrop_hue, ("backdrop",), "deg", (-180, 180)),
    _own("backdrop_chroma", backdrop.backdrop_chroma, ("backdrop",), "", (0, 150)),
    _own("backdrop_lightness", backdrop.backdrop_lightness, ("backdrop",), "", (0, 100)),
    _own("backdrop_spread", backdrop.backdrop_spread, ("backdrop",), "", (0, 200)),
    _own("backdrop_shadow", backdrop.backdrop_shadow, ("backdrop",), "", (0, 100)),
)  # fmt: skip
"""Every face measure, the standard's first."""
