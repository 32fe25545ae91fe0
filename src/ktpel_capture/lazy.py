"""Names that load on first use (PEP 562), the same way in every package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def lazily(
    package: str, namespace: dict[str, Any], home: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package whose names load on first use.

    Parameters
    ----------
    package : its name.
    namespace : its ``globals()``; a name is kept there once it is loaded.
    home : public name -> module of the package that holds it.
    modules : names that are modules of the package themselves.

    What cannot be imported for want of a library is a `DependencyMissing` that names the command that mends it.
    """

    def __getattr__(name: str) -> Any:
        if name not in modules and name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = import_module(f"{package}.{home.get(name, name)}")
            value = module if name in modules else getattr(module, name)
        except ImportError as error:
            from ktpel_capture.dependencies import explained

            raise explained(error) from error
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*namespace, *home, *modules})

    return __getattr__, __dir__
