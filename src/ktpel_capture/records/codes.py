"""Numbers that stand for names in the formats, both ways."""

from __future__ import annotations

from collections.abc import Mapping


class CodeTable:
    """One field's codes.

    A code that the standard does not name reads as ``code_77`` and is written back as it came, so that tolerant
    decoding loses nothing.
    """

    __slots__ = ("_codes", "by_code", "subject")

    def __init__(self, subject: str, names: Mapping[int, str]) -> None:
        self.subject = subject
        self.by_code: Mapping[int, str] = dict(names)
        self._codes = {name: code for code, name in names.items()}
        if len(self._codes) != len(self.by_code):
            raise ValueError(f"{subject}: two codes of one name")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_code.values())

    def knows(self, code: int) -> bool:
        return code in self.by_code

    def name(self, code: int) -> str:
        known = self.by_code.get(code)
        return f"code_{code}" if known is None else known

    def code(self, name: str) -> int:
        """The code of a name.

        Raises
        ------
        ValueError : no such name; the message lists the known ones.
        """
        known = self._codes.get(name)
        if known is not None:
            return known
        if name.startswith("code_") and name[5:].isdigit():
            return int(name[5:])
        raise ValueError(f"{self.subject} {name!r} is not known; one of {', '.join(self._codes)}")
