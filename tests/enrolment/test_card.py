"""The card: its size, that nobody can take it for a real one, and that any name fits."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import ktpel_capture as kc
from enrolment.world import pupil
from ktpel_enrolment.card.face import crop_to, plain_letters, render_back, render_front, strokes_within
from ktpel_enrolment.visit.register import SimulatedRegister

DAY = date(2026, 2, 12)
BIODATA = SimulatedRegister((pupil(),)).entry(pupil().nik.digits).biodata
FACE = kc.FaceSample(np.full((160, 120, 3), 128, np.uint8))


def signature(x, y, down=None):
    return kc.SignatureSample(np.arange(len(x)) * 0.01, np.array(x, float), np.array(y, float), pen_down=down)


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


@given(st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150), st.booleans()), min_size=2, max_size=30))
def test_strokes_stay_in_their_box_with_their_proportions(points):
    x, y, down = (np.array(values) for values in zip(*points))
    box = (10.0, 20.0, 110.0, 60.0)
    for stroke in strokes_within(signature(x, y, down.astype(bool)), box):
        for px, py in stroke:
            assert box[0] - 1e-6 <= px <= box[2] + 1e-6
            assert box[1] - 1e-6 <= py <= box[3] + 1e-6


def test_pen_lifts_part_strokes():
    strokes = strokes_within(
        signature([0, 1, 2, 3, 4, 5], [0, 1, 0, 1, 0, 1], np.array([1, 1, 0, 1, 1, 1], bool)), (0, 0, 10, 10)
    )
    assert [len(stroke) for stroke in strokes] == [2, 3]


@pytest.mark.parametrize("down", [np.zeros(3, bool), np.array([1, 0, 0], bool)])
def test_no_ink_is_no_stroke(down):
    assert strokes_within(signature([0, 1, 2], [0, 1, 2], down), (0, 0, 10, 10)) == []
