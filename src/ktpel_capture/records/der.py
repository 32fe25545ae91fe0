"""ASN.1 values in the distinguished encoding rules, driven by dataclasses.

A SEQUENCE is a frozen dataclass whose fields name their context tag and type with `asn`; tags are implicit except
around a CHOICE. Elements behind the known ones of an extensible sequence are kept as they came, in ``unknown``, so
that a later edition's record is written back byte for byte.
Source: ITU-T X.690 | ISO/IEC 8825-1, clauses 8 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Protocol

from ktpel_capture.errors import RecordError
from ktpel_capture.records.quick import quickly
from ktpel_capture.records.reader import Reader

CONSTRUCTED = 0x20
CONTEXT = 0x80
MAX_DEPTH = 32


class AsnType(Protocol):
    """How one ASN.1 type is read and written; ``choice`` types stand inside their tag, the others under it.

    ``read`` takes the content octets as a range of the reader's data and must use all of it.
    """

    @property
    def choice(self) -> bool: ...
    @property
    def constructed(self) -> bool: ...
    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> Any: ...
    def write(self, value: Any, name: str) -> bytes: ...


def asn(tag: int, kind: AsnType, *, optional: bool = False) -> Any:
    """A field of a SEQUENCE: its context tag and its type."""
    metadata = {"tag": tag, "kind": kind, "optional": optional}
    return field(default=None, metadata=metadata) if optional else field(metadata=metadata)


def unknown_extensions() -> Any:
    """The field of an extensible SEQUENCE that keeps elements of later editions, each a whole encoded value."""
    return field(default=(), metadata={"extensions": True})


def read_tlv(reader: Reader, at: int, end: int, name: str) -> tuple[int, int, int]:
    """(tag, start of the content, its end) of the encoded value that begins at byte ``at``, checked to be there.

    Tags are of one octet, or of two or three that begin with xF.
    """
    data = reader.data
    if at + 2 > end:
        raise _cut(reader, at, 2, end, name)
    tag = data[at]
    start = at + 1
    if tag & 0x1F == 0x1F:
        while True:
            if start >= end:
                raise _cut(reader, start, 1, end, name)
            if start > at + 2:
                raise reader.error("the tag is too long", at, name)
            tag = tag << 8 | data[start]
            start += 1
            if tag & 0x80 == 0:
                break
        if start >= end:
            raise _cut(reader, start, 1, end, name)
    length = data[start]
    start += 1
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4:
            raise reader.error("the length is indefinite or too long", start - 1, name)
        if start + octets > end:
            raise _cut(reader, start, octets, end, name)
        length = int.from_bytes(data[start : start + octets], "big")
        if length < 0x80 or length >> 8 * (octets - 1) == 0:
            reader.deviates("the length is not in its shortest form", start - 1, name)
        start += octets
    stop = start + length
    if stop > end:
        raise _cut(reader, start, length, end, name)
    return tag, start, stop


def _cut(reader: Reader, at: int, needed: int, end: int, name: str) -> RecordError:
    return RecordError(
        f"{needed} bytes are needed, {max(0, end - at)} are left",
        offset=at,
        field=name,
        clause=reader.clause,
        code="record.truncated",
    )


def header(tag: int, length: int) -> bytes:
    """Tag and length octets."""
    octets = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if length < 0x80:
        return octets + bytes((length,))
    size = (length.bit_length() + 7) // 8
    return octets + bytes((0x80 | size,)) + length.to_bytes(size, "big")


def value(tag: int, content: bytes) -> bytes:
    """One encoded value."""
    return header(tag, len(content)) + content


@dataclass(frozen=True, slots=True)
class Integer:
    """INTEGER within bounds; ``most`` None is unbounded."""

    least: int = 0
    most: int | None = None
    choice: bool = False
    constructed: bool = False

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> int:
        number = reader.data[at] if end - at == 1 else 0x80
        if number >= 0x80:
            number = _integer(reader, at, end, name)
        if number < self.least or (self.most is not None and number > self.most):
            reader.deviates(f"{number} is not in {self.least}..{'' if self.most is None else self.most}", at, name)
        return number

    def write(self, value: Any, name: str) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise RecordError(f"{value!r} is no whole number", field=name)
        return _integer_octets(value)


def _integer(reader: Reader, at: int, end: int, name: str) -> int:
    content = reader.data[at:end]
    size = end - at
    if size != 1:
        if not 1 <= size <= 16:
            raise reader.error(f"a number of {size} octets", at, name)
        if (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1)):
            reader.deviates("the number is not in its shortest form", at, name)
    return int.from_bytes(content, "big", signed=True)


def _integer_octets(value: int) -> bytes:
    return value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, "big", signed=True)


@dataclass(frozen=True, slots=True)
class Boolean:
    """BOOLEAN."""

    choice: bool = False
    constructed: bool = False

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> bool:
        if end - at != 1:
            raise reader.error(f"a truth value of {end - at} octets", at, name)
        octet = reader.data[at]
        if octet not in (0, 0xFF):
            reader.deviates(f"{octet} is neither 0 nor 255", at, name)
        return octet != 0

    def write(self, value: Any, name: str) -> bytes:
        return b"\xff" if value else b"\x00"


@dataclass(frozen=True, slots=True)
class OctetString:
    """OCTET STRING."""

    choice: bool = False
    constructed: bool = False

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> bytes:
        return reader.data[at:end]

    def write(self, value: Any, name: str) -> bytes:
        return bytes(value)


@dataclass(frozen=True, slots=True)
class ExtensionCode:
    """A code of a later edition, with the code of this edition to take in its place.

    Attributes
    ----------
    fallback : a name of this edition; empty where the type has none.
    unknown : what the later edition put behind it.
    """

    fallback: str
    unknown: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """CHOICE of an ENUMERATED code ([0]) and an extension block ([1]) with a fallback code.

    A code that is not known reads as ``code_77``.
    """

    names: Mapping[int, str]
    has_fallback: bool = True
    choice: bool = True
    constructed: bool = True

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> str | ExtensionCode:
        if end - at == 3 and reader.data[at : at + 2] == b"\x80\x01":  # a code in one octet, as nearly always
            known = self.names.get(reader.data[at + 2])
            return self._code(reader, at + 2, end, name) if known is None else known
        tag, start, stop = read_tlv(reader, at, end, name)
        if stop != end:
            raise reader.error("something stands behind the choice", stop, name)
        if tag == CONTEXT:
            return self._code(reader, start, stop, name)
        if tag != CONTEXT | CONSTRUCTED | 1:
            raise reader.error(f"tag {tag:02X} is no choice here", at, name)
        fallback = ""
        if self.has_fallback:
            tag, inner, behind = read_tlv(reader, start, stop, name)
            if tag != CONTEXT:
                raise reader.error("the fallback code is missing", start, name)
            fallback, start = self._code(reader, inner, behind, name), behind
        return ExtensionCode(fallback, _rest(reader, start, stop, name))

    def _code(self, reader: Reader, at: int, end: int, name: str) -> str:
        number = _integer(reader, at, end, name)
        known = self.names.get(number)
        if known is None:
            reader.deviates(f"code {number} has no meaning", at, name)
            return f"code_{number}"
        return known

    def _number(self, code: str, name: str) -> bytes:
        for number, known in self.names.items():
            if known == code:
                return _integer_octets(number)
        if code.startswith("code_") and code[5:].lstrip("-").isdigit():
            return _integer_octets(int(code[5:]))
        raise ValueError(f"{name} {code!r} is not known; one of {', '.join(self.names.values())}")

    def write(self, value_: Any, name: str) -> bytes:
        if isinstance(value_, ExtensionCode):
            content = value(CONTEXT, self._number(value_.fallback, name)) if self.has_fallback else b""
            return value(CONTEXT | CONSTRUCTED | 1, content + b"".join(value_.unknown))
        return value(CONTEXT, self._number(value_, name))


def _rest(reader: Reader, at: int, end: int, name: str) -> tuple[bytes, ...]:
    """The encoded values of a range, unread."""
    found = []
    while at < end:
        _tag, _start, stop = read_tlv(reader, at, end, name)
        found.append(reader.data[at:stop])
        at = stop
    return tuple(found)


@dataclass(slots=True)
class Sequence:
    """SEQUENCE as a dataclass; ``of`` is called for it, so that types may stand in any order."""

    of: Callable[[], type]
    choice: bool = False
    constructed: bool = True
    _known: _Plan | None = None

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> Any:
        plan = self._known
        if plan is None:
            plan = self._known = _plan(self.of())
        return plan.made(*_read_members(reader, plan, at, end, name, depth))

    def write(self, value: Any, name: str) -> bytes:
        return write_sequence(value, name)


@dataclass(frozen=True, slots=True)
class SequenceOf:
    """SEQUENCE OF one type, as a tuple."""

    kind: AsnType
    least: int = 0
    most: int | None = None
    universal: int = 0x30
    choice: bool = False
    constructed: bool = True

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> tuple[Any, ...]:
        found = []
        here = at
        data = reader.data
        while here < end:
            if here + 4 <= end and data[here + 1] == 0x82 and data[here + 2] and data[here] & 0x1F != 0x1F:
                tag, start = data[here], here + 4  # the usual long form, without a call
                stop = start + (data[here + 2] << 8 | data[here + 3])
                if stop > end:
                    raise _cut(reader, start, stop - start, end, name)
            else:
                tag, start, stop = read_tlv(reader, here, end, name)
            if self.kind.choice:
                start = here
            elif tag != self.universal:
                raise reader.error(f"tag {tag:02X} where {self.universal:02X} belongs", here, name)
            found.append(self.kind.read(reader, start, stop, name, depth + 1))
            here = stop
        if len(found) < self.least or (self.most is not None and len(found) > self.most):
            reader.deviates(f"{len(found)} of them", at, name)
        return tuple(found)

    def write(self, values: Any, name: str) -> bytes:
        parts = (self.kind.write(item, name) for item in values)
        return b"".join(parts if self.kind.choice else (value(self.universal, part) for part in parts))


@dataclass(frozen=True, slots=True)
class Choice:
    """CHOICE between types by context tag; the value is ``(name of the alternative, its value)``."""

    alternatives: Mapping[int, tuple[str, AsnType]]
    choice: bool = True
    constructed: bool = True

    def read(self, reader: Reader, at: int, end: int, name: str, depth: int) -> tuple[str, Any]:
        data = reader.data
        if at + 4 <= end and data[at + 1] == 0x82 and data[at + 2]:  # the usual long form, without a call
            tag, start = data[at], at + 4
            stop = start + (data[at + 2] << 8 | data[at + 3])
            if stop > end:
                raise _cut(reader, start, stop - start, end, name)
        else:
            tag, start, stop = read_tlv(reader, at, end, name)
        if stop != end:
            raise reader.error("something stands behind the choice", stop, name)
        chosen = self.alternatives.get(tag & 0x1F)
        if chosen is None or tag != CONTEXT | tag & 0x1F | (CONSTRUCTED if chosen[1].constructed else 0):
            raise reader.error(f"tag {tag:02X} is no choice here", at, name)
        return chosen[0], chosen[1].read(reader, start, stop, chosen[0], depth + 1)

    def write(self, chosen: Any, name: str) -> bytes:
        alternative, content = chosen
        for tag, (known, kind) in self.alternatives.items():
            if known == alternative:
                octets = kind.write(content, f"{name}.{alternative}")
                return value(CONTEXT | tag | (CONSTRUCTED if kind.constructed else 0), octets)
        raise ValueError(f"{name}: {alternative!r} is not one of its alternatives")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a SEQUENCE is read and written.

    Attributes
    ----------
    members : tag, name, type and whether it is optional, in their order.
    by_tag : by tag octet: order, place among the dataclass's fields, name, the type's ``read``, the values of content
        that is one octet (see `_short`).
    blank : every field's default.
    required : place and name of the members that must be there.
    extensions, extensions_place : the field that keeps elements of later editions.
    made : makes the dataclass.
    """

    members: tuple[tuple[int, str, AsnType, bool], ...]
    by_tag: Mapping[int, tuple[int, int, str, Callable[..., Any], Mapping[int, Any]]]
    blank: tuple[Any, ...]
    required: tuple[tuple[int, str], ...]
    extensions: str
    extensions_place: int
    made: Callable[..., Any]


_NOTHING: Mapping[int, Any] = {}


def _short(kind: AsnType) -> Mapping[int, Any]:
    """The good values of a type whose content is one octet: most of a record's, read without a call."""
    match kind:
        case Integer():
            most = 0x7F if kind.most is None else min(kind.most, 0x7F)
            return {number: number for number in range(max(kind.least, 0), most + 1)}
        case Boolean():
            return {0: False, 0xFF: True}
    return _NOTHING


_PLANS: dict[type, _Plan] = {}


def _plan(of: type) -> _Plan:
    plan = _PLANS.get(of)
    if plan is None:
        plan = _PLANS[of] = _plan_of(of)
    return plan


def _plan_of(of: type) -> _Plan:
    members: list[tuple[int, str, AsnType, bool]] = []
    by_tag, blank, required = {}, [], []
    extensions, extensions_place = "", -1
    for place, item in enumerate(fields(of)):
        blank.append(None if item.default is MISSING else item.default)
        if item.metadata.get("extensions"):
            extensions, extensions_place = item.name, place
        elif "tag" in item.metadata:
            kind: AsnType = item.metadata["kind"]
            tag = CONTEXT | item.metadata["tag"] | (CONSTRUCTED if kind.constructed else 0)
            by_tag[tag] = (len(members), place, item.name, kind.read, _short(kind))
            members.append((tag, item.name, kind, item.metadata["optional"]))
            if not item.metadata["optional"]:
                required.append((place, item.name))
    members_, blank_, required_ = tuple(members), tuple(blank), tuple(required)
    return _Plan(members_, by_tag, blank_, required_, extensions, extensions_place, quickly(of))


def read_members(reader: Reader, of: type, at: int, end: int, name: str, depth: int = 0) -> list[Any]:
    """The values of the dataclass's fields, in their order; fields that are no members have their defaults."""
    return _read_members(reader, _plan(of), at, end, name, depth)


def _read_members(reader: Reader, plan: _Plan, at: int, end: int, name: str, depth: int) -> list[Any]:
    if depth > MAX_DEPTH:
        raise reader.error("values are nested too deep", at, name)
    by_tag, found = plan.by_tag, list(plan.blank)
    last, data = -1, reader.data
    while at < end:
        known = by_tag.get(data[at])
        if known is None or known[0] <= last:
            break
        last, place, member, read, short = known
        start = at + 2
        length = data[at + 1] if start <= end else 0x80
        if length == 1 and start < end:
            value = short.get(data[start], short)
            if value is not short:
                found[place] = value
                at = start + 1
                continue
        if length == 0x82 and at + 4 <= end and data[start]:  # the usual forms of the length, without a call
            start = at + 4
            length = data[at + 2] << 8 | data[at + 3]
        elif length >= 0x80:
            _tag, start, stop = read_tlv(reader, at, end, member)
            length = stop - start
        stop = start + length
        if stop > end:
            raise _cut(reader, start, length, end, member)
        found[place] = read(reader, start, stop, member, depth + 1)
        at = stop
    for place, member in plan.required:
        if found[place] is None:
            raise reader.error(f"{member} is missing", min(at, end), name)
    if at < end:
        _take_extensions(reader, plan, found, at, end, name)
    return found


def _take_extensions(reader: Reader, plan: _Plan, found: list[Any], at: int, end: int, name: str) -> None:
    if not plan.extensions:
        reader.deviates("something stands behind the last member", at, name)
        return
    rest = _rest(reader, at, end, name)
    most = plan.members[-1][0] & 0x1F if plan.members else -1
    if any(item[0] & 0xC0 != CONTEXT or item[0] & 0x1F <= most for item in rest):
        reader.deviates("an element stands out of order or twice", at, name)
    found[plan.extensions_place] = rest


def write_sequence(item: Any, name: str) -> bytes:
    """The content octets of a SEQUENCE."""
    plan = _plan(type(item))
    parts = []
    for tag, member, kind, optional in plan.members:
        content = getattr(item, member)
        if content is None:
            if not optional:
                raise RecordError(f"{member} is missing", field=name)
            continue
        parts.append(value(tag, kind.write(content, member)))
    return b"".join(parts) + b"".join(getattr(item, plan.extensions) if plan.extensions else ())
