"""Assess any sample, and know every measure there is: the one place that lists the modalities.

`compression_harm` asks what a lossy encoding did to a sample.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeAlias

from ktpel_capture import profiles
from ktpel_capture.messages import advice
from ktpel_capture.profiles import Finding, Profile
from ktpel_capture.quality import Missing, QualityMeasure, QualityReport
from ktpel_capture.samples import (
    MODALITIES,
    FaceSample,
    FingerprintSample,
    IrisSample,
    Modality,
    Sample,
    SignatureSample,
    modality_of,
)

Analysis: TypeAlias = Any
"""What a modality's ``analyse`` returns: it holds the sample as ``.sample`` and one attribute a stage."""


def modality_module(modality: Modality) -> ModuleType:
    """The package of one modality, loaded on first use."""
    return import_module(f"ktpel_capture.{modality}")


def analyse(sample: Sample) -> Analysis:
    """All stages of a sample, as its own modality computes them; a stage that finds nothing is `Missing`."""
    return modality_module(modality_of(sample)).analyse(sample)


def assess(sample: Sample | Analysis) -> QualityReport:
    """Measure a sample: its scores, every measurement of its modality, and the facts it is about.

    Parameters
    ----------
    sample : a sample, or the analysis of one (then nothing is computed twice).

    Returns
    -------
    The report; what could not be computed is `Missing` with its reason in it. Nothing is raised for a poor sample.
    May be called from any thread.

    Raises
    ------
    TypeError : not a sample and not an analysis.
    """
    report: QualityReport = modality_module(modality_of(getattr(sample, "sample", sample))).assess(sample)
    return report


@cache
def measures() -> tuple[QualityMeasure, ...]:
    """The rows of all modalities' tables of measures, modality by modality."""
    return tuple(measure for modality in MODALITIES for measure in modality_module(modality).MEASURES)


@cache
def measure_ids() -> Collection[str]:
    """All ids a profile may name."""
    return frozenset(identifier for measure in measures() for identifier in measure.ids)


def load_profile(source: str | Path) -> Profile:
    """Read a profile by its built-in name (``ktpel``, ``icao``, ``mosip``) or from a TOML file.

    Raises
    ------
    ProfileError : names file, entry, field and the nearest known name.

    Examples
    --------
    >>> load_profile("ktpel").name
    'ktpel'
    """
    return profiles.load_profile(source, measure_ids())


@dataclass(frozen=True, slots=True)
class DetailKept:
    """What is left of the detail of one fineness.

    Attributes
    ----------
    frequency : how fine, in cycles a ``unit``.
    unit : ``mm`` on the finger or the eye, ``eye distance`` in a face.
    kept : share of the modulation, 1 unharmed .. 0 gone; Missing where the picture holds no such detail.
    at_least : the least share that counts as unharmed.
    """

    frequency: float
    unit: str
    kept: float | Missing
    at_least: float

    @property
    def harmed(self) -> bool:
        return not isinstance(self.kept, Missing) and self.kept < self.at_least

    def __str__(self) -> str:
        kept = "nothing is known" if isinstance(self.kept, Missing) else f"{self.kept:.2f}"
        return f"{kept} of the detail of {self.frequency:g} cycles per {self.unit} (at least {self.at_least:.2f})"


@dataclass(frozen=True, slots=True)
class CompressionHarm:
    """What an encoding did to a sample.

    Attributes
    ----------
    before, after : the reports on the sample and on what came back: scores, sharpness and everything else.
    detail : what is left of the detail, from coarse to fine.
    findings : what stands against the encoding, warnings all of them; none means that no harm was found.
    """

    before: QualityReport
    after: QualityReport
    detail: tuple[DetailKept, ...]
    findings: tuple[Finding, ...]

    @property
    def harmful(self) -> bool:
        return bool(self.findings)


DETAIL_LIMITS: Final[Mapping[str, tuple[str, tuple[tuple[float, float], ...]]]] = MappingProxyType(
    {
        "fingerprint": ("mm", ((1, 0.889), (2, 0.778), (3, 0.667), (4, 0.556), (5, 0.444))),
        "iris": ("mm", ((1, 0.6), (2, 0.6))),
        "face": ("eye distance", ((5, 0.5), (10, 0.5))),
    }
)
"""By modality: the unit, and (cycles a unit, least modulation) that an encoding must leave.

Fingers: the modulation the FBI asked of a whole scanner (EFTS 7.1, CJIS-RS-0010, appendix G, interim image quality
specifications), up to 5 cycles a millimetre, the second harmonic of ridges, which gives them their edges. Irises: 60 %
at 2 line pairs a millimetre, what ISO/IEC 19794-6 asks of the optics (as others quote it; the text was not at hand).
Faces: half the modulation (MTF50 of ISO 12233) at 10 cycles an eye distance, detail of 3 mm; the frequency is our
choice. That an encoding may spoil as much as a device is our choice too.
"""
MOST_SCORE_LOST: Final = 10.0
"""Points of the modality's own score; ours. Harmless encodings move NFIQ 2 by several points either way."""
MOST_BLOCKS: Final = 0.5
"""Of ``face.compression_artifacts``, as the profile icao."""
IRIS_DIAMETER_MM: Final = 11.8
"""Mean visible diameter of the human iris; the scale of an eye's picture is taken from it."""


def compression_harm(before: Sample, after: Sample) -> CompressionHarm:
    """Whether a lossy encoding harmed a sample: its scores, its sharpness and its detail, before and after.

    NFIQ 2 alone does not see it (a print without its pores may score better than before), nor does a sharpness that
    counts edges, to which blocks and ringing are edges. What decides is how much of the detail of each fineness is
    left; the scores and the face's compression artefacts are looked at besides.

    Parameters
    ----------
    before : the sample as captured.
    after : the sample decoded from the encoding, of the same modality and size.

    Raises
    ------
    TypeError : not two samples of one modality.
    ValueError : of different sizes, or signatures, which are not images.

    Examples
    --------
    >>> harm = compression_harm(finger, record.samples()[0])     # doctest: +SKIP
    >>> harm.harmful, [str(kept) for kept in harm.detail if kept.harmed]     # doctest: +SKIP
    (True, ['0.23 of the detail of 5 cycles per mm (at least 0.44)'])
    """
    if type(before) is not type(after):
        raise TypeError(f"{type(before).__name__} and {type(after).__name__} do not compare")
    if isinstance(before, SignatureSample) or isinstance(after, SignatureSample):
        raise ValueError("a signature holds pen points, which are not compressed")
    if before.image.shape != after.image.shape:
        raise ValueError(f"the pictures have different sizes, {before.image.shape} and {after.image.shape}")
    analysis = analyse(before)
    reports = assess(analysis), assess(after)
    detail = _detail_kept(before, after, analysis, reports[0])
    lost = advice("quality.compression_lost_detail")
    findings = [
        Finding(f"detail at {item.frequency:g} cycles per {item.unit}", item.kept, item.at_least, None, "warn", lost)
        for item in detail
        if item.harmed
    ]
    scores = [report.score for report in reports]
    if not isinstance(scores[0], Missing) and (
        isinstance(scores[1], Missing) or scores[1] < scores[0] - MOST_SCORE_LOST
    ):
        name = reports[0].scores[0].algorithm
        told = advice("quality.compression_lost_score")
        findings.append(Finding(name, scores[1], scores[0] - MOST_SCORE_LOST, None, "warn", told))
    blocks = [report.measurements.get("face.compression_artifacts") for report in reports]
    if blocks[0] is not None and blocks[1] is not None:
        old, new = blocks[0].native, blocks[1].native
        if not isinstance(new, Missing) and new > MOST_BLOCKS and (isinstance(old, Missing) or new > old):
            told = advice("quality.compression_left_blocks")
            findings.append(Finding("face.compression_artifacts", new, None, MOST_BLOCKS, "warn", told))
    return CompressionHarm(*reports, detail, tuple(findings))


def _detail_kept(
    before: FaceSample | FingerprintSample | IrisSample,
    after: FaceSample | FingerprintSample | IrisSample,
    analysis: Analysis,
    report: QualityReport,
) -> tuple[DetailKept, ...]:
    from ktpel_capture.imaging.modulation import modulation_kept

    unit, limits = DETAIL_LIMITS[modality_of(before)]
    scale = _pixels_per_unit(before, analysis, report)
    kept: tuple[float | Missing, ...] = (scale,) * len(limits) if isinstance(scale, Missing) else ()
    if not isinstance(scale, Missing):
        kept = modulation_kept(_grey(before), _grey(after), [frequency for frequency, _ in limits], scale)
    return tuple(DetailKept(frequency, unit, value, least) for (frequency, least), value in zip(limits, kept))


def _pixels_per_unit(sample: Sample, analysis: Analysis, report: QualityReport) -> float | Missing:
    """How many pixels lie on a millimetre, or on the distance of the eyes."""
    match sample:
        case FingerprintSample():
            return sample.ppi / 25.4
        case IrisSample():
            limbus = analysis.limbus
            return limbus if isinstance(limbus, Missing) else 2 * float(limbus.radius) / IRIS_DIAMETER_MM
    return report.measurements["face.inter_eye_distance"].native


def _grey(sample: FaceSample | FingerprintSample | IrisSample) -> Any:
    return sample.image.mean(axis=2) if isinstance(sample, FaceSample) else sample.image
