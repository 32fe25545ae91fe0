"""The table of face measures: ISO/IEC 29794-5's components by the standard's names, then ICAO's framing and our own."""

from __future__ import annotations

from ktpel_capture.arrays import F64
from ktpel_capture.face import backdrop, detail, framing, light, standard
from ktpel_capture.face.standard import COMPONENTS
from ktpel_capture.quality import QualityMeasure

_ISO = "ISO/IEC 29794-5:2025, equal to its reference program given the same landmarks and masks"
_OWN = "own algorithm; the standard's is a trained model that is not to be had"
_ICAO = "ICAO Doc 9303; ISO/IEC 19794-5:2011, 8.3; ISO/IEC 39794-5 annex D"


def _iso(name: str, function: object, takes: tuple[str, ...], unit: str, span: tuple[float, float]) -> QualityMeasure:
    return QualityMeasure(f"face.{name}", function, takes, unit, span, _ISO, COMPONENTS[name])  # type: ignore[arg-type]


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


def _pose(name: str, function: object) -> QualityMeasure:
    return QualityMeasure(
        f"face.head_pose_{name}", function, ("pose",), "deg", (-180.0, 180.0),  # type: ignore[arg-type]
        "ISO/IEC 29794-5:2025 mapping of an angle fitted to landmarks", COMPONENTS["head_pose"],
    )  # fmt: skip


def _icao(name: str, function: object, takes: tuple[str, ...], span: tuple[float, float]) -> QualityMeasure:
    return QualityMeasure(f"face.{name}", function, takes, "", span, _ICAO)  # type: ignore[arg-type]


def _own(name: str, function: object, takes: tuple[str, ...], unit: str, span: tuple[float, float]) -> QualityMeasure:
    return QualityMeasure(f"face.{name}", function, takes, unit, span, "own")  # type: ignore[arg-type]


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
        "face.compression_artifacts", detail.blocking, ("portrait",), "", (0, 50), _OWN, detail.compression_component
    ),
    _iso("natural_colour", standard.natural_colour, ("aligned",), "", (0, 150)),
    _iso("single_face_present", standard.single_face, ("faces",), "", (0, 1)),
    _iso("eyes_open", standard.eyes_open, ("aligned",), "", (0, 1)),
    _iso("mouth_closed", standard.mouth_closed, ("standard_points",), "", (0, 1)),
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
    _icao("face_centre_across", framing.face_centre_across, ("head", "size"), (-5, 5)),
    _icao("eye_line", framing.eye_line, ("head", "size"), (-5, 5)),
    _icao("head_width_share", framing.head_width_share, ("head", "size"), (0, 5)),
    _icao("head_height_share", framing.head_height_share, ("head", "size"), (0, 5)),
    _own("hair_gap", framing.hair_gap, ("head", "size"), "", (0, 1)),
    _own("gaze_offset", framing.gaze_offset, ("mesh",), "eye widths", (0, 5)),
    _own("eye_closure", framing.eye_closure, ("blendshapes",), "", (0, 1)),
    _own("smile", framing.smile, ("blendshapes",), "", (0, 1)),
    _own("highlight_level", light.highlight_level, ("skin",), "stops", (-12, 0)),
    _own("picture_highlight_level", light.picture_highlight_level, ("skin",), "stops", (-12, 0)),
    _own("clipped_share", light.clipped_share, ("skin",), "", (0, 1)),
    _own("crushed_share", light.crushed_share, ("skin",), "", (0, 1)),
    _own("side_light", light.side_light_strength, ("skin",), "stops", (0, 12)),
    _own("backlight", light.backlight, ("skin", "backdrop"), "stops", (-15, 15)),
    _own("skin_hue", light.skin_hue, ("skin",), "deg", (-180, 180)),
    _own("skin_saturation", light.skin_saturation, ("skin",), "", (0, 1)),
    _own("backdrop_hue", backdrop.backdrop_hue, ("backdrop",), "deg", (-180, 180)),
    _own("backdrop_chroma", backdrop.backdrop_chroma, ("backdrop",), "", (0, 150)),
    _own("backdrop_lightness", backdrop.backdrop_lightness, ("backdrop",), "", (0, 100)),
    _own("backdrop_spread", backdrop.backdrop_spread, ("backdrop",), "", (0, 200)),
    _own("backdrop_shadow", backdrop.backdrop_shadow, ("backdrop",), "", (0, 100)),
)  # fmt: skip
"""Every face measure, the standard's first."""
