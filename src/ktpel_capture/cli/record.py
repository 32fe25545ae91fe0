"""``ktpel record``: lay interchange records open, hold them against rules, convert them, take their images out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ktpel_capture.cli.options import one_of
from ktpel_capture.errors import ImageError, KtpelError, RecordError, UnreadableFile

if TYPE_CHECKING:
    from ktpel_capture.records import Record, Validation
    from ktpel_capture.samples import Sample

_EPILOG = (
    "Examples:\n\n  ktpel record inspect Left_Index.iso\n\n"
    "  ktpel record validate captures/*.iso --profile mosip-registration\n\n"
    "  ktpel record convert Left_Index.iso old.fir --to 19794-4 --edition 2005\n\n"
    "  ktpel record extract enrolment.xml images/ --as png"
)
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Inspect, validate, convert and extract interchange records.",
    epilog=_EPILOG,
)
_INVALID, _UNREADABLE = 1, 2

FILE = typer.Argument(metavar="FILE", help="An interchange record.")
FILES = typer.Argument(metavar="FILE...", help="Interchange records.")


@app.command(epilog="Examples:\n\n  ktpel record inspect Face.iso\n\n  ktpel record inspect set.xml --html set.html")
def inspect(
    file: Annotated[Path, FILE],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_html: Annotated[
        Path | None, typer.Option("--html", metavar="PATH", help="Write a page with the fields and the images.")
    ] = None,
) -> None:
    """Show every field of a record with its value and its place in the bytes.

    What breaks the standard is listed first; a record that can be read all the same is shown.
    """
    from ktpel_capture import records
    from ktpel_capture.records import inspection

    record, deviations = _decoded(file)
    tree = records.inspect(record)
    if as_json:
        document = {
            "version": 1,
            "file": str(file),
            "format": tree.name,
            "deviations": [str(item) for item in deviations],
            "record": tree.json(),
        }
        json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    for item in () if as_json else deviations:
        typer.echo(f"deviates: {item}")
    if as_html is not None:
        _write(as_html, inspection.page(tree, record, f"{file.name}: {tree.name}").encode())
        typer.echo(f"{as_html}", err=as_json)
    elif not as_json:
        for line in inspection.lines(tree):
            typer.echo(line)


@app.command(epilog="Examples:\n\n  ktpel record validate a.iso\n\n  ktpel record validate *.iso --profile mosip-auth")
def validate(
    files: Annotated[list[Path], FILES],
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", metavar="NAME|PATH", help="mosip-registration, mosip-auth, icao, or a file of rules."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Hold records against their standard, and against a registry's rules where a profile is named.

    Each violation names its place, what is wrong and the clause. Exit 0 all valid, 1 a violation, 2 a file that
    cannot be read (2 wins); the other files are still checked.
    """
    from ktpel_capture import records

    rules = None if profile is None else records.load_rules(profile)
    code, entries = 0, []
    for file in files:
        try:
            checked = records.validate(_content(file), rules)
        except UnreadableFile as error:
            code = _UNREADABLE
            entries.append({"file": str(file), "error": _error(error)})
            if not as_json:
                typer.echo(f"{error}")
            continue
        code = code if checked.valid else max(code, _INVALID)
        entries.append(_entry(file, checked))
        if not as_json:
            _show(file, checked)
    if as_json:
        json.dump({"version": 1, "records": entries}, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    raise typer.Exit(code)


@app.command(
    epilog="Examples:\n\n  ktpel record convert a.iso b.fir --to 19794-4 --edition 2005\n\n"
    "  ktpel record convert a.iso b.iso --to 19794-4 --encoding jpeg2000_lossy --max-bytes 15000"
)
def convert(
    files: Annotated[list[Path], typer.Argument(metavar="FILE... OUT", help="Records to read, and the one to write.")],
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="19794-4, 19794-5, 19794-6, 19794-7, 39794-5, an2k or cbeff.")
    ],
    edition: Annotated[int | None, typer.Option("--edition", metavar="YEAR", help="Else the latest known.")] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", help="raw, png, jpeg2000_lossless (usual), jpeg2000_lossy, jpeg or wsq."),
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option("--max-bytes", metavar="N", help="Greatest length of one lossy image.")
    ] = None,
) -> None:
    """Write the samples of records into a record of another format, edition or encoding.

    Images are decoded and coded anew; with a lossless encoding no pixel changes. What a lossy one harms is told:
    fine detail that is lost, a score that fell.
    """
    from ktpel_capture import reading, records
    from ktpel_capture.records.orders import ENCODINGS

    *sources, out = files
    if not sources:
        raise typer.BadParameter("give the records to read and the file to write", param_hint="FILE... OUT")
    samples = [sample for source in sources for sample in reading.read_all(source)]
    try:
        record = records.from_samples(samples, format=to, edition=edition, encoding=encoding, max_bytes=max_bytes)
        data = records.encode(record)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    _write(out, data)
    if encoding is not None and not ENCODINGS[encoding][1]:
        for number, (before, after) in enumerate(zip(samples, record.samples(), strict=True), 1):
            _tell_harm(number, before, after)
    count = len(samples)
    typer.echo(f"{out}: {count} sample{'' if count == 1 else 's'}, {len(data)} bytes")


@app.command(
    epilog="Examples:\n\n  ktpel record extract Left_Index.iso images/\n\n  ktpel record extract set.xml out/ --as tiff"
)
def extract(
    file: Annotated[Path, FILE],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the images go; made if it is not there.")],
    as_format: Annotated[
        str, typer.Option("--as", metavar="png|tiff|bmp|jpeg2000", help="How the pixels are written; all lose nothing.")
    ] = "png",
) -> None:
    """Take the images out of a record, turned upright, with their resolution."""
    from ktpel_capture.imaging.codecs import encode_image
    from ktpel_capture.samples import FingerprintSample, IrisSample, SignatureSample

    suffix = {"png": "png", "tiff": "tif", "bmp": "bmp", "jpeg2000": "jp2"}[
        one_of(as_format, ("png", "tiff", "bmp", "jpeg2000"), "--as")
    ]
    record, _deviations = _decoded(file)
    try:
        samples = record.samples()
    except (RecordError, ImageError) as error:
        raise UnreadableFile(file, error.message, remedy=error.remedy, code=error.code) from error
    if not samples:
        raise UnreadableFile(file, f"the {record.standard} record holds no image", code="record.no_samples")
    for number, sample in enumerate(samples, 1):
        name = f"{file.stem}_{number:02}"
        if isinstance(sample, SignatureSample):
            from ktpel_capture.signature.csvfile import write_csv

            _write(folder / f"{name}_signature.csv", write_csv(sample).encode())
            typer.echo(f"{folder / name}_signature.csv: {sample!r}")
            continue
        ppi = sample.ppi if isinstance(sample, FingerprintSample) else None
        label = "face"
        if isinstance(sample, FingerprintSample):
            label = sample.position
        elif isinstance(sample, IrisSample):
            label = f"{sample.eye}_eye"
        path = folder / f"{name}_{label}.{suffix}"
        kind: Any = as_format
        _write(path, encode_image(sample.image, kind, ppi=ppi, lossless=kind == "jpeg2000"))
        typer.echo(f"{path}: {sample!r}")


def _tell_harm(number: int, before: Sample, after: Sample) -> None:
    """On stderr: what an encoding took from a sample."""
    from ktpel_capture.assessment import compression_harm
    from ktpel_capture.quality import Missing
    from ktpel_capture.samples import SignatureSample

    if isinstance(before, SignatureSample):
        return
    harm = compression_harm(before, after)
    for finding in harm.findings:
        measured = "none" if isinstance(finding.measured, Missing) else f"{finding.measured:.2f}"
        bound = f"at least {finding.at_least:.2f}" if finding.at_least is not None else f"at most {finding.at_most:.2f}"
        typer.echo(
            f"warning: sample {number}, {before!r}: {finding.measure}: {measured}, {bound}. {finding.advice.en}",
            err=True,
        )


def _content(path: Path) -> bytes:
    from ktpel_capture.reading import file_content

    return file_content(path)


def _decoded(path: Path) -> tuple[Record, tuple[Any, ...]]:
    from ktpel_capture import records

    try:
        return records.decode_tolerantly(_content(path))
    except RecordError as error:
        raise UnreadableFile(path, error.message, remedy=error.remedy, code=error.code) from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        reason = f"cannot be written: {error.strerror or error}"
        raise UnreadableFile(path, reason, remedy="Name another place.", code="file.unwritable") from error


def _error(error: KtpelError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def _entry(file: Path, checked: Validation) -> dict[str, Any]:
    return {
        "file": str(file),
        "format": checked.format,
        "profile": checked.profile,
        "valid": checked.valid,
        "violations": [
            {
                "field": item.field,
                "offset": item.offset,
                "reason": item.reason,
                "clause": item.clause,
                "rule": item.rule,
            }
            for item in checked.violations
        ],
    }


def _show(file: Path, checked: Validation) -> None:
    against = f" for {checked.profile}" if checked.profile else ""
    if checked.valid:
        typer.echo(f"{file}: valid {checked.format}{against}")
        return
    count = len(checked.violations)
    typer.echo(f"{file}: {checked.format or 'not a record'}, {count} violation{'' if count == 1 else 's'}{against}")
    for item in checked.violations:
        typer.echo(f"  {item}")
