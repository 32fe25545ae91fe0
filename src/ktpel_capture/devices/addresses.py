"""Where a device is, as text: ``sim:iris?seed=7``, ``zfm:///dev/ttyUSB0``, ``sbi://127.0.0.1:4501``."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from ktpel_capture.errors import AddressError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def nearest(name: str, known: Collection[str]) -> str:
    """The known name that looks most like ``name``; empty where none does."""
    return next(iter(difflib.get_close_matches(name, list(known), 1, 0.5)), "")


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address.

    Attributes
    ----------
    scheme : names the driver, lower case.
    path : everything between scheme and query, percent-decoded: a port, a host, a kind.
    query : options, each key once.
    """

    scheme: str
    path: str
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "query", MappingProxyType(dict(self.query)))

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises
        ------
        AddressError : no scheme, a query that is none, or a key that stands twice.
        """
        scheme, colon, rest = text.partition(":")
        if not colon or not _SCHEME.fullmatch(scheme):
            raise AddressError(text, "this is not a device address; it begins with a scheme, as in 'sim:iris?seed=7'")
        path, _, query = rest.partition("?")
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        except ValueError:
            raise AddressError(text, f"what follows '?' is not key=value&key=value: {query!r}") from None
        options = dict(pairs)
        if len(options) != len(pairs):
            twice = next(key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1)
            raise AddressError(text, f"it gives {twice!r} twice")
        return cls(scheme, unquote(path), options)

    def __str__(self) -> str:
        query = f"?{urlencode(self.query, safe='/:@,')}" if self.query else ""
        return f"{self.scheme}:{quote(self.path, safe='/:@,[]')}{query}"

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy does not pickle
        return Address, (self.scheme, self.path, dict(self.query))

    def without(self, key: str) -> Address:
        """The same place with one option less."""
        return Address(self.scheme, self.path, {name: value for name, value in self.query.items() if name != key})

    def allow(self, *keys: str) -> None:
        """Refuse options that the driver does not know, with the nearest name it does."""
        for key in self.query:
            if key not in keys:
                raise AddressError(
                    str(self), f"unknown key {key!r}; known are {', '.join(keys) or 'none'}", nearest=nearest(key, keys)
                )

    def choice(self, key: str, known: Collection[str], default: str) -> str:
        """The option ``key``, one of ``known``."""
        value = self.query.get(key, default)
        if value not in known:
            raise AddressError(
                str(self), f"{key}={value!r} is not known; one of {', '.join(known)}", nearest=nearest(value, known)
            )
        return value

    def number(self, key: str, default: float, least: float = -math.inf, most: float = math.inf) -> float:
        """The option ``key`` as a finite number within [least, most]."""
        text = self.query.get(key)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and least <= value <= most):
            raise AddressError(str(self), f"{key} must be a number in {least:g}..{most:g}, not {text!r}")
        return value

    def whole(self, key: str, default: int, least: int = 0, most: int = 2**63 - 1) -> int:
        """The option ``key`` as a whole number within [least, most]."""
        text = self.query.get(key)
        if text is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,19}", text) or not least <= int(text) <= most:
            raise AddressError(str(self), f"{key} must be a whole number in {least}..{most}, not {text!r}")
        return int(text)
