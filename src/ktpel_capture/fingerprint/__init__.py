"""Fingerprints: what a print is like, its minutiae, whether two are of one finger, the fingers of a slap."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ktpel_capture.fingerprint.boxes import Box
    from ktpel_capture.fingerprint.synthesis import Finger, grow, grow_hand, slap

_WHERE = {
    "boxes": ("Box",),
    "synthesis": ("Finger", "grow", "grow_hand", "slap"),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"ktpel_capture.fingerprint.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ktpel_capture.fingerprint' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
