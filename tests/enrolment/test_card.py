"""The card: its size, that nobody can take it for a real one, and that any name fits."""

from datetime import date

import numpy as np
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from enrolment.world import pupil
from ktpel_enrolment.card.face import crop_to, plain_letters, render_back, render_front
from ktpel_enrolment.visit.register import SimulatedRegister

DAY = date(2026, 2, 12)
BIODATA = SimulatedRegister((pupil(),)).entry(pupil().nik.digits).biodata
FACE = kc.FaceSample(np.full((160, 120, 3), 128, np.uint8))


def red(card):
    """Where the warning colour lies, also where it is spread thin over something else."""
    pixels = card.astype(int)
    return (pixels[..., 0] - pixels[..., 1] > 25) & (pixels[..., 0] - pixels[..., 2] > 15)


def test_a_card_is_id_1_at_300_dpi_and_contoh_lies_over_data_and_portrait():
    card = render_front(BIODATA, FACE, None, printed=DAY)
    assert card.shape == (round(53.98 / 25.4 * 300), round(85.60 / 25.4 * 300), 3)
    assert card.dtype == np.uint8
    assert red(card)[100:590, 30:700].mean() > 0.08
    assert red(card)[120:480, 740:975].mean() > 0.08
    assert red(card)[600:].mean() > 0.5


def test_the_back_says_it_too():
    back = render_back()
    assert back.shape == (638, 1011, 3)
    assert red(back)[100:590].mean() > 0.08


@given(st.text(max_size=80), st.text(max_size=80))
@settings(deadline=None, max_examples=4)
def test_any_name_and_address_can_be_drawn(name, address):
    biodata = type(BIODATA)(**{field: getattr(BIODATA, field) for field in BIODATA.__slots__})
    changed = {"name": name, "address": address}
    biodata = type(BIODATA)(**{field: changed.get(field, getattr(biodata, field)) for field in BIODATA.__slots__})
    assert render_front(biodata, FACE, None, printed=DAY).shape == (638, 1011, 3)


@given(st.text(max_size=40))
def test_what_the_font_cannot_draw_is_never_a_box(words):
    assert all(32 <= ord(sign) < 127 for sign in plain_letters(words))


def test_accents_are_dropped_and_typographic_quotes_made_plain():
    assert plain_letters("Nur\u2019aini Andr\u00e9") == "Nur'aini Andre"


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_crop_keeps_its_proportions_and_is_as_large_as_it_can_be(width, height):
    image = np.zeros((height, width, 3), np.uint8)
    part = crop_to(image, (236, 354))
    assert part.shape[0] == height or part.shape[1] == width
    assert abs(part.shape[1] * 354 - part.shape[0] * 236) <= 354


def test_the_signature_is_printed_below_the_portrait_and_nowhere_else():
    t = np.arange(200) * 0.01
    signed = kc.SignatureSample(t, 30 + 20 * t, 20 + 5 * np.sin(9 * t), pad_size=(96.0, 60.0))
    changed = (render_front(BIODATA, FACE, signed, printed=DAY) != render_front(BIODATA, FACE, EMPTY, printed=DAY)).any(
        2
    )
    y, x = np.nonzero(changed)
    assert changed.sum() > 200
    assert y.min() >= 500
    assert y.max() < 590
    assert x.min() > 720


EMPTY = kc.SignatureSample([], [], [])
