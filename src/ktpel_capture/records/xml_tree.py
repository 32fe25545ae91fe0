"""XML read without trust: no document type, no entity, bounded depth and size, every element with its byte offset."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ktpel_capture.errors import RecordError

MAX_DEPTH = 32
MAX_ELEMENTS = 100_000


@dataclass(slots=True)
class Element:
    """One element; ``offset`` is the byte where its start tag begins."""

    namespace: str
    name: str
    offset: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)


def parse(data: bytes, clause: str) -> Element:
    """The root element.

    Raises
    ------
    RecordError : not well-formed, truncated, with a document type or an entity, too deep or too many elements.
    """
    reader = _Reader(clause)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        incomplete = error.code in (3, 5, 6, 11) and reader.parser.ErrorByteIndex >= len(data.rstrip()) - 64
        raise RecordError(
            f"not well-formed XML: {expat.ErrorString(error.code)}",
            offset=max(0, min(reader.parser.ErrorByteIndex, len(data))),
            field="XML",
            clause=clause,
            code="record.truncated" if incomplete else "record.invalid",
        ) from error
    except (ValueError, LookupError) as error:  # an encoding that is not known
        raise RecordError(str(error), offset=0, field="XML", clause=clause) from error
    if reader.root is None:
        raise RecordError("no element", offset=0, field="XML", clause=clause)
    return reader.root


class _Reader:
    def __init__(self, clause: str) -> None:
        self.clause = clause
        self.root: Element | None = None
        self.count = 0
        self.open: list[tuple[Element, list[str]]] = []
        self.parser = expat.ParserCreate(namespace_separator="\x01")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_what: object) -> None:
        raise RecordError(
            "a document type or an entity is refused",
            offset=self.parser.CurrentByteIndex,
            field="XML",
            clause=self.clause,
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition("\x01")
        element = Element(namespace, name, self.parser.CurrentByteIndex, attributes)
        self.count += 1
        if len(self.open) >= MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise RecordError(
                "elements are nested too deep or too many", offset=element.offset, field=name, clause=self.clause
            )
        if self.open:
            self.open[-1][0].children.append(element)
        else:
            self.root = element
        self.open.append((element, []))

    def _characters(self, text: str) -> None:
        self.open[-1][1].append(text)

    def _end(self, _tag: str) -> None:
        element, parts = self.open.pop()
        element.text = "".join(parts)


def element(name: str, content: str = "", **attributes: str) -> str:
    """An element around content that is markup already."""
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def text_element(name: str, text: str, **attributes: str) -> str:
    """An element around plain text."""
    return element(name, escape(text, {"\r": "&#13;"}), **attributes)
