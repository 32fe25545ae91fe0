"""``ktpel check``: will these files do?"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any

import typer

from ktpel_capture.cli.options import LANG, chosen_language, conditions, one_of
from ktpel_capture.errors import KtpelError, UnreadableFile
from ktpel_capture.messages import Language, advice
from ktpel_capture.parts import Parts, refusal
from ktpel_capture.profiles import Finding, Profile, Verdict
from ktpel_capture.quality import Missing, QualityReport
from ktpel_capture.requests import FingerRequest
from ktpel_capture.samples import (
    EYES,
    FINGERS_OF,
    MODALITIES,
    POSITIONS,
    Eye,
    FingerprintSample,
    Modality,
    Position,
    Sample,
    modality_of,
)

_ACCEPTED, _REJECTED, _UNREADABLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Checked:
    """One sample of a file and what was found; report is None for a finger that is missing from its slap."""

    file: str
    index: int
    modality: str
    position: str
    report: QualityReport | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be read."""

    file: str
    error: KtpelError


@dataclass(frozen=True, slots=True)
class Settings:
    """How files are read and judged."""

    profile: Profile
    kind: Modality | None = None
    ppi: float | None = None
    position: Position | None = None
    eye: Eye | None = None
    when: dict[str, str] = field(default_factory=dict)
    overlay: Path | None = None
    language: Language = "id"
    """Of the words on overlays."""
    drawn: set[str] = field(default_factory=set)
    """Names of the overlays written so far."""


def check(
    paths: Annotated[list[str], typer.Argument(metavar="FILE|DIR...", help="Files, or folders of files.")],
    kind: Annotated[
        str | None, typer.Option("--as", metavar="|".join(MODALITIES), help="What the images show.")
    ] = None,
    profile: Annotated[
        str, typer.Option(help="A built-in profile (ktpel, icao, mosip) or the path of a TOML file.")
    ] = "ktpel",
    ppi: Annotated[float | None, typer.Option(help="Resolution of fingerprint images that name none.")] = None,
    position: Annotated[str | None, typer.Option(help="Finger position, such as right_index or left_four.")] = None,
    eye: Annotated[str | None, typer.Option(help="left or right.")] = None,
    when: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="What the file cannot know, as backdrop=red.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One row a measurement.")] = False,
    overlay: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a picture a sample that shows why.")
    ] = None,
    lang: Annotated[str | None, LANG] = None,
) -> None:
    """Judge image files, records and signatures against a profile.

    Exit 0: all accepted; 1: something rejected; 2: something could not be read (the rest is still judged).
    """
    from ktpel_capture.assessment import load_profile

    if as_json and as_csv:
        raise typer.BadParameter("give --json or --csv, not both")
    settings = Settings(
        profile=load_profile(profile),
        kind=None if kind is None else one_of(kind, MODALITIES, "--as"),
        ppi=ppi,
        position=None if position is None else one_of(position, POSITIONS, "--position"),
        eye=None if eye is None else one_of(eye, EYES, "--eye"),
        when=conditions(when or ()),
        overlay=overlay,
        language=chosen_language(lang),
    )
    _refuse_idle_options(settings, paths)
    if ppi is not None and not 0 < ppi <= 20_000:
        raise typer.BadParameter(f"{ppi:g} is no resolution; it lies above 0 and at most at 20000", param_hint="--ppi")
    results = []
    for result in _with_progress([Path(path) for path in paths], settings):
        results.append(result)
        if not as_json and not as_csv:
            _show(result, chosen_language(lang))
    if as_json:
        document = {"version": 1, "samples": [_plain(result) for result in results]}
        json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif as_csv:
        _write_csv(results)
    else:
        _show_sum(results)
    raise typer.Exit(_exit_code(results))


check.epilog = (  # type: ignore[attr-defined]
    "Examples:\n\n  ktpel check portrait.jpg --when backdrop=red --overlay why/\n\n"
    "  ktpel check prints/ --as fingerprint --ppi 500 --json\n\n  ktpel check Right_Index.iso Face.iso --lang id"
)


def _refuse_idle_options(settings: Settings, paths: Iterable[str]) -> None:
    """An option that would change nothing is a misunderstanding, an empty path a variable that was not set."""
    if any(not path.strip() for path in paths):
        raise typer.BadParameter("an empty path names nothing", param_hint="FILE|DIR")
    if settings.kind not in (None, "fingerprint"):
        for option, value in (("--position", settings.position), ("--ppi", settings.ppi)):
            if value is not None:
                raise typer.BadParameter(f"it is for fingerprints, not --as {settings.kind}", param_hint=option)
    if settings.kind not in (None, "iris") and settings.eye is not None:
        raise typer.BadParameter(f"it is for irises, not --as {settings.kind}", param_hint="--eye")


def _exit_code(results: Iterable[Checked | Failed]) -> int:
    codes = {
        _UNREADABLE if isinstance(result, Failed) else _ACCEPTED if result.verdict.accepted else _REJECTED
        for result in results
    }
    return max(codes, default=_ACCEPTED)


# Judging --------------------------------------------------------------------------------------------------------


_NO_CAPTURES = frozenset(
    {".asn", ".htm", ".html", ".json", ".log", ".md", ".npy", ".npz", ".pdf", ".py", ".toml", ".txt", ".xsd", ".yaml"}
)
"""Endings of files that lie beside captures in a folder; such a file is judged when it is named itself."""


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named and those inside the folders named, each folder in order of name.

    Hidden files, and those whose ending says that they are notes, not captures, are left out of a folder.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(
            item
            for item in path.rglob("*")
            if item.is_file()
            and item.suffix.lower() not in _NO_CAPTURES
            and not any(part.startswith(".") for part in item.relative_to(path).parts)
        )
        yield from inside or [path]


def judge_file(path: Path, settings: Settings) -> Iterator[Checked | Failed]:
    """Everything one file holds, judged; a slap is judged finger by finger."""
    from ktpel_capture import reading

    try:
        if path.is_dir():  # `files_in` names a folder only where it found nothing in it
            remedy = "Name the files to check."
            raise UnreadableFile(path, "is a folder without a file to check", remedy=remedy, code="file.is_directory")
        samples = reading.read_all(path, settings.kind, ppi=settings.ppi, position=settings.position, eye=settings.eye)
        if not samples:
            raise UnreadableFile(path, "holds no sample", remedy="It is a good file without an image.")
        checked: list[Checked] = []
        for sample in samples:
            checked += _judge_sample(sample, path, len(checked), settings)
    except KtpelError as error:
        yield Failed(str(path), error)
        return
    yield from checked


def _judge_sample(sample: Sample, path: Path, index: int, settings: Settings) -> list[Checked]:
    if not (isinstance(sample, FingerprintSample) and sample.position in FINGERS_OF):
        return [_judge_one(sample, path, index, settings)]
    from ktpel_capture import fingerprint

    fingers = {finger.position: finger.sample for finger in fingerprint.segment(sample)}
    why = Parts(in_doubt="unknown" in fingers).why_absent(FingerRequest(sample.position))
    results = []
    for number, position in enumerate(FINGERS_OF[sample.position], index):
        if position in fingers:
            results.append(_judge_one(fingers[position], path, number, settings))
        else:
            verdict = refusal(settings.profile, why, position)
            results.append(Checked(str(path), number, "fingerprint", position, None, verdict))
    return results


def _judge_one(sample: Sample, path: Path, index: int, settings: Settings) -> Checked:
    from ktpel_capture.assessment import analyse, assess, modality_module

    modality = modality_of(sample)
    analysis = analyse(sample)
    report = assess(analysis)
    verdict = settings.profile.judge(report, settings.when)
    if settings.overlay is not None:
        picture = modality_module(modality).overlay.draw(analysis, verdict.findings, language=settings.language)
        _save(picture, settings.overlay / _overlay_name(f"{path.stem}-{index}-{modality}", settings.drawn))
    where = report.facts.eye if modality == "iris" else report.facts.position
    return Checked(str(path), index, modality, where, report, verdict)


def _overlay_name(wanted: str, taken: set[str]) -> str:
    """A name of its own in this run: files of one stem may differ in their folder or their ending."""
    names = (f"{wanted}{suffix}.png" for suffix in chain([""], (f"-{number}" for number in count(2))))
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def _save(picture: Any, path: Path) -> None:
    from PIL import Image

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    except OSError as error:
        raise KtpelError(f"{path}: the overlay cannot be written: {error.strerror or error}") from error


def _with_progress(paths: list[Path], settings: Settings) -> Iterator[Checked | Failed]:
    """Results as they come, with a bar on standard error where a person looks at it."""
    files = list(files_in(paths))
    if len(files) < 5 or not sys.stderr.isatty():
        for path in files:
            yield from judge_file(path, settings)
        return
    from rich.console import Console
    from rich.progress import track

    for path in track(files, "Checking", console=Console(stderr=True), transient=True):
        yield from judge_file(path, settings)


# Showing --------------------------------------------------------------------------------------------------------


def _plain(result: Checked | Failed) -> dict[str, Any]:
    if isinstance(result, Failed):
        error = result.error
        return {
            "file": result.file,
            "error": {
                "code": error.code,
                "message": getattr(error, "reason", "") or error.message,
                "remedy": error.remedy,
            },
        }
    report = result.report
    scores = [] if report is None else [{"algorithm": s.algorithm, "value": _value(s.value)} for s in report.scores]
    measurements = {} if report is None else report.measurements
    return {
        "file": result.file,
        "index": result.index,
        "modality": result.modality,
        **({"eye": result.position} if result.modality == "iris" else {}),
        **({"position": result.position} if result.modality == "fingerprint" else {}),
        "digest": None if report is None else report.facts.digest,
        "edits": [] if report is None else list(report.facts.edits),
        "scores": scores,
        "measurements": {
            identifier: {
                "native": _value(measurement.native),
                "unit": measurement.unit,
                "component": measurement.component,
                "missing": measurement.native.reason if isinstance(measurement.native, Missing) else None,
            }
            for identifier, measurement in measurements.items()
        },
        "verdict": {
            "profile": result.verdict.profile,
            "accepted": result.verdict.accepted,
            "findings": [_finding(finding) for finding in result.verdict.findings],
        },
    }


def _value(value: float | Missing) -> float | None:
    return None if isinstance(value, Missing) else value


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "measure": finding.measure,
        "measured": _value(finding.measured),
        "missing": finding.measured.reason if isinstance(finding.measured, Missing) else None,
        "at_least": finding.at_least,
        "at_most": finding.at_most,
        "severity": finding.severity,
        "advice": {"id": finding.advice.id, "en": finding.advice.en},
    }


def _write_csv(results: Iterable[Checked | Failed]) -> None:
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["file", "index", "modality", "position", "accepted", "id", "native", "unit", "component", "missing"])
    for result in results:
        if isinstance(result, Failed):
            rows.writerow([result.file, "", "", "", "", "error", "", "", "", result.error.code])
            continue
        head = [result.file, result.index, result.modality, result.position, result.verdict.accepted]
        if result.report is None:
            rows.writerow([*head, "", "", "", "", result.verdict.findings[0].measured.reason])  # type: ignore[union-attr]
            continue
        for score in result.report.scores:
            rows.writerow([*head, score.algorithm, _value(score.value), "", "", getattr(score.value, "reason", "")])
        for identifier, item in result.report.measurements.items():
            missing = getattr(item.native, "reason", "")
            rows.writerow([*head, identifier, _value(item.native), item.unit, item.component, missing])


def _show(result: Checked | Failed, language: Language) -> None:
    if isinstance(result, Failed):
        typer.secho("? ", fg="yellow", nl=False)
        typer.echo(str(result.error))
        return
    accepted = result.verdict.accepted
    typer.secho("✓ " if accepted else "✗ ", fg="green" if accepted else "red", nl=False)
    what = advice(f"position.{_spoken(result)}").text(language)
    typer.echo(f"{result.file}  {what}{_score(result.report)}")
    for (mark, sentence), reasons in _by_advice(result.verdict.findings, language).items():
        more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        typer.echo(f"    {mark} {sentence}  [{'; '.join(reasons[:3])}{more}]")


def _by_advice(findings: Iterable[Finding], language: Language) -> dict[tuple[str, str], list[str]]:
    """What stands against a sample: each sentence once, with the measures that call for it."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        grouped.setdefault((finding.severity, finding.advice.text(language)), []).append(_why(finding))
    said: dict[str, str] = {}
    for severity, sentence in grouped:  # a rejection stands before its warnings, and swallows them
        said.setdefault(sentence, severity)
    return {
        ("!" if severity == "warn" else "-", sentence): [
            reason for level in ("reject", "warn") for reason in grouped.get((level, sentence), ())
        ]
        for sentence, severity in said.items()
    }


def _spoken(result: Checked) -> str:
    if result.position == "unknown" or result.modality in ("face", "signature"):
        return result.modality
    return f"{result.position}_eye" if result.modality == "iris" else result.position


def _score(report: QualityReport | None) -> str:
    if report is None or isinstance(report.score, Missing):
        return ""
    return f"  {report.scores[0].algorithm} {report.score:.0f}"


def _why(finding: Finding) -> str:
    if isinstance(finding.measured, Missing):
        return finding.measure if finding.measure == finding.measured.reason else f"{finding.measure}: missing"
    bounds = " and ".join(
        f"{word} {bound:g}"
        for word, bound in (("at least", finding.at_least), ("at most", finding.at_most))
        if bound is not None
    )
    return f"{finding.measure} {finding.measured:.4g} {finding.unit}".rstrip() + f", wanted {bounds}"


def _show_sum(results: list[Checked | Failed]) -> None:
    if len(results) < 2:
        return
    judged = [result for result in results if isinstance(result, Checked)]
    accepted = sum(result.verdict.accepted for result in judged)
    typer.echo(f"{accepted} accepted, {len(judged) - accepted} rejected, {len(results) - len(judged)} not readable")
