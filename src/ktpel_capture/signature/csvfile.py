"""Signatures as CSV: one line a pen point, a header that names the columns.

::

    # pad_size 96.0 60.0
    t,x,y,force,pen_down
    0.0,12.5,31.04,0.41,1

Seconds, millimetres (x right, y down), force 0..1, pen_down 1 or 0, azimuth and altitude in radians. ``t``, ``x`` and
``y`` must be there. Numbers are written so that reading them gives the same number again.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ktpel_capture.arrays import F64
from ktpel_capture.errors import RecordError, UnreadableFile
from ktpel_capture.samples import CaptureInfo, SignatureSample

Source: TypeAlias = str | bytes | PathLike[str]
"""A path, or the content itself: bytes, or text of more than one line."""

LARGEST = 64 * 2**20
"""bytes of the largest file that is read: over a million points."""
GREATEST = 1e15
"""No coordinate, time or force of any unit is greater."""
COLUMNS = ("t", "x", "y", "force", "pen_down", "azimuth", "altitude")
NEEDED = COLUMNS[:3]
ALSO = {"time": "t", "timestamp": "t", "pressure": "force", "down": "pen_down", "pen": "pen_down"}
"""Other names that columns go by."""
UNITS = {"s": 1.0, "ms": 0.001, "mm": 1.0, "cm": 10.0, "rad": 1.0, "deg": math.pi / 180}
"""What a column's name may end in, ``x_cm``, and the factor to our unit."""
UNITS_OF = {
    "t": ("s", "ms"),
    "x": ("mm", "cm"),
    "y": ("mm", "cm"),
    "azimuth": ("rad", "deg"),
    "altitude": ("rad", "deg"),
}
TRUE, FALSE = ("1", "true", "yes"), ("0", "false", "no")


def content_of(source: Source) -> str:
    """The text of a file, or text as it is given.

    Raises
    ------
    UnreadableFile : missing, larger than 64 MiB, or not UTF-8.
    """
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("<") or not source):
        return source
    path = Path("<bytes>") if isinstance(source, bytes) else Path(source)
    if isinstance(source, bytes):
        data = source
    else:
        try:
            if path.stat().st_size > LARGEST:
                raise UnreadableFile(path, f"is larger than {LARGEST // 2**20} MiB", code="file.too_large")
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableFile(path, error.strerror or str(error), code="file.missing") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(path, f"is not UTF-8 text: {error}", code="file.not_text") from error


def read_csv(source: Source) -> SignatureSample:
    """A signature from CSV.

    Commas, semicolons (then with decimal commas, as spreadsheets in Indonesia write them) or tabs part the columns;
    lines that begin with ``#`` are remarks. A file with a header and no point is an empty signature.

    Raises
    ------
    UnreadableFile : missing, too large, not text.
    RecordError : wrong columns, a line of the wrong length, a value that is no finite number or out of range; names
        the line and, as ``field``, the column.
    """
    remarks, lines = [], []
    for number, line in enumerate(content_of(source).splitlines(), 1):
        if line.startswith("#"):
            remarks.append(line[1:].split())
        elif line.strip():
            lines.append((number, line))
    if not lines:
        raise RecordError(
            "holds no header; the first line names the columns, such as t,x,y,force,pen_down", field="header"
        )
    header = lines[0][1]
    parted = max(",;\t", key=header.count)
    names, factors = _columns([name.strip() for name in header.split(parted)])
    rows = csv.reader((line for _, line in lines[1:]), delimiter=parted)
    try:
        values = _values(rows, [number for number, _ in lines[1:]], names, parted == ";")
    except csv.Error as error:
        raise RecordError(f"line {lines[rows.line_num][0]}: {error}", field="line") from error
    channels: dict[str, F64] = {name: values[:, at] * factors[at] for at, name in enumerate(names)}
    force = channels.get("force")
    if force is not None and force.size and not (force.min() >= 0 and force.max() <= 1):
        at = int(np.flatnonzero((force < 0) | (force > 1))[0])
        raise RecordError(
            f"line {lines[1 + at][0]}: {force[at]:g} is not a share of the pad's range, 0..1", field="force",
            remedy="Divide by the pad's greatest force.",
        )  # fmt: skip
    down = channels.get("pen_down")
    return SignatureSample(
        channels["t"],
        channels["x"],
        channels["y"],
        force,
        None if down is None else down > 0.5,
        channels.get("azimuth"),
        channels.get("altitude"),
        _pad_size(remarks),
        CaptureInfo(),
    )


def write_csv(sample: SignatureSample) -> str:
    """A signature as CSV; `read_csv` gives the same sample again."""
    channels = {name: getattr(sample, name) for name in COLUMNS}
    channels = {name: values for name, values in channels.items() if values is not None}
    text = io.StringIO()
    if sample.pad_size is not None:
        text.write("# pad_size {!r} {!r}\n".format(*map(float, sample.pad_size)))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(channels)
    columns = [
        [int(value) for value in values] if name == "pen_down" else [repr(value) for value in values.tolist()]
        for name, values in channels.items()
    ]
    writer.writerows(zip(*columns))
    return text.getvalue()


def _columns(header: list[str]) -> tuple[list[str], list[float]]:
    names, factors = [], []
    for column in header:
        name, _, unit = (
            column.strip('"').lower().partition("_") if column.lower() != "pen_down" else (column.lower(), "", "")
        )
        name = ALSO.get(name, name)
        if name not in COLUMNS or unit not in ("", *UNITS_OF.get(name, ())):
            near = difflib.get_close_matches(column.lower(), (*COLUMNS, *ALSO), 1, 0.5)
            guess = f'; did you mean "{near[0]}"?' if near else ""
            raise RecordError(
                f'line 1: unknown column "{column}"{guess}', field=column,
                remedy=f"Columns are {', '.join(COLUMNS)}; t in s, x and y in mm.",
            )  # fmt: skip
        if name in names:
            raise RecordError(f'line 1: two columns are "{name}"', field=name)
        names.append(name)
        factors.append(UNITS.get(unit, 1.0))
    for name in NEEDED:
        if name not in names:
            raise RecordError(
                f'line 1: the column "{name}" is missing; there are {", ".join(header)}', field=name,
                remedy=f"Columns are {', '.join(COLUMNS)}; t in s, x and y in mm.",
            )  # fmt: skip
    return names, factors


def _values(rows: Iterable[list[str]], numbers: list[int], names: list[str], decimal_comma: bool) -> F64:
    values = []
    for row, number in zip(rows, numbers):
        if len(row) != len(names):
            raise RecordError(
                f"line {number} has {len(row)} of {len(names)} values; the file may be cut off",
                field=names[min(len(row), len(names) - 1)],
            )
        values.append([_value(text.strip(), name, number, decimal_comma) for text, name in zip(row, names)])
    return np.array(values, np.float64).reshape(-1, len(names))


def _value(text: str, name: str, number: int, decimal_comma: bool) -> float:
    if name == "pen_down":
        if text.lower() in TRUE:
            return 1.0
        if text.lower() in FALSE:
            return 0.0
        raise RecordError(f'line {number}: "{text}" is neither 1 nor 0', field=name)
    try:
        value = float(text.replace(",", ".") if decimal_comma else text)
    except ValueError:
        raise RecordError(f'line {number}: "{text}" is not a number', field=name) from None
    if not abs(value) <= GREATEST:
        raise RecordError(f'line {number}: "{text}" is not a finite number', field=name)
    return value


def _pad_size(remarks: list[list[str]]) -> tuple[float, float] | None:
    for words in remarks:
        if words[:1] == ["pad_size"]:
            try:
                width, height = (float(word) for word in words[1:])
            except ValueError:
                width = height = math.nan
            if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
                raise RecordError("must be two positive lengths in mm", field="pad_size")
            return width, height
    return None
