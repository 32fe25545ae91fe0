"""What a sample is like: measures, measurements, scores, and the report that holds them.

A measure that cannot be computed is `Missing` with its reason, never NaN, 0 or -1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from ktpel_capture.samples import Eye, Modality, Position

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that could not be computed.

    Parameters
    ----------
    reason : a key of the message catalogue, ``<modality>.<what is wrong>``, such as ``iris.no_eye``.
    """

    reason: str

    def __bool__(self) -> bool:
        return False


def present(value: T | Missing) -> bool:
    """Whether there is a value: False only for `Missing`."""
    return not isinstance(value, Missing)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured value.

    Attributes
    ----------
    native : the value in its own unit, or why there is none.
    component : the quality component, 0 (worst) .. 100 (best) as ISO/IEC 29794-1 wants it, or None where the
        standard maps none or the value is missing.
    unit : the native value's unit, empty for a plain number.
    """

    native: float | Missing
    component: int | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.native, Missing) and not math.isfinite(self.native):
            raise ValueError(f"a native value is finite or Missing, not {self.native!r}")
        if self.component is not None and not 0 <= self.component <= 100:
            raise ValueError(f"a quality component lies in 0..100, not {self.component!r}")


@dataclass(frozen=True, slots=True)
class QualityScore:
    """The unified quality score of one quality assessment algorithm.

    Attributes
    ----------
    algorithm : its name; ours never borrow a standard program's name.
    value : 0..100, or why there is none (stored as the formats' "failed" code).
    vendor, product, version : as the quality blocks of ISO/IEC 19794 want them.
    """

    algorithm: str
    value: float | Missing
    vendor: str = "ktpel_capture"
    product: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report is about.

    Attributes
    ----------
    modality, position, eye : of the sample; position and eye are ``unknown`` where they do not apply.
    digest : identity of the sample that was assessed.
    edits : what had been done to the sample since the sensor (`CaptureInfo.edits`).
    """

    modality: Modality
    digest: str
    position: Position = "unknown"
    eye: Eye = "unknown"
    edits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Everything that was measured on one sample.

    Attributes
    ----------
    scores : one a quality assessment algorithm, the modality's own first.
    measurements : by measure id, in the order of the modality's table.
    facts : what the report is about.
    """

    scores: tuple[QualityScore, ...]
    measurements: Mapping[str, Measurement]
    facts: ReportFacts

    def __post_init__(self) -> None:
        if not isinstance(self.measurements, MappingProxyType):
            object.__setattr__(self, "measurements", MappingProxyType(dict(self.measurements)))

    @property
    def score(self) -> float | Missing:
        """The value of the modality's own score, the first of `scores`."""
        return self.scores[0].value if self.scores else Missing("quality.no_score")

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy does not pickle
        return QualityReport, (self.scores, dict(self.measurements), self.facts)


Native: TypeAlias = float | Missing


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """One row of a modality's table of measures.

    Parameters
    ----------
    id : ``<modality>.<the standard's name in snake_case>``; a group (a histogram's bins) is one row with many ids.
    function : of the stages named in ``takes``, in that order; returns the native value or `Missing`, for a group
        one a id. Its docstring says what it means, unit, range and source.
    takes : attributes of the modality's analysis. Where one is `Missing` the measure is missing for its reason.
    unit : of the native value (``px``, ``mm``, ``deg``, ``s``, ``bit``, ``%``), empty for a plain number.
    range : (least, greatest) native value that can occur.
    source : standard and clause, paper or specification, and how sure we are of it.
    component : maps a native value to 0..100, or None where there is no mapping.
    """

    id: str | tuple[str, ...]
    function: Callable[..., Any]
    takes: tuple[str, ...]
    unit: str
    range: tuple[float, float]
    source: str
    component: Callable[[float], float] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id,) if isinstance(self.id, str) else self.id

    @property
    def summary(self) -> str:
        """The first sentence of the function's docstring: what the measure means to a person."""
        text = (self.function.__doc__ or "").strip().split("\n\n")[0]
        return " ".join(text.split())


def component_of(measure: QualityMeasure, native: Native) -> int | None:
    """The component 0..100 of a native value: rounded half to even and held in range."""
    if isinstance(native, Missing) or measure.component is None:
        return None
    return min(100, max(0, round(measure.component(native))))


def measure_all(analysis: object, measures: Iterable[QualityMeasure]) -> dict[str, Measurement]:
    """Run a table of measures over the stages of one analysis.

    Every id of the table is in the result, in the table's order. A missing stage, and a value that is not finite,
    make a measurement `Missing`; nothing is raised for a poor sample.
    """
    results: dict[str, Measurement] = {}
    for measure in measures:
        stages = [getattr(analysis, name) for name in measure.takes]
        missing = next((stage for stage in stages if isinstance(stage, Missing)), None)
        values: Iterable[Any]
        if missing is not None:
            values = [missing] * len(measure.ids)
        else:
            value = measure.function(*stages)
            grouped = not isinstance(measure.id, str) and not isinstance(value, Missing)
            values = value if grouped else [value] * len(measure.ids)
        for identifier, native in zip(measure.ids, values, strict=True):
            if not isinstance(native, Missing):
                native = float(native)
                if not math.isfinite(native):
                    native = Missing("quality.not_finite")
            results[identifier] = Measurement(native, component_of(measure, native), measure.unit)
    return results


@dataclass(frozen=True, slots=True)
class Hint:
    """What a live frame says about the presentation, before anything is captured.

    Attributes
    ----------
    key : advice in the message catalogue, such as ``face.move_closer``; empty with ``good`` True.
    good : nothing stands against capturing now.
    strength : 0..1, how sure the check is; the strongest hint is spoken first.
    """

    key: str = ""
    good: bool = False
    strength: float = 1.0
