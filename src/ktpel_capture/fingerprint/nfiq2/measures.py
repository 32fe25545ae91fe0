"""The rows of NFIQ 2 in the table of measures: 69 native values, the unified score, four of actionable feedback."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from ktpel_capture.fingerprint.nfiq2.features import BOUNDS, Nfiq2Features
from ktpel_capture.fingerprint.nfiq2.forest import unified_quality
from ktpel_capture.quality import QualityMeasure

PREFIX = "nfiq2."
UNIFIED = f"{PREFIX}UnifiedQualityScore"
_EPSILON = float(np.finfo(np.float64).eps)


def known_range(least: float, most: float) -> Callable[[float], float]:
    """NIST's mapping of a native value with a known range to 0..100 (`QualityMeasures::knownRange`)."""

    def component(native: float) -> float:
        return math.floor(101 * ((native - least) / (most - least + _EPSILON)))

    return component


def uniformity(native: float) -> float:
    """NIST's mapping of the ridge-valley ratio: a sigmoid around 1."""
    return math.floor(100 / (1 + math.exp((1 - native) / 0.5)) + 0.5)


def up_to_hundred(native: float) -> float:
    """NIST's mapping of a count of minutiae: the count itself, 100 at most."""
    return math.floor(min(native, 100.0))


def _flow_range() -> tuple[float, float]:
    """Least and greatest mean of the orientation flow, as NIST maps it."""
    least, span = math.radians(4.0), math.radians(90.0) - math.radians(4.0)
    return -least / span, (math.pi - least) / span


def _value(identifier: str, meaning: str) -> Callable[[Nfiq2Features], float]:
    def native(features: Nfiq2Features) -> float:
        return features.values[identifier]

    native.__doc__ = meaning
    return native


def _bins(name: str, meaning: str) -> Callable[[Nfiq2Features], tuple[float, ...]]:
    def counts(features: Nfiq2Features) -> tuple[float, ...]:
        return tuple(features.values[f"{name}_Bin10_{number}"] for number in range(10))

    counts.__doc__ = meaning
    return counts


_NIST = "NIST NFIQ 2.3, ISO/IEC 29794-4; equal to NIST's program"
_UNIT = known_range(0, 1)
_GREY = known_range(0, 255)
_HISTOGRAMS = {
    "FDA": ("how much of a block's wave lies at its strongest frequency", (0.0, 1e3), _UNIT),
    "LCS": ("how cleanly ridges and valleys part in a block", (0.0, 1.0), _UNIT),
    "OCL": ("how far the ridges of a block agree on one direction", (0.0, 1.0), _UNIT),
    "OF": ("how much the ridge direction jumps from block to block", _flow_range(), known_range(*_flow_range())),
    "RVUP": ("the width of a ridge against that of its neighbouring valley", (0.0, 32.0), uniformity),
}


def _histogram_rows(name: str) -> list[QualityMeasure]:
    meaning, limits, component = _HISTOGRAMS[name]
    bounds = ", ".join(f"{bound:g}" for bound in BOUNDS[name])
    ids = tuple(f"{PREFIX}{name}_Bin10_{number}" for number in range(10))
    bins = _bins(name, f"Histogram of {meaning}: how many fall between 0, {bounds} and above.")
    mean = _value(f"{name}_Bin10_Mean", f"On average over the print, {meaning}.")
    spread = _value(f"{name}_Bin10_StdDev", f"Standard deviation over the print of {meaning}.")
    spread_component = uniformity if name == "RVUP" else _UNIT
    return [
        QualityMeasure(ids, bins, ("nfiq2",), "", (0, 1e6), _NIST),
        QualityMeasure(f"{PREFIX}{name}_Bin10_Mean", mean, ("nfiq2",), "", limits, _NIST, component),
        QualityMeasure(f"{PREFIX}{name}_Bin10_StdDev", spread, ("nfiq2",), "", (0, limits[1]), _NIST, spread_component),
    ]


def _row(
    identifier: str, meaning: str, limits: tuple[float, float], component: Callable[[float], float]
) -> QualityMeasure:
    return QualityMeasure(PREFIX + identifier, _value(identifier, meaning), ("nfiq2",), "", limits, _NIST, component)


def _one_of_minutiae(identifier: str, meaning: str) -> Callable[[Mapping[str, float]], float]:
    def native(values: Mapping[str, float]) -> float:
        return values[identifier]

    native.__doc__ = meaning
    return native


_CLOSE = "NIST NFIQ 2.3, ISO/IEC 29794-4; from our own minutiae, close to NIST's program, not equal"
_MINUTIAE = {
    "FingerJetFX_MinCount_COMMinRect200x200": (
        "How many minutiae lie within 5 mm of the middle of them all.",
        (0.0, 1e4),
        up_to_hundred,
    ),
    "FingerJetFX_MinutiaeCount": ("How many minutiae NIST's extractor is likely to report.", (0.0, 1e4), up_to_hundred),
    "FJFXPos_Mu_MinutiaeQuality_2": (
        "Share of the minutiae in parts up to half a deviation darker than the whole picture.",
        (0.0, 1.0),
        _UNIT,
    ),
    "FJFXPos_OCL_MinutiaeQuality_80": (
        "Share of the minutiae in parts whose ridges agree on one direction above 80 percent.",
        (0.0, 1.0),
        _UNIT,
    ),
}


def contrast_of_picture(features: Nfiq2Features) -> float:
    """Standard deviation of the whole picture: 1 or less is a uniform picture."""
    return features.deviation


def brightness_of_picture(features: Nfiq2Features) -> float:
    """Mean of the whole picture: above 250 it is empty or too light."""
    return features.mean


def enough_minutiae(values: Mapping[str, float]) -> float:
    """Number of minutiae: 5 or fewer are not enough."""
    return values["FingerJetFX_MinutiaeCount"]


def enough_foreground(features: Nfiq2Features) -> float:
    """Pixels of the picture that the finger covers: 50,000 or fewer are not enough."""
    return float(features.foreground)


def unified_quality_score(features: Nfiq2Features, minutiae: Mapping[str, float]) -> float:
    """The unified quality score of NFIQ 2: how well the print will compare, 0 worst, 100 best."""
    return float(unified_quality({**features.values, **minutiae}))


def _table() -> tuple[QualityMeasure, ...]:
    rows = _histogram_rows("FDA")
    for name, (meaning, limits, component) in _MINUTIAE.items():
        function = _one_of_minutiae(name, meaning)
        rows.append(QualityMeasure(PREFIX + name, function, ("nfiq2_minutiae",), "", limits, _CLOSE, component))
    rows.append(_row("ImgProcROIArea_Mean", "Mean grey level inside the region of interest.", (0, 255), _GREY))
    rows += _histogram_rows("LCS")
    rows.append(_row("MMB", "Mean of the mean grey levels of all blocks.", (0, 255), _GREY))
    rows.append(_row("Mu", "Mean grey level of the whole picture.", (0, 255), _GREY))
    rows += _histogram_rows("OCL") + _histogram_rows("OF")
    rows.append(
        _row(
            "OrientationMap_ROIFilter_CoherenceRel",
            "How far gradients agree on one direction, on average over the blocks of the region of interest.",
            (0, 1),
            _UNIT,
        )
    )
    rows.append(
        _row(
            "OrientationMap_ROIFilter_CoherenceSum",
            "The same summed over the blocks: it grows with the size of the print.",
            (0, 3150),
            known_range(0, 3150),
        )
    )
    rows += _histogram_rows("RVUP")
    rows += [
        QualityMeasure(
            UNIFIED, unified_quality_score, ("nfiq2", "nfiq2_minutiae"), "", (0, 100), _CLOSE, lambda native: native
        ),
        QualityMeasure(f"{PREFIX}UniformImage", contrast_of_picture, ("nfiq2",), "", (0, 128), _NIST),
        QualityMeasure(f"{PREFIX}EmptyImageOrContrastTooLow", brightness_of_picture, ("nfiq2",), "", (0, 255), _NIST),
        QualityMeasure(
            f"{PREFIX}FingerprintImageWithMinutiae", enough_minutiae, ("nfiq2_minutiae",), "", (0, 1e4), _CLOSE
        ),
        QualityMeasure(
            f"{PREFIX}SufficientFingerprintForeground", enough_foreground, ("nfiq2",), "px", (0, 8e5), _NIST
        ),
    ]
    return tuple(rows)


NFIQ2_MEASURES = _table()
