"""Does a record keep its standard, and what a registry asks of it besides?

Rules are data: TOML files, three of them in ``records/rules``. A rule names a format, a field of its value, and what
the field must be; ``image`` stands for what the coded image says of itself.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from ktpel_capture.errors import ImageError, ProfileError, RecordError
from ktpel_capture.imaging.codecs import ImageHeader, read_header
from ktpel_capture.records.coding import Record, decode_tolerantly, layout
from ktpel_capture.records.recognition import FORMATS

BUILT_IN: Final = ("mosip-registration", "mosip-auth", "icao")
_CHECKS: Final = ("one_of", "at_least", "at_most", "same_as", "count")
_RULE_KEYS: Final = ("format", "field", "clause", "span", *_CHECKS)
_PROFILE_KEYS: Final = ("name", "about", "source", "formats", "rule")


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a record breaks its standard or a profile's rule.

    Attributes
    ----------
    reason : what is wrong, with the value.
    field : the standard's name of the field, with its place in the record.
    offset : index of the first byte, None where no single byte is at fault.
    clause : standard and clause, or the registry's rule.
    rule : ``standard``, or the field a profile's rule is about.
    """

    reason: str
    field: str
    offset: int | None
    clause: str
    rule: str = "standard"

    def __str__(self) -> str:
        where = self.field if self.offset is None else f"byte {self.offset}, {self.field}"
        return f"{where}: {self.reason} ({self.clause})"


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found in a record.

    Attributes
    ----------
    format : the record's format, empty where it is none.
    profile : name of the profile, empty for the standard alone.
    violations : in the record's order; none means valid.
    """

    format: str
    profile: str
    violations: tuple[Violation, ...]

    @property
    def valid(self) -> bool:
        return not self.violations


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand.

    Attributes
    ----------
    format : standard and edition it is about.
    field : path of the field in the record's value; every element of a tuple is checked.
    check : ``one_of``, ``at_least``, ``at_most``, ``same_as`` (another field of the same value) or ``count``.
    limit : what the check compares with.
    clause : where it is written.
    span : the standard's name of the field, for its place in the bytes.
    """

    format: str
    field: str
    check: str
    limit: Any
    clause: str
    span: str = ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A profile of records: the formats it takes and the rules; ``source`` says where they come from."""

    name: str
    about: str
    source: str
    formats: tuple[str, ...]
    rules: tuple[Rule, ...]


def load_rules(name: str | Path) -> RuleSet:
    """A built-in profile of records by name, or one from a TOML file.

    Raises
    ------
    ProfileError : missing, not TOML, an unknown key or format, a rule without a check.
    """
    if isinstance(name, str) and name in BUILT_IN:
        return _built_in(name)
    path = Path(name)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        near = difflib.get_close_matches(str(name), BUILT_IN, 1, 0.4)
        raise ProfileError(
            path,
            error.strerror or str(error),
            nearest=near[0] if near else "",
            remedy=f"Built in: {', '.join(BUILT_IN)}.",
        ) from error
    except UnicodeDecodeError as error:
        raise ProfileError(path, f"not UTF-8 text: {error}") from error
    return _parsed(path, text)


@cache
def _built_in(name: str) -> RuleSet:
    source = files(__package__).joinpath("rules", f"{name}.toml")
    return _parsed(Path(f"{name}.toml"), source.read_text("utf-8"))


def _parsed(path: Path, text: str) -> RuleSet:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(path, f"not TOML: {error}") from error
    _known_keys(path, document, _PROFILE_KEYS, "")
    formats = document.get("formats", [])
    named = {str(known) for known in FORMATS}
    if not isinstance(formats, list) or not formats:
        raise ProfileError(path, "formats lists the formats the profile takes", field="formats")
    for item in formats:
        if item not in named:
            near = difflib.get_close_matches(str(item), named, 1, 0.4)
            raise ProfileError(path, f"unknown format {item!r}", field="formats", nearest=near[0] if near else "")
    rules: list[Rule] = []
    for number, entry in enumerate(document.get("rule", []), 1):
        where = f"[[rule]] no. {number}"
        _known_keys(path, entry, _RULE_KEYS, where)
        for key in ("format", "field"):
            if not isinstance(entry.get(key), str):
                raise ProfileError(path, f"{key} is missing", entry=where, field=key)
        checks = [key for key in _CHECKS if key in entry]
        if not checks:
            raise ProfileError(path, f"no check; one of {', '.join(_CHECKS)}", entry=where)
        if entry["format"] not in formats:
            raise ProfileError(path, f"format {entry['format']!r} is not among formats", entry=where, field="format")
        rules += [
            Rule(entry["format"], entry["field"], check, entry[check], entry.get("clause", ""), entry.get("span", ""))
            for check in checks
        ]
    return RuleSet(
        str(document.get("name", path.stem)),
        str(document.get("about", "")),
        str(document.get("source", "")),
        tuple(formats),
        tuple(rules),
    )


def _known_keys(path: Path, table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.4)
            raise ProfileError(path, f"unknown key {key!r}", entry=where, field=key, nearest=near[0] if near else "")


def validate(data: bytes, profile: RuleSet | str | Path | None = None) -> Validation:
    """Everything in the bytes that breaks their standard or the profile.

    The records inside a CBEFF document or a data group are checked too, their places named with a prefix; offsets are
    then within the inner record.

    Parameters
    ----------
    data : one record.
    profile : rules besides the standard's own; None checks the standard alone.

    Raises
    ------
    ProfileError : the profile cannot be read.
    """
    rules = profile if isinstance(profile, RuleSet) else None if profile is None else load_rules(profile)
    name = "" if rules is None else rules.name
    try:
        record, deviations = decode_tolerantly(data)
    except RecordError as error:
        known = next((str(item) for item in FORMATS if item.standard in error.clause), "")
        return Validation(known, name, (_of_error(error),))
    found = [Violation(item.reason, item.field, item.offset, item.clause) for item in deviations]
    label = label_of(record)
    if rules is not None:
        if label not in rules.formats:
            reason = f"{label} is not among the formats of {rules.name}: {', '.join(rules.formats)}"
            found.append(Violation(reason, "format identifier", 0, rules.source, "formats"))
        else:
            found += _broken(record, label, rules)
    for prefix, inner in inner_records(record):
        checked = validate(inner, rules)
        found += [
            Violation(item.reason, f"{prefix} {item.field}", item.offset, item.clause, item.rule)
            for item in checked.violations
        ]
    return Validation(label, name, tuple(found))


def _of_error(error: RecordError) -> Violation:
    return Violation(error.reason, error.field or "record", error.offset, error.clause or "record format")


def label_of(record: Record) -> str:
    """Standard and edition of a record in one word."""
    return record.standard if record.edition is None else f"{record.standard}:{record.edition}"


def inner_records(record: Record) -> Iterator[tuple[str, bytes]]:
    """(where, octets) of the records that a record carries inside: CBEFF's data blocks, a data group's templates."""
    carried = getattr(record, "inner_records", None)
    if carried is not None:
        yield from carried()


def _broken(record: Record, label: str, rules: RuleSet) -> Iterator[Violation]:
    places = {span.field: span.offset for span in layout(record)}
    for rule in rules.rules:
        if rule.format != label:
            continue
        for place, owner, value in _resolved(record, rule.field):
            reason = _complaint(rule, owner, value)
            if reason:
                prefix, _, last = place.rpartition(".")
                prefix = f"{prefix}." if prefix else ""
                if rule.field.rpartition(".")[0].endswith("image"):
                    prefix, span = prefix.removesuffix("image."), "image data"
                else:
                    span = rule.span or last
                yield Violation(reason, f"{prefix}{span}", places.get(f"{prefix}{span}"), rule.clause, rule.field)


def _complaint(rule: Rule, owner: Any, value: Any) -> str:
    """What is wrong with a value, empty where nothing is."""
    if isinstance(value, ImageError):
        return value.message
    match rule.check:
        case "one_of":
            if value in rule.limit:
                return ""
            if all(isinstance(item, bool) for item in rule.limit):
                return f"{rule.field.rpartition('.')[2]} is {str(value).lower()}"
            wanted = ", ".join(str(item) for item in rule.limit)
            return f"{value} is not {wanted}" if len(rule.limit) == 1 else f"{value} is not one of {wanted}"
        case "at_least" | "at_most":
            values = value if isinstance(value, tuple) else (value,)
            if not all(isinstance(item, (int, float)) for item in values):
                return f"{value} is no number"
            low = rule.check == "at_least"
            bad = [item for item in values if (item < rule.limit if low else item > rule.limit)]
            return f"{bad[0]} is {'below' if low else 'above'} {rule.limit}" if bad else ""
        case "same_as":
            other = getattr(owner, rule.limit, None)
            return "" if value == other else f"{value} is not the {rule.limit} of {other} that the record states"
        case _:
            return "" if len(value) == rule.limit else f"{len(value)} of them, not {rule.limit}"


def _resolved(record: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """(place, owner, value) for every value that a path reaches; the owner is the value the image belongs to."""
    steps = path.split(".")
    here: list[tuple[str, Any, Any]] = [("", record, record)]
    for number, step in enumerate(steps):
        following = []
        for place, owner, value in here:
            found = _attribute(value, step)
            at = f"{place}.{step}" if place else step
            holder = owner if isinstance(value, (ImageHeader, ImageError)) else value
            if isinstance(found, tuple) and number < len(steps) - 1:
                following += [(f"{at}[{index}]", item, item) for index, item in enumerate(found)]
            else:
                following.append((at, holder, found))
        here = following
    yield from here


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, ImageError):
        return value
    if hasattr(value, name):
        return getattr(value, name)
    if name == "image" and hasattr(value, "image_data"):
        try:
            return read_header(value.image_data)
        except ImageError as error:
            return error
    raise ProfileError("rules", f"{type(value).__name__} has no field {name!r}", field=name)
