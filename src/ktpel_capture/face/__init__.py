"""Face: portraits measured as ISO/IEC 29794-5 and ICAO want them, live framing, and the finished KTP-el photo."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ktpel_capture.face import synthesis

_WHERE: dict[str, tuple[str, ...]] = {}
_MODULES = ("synthesis",)
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"ktpel_capture.face.{name}")
    if name in _HOME:
        value = getattr(import_module(f"ktpel_capture.face.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ktpel_capture.face' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
