"""Composing a portrait takes longer than judging it, and many tests look at the same one: it is composed once."""

from functools import lru_cache

import pytest

from ktpel_capture.face.synthesis import Person

_compose = Person.capture
_composed = lru_cache(maxsize=128)(_compose)


def _remembered(person, **conditions):
    try:
        return _composed(person, **conditions)
    except TypeError:  # a condition that cannot be hashed
        return _compose(person, **conditions)


@pytest.fixture(autouse=True)
def _portraits_are_composed_once(request, monkeypatch):
    if request.module.__name__ != "test_synthesis":  # there it is asked whether composing twice gives the same
        monkeypatch.setattr(Person, "capture", _remembered)
