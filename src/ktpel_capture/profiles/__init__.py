"""Profiles: what a registry demands of a sample, as TOML, and the verdict over a report.

A profile is a list of requirements on native values::

    name = "kabupaten"
    title = {id = "Aturan kabupaten", en = "Rules of the regency"}

    [[require]]
    measure = "fingerprint.foreground_area"
    at_least = 150                       # in the measure's own unit
    severity = "reject"                  # or "warn"
    when = {position = ["right_thumb"]}  # only then; position and eye of the sample, or what `judge` is told
    low = "fingerprint.press_harder"     # a key of the catalogues, or {id = "...", en = "..."}

A value that is `Missing` fails its requirement, and the finding tells the reason; with ``optional = true`` it passes,
for what some devices cannot give (a pad without pressure).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from ktpel_capture.errors import ProfileError
from ktpel_capture.messages import Advice, advice, catalogue
from ktpel_capture.quality import Missing, QualityReport
from ktpel_capture.samples import EYES, MODALITIES, POSITIONS, Modality

Severity: TypeAlias = Literal["reject", "warn"]

_TOP_FIELDS = ("name", "title", "require")
_FIELDS = ("measure", "at_least", "at_most", "severity", "when", "low", "high", "optional")
_BACKDROPS = ("red", "blue", "orange")
WHEN_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"position": POSITIONS, "eye": EYES, "backdrop": _BACKDROPS, "sensor": ()}
)
"""Conditions a requirement may stand under; an empty tuple takes any value."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand of a profile.

    Attributes
    ----------
    measure : id of the measure.
    at_least, at_most : bounds of the native value, in its own unit; both belong to the allowed range.
    severity : ``reject`` or ``warn``.
    when : condition name -> values under which it applies.
    low, high : what to tell the operator when the value is too low, too high.
    optional : a missing value passes.
    """

    measure: str
    at_least: float | None = None
    at_most: float | None = None
    severity: Severity = "reject"
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    low: Advice | None = None
    high: Advice | None = None
    optional: bool = False

    @property
    def modality(self) -> str:
        """The modality whose samples it is about."""
        family = self.measure.split(".", 1)[0]
        return "fingerprint" if family == "nfiq2" else family

    def applies(self, facts: Mapping[str, str]) -> bool:
        return all(facts.get(name) in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that stands against a sample.

    Attributes
    ----------
    measure : id of the measure, or the edit it is about.
    measured : the native value, or why there is none.
    at_least, at_most : what was demanded.
    severity : ``reject`` or ``warn``.
    advice : what to do about it.
    unit : of the three values.
    """

    measure: str
    measured: float | Missing
    at_least: float | None
    at_most: float | None
    severity: Severity
    advice: Advice
    unit: str = ""

    @property
    def shortfall(self) -> float:
        """How far off, as a share of the bound (a missing value is infinitely far)."""
        if isinstance(self.measured, Missing):
            return float("inf")
        if self.at_least is not None and self.measured < self.at_least:
            return (self.at_least - self.measured) / max(abs(self.at_least), 1e-9)
        if self.at_most is not None and self.measured > self.at_most:
            return (self.measured - self.at_most) / max(abs(self.at_most), abs(self.measured) * 0.1, 1e-9)
        return 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sample will do, and what to do next.

    Attributes
    ----------
    profile : name of the profile that judged.
    accepted : no finding rejects.
    findings : worst first.
    digest : identity of the sample judged.
    """

    profile: str
    accepted: bool
    findings: tuple[Finding, ...]
    digest: str = ""

    @property
    def advice(self) -> Advice | None:
        """The one sentence to say now, because a person can do one thing at a time; None if nothing stands against."""
        return self.findings[0].advice if self.findings else None


@dataclass(frozen=True, slots=True)
class Profile:
    """A named list of requirements."""

    name: str
    requirements: tuple[Requirement, ...]
    title: Advice

    def judge(self, report: QualityReport, when: Mapping[str, str] = MappingProxyType({})) -> Verdict:
        """Hold a report against the requirements of its modality.

        Parameters
        ----------
        report : of `assess`.
        when : what the report cannot know, such as ``{"backdrop": "red"}``; a requirement under a condition that
            is neither here nor in the report's facts does not apply.

        Raises
        ------
        ValueError : a condition or a value that is not known; names the nearest one.
        """
        for name, value in when.items():
            _check_condition(name, value)
        facts = {"position": report.facts.position, "eye": report.facts.eye, **when}
        findings = [
            finding
            for requirement in self.requirements
            if requirement.modality == report.facts.modality and requirement.applies(facts)
            if (finding := _finding(requirement, report)) is not None
        ]
        findings += [
            Finding(edit, Missing(edit), None, None, "warn", advice(edit))
            for edit in report.facts.edits
            if edit in WARNED_EDITS
        ]
        findings.sort(key=_rank)
        accepted = not any(finding.severity == "reject" for finding in findings)
        return Verdict(self.name, accepted, tuple(findings), report.facts.digest)


def _check_condition(name: str, value: str) -> None:
    """Refuse a condition nobody could have meant: the rules under it would be skipped without a word."""
    if name not in WHEN_KEYS:
        raise ValueError(f"unknown condition {name!r}; known are {', '.join(WHEN_KEYS)}")
    if WHEN_KEYS[name] and value not in WHEN_KEYS[name]:
        raise ValueError(f"unknown {name} {value!r}; one of {', '.join(WHEN_KEYS[name])}")


WARNED_EDITS = frozenset(
    {"edit.resolution_assumed", "edit.backdrop_replaced", "signature.unit_assumed", "signature.rate_assumed"}
)
"""Edits of a sample that a verdict always mentions."""


def _rank(finding: Finding) -> tuple[bool, int]:
    """Rejections before warnings, missing values before poor ones; among equals the profile's own order holds."""
    return finding.severity != "reject", 0 if isinstance(finding.measured, Missing) else 1


def _finding(requirement: Requirement, report: QualityReport) -> Finding | None:
    measurement = report.measurements.get(requirement.measure)
    native = Missing("quality.not_measured") if measurement is None else measurement.native
    if isinstance(native, Missing) and requirement.optional:
        return None
    if isinstance(native, Missing):
        told: Advice | None = advice(native.reason)
    elif requirement.at_least is not None and native < requirement.at_least:
        told = requirement.low
    elif requirement.at_most is not None and native > requirement.at_most:
        told = requirement.high
    else:
        return None
    return Finding(
        measure=requirement.measure,
        measured=native,
        at_least=requirement.at_least,
        at_most=requirement.at_most,
        severity=requirement.severity,
        advice=told or advice("quality.take_again"),
        unit="" if measurement is None else measurement.unit,
    )


def built_in_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    names = (path.name for path in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_profile(source: str | Path, known_measures: Collection[str]) -> Profile:
    """Read a profile by its built-in name or from a TOML file.

    Parameters
    ----------
    source : a built-in name (``ktpel``, ``icao``, ``mosip``) or the path of a file.
    known_measures : ids that requirements may name.

    Raises
    ------
    ProfileError : the file is missing or broken, or an entry holds an unknown field, measure, condition or message;
        names file, entry, field and the nearest known name.
    """
    path = Path(source)
    if isinstance(source, str) and source in built_in_profiles():
        text = files(__package__).joinpath(f"{source}.toml").read_text("utf-8")
        path = Path(f"{source}.toml")
    elif path.is_file():
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(path, f"cannot be read as UTF-8 text: {error}") from error
    else:
        nearest = _nearest(str(source), built_in_profiles())
        raise ProfileError(
            str(source) or "profile",
            f"there is no profile or file {str(source)!r}",
            nearest=nearest,
            remedy=f"Built in are {', '.join(built_in_profiles())}; anything else is the path of a TOML file.",
        )
    return parse_profile(text, path, known_measures)


def parse_profile(text: str, path: Path, known_measures: Collection[str]) -> Profile:
    """Read a profile from TOML text; ``path`` is named in errors."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(path, f"is not valid TOML: {error}") from error
    for name in document:
        if name not in _TOP_FIELDS:
            raise ProfileError(path, f'unknown field "{name}"', field=name, nearest=_nearest(name, _TOP_FIELDS))
    entries = document.get("require", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProfileError(path, "require must be written as [[require]] entries", field="require")
    if not entries:
        raise ProfileError(path, "has no [[require]] entry, so it would accept everything", field="require")
    name = document.get("name", path.stem)
    if not isinstance(name, str):
        raise ProfileError(path, "name must be text", field="name")
    title = _sentence(document.get("title"), _Where(path, "title", "title")) or Advice("", name, name)
    requirements = tuple(
        _requirement(entry, _Where(path, f"[[require]] no. {number}"), known_measures)
        for number, entry in enumerate(entries, 1)
    )
    return Profile(name, requirements, title)


@dataclass(frozen=True, slots=True)
class _Where:
    path: Path
    entry: str
    field: str = ""

    def error(self, reason: str, field: str = "", nearest: str = "", remedy: str = "") -> ProfileError:
        return ProfileError(
            self.path, reason, entry=self.entry, field=field or self.field, nearest=nearest, remedy=remedy
        )


def _nearest(name: str, known: Iterable[str]) -> str:
    """The known name a person most likely meant, or an empty string."""
    return next(iter(difflib.get_close_matches(name, list(known), 1, 0.5)), "")


def _requirement(entry: Mapping[str, Any], where: _Where, known: Collection[str]) -> Requirement:
    for name in entry:
        if name not in _FIELDS:
            raise where.error(f'unknown field "{name}"', name, _nearest(name, _FIELDS))
    measure = entry.get("measure")
    if not isinstance(measure, str):
        raise where.error('the field "measure" is missing', "measure", remedy="`ktpel measures` lists the ids.")
    if measure not in known:
        raise where.error(
            f'unknown measure "{measure}"', "measure", _nearest(measure, known), remedy="`ktpel measures` lists them."
        )
    at_least, at_most = (_bound(entry.get(name), name, where) for name in ("at_least", "at_most"))
    if at_least is None and at_most is None:
        raise where.error("neither at_least nor at_most is given, so nothing is required", "at_least")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise where.error(f"at_least {at_least:g} lies above at_most {at_most:g}; nothing could pass", "at_least")
    severity = entry.get("severity", "reject")
    if severity not in ("reject", "warn"):
        nearest = _nearest(str(severity), ("reject", "warn"))
        raise where.error(f'severity "{severity}" is not known', "severity", nearest)
    optional = entry.get("optional", False)
    if not isinstance(optional, bool):
        raise where.error(f"optional must be true or false, not {optional!r}", "optional")
    for name, bound in (("low", at_least), ("high", at_most)):
        if name in entry and bound is None:
            other = "at_least" if name == "low" else "at_most"
            raise where.error(f"{name} can never be said, because {other} is not given", name)
    return Requirement(
        measure=measure,
        at_least=at_least,
        at_most=at_most,
        severity=severity,
        when=_conditions(entry.get("when", {}), where),
        low=_sentence(entry.get("low"), _Where(where.path, where.entry, "low")),
        high=_sentence(entry.get("high"), _Where(where.path, where.entry, "high")),
        optional=optional,
    )


def _bound(value: Any, name: str, where: _Where) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise where.error(f"{name} must be a number, not {value!r}", name)
    return float(value)


def _conditions(value: Any, where: _Where) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise where.error('when must be a table such as {position = ["left_little"]}', "when")
    conditions = {}
    for name, values in value.items():
        if name not in WHEN_KEYS:
            raise where.error(f'unknown condition "{name}"', f"when.{name}", _nearest(name, WHEN_KEYS))
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list) or not values or not all(isinstance(item, str) for item in values):
            raise where.error(f"when.{name} must be a list of names", f"when.{name}")
        for item in values:
            if WHEN_KEYS[name] and item not in WHEN_KEYS[name]:
                raise where.error(f'unknown {name} "{item}"', f"when.{name}", _nearest(item, WHEN_KEYS[name]))
        conditions[name] = tuple(values)
    return MappingProxyType(conditions)


def _sentence(value: Any, where: _Where) -> Advice | None:
    match value:
        case None:
            return None
        case str() if value in catalogue("id"):
            return advice(value)
        case str():
            nearest = _nearest(value, catalogue("id"))
            raise where.error(f'unknown message "{value}"', nearest=nearest)
        case {"id": str(indonesian), "en": str(english), **rest} if not rest:
            return Advice("", indonesian, english)
    raise where.error(f'{where.field} must be a message key or {{id = "...", en = "..."}}, not {value!r}')


def modality_of_measure(measure: str) -> Modality | None:
    """Which modality's samples a measure id is about, None for an unknown family."""
    family = Requirement(measure).modality
    return next((modality for modality in MODALITIES if modality == family), None)
