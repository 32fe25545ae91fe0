"""The guide's requirements as data: what is asked, by whom, and the function that does it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Literal, TypeAlias

Actor: TypeAlias = Literal["network", "team", "officer", "operator", "print_operator", "pupil"]
"""Aktor inovasi/jejaring; tim pelaksana; petugas; operator perekaman; operator pencetakan; siswa."""
State: TypeAlias = Literal["full", "thin"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of the guide.

    Attributes
    ----------
    number : 1..39, as in the shared list.
    id, en : what is asked.
    actor : who does it.
    gate : the rule that decides whether things go on, empty where none does.
    function : ``module:name`` that does it.
    state : ``full``, or ``thin`` where only part of it is done.
    remark_id, remark_en : what a thin one leaves out.
    """

    number: int
    id: str
    en: str
    actor: Actor
    function: str
    state: State = "full"
    gate: str = ""
    remark_id: str = ""
    remark_en: str = ""

    def resolve(self) -> Callable[..., Any]:
        """The function itself; an `ImportError` or `AttributeError` if the list tells of one that is not there."""
        module, _, name = self.function.partition(":")
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        if not callable(found):
            raise TypeError(f"{self.function} is no function")
        result: Callable[..., Any] = found
        return result


@cache
def requirements() -> tuple[Requirement, ...]:
    """All 39, in order."""
    text = files("ktpel_enrolment.data").joinpath("requirements.toml").read_text("utf-8")
    rows = tomllib.loads(text)["requirement"]
    return tuple(Requirement(number=number, **row) for number, row in enumerate(rows, 1))
