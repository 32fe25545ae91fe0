"""Signatures as InkML, the W3C's Ink Markup Language (Recommendation of 20 September 2011).

Written are one trace a run of the pen's state, with the channels T (s), X, Y (mm), F (share of the pad's range), OA and
OE (rad). Read are traces of any program: channels in any order and unit, explicit values and first and second
differences, a sample rate instead of time stamps, the tip switch S. A document type declaration is refused, for it can
pull in other files and blow up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from ktpel_capture.arrays import F64, Bool
from ktpel_capture.errors import RecordError
from ktpel_capture.samples import CaptureInfo, SignatureSample
from ktpel_capture.signature.csvfile import GREATEST, Source, content_of
from ktpel_capture.signature.series import USUAL_INTERVAL

NAMESPACE = "http://www.w3.org/2003/InkML"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6}
SECONDS = {"s": 1.0, "ms": 0.001, "us": 1e-6}
RADIANS = {"rad": 1.0, "deg": math.pi / 180}
PAD_UNIT = 0.01
"""mm of a device unit where the file does not tell: the 2540 lines an inch of most pads."""
WIDEST = 500.0
"""mm; greater coordinates without a unit are not the millimetres that the Recommendation has as default, but steps."""
FULL_SCALES = (1, 100, 255, 511, 1023, 2047, 4095, 8191, 16383, 32767, 65535)
"""Greatest force of pads that do not state it."""
CHANNELS = ("T", "X", "Y", "F", "OA", "OE")
MOST_POINTS = 2_000_000
LEAST_PAUSE = 0.1
"""s between two traces where nothing tells when the second began."""


@dataclass(frozen=True, slots=True)
class _Channel:
    name: str
    units: str = ""
    downwards: bool = True
    least: float | None = None
    greatest: float | None = None
    default: float | None = None


@dataclass(slots=True)
class _Context:
    """What holds for a trace: its channels, their resolutions, the rate."""

    channels: tuple[_Channel, ...] = (_Channel("X"), _Channel("Y"))
    resolutions: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    rate: float | None = None
    pad_size: tuple[float, float] | None = None


class _Tree(ET.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise RecordError(
            "carries a document type declaration, which is refused: it could pull in other files",
            field="DOCTYPE",
            remedy="Delete the <!DOCTYPE ...> and export the ink again.",
        )


# Reading --------------------------------------------------------------------------------------------------------


def read_inkml(source: Source) -> SignatureSample:
    """The signature of an InkML file: all its traces in order.

    Traces between which the file tells no pen in the air are parted by one point with the pen up. Coordinates in
    device units without a resolution are taken for hundredths of a millimetre, and the sample's edits say so; likewise
    100 points a second are assumed where there are neither time stamps nor a rate.

    Raises
    ------
    UnreadableFile : missing, too large, not text.
    RecordError : not well-formed, a document type declaration, no trace, no X or Y, a value that is no number; names
        the element or channel as ``field``.
    """
    try:
        parser = ET.XMLParser(target=_Tree())
        parser.feed(content_of(source))
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        line, column = error.position
        raise RecordError(f"is not well-formed XML at line {line}, column {column}: {error}", field="ink") from error
    if _tag(root) != "ink":
        raise RecordError(f"the root element is <{_tag(root)}>, not <ink>", field="ink", clause="InkML 2011")
    named = {element.get(XML_ID, ""): element for element in root.iter() if element.get(XML_ID)}
    return _sample(list(_traces(root, named)))


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (child for child in element if _tag(child) == name)


@dataclass(frozen=True, slots=True)
class _Trace:
    values: Mapping[str, F64]
    kind: str
    offset: float | None
    context: _Context


def _traces(root: ET.Element, named: Mapping[str, ET.Element]) -> Iterator[_Trace]:
    """Traces in document order with the context that holds where they stand; definitions are no ink."""
    current = _Context()
    stack = [iter([(root, "")])]
    points = 0
    while stack:
        step = next(stack[-1], None)
        if step is None:
            stack.pop()
            continue
        element, inherited = step
        match _tag(element):
            case "ink" | "traceGroup":
                reference = element.get("contextRef") or inherited
                stack.append(iter([(child, reference) for child in element]))
            case "context":
                current = _context(element, named, current, set())
            case "traceFormat":
                current = _Context(_format(element), current.resolutions, current.rate, current.pad_size)
            case "trace":
                reference = element.get("contextRef") or inherited
                context = current
                if reference:
                    context = _context(_referred(reference, named, "context"), named, current, set())
                values = _values(element, context.channels)
                points += len(next(iter(values.values())))
                if points > MOST_POINTS:
                    raise RecordError(f"holds more than {MOST_POINTS} points", field="trace")
                yield _Trace(values, element.get("type", "penDown"), _number(element, "timeOffset"), context)


def _referred(reference: str, named: Mapping[str, ET.Element], what: str) -> ET.Element:
    if not reference.startswith("#"):
        raise RecordError(f'refers to "{reference}", which lies outside this file and is not fetched', field=what)
    if reference[1:] not in named:
        raise RecordError(f'refers to "{reference}", which is not in this file', field=what)
    return named[reference[1:]]


def _context(element: ET.Element, named: Mapping[str, ET.Element], above: _Context, seen: set[int]) -> _Context:
    if id(element) in seen or len(seen) > 50:
        raise RecordError("contexts refer to each other in a circle", field="context", clause="InkML 2011")
    seen.add(id(element))
    if (reference := element.get("contextRef")) not in (None, "", "#DefaultContext"):
        above = _context(_referred(str(reference), named, "context"), named, above, seen)
    found = _Context(above.channels, above.resolutions, above.rate, above.pad_size)
    sources = list(_children(element, "inkSource"))
    if reference := element.get("inkSourceRef"):
        sources.insert(0, _referred(reference, named, "inkSource"))
    formats = list(_children(element, "traceFormat"))
    if reference := element.get("traceFormatRef"):
        formats.insert(0, _referred(reference, named, "traceFormat"))
    for source in sources:
        formats = [*_children(source, "traceFormat"), *formats]
        for rate in _children(source, "sampleRate"):
            found.rate = _number(rate, "value")
        for area in _children(source, "activeArea"):
            found.pad_size = _area(area) or found.pad_size
        for properties in _children(source, "channelProperties"):
            found.resolutions = {**found.resolutions, **_resolutions(properties)}
    if formats:
        found.channels = _format(formats[-1])
    return found


def _number(element: ET.Element, attribute: str) -> float | None:
    text = element.get(attribute)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RecordError(f'{attribute}="{text}" is not a number', field=_tag(element))
    return value


def _format(element: ET.Element) -> tuple[_Channel, ...]:
    channels = []
    for child in element.iter():
        if _tag(child) == "channel":
            if (name := child.get("name")) is None:
                raise RecordError("a channel has no name", field="channel", clause="InkML 2011")
            least, greatest, default = (_number(child, key) for key in ("min", "max", "default"))
            downwards = child.get("orientation", "+ve") != "-ve"
            channels.append(_Channel(name, child.get("units", ""), downwards, least, greatest, default))
    return tuple(channels)


def _area(element: ET.Element) -> tuple[float, float] | None:
    width, height = _number(element, "width"), _number(element, "height")
    unit = MILLIMETRES.get(element.get("units", ""))
    if width is None or height is None or unit is None or min(width, height) <= 0:
        return None
    return width * unit, height * unit


def _resolutions(element: ET.Element) -> dict[str, tuple[float, str]]:
    """By channel: steps, and the unit they are counted by (``1/cm`` gives cm)."""
    found = {}
    for child in _children(element, "channelProperty"):
        units = child.get("units", "")
        value = _number(child, "value")
        if child.get("name") == "resolution" and value and units.startswith("1/"):
            found[child.get("channel", "")] = (value, units[2:])
    return found


NUMBER = re.compile(r"\s*(?:([!'\"])?\s*(#[0-9A-Fa-f]{1,13}|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[*?TF])|(,))")


def _values(element: ET.Element, channels: tuple[_Channel, ...]) -> dict[str, F64]:
    """The channels of one trace, differences added up as the Recommendation has them."""
    text = "".join(element.itertext())
    count = len(channels)
    order = [0] * count
    last, speed = [0.0] * count, [0.0] * count
    rows: list[list[float]] = []
    row: list[float] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = NUMBER.match(text, position)
        if match is None:
            raise RecordError(f'"{text[position : position + 20].strip()}" is not a value', field="trace")
        position = match.end()
        prefix, value, comma = match.groups()
        if comma:
            rows.append(_whole(row, channels))
            row = []
            continue
        at = len(row)
        if at >= count:
            raise RecordError(f"point {len(rows) + 1} has more values than {count} channels", field="trace")
        if prefix:
            order[at] = "!'\"".index(prefix)
        row.append(_next(value, at, order, last, speed, channels[at]))
    if row:
        rows.append(_whole(row, channels))
    table = np.array(rows, np.float64).reshape(-1, count)
    sound = np.abs(table) <= GREATEST
    if not sound.all():
        name = channels[int(np.flatnonzero(~sound.all(0))[0])].name
        raise RecordError("a value is unknown or not finite", field=name)
    return {channel.name: table[:, at] for at, channel in enumerate(channels)}


def _next(value: str, at: int, order: list[int], last: list[float], speed: list[float], channel: _Channel) -> float:
    if value == "?":
        return channel.default if channel.default is not None else math.nan
    if value in "TF":
        return float(value == "T")
    if value == "*":
        number = 0.0 if order[at] else last[at]
        if order[at] == 1:
            number = speed[at]
    else:
        number = float(int(value[1:], 16)) if value.startswith("#") else float(value)
    if order[at] == 2:
        speed[at] += number
        last[at] += speed[at]
    elif order[at] == 1:
        speed[at] = number
        last[at] += number
    else:
        speed[at] = number - last[at]
        last[at] = number
    return last[at]


def _whole(row: list[float], channels: tuple[_Channel, ...]) -> list[float]:
    """A point; channels at its end may be left out, as intermittent ones are."""
    for channel in channels[len(row) :]:
        if channel.name in CHANNELS[:3]:
            raise RecordError("a point ends before this channel; the file may be cut off", field=channel.name)
        row = [*row, channel.default if channel.default is not None else 0.0]
    return row


def _sample(traces: list[_Trace]) -> SignatureSample:
    traces = [trace for trace in traces if len(next(iter(trace.values.values())))]
    if not traces:
        raise RecordError("holds no trace with a point", field="trace")
    for name in ("X", "Y"):
        if any(name not in trace.values for trace in traces):
            raise RecordError(f"a trace has no channel {name}", field=name)
    edits: set[str] = set()
    states = [trace.kind for trace in traces]
    if not set(states) <= {"penDown", "penUp", "indeterminate"}:
        wrong = next(state for state in states if state not in ("penDown", "penUp", "indeterminate"))
        raise RecordError(f'type="{wrong}" is neither penDown, penUp nor indeterminate', field="trace")
    parts: list[dict[str, Any]] = []
    ready = 0.0
    farthest = max(float(np.abs(trace.values[name]).max()) for trace in traces for name in ("X", "Y"))
    unstated = "mm" if farthest <= WIDEST else "dev"
    for trace in traces:
        part = _physical(trace, ready, unstated, edits)
        part["down"] = part.pop("S", np.ones(len(part["X"]))) > 0.5
        part["down"] &= trace.kind != "penUp"
        if parts and trace.kind != "penUp" and parts[-1]["down"][-1] and states.count("indeterminate") < len(states):
            parts.append(_lift(parts[-1], part))
        parts.append(part)
        ready = float(part["T"][-1]) + LEAST_PAUSE
    joined = {name: _joined(parts, name) for name in (*CHANNELS, "down")}
    t, x, y = joined["T"], joined["X"], joined["Y"]
    down: Bool | None = None if set(states) == {"indeterminate"} else joined["down"]
    pad_size = next((trace.context.pad_size for trace in traces if trace.context.pad_size), None)
    capture = CaptureInfo(edits=tuple(sorted(edits)))
    force = joined["F"]
    if force is not None and not (force.min() >= 0 and force.max() <= 1):
        raise RecordError("a force lies outside the range its channel states", field="F")
    return SignatureSample(t, x, y, force, down, joined["OA"], joined["OE"], pad_size, capture)


def _joined(parts: list[dict[str, Any]], name: str) -> Any:
    if any(name not in part for part in parts):
        return None
    return np.concatenate([part[name] for part in parts])


def _lift(before: Mapping[str, F64], after: Mapping[str, F64]) -> dict[str, Any]:
    """One point with the pen up where one trace ends, in the time between the two."""
    gap = float(after["T"][0] - before["T"][-1])
    lift: dict[str, Any] = {name: values[-1:] for name, values in before.items()}
    lift["T"] = before["T"][-1:] + (min(USUAL_INTERVAL, gap / 2) if gap > 0 else 0.0)
    lift["down"] = np.zeros(1, np.bool_)
    if "F" in lift:
        lift["F"] = np.zeros(1)
    return lift


def _physical(trace: _Trace, ready: float, unstated: str, edits: set[str]) -> dict[str, Any]:
    """The channels in our units; time in seconds, by the rate where there are no stamps."""
    part: dict[str, Any] = {}
    for channel in trace.context.channels:
        name, values = channel.name, trace.values[channel.name]
        if name in ("X", "Y"):
            part[name] = values * _length(channel, trace.context, unstated, edits)
            if name == "Y" and not channel.downwards:
                part[name] = (trace.context.pad_size or (0.0, 0.0))[1] - part[name]
        elif name == "S":
            part[name] = values
        elif name == "F":
            part[name] = _share(channel, values)
        elif name in ("OA", "OE"):
            part[name] = values * RADIANS.get(channel.units, RADIANS["deg"])
        elif name == "T":
            part[name] = values * SECONDS.get(channel.units, 0.001)
            if trace.offset is not None and part[name][0] < trace.offset / 1000 - 1e-9:  # counted from the trace
                part[name] = part[name] + trace.offset / 1000
    if "T" not in part:
        if trace.context.rate is None:
            edits.add("signature.rate_assumed")
        begin = ready if trace.offset is None else trace.offset / 1000
        part["T"] = begin + np.arange(len(part["X"])) / (trace.context.rate or 1 / USUAL_INTERVAL)
    return part


def _length(channel: _Channel, context: _Context, unstated: str, edits: set[str]) -> float:
    steps, unit = context.resolutions.get(channel.name, (1.0, channel.units or unstated))
    if unit in MILLIMETRES:
        return MILLIMETRES[unit] / steps
    edits.add("signature.unit_assumed")
    return PAD_UNIT


def _share(channel: _Channel, values: F64) -> F64:
    least = channel.least or 0.0
    greatest = channel.greatest
    if greatest is None or greatest <= least:
        top = float(values.max())
        greatest = next((float(scale) for scale in FULL_SCALES if scale >= top), top)
    return (values - least) / (greatest - least)


# Writing --------------------------------------------------------------------------------------------------------


def write_inkml(sample: SignatureSample) -> str:
    """A signature as InkML; `read_inkml` gives the same points again, to the last digit."""
    ink = ET.Element("ink", {"xmlns": NAMESPACE})
    context = ET.SubElement(ET.SubElement(ink, "definitions"), "context", {"xml:id": "pad"})
    source = ET.SubElement(context, "inkSource", {"xml:id": "source"})
    channels = {
        "T": (sample.t, {"units": "s"}),
        "X": (sample.x, {"units": "mm"}),
        "Y": (sample.y, {"units": "mm", "orientation": "+ve"}),
        "F": (sample.force, {"units": "dev", "min": "0", "max": "1"}),
        "OA": (sample.azimuth, {"units": "rad"}),
        "OE": (sample.altitude, {"units": "rad"}),
    }
    given = {name: (values, facts) for name, (values, facts) in channels.items() if values is not None}
    described = ET.SubElement(source, "traceFormat")
    for name, (_, facts) in given.items():
        ET.SubElement(described, "channel", {"name": name, "type": "double", **facts})
    if sample.pad_size is not None:
        width, height = (repr(float(side)) for side in sample.pad_size)
        ET.SubElement(source, "activeArea", {"width": width, "height": height, "units": "mm"})
    table = [[repr(value) for value in values.tolist()] for values, _ in given.values()]
    rows = [" ".join(row) for row in zip(*table)]
    for start, stop, kind in _runs(sample):
        trace = ET.SubElement(ink, "trace", {"contextRef": "#pad", "type": kind})
        trace.text = ", ".join(rows[start:stop])
    ET.indent(ink)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(ink, encoding="unicode") + "\n"


def _runs(sample: SignatureSample) -> Iterator[tuple[int, int, str]]:
    count = len(sample.t)
    if not count:
        return
    if sample.pen_down is None:
        yield 0, count, "indeterminate"
        return
    edges = [0, *(np.flatnonzero(np.diff(sample.pen_down)) + 1).tolist(), count]
    for start, stop in pairwise(edges):
        yield start, stop, "penDown" if sample.pen_down[start] else "penUp"
