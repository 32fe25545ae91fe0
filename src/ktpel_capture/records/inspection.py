"""A record laid open: every field with its name, value and place, as text, JSON and a page."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ktpel_capture.errors import ImageError, RecordError
from ktpel_capture.imaging.codecs import read_header
from ktpel_capture.quality import Missing
from ktpel_capture.records.coding import Record, decode_tolerantly, layout
from ktpel_capture.records.validation import inner_records, label_of


@dataclass(frozen=True, slots=True)
class Node:
    """One field or a group of them.

    Attributes
    ----------
    name : the standard's name.
    value : in words or digits; empty for a group.
    offset, length : where it stands in the bytes; None where that is not known.
    children : the fields of a group, in order.
    """

    name: str
    value: str = ""
    offset: int | None = None
    length: int | None = None
    children: tuple[Node, ...] = ()

    def json(self) -> dict[str, Any]:
        """As plain values for a JSON document."""
        plain: dict[str, Any] = {"name": self.name}
        if self.value:
            plain["value"] = self.value
        if self.offset is not None:
            plain |= {"offset": self.offset, "length": self.length}
        if self.children:
            plain["fields"] = [child.json() for child in self.children]
        return plain


def inspect(record: Record) -> Node:
    """The fields of a record as a tree, in the order of its bytes."""
    spans = layout(record)
    if len(spans) < 2:  # XML and DER: the value's own structure says more
        return Node(label_of(record), children=(*_of_value(record), *_inner(record)))
    root: dict[str, Any] = {}
    images = dict(_image_data(record))
    for span in spans:
        group = root
        *path, name = _steps(span.field)
        for step in path:
            group = group.setdefault(step, {})
        value = span.value or describe_octets(images.get(span.field, b""), span.length)
        key = name
        while key in group:  # a field may stand twice
            key += " "
        group[key] = Node(name, value, span.offset, span.length)
    return Node(label_of(record), children=tuple(_nodes(root)))


def _inner(record: Record) -> Iterator[Node]:
    """The records that a set carries, each as a tree of its own; offsets are within the inner record."""
    for place, data in inner_records(record):
        try:
            inner, _deviations = decode_tolerantly(data)
        except RecordError as error:
            yield Node(place, error.message)
        else:
            tree = inspect(inner)
            yield Node(place, tree.name, children=tree.children)


def _steps(path: str) -> list[str]:
    """``views[0].image data`` as its steps; tags such as ``1.003`` keep their point."""
    steps: list[str] = []
    for part in path.split("."):
        if steps and steps[-1][-1:].isdigit() and part[:1].isdigit() and "[" not in steps[-1]:
            steps[-1] += f".{part}"
        else:
            steps.append(part)
    return steps


def _nodes(group: Mapping[str, Any]) -> Iterator[Node]:
    for name, item in group.items():
        if isinstance(item, Node):
            yield item
        else:
            children = tuple(_nodes(item))
            starts = [child.offset for child in children if child.offset is not None]
            length = sum(child.length or 0 for child in children)
            yield Node(name, "", min(starts) if starts else None, length if starts else None, children)


def _image_data(record: Any, path: str = "") -> Iterator[tuple[str, bytes]]:
    if not is_dataclass(record):
        return
    for item in fields(record):
        value = getattr(record, item.name)
        if item.name == "image_data":
            yield f"{path}image data", value
        elif isinstance(value, tuple):
            for number, element in enumerate(value):
                yield from _image_data(element, f"{path}{item.name}[{number}].")


def describe_octets(data: bytes, length: int) -> str:
    """What octets are: an image with its size, or how many they are."""
    if data:
        try:
            header = read_header(data)
        except ImageError:
            return f"{length} bytes"
        kept = {True: ", lossless", False: ", lossy", None: ""}[header.lossless]
        if header.format == "jpeg2000" and header.lossless:  # it may have been cut to a rate all the same
            kept = ", reversible"
        channels = "grey" if header.channels == 1 else "colour"
        return f"{header.format} {header.width}x{header.height} px, {channels}{kept}, {length} bytes"
    return f"{length} bytes"


def _of_value(value: Any) -> Iterator[Node]:
    """The fields of a dataclass that say something."""
    for item in fields(value):
        content = getattr(value, item.name)
        if content is None or content in ((), b"", ""):
            continue
        yield _node(item.name.replace("_", " "), content)


def _node(name: str, content: Any) -> Node:
    if is_dataclass(content) and not isinstance(content, Missing):
        return Node(name, children=tuple(_of_value(content)))
    if isinstance(content, bytes):
        return Node(name, describe_octets(content, len(content)))
    if isinstance(content, tuple):
        if len(content) == 2 and isinstance(content[0], str) and not isinstance(content[1], str):
            return Node(name, content[0], children=(_node(content[0], content[1]),))
        if any(is_dataclass(item) or isinstance(item, (bytes, tuple)) for item in content):
            return Node(name, children=tuple(_node(f"{name}[{number}]", item) for number, item in enumerate(content)))
        return Node(name, " ".join(str(item) for item in content))
    return Node(name, content.reason if isinstance(content, Missing) else str(content))


def lines(node: Node, depth: int = 0) -> Iterator[str]:
    """The tree as indented text, offsets in front."""
    place = "" if node.offset is None else str(node.offset)
    text = f"{node.name}: {node.value}" if node.value else node.name
    yield f"{place:>8}  {'  ' * depth}{text}"
    for child in node.children:
        yield from lines(child, depth + 1)


def page(node: Node, record: Record, title: str) -> str:
    """The tree and the images as one self-contained HTML page."""
    pictures = []
    for sample in _samples(record):
        from ktpel_capture.imaging.codecs import encode_image

        data = base64.b64encode(encode_image(sample.image, "png")).decode()
        pictures.append(
            f'<figure><img alt="" src="data:image/png;base64,{data}"><figcaption>{_text(sample)}</figcaption></figure>'
        )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>'
        f"{_text(title)}</title><style>{_STYLE}</style><h1>{_text(title)}</h1>"
        f"<section>{''.join(pictures)}</section>{_list(node)}</html>\n"
    )


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2733}"
    "figure{display:inline-block;margin:0 1rem 1rem 0}img{max-height:18rem;max-width:22rem;border:1px solid #ccd}"
    "figcaption,small{color:#5b6b7b;font-size:.85em}ul{list-style:none;padding-left:1.2rem;border-left:1px solid #dde}"
    "b{font-weight:600}"
)


def _samples(record: Record) -> tuple[Any, ...]:
    try:
        return tuple(sample for sample in record.samples() if hasattr(sample, "image"))
    except RecordError:
        return ()


def _text(value: object) -> str:
    return html.escape(str(value))


def _list(node: Node) -> str:
    place = "" if node.offset is None else f" <small>byte {node.offset}, {node.length} long</small>"
    label = f"<b>{_text(node.name)}</b> {_text(node.value)}{place}"
    if not node.children:
        return f"<li>{label}</li>"
    inner = "".join(_list(child) for child in node.children)
    return f"<li><details open><summary>{label}</summary><ul>{inner}</ul></details></li>"
