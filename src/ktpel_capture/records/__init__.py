"""Interchange records: what leaves the station, and what comes in for checking.

Names load on first use.
"""

from typing import TYPE_CHECKING

from ktpel_capture.errors import RecordError as RecordError
from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture.records.coding import (
        Record as Record,
        decode as decode,
        decode_tolerantly as decode_tolerantly,
        encode as encode,
        layout as layout,
    )
    from ktpel_capture.records.inspection import Node as Node, inspect as inspect
    from ktpel_capture.records.making import from_minutiae as from_minutiae, from_samples as from_samples
    from ktpel_capture.records.reader import Deviation as Deviation
    from ktpel_capture.records.recognition import Format as Format, format_of as format_of
    from ktpel_capture.records.validation import (
        RuleSet as RuleSet,
        Validation as Validation,
        Violation as Violation,
        load_rules as load_rules,
        validate as validate,
    )
    from ktpel_capture.records.writer import Span as Span

_WHERE = {
    "coding": ("Record", "decode", "decode_tolerantly", "encode", "layout"),
    "inspection": ("Node", "inspect"),
    "making": ("from_minutiae", "from_samples"),
    "reader": ("Deviation",),
    "recognition": ("Format", "format_of"),
    "validation": ("RuleSet", "Validation", "Violation", "load_rules", "validate"),
    "writer": ("Span",),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, "RecordError"]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME)
