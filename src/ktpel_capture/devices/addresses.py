"""Where a device is, as text: ``sim:iris?seed=7``, ``zfm:///dev/ttyUSB0``, ``sbi://127.0.0.1:4501``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote, urlencode

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


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

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises
        ------
        ValueError : no scheme, or a key that stands twice; names what is wrong and shows an example.
        """
        scheme, colon, rest = text.partition(":")
        if not colon or not _SCHEME.fullmatch(scheme):
            raise ValueError(f"{text!r} is not a device address; it begins with a scheme, as in 'sim:iris?seed=7'")
        path, _, query = rest.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        options = dict(pairs)
        if len(options) != len(pairs):
            twice = next(key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1)
            raise ValueError(f"{text!r} gives {twice!r} twice")
        return cls(scheme, unquote(path), MappingProxyType(options))

    def __str__(self) -> str:
        query = f"?{urlencode(self.query, safe='/:@,')}" if self.query else ""
        return f"{self.scheme}:{quote(self.path, safe='/:@,[]')}{query}"
