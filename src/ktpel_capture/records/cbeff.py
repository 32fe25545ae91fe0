"""CBEFF XML documents, read and written."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from ktpel_capture.errors import RecordError
from ktpel_capture.records.cbeff_values import (
    LEVELS,
    NAMESPACES,
    PURPOSES,
    STANDARD,
    SUBTYPES,
    TYPES,
    VEIN_SUBTYPES,
    BdbInfo,
    Bir,
    BirInfo,
    CbeffRecord,
    Quality,
    Registered,
)
from ktpel_capture.records.reader import Reader
from ktpel_capture.records.writer import Writer
from ktpel_capture.records.xml_tree import Element, element, parse, text_element

_POSITIVE = re.compile(r"\+?0*[1-9]\d*", re.ASCII)
_UUID = re.compile(r"[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}")
_DATE_TIME = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def decode(reader: Reader) -> CbeffRecord:
    """The document that the reader's bytes are."""
    reader.clause = STANDARD
    root = parse(reader.data, STANDARD)
    reader.at = reader.end
    if root.name != "BIR":
        raise reader.error(f"the root element is {root.name}, not BIR", root.offset, root.name)
    namespace = next((name for name, uri in NAMESPACES.items() if uri == root.namespace), None)
    if namespace is None:
        reader.deviates(f"namespace {root.namespace!r} is not known", root.offset, "BIR")
        namespace = "iso"
    forms: set[str] = set()
    bir = _Parser(reader, root.namespace, forms).bir(root)
    if len(forms) > 1:
        reader.deviates("Others and others stand in one document", root.offset, "Others")
    return CbeffRecord(bir, namespace, forms.pop() if len(forms) == 1 else "Others")


_BIR_ORDER = ("Version", "CBEFFVersion", "BIRInfo", "BDBInfo", "SBInfo", "BIR", "BDB", "SB", "Others")
_BIR_INFO_ORDER = ("Creator", "Index", "Payload", "Integrity", "CreationDate", "NotValidBefore", "NotValidAfter")
_BDB_INFO_ORDER = (
    "ChallengeResponse", "Index", "Format", "Encryption", "CreationDate", "NotValidBefore", "NotValidAfter", "Type",
    "Subtype", "Level", "Product", "CaptureDevice", "FeatureExtractionAlgorithm", "ComparisonAlgorithm",
    "CompressionAlgorithm", "Purpose", "Quality",
)  # fmt: skip


_OASIS_BDB_INFO_ORDER = (
    "ChallengeResponse", "Index", "FormatOwner", "FormatType", "Encryption", "CreationDate", "NotValidBefore",
    "NotValidAfter", "Type", "Subtype", "Level", "ProductOwner", "ProductType", "Purpose", "Quality",
)  # fmt: skip
_OASIS_QUALITY_CODES = ("-1", "-2")
"""The calculation failed; it is not supported."""


class _Parser:
    """Elements to values, complaining of what the schema does not allow."""

    def __init__(self, reader: Reader, namespace: str, forms: set[str]) -> None:
        self.reader = reader
        self.namespace = namespace
        self.oasis = namespace == NAMESPACES["oasis"]
        self.forms = forms

    def bir(self, node: Element) -> Bir:
        parts = self.parts(node, _BIR_ORDER, many=("BIR", "Others"))
        if "BIRInfo" not in parts:
            self.reader.deviates("BIRInfo is missing", node.offset, "BIR")
        sb_info = self.one(parts, "SBInfo")
        info, bdb_info = self.one(parts, "BIRInfo"), self.one(parts, "BDBInfo")
        return Bir(
            BirInfo() if info is None else self.bir_info(info),
            self.version(self.one(parts, "Version")),
            self.version(self.one(parts, "CBEFFVersion")),
            None if bdb_info is None else self.bdb_info(bdb_info),
            sb_info is not None,
            None if sb_info is None else self.sb_format(sb_info),
            tuple(self.bir(child) for child in parts.get("BIR", ())),
            self.octets(self.one(parts, "BDB")),
            self.octets(self.one(parts, "SB")),
            tuple(fact for child in parts.get("Others", ()) for fact in self.others(child)),
        )

    def parts(self, node: Element, order: tuple[str, ...], many: tuple[str, ...] = ()) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        last = 0
        if node.text.strip():
            self.reader.deviates("text between the elements", node.offset, node.name)
        for child in node.children:
            name = "Others" if child.name == "others" else child.name
            if child.namespace != self.namespace:
                self.reader.deviates(f"namespace {child.namespace!r} is not that of the document", child.offset, name)
            if name not in order:
                self.reader.deviates(f"{child.name} is not allowed in {node.name}", child.offset, child.name)
                continue
            place = order.index(name)
            if place < last:
                self.reader.deviates(f"{child.name} stands behind {order[last]}", child.offset, child.name)
            last = max(last, place)
            if name in found and name not in many:
                self.reader.deviates(f"{child.name} stands twice", child.offset, child.name)
            found.setdefault(name, []).append(child)
        return found

    def one(self, parts: dict[str, list[Element]], name: str) -> Element | None:
        return parts[name][0] if name in parts else None

    def version(self, node: Element | None) -> tuple[int, int] | None:
        if node is None:
            return None
        parts = self.parts(node, ("Major", "Minor"))
        major, minor = (self.whole(self.one(parts, name), node, (1 << 32) - 1) for name in ("Major", "Minor"))
        return major, minor

    def whole(self, node: Element | None, parent: Element, most: int) -> int:
        text = "" if node is None else node.text.strip()
        if re.fullmatch(r"\+?\d{1,10}", text, re.ASCII) and int(text) <= most:
            return int(text)
        offset, name = (parent.offset, parent.name) if node is None else (node.offset, node.name)
        self.reader.deviates(f"{text[:40]!r} is not a number up to {most}", offset, name)
        return 0

    def bir_info(self, node: Element) -> BirInfo:
        parts = self.parts(node, _BIR_INFO_ORDER)
        integrity = self.truth(self.one(parts, "Integrity"))
        if integrity is None:
            self.reader.deviates("Integrity is missing", node.offset, "BIRInfo")
        return BirInfo(
            bool(integrity),
            self.text(self.one(parts, "Creator")),
            self.uuid(self.one(parts, "Index")),
            self.octets(self.one(parts, "Payload")),
            self.date(self.one(parts, "CreationDate")),
            self.date(self.one(parts, "NotValidBefore")),
            self.date(self.one(parts, "NotValidAfter")),
        )

    def sb_format(self, node: Element) -> Registered | None:
        if self.oasis:
            return self.pair(self.parts(node, ("FormatOwner", "FormatType")), "Format")
        found = self.parts(node, ("Format",)).get("Format")
        return self.registered(found[0]) if found else None

    def pair(self, parts: dict[str, list[Element]], name: str) -> Registered | None:
        """The OASIS form of something registered: two numbers side by side."""
        owner, kind = self.one(parts, f"{name}Owner"), self.one(parts, f"{name}Type")
        if owner is None and kind is None:
            return None
        for node in (owner, kind):
            if node is not None and not _POSITIVE.fullmatch(node.text.strip()):
                self.reader.deviates(f"{node.text[:40]!r} is no positive number", node.offset, node.name)
        if owner is None or kind is None:
            known = owner if owner is not None else kind
            offset = 0 if known is None else known.offset
            self.reader.deviates("owner and type stand together", offset, f"{name}Owner")
        return Registered("" if owner is None else owner.text.strip(), "" if kind is None else kind.text.strip())

    def oasis_bdb_info(self, node: Element) -> BdbInfo:
        parts = self.parts(node, _OASIS_BDB_INFO_ORDER)
        quality = self.one(parts, "Quality")
        return replace(
            self.shared_facts(parts),
            format=self.pair(parts, "Format"),
            product=self.pair(parts, "Product"),
            quality=None if quality is None else self.oasis_quality(quality),
        )

    def shared_facts(self, parts: dict[str, list[Element]]) -> BdbInfo:
        """What both forms hold, written in the same way."""
        return BdbInfo(
            challenge_response=self.octets(self.one(parts, "ChallengeResponse")),
            index=self.uuid(self.one(parts, "Index")),
            encryption=self.truth(self.one(parts, "Encryption")),
            creation_date=self.date(self.one(parts, "CreationDate")),
            not_valid_before=self.date(self.one(parts, "NotValidBefore")),
            not_valid_after=self.date(self.one(parts, "NotValidAfter")),
            type=self.words(self.one(parts, "Type"), TYPES),
            subtype=self.words(self.one(parts, "Subtype"), SUBTYPES + VEIN_SUBTYPES),
            level=self.word(self.one(parts, "Level"), LEVELS),
            purpose=self.word(self.one(parts, "Purpose"), PURPOSES),
        )

    def oasis_quality(self, node: Element) -> Quality:
        text = node.text.strip()
        if text in _OASIS_QUALITY_CODES:
            return Quality(Registered("", ""), None, text)
        return Quality(Registered("", ""), self.whole(node, node, 100))

    def bdb_info(self, node: Element) -> BdbInfo:
        if self.oasis and not any(child.name in ("Format", "Product") for child in node.children):
            return self.oasis_bdb_info(node)
        if self.oasis:  # what some writers do: the OASIS namespace around ISO's elements
            self.reader.deviates("ISO's elements stand in the OASIS namespace", node.offset, "BDBInfo")
        parts = self.parts(node, _BDB_INFO_ORDER)
        registered = {
            name: None if name not in parts else self.registered(parts[name][0])
            for name in (
                "Format", "Product", "CaptureDevice", "FeatureExtractionAlgorithm", "ComparisonAlgorithm",
                "CompressionAlgorithm",
            )
        }  # fmt: skip
        quality = self.one(parts, "Quality")
        return replace(
            self.shared_facts(parts),
            format=registered["Format"],
            product=registered["Product"],
            capture_device=registered["CaptureDevice"],
            feature_extraction_algorithm=registered["FeatureExtractionAlgorithm"],
            comparison_algorithm=registered["ComparisonAlgorithm"],
            compression_algorithm=registered["CompressionAlgorithm"],
            quality=None if quality is None else self.quality(quality),
        )

    def registered(self, node: Element) -> Registered:
        parts = self.parts(node, ("Organization", "Type"))
        for name in ("Organization", "Type"):
            if name not in parts:
                self.reader.deviates(f"{name} is missing", node.offset, node.name)
        return Registered(self.text(self.one(parts, "Organization")) or "", self.text(self.one(parts, "Type")) or "")

    def quality(self, node: Element) -> Quality:
        parts = self.parts(node, ("Algorithm", "Score", "QualityCalculationFailed"))
        algorithm, score = self.one(parts, "Algorithm"), self.one(parts, "Score")
        failure = self.text(self.one(parts, "QualityCalculationFailed"))
        if algorithm is None:
            self.reader.deviates("Algorithm is missing", node.offset, "Quality")
        if (score is None) == (failure is None):
            self.reader.deviates("it holds either a Score or QualityCalculationFailed", node.offset, "Quality")
        return Quality(
            Registered("", "") if algorithm is None else self.registered(algorithm),
            None if score is None else self.whole(score, node, 100),
            failure or "",
        )

    def others(self, node: Element) -> Iterator[tuple[str, str]]:
        self.forms.add(node.name)
        if node.name == "Others":
            parts = self.parts(node, ("Key", "Value"))
            yield self.text(self.one(parts, "Key")) or "", self.text(self.one(parts, "Value")) or ""
            return
        for entry in self.parts(node, ("entry",), many=("entry",)).get("entry", ()):
            if "key" not in entry.attributes:
                self.reader.deviates("the key is missing", entry.offset, "entry")
            yield entry.attributes.get("key", ""), entry.text

    def text(self, node: Element | None) -> str | None:
        return None if node is None else node.text

    def octets(self, node: Element | None) -> bytes | None:
        if node is None:
            return None
        try:
            return base64.b64decode(re.sub(r"[ \t\r\n]", "", node.text), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.reader.error(f"not base 64: {error}", node.offset, node.name) from error

    def truth(self, node: Element | None) -> bool | None:
        if node is None:
            return None
        text = node.text.strip()
        if text not in ("true", "false", "1", "0"):
            self.reader.deviates(f"{text[:40]!r} is neither true nor false", node.offset, node.name)
        return text in ("true", "1")

    def date(self, node: Element | None) -> str | None:
        if node is None:
            return None
        text = node.text.strip()
        if not _DATE_TIME.fullmatch(text) or not _exists(text):
            self.reader.deviates(f"{text[:40]!r} is no date and time", node.offset, node.name)
        return text

    def uuid(self, node: Element | None) -> str | None:
        text = self.text(node)
        if node is not None and not _UUID.fullmatch(text or ""):
            self.reader.deviates(f"{(text or '')[:40]!r} is no UUID", node.offset, node.name)
        return text

    def word(self, node: Element | None, known: tuple[str, ...]) -> str | None:
        text = self.text(node)
        if node is not None and text not in known:
            self.reader.deviates(f"{(text or '')[:40]!r} is not one of {', '.join(known)}", node.offset, node.name)
        return text

    def words(self, node: Element | None, known: tuple[str, ...]) -> tuple[str, ...]:
        if node is None:
            return ()
        found = tuple(node.text.split())
        for word in found:
            if word not in known:
                self.reader.deviates(f"{word[:40]!r} is not one of {', '.join(known)}", node.offset, node.name)
        return found


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    except ValueError:
        return False
    return True


def encode(record: CbeffRecord) -> Writer:
    """The document, without white space between the elements."""
    writer = Writer(STANDARD)
    if record.namespace not in NAMESPACES:
        raise RecordError(f"{record.namespace!r} is none of {', '.join(NAMESPACES)}", field="BIR", clause=STANDARD)
    body = _bir(record.root, record.others_form, record.namespace, outermost=True)
    writer.raw("XML", f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode())
    return writer


def _bir(bir: Bir, form: str, namespace: str, *, outermost: bool = False) -> str:
    parts = []
    for name, version in (("Version", bir.version), ("CBEFFVersion", bir.cbeff_version)):
        if version is not None:
            parts.append(element(name, _text("Major", str(version[0])) + _text("Minor", str(version[1]))))
    info = bir.info
    parts.append(
        element(
            "BIRInfo",
            _text("Creator", info.creator)
            + _text("Index", info.index)
            + _octets("Payload", info.payload)
            + _truth("Integrity", info.integrity)
            + _text("CreationDate", info.creation_date)
            + _text("NotValidBefore", info.not_valid_before)
            + _text("NotValidAfter", info.not_valid_after),
        )
    )
    if bir.bdb_info is not None:
        written = _oasis_bdb_info if namespace == "oasis" else _bdb_info
        parts.append(written(bir.bdb_info))
    if bir.sb_info:
        registered = _pair if namespace == "oasis" else _registered
        parts.append(element("SBInfo", registered("Format", bir.sb_format)))
    parts.extend(_bir(child, form, namespace) for child in bir.children)
    parts.append(_octets("BDB", bir.bdb) + _octets("SB", bir.sb))
    if form == "Others":
        parts.extend(element("Others", _text("Key", key) + _text("Value", value)) for key, value in bir.others)
    elif bir.others:
        entries = "".join(text_element("entry", value, key=key) for key, value in bir.others)
        parts.append(element("others", entries))
    attributes = {"xmlns": NAMESPACES[namespace]} if outermost else {}
    return element("BIR", "".join(parts), **attributes)


def _bdb_info(info: BdbInfo) -> str:
    quality = ""
    if info.quality is not None:
        score = info.quality.score
        result = (
            _text("QualityCalculationFailed", info.quality.failure) if score is None else _text("Score", str(score))
        )
        quality = element("Quality", _registered("Algorithm", info.quality.algorithm) + result)
    return element(
        "BDBInfo",
        _shared_facts(info, _registered)
        + _registered("CaptureDevice", info.capture_device)
        + _registered("FeatureExtractionAlgorithm", info.feature_extraction_algorithm)
        + _registered("ComparisonAlgorithm", info.comparison_algorithm)
        + _registered("CompressionAlgorithm", info.compression_algorithm)
        + _text("Purpose", info.purpose)
        + quality,
    )


def _oasis_bdb_info(info: BdbInfo) -> str:
    foreign = ("capture_device", "feature_extraction_algorithm", "comparison_algorithm", "compression_algorithm")
    for name in foreign:
        if getattr(info, name) is not None:
            raise RecordError(f"the OASIS form has no place for {name}", field="BDBInfo", clause=STANDARD)
    quality = None
    if info.quality is not None:
        score = info.quality.score
        quality = str(score) if score is not None else (info.quality.failure or _OASIS_QUALITY_CODES[0])
        if score is None and quality not in _OASIS_QUALITY_CODES:
            quality = _OASIS_QUALITY_CODES[0]
    return element("BDBInfo", _shared_facts(info, _pair) + _text("Purpose", info.purpose) + _text("Quality", quality))


def _shared_facts(info: BdbInfo, registered: Callable[[str, Registered | None], str]) -> str:
    """What stands first in both forms, which write registered identifiers each in its own way."""
    return (
        _octets("ChallengeResponse", info.challenge_response)
        + _text("Index", info.index)
        + registered("Format", info.format)
        + _truth("Encryption", info.encryption)
        + _text("CreationDate", info.creation_date)
        + _text("NotValidBefore", info.not_valid_before)
        + _text("NotValidAfter", info.not_valid_after)
        + _text("Type", " ".join(info.type) or None)
        + _text("Subtype", " ".join(info.subtype) or None)
        + _text("Level", info.level)
        + registered("Product", info.product)
    )


def _pair(name: str, value: Registered | None) -> str:
    if value is None:
        return ""
    for part in (value.organization, value.type):
        if part and not _POSITIVE.fullmatch(part):
            reason = f"{part!r} is no number, which the OASIS form needs"
            raise RecordError(reason, field=f"{name}Owner", clause=STANDARD)
    return _text(f"{name}Owner", value.organization or None) + _text(f"{name}Type", value.type or None)


def _text(name: str, text: str | None) -> str:
    return "" if text is None else text_element(name, text)


def _truth(name: str, value: bool | None) -> str:
    return "" if value is None else element(name, "true" if value else "false")


def _octets(name: str, value: bytes | None) -> str:
    return "" if value is None else element(name, base64.b64encode(value).decode())


def _registered(name: str, value: Registered | None) -> str:
    return "" if value is None else element(name, _text("Organization", value.organization) + _text("Type", value.type))
