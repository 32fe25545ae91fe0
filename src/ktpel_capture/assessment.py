"""Assess any sample, and know every measure there is: the one place that lists the modalities."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from ktpel_capture import profiles
from ktpel_capture.profiles import Profile
from ktpel_capture.quality import QualityMeasure, QualityReport
from ktpel_capture.samples import MODALITIES, Modality, Sample, modality_of

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
