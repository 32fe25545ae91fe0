"""Both sides of the card at ID-1 size and 300 dpi, with CONTOH across them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import ktpel_capture as kc
from ktpel_enrolment.domain.persons import Biodata

RgbImage: TypeAlias = NDArray[np.uint8]

DPI = 300
WIDTH, HEIGHT = 1011, 638
"""ID-1 (ISO/IEC 7810): 85.60 x 53.98 mm at 300 dpi."""
PORTRAIT = (236, 354)
"""Portrait of 2 x 3 cm at 300 dpi."""
SIGNATURE = (220, 80)

_SCALE = 2  # drawn twice as large, so that lines and letters come out smooth
_INK = (23, 42, 58)
_TEAL = (14, 94, 99)
_PAPER = (238, 246, 243)
_GOLD = (196, 146, 44)
_WARNING = (196, 30, 44)

_SEX = {"male": "LAKI-LAKI", "female": "PEREMPUAN"}
_STATUS = {"single": "BELUM KAWIN", "married": "KAWIN", "divorced": "CERAI HIDUP", "widowed": "CERAI MATI"}


def render_front(
    biodata: Biodata, portrait: kc.FaceSample, signature: kc.SignatureSample | None, *, printed: date
) -> RgbImage:
    """The front: biodata, portrait and signature under the word CONTOH.

    Its layout is our own on purpose; it is no picture of an official card.

    Parameters
    ----------
    signature : None for a person who cannot sign; the card then says so.

    Returns
    -------
    (638, 1011, 3) uint8 RGB at 300 dpi.
    """
    canvas = _ground(seed=len(biodata.name))
    draw = ImageDraw.Draw(canvas, "RGBA")
    _header(draw)
    _photo(canvas, draw, portrait)
    _biodata(draw, biodata)
    _sign(canvas, draw, signature, printed)
    _across(canvas)
    _footer(draw)
    return _finished(canvas)


@cache
def render_back() -> RgbImage:
    """The back: what this card is not; the same for everybody, read-only."""
    canvas = _ground(seed=3)
    draw = ImageDraw.Draw(canvas, "RGBA")
    _box(draw, (0, 70, WIDTH, 150), fill=(*_INK, 255))
    lines = (
        ("BUKAN KARTU ASLI", 44, _WARNING),
        ("Kartu contoh dari peragaan ktpel_capture.", 26, _INK),
        ("Orang, NIK, foto, sidik jari dan tanda tangan adalah simulasi.", 26, _INK),
        ("Specimen of a demonstration; simulated persons only.", 26, _INK),
        ("Tidak berlaku untuk keperluan apa pun.", 26, _INK),
    )
    top = 215.0
    for words, size, colour in lines:
        _text(draw, (WIDTH / 2, top), words, size, colour, anchor="mt", bold=size > 40)
        top += size * 1.75
    _across(canvas)
    _footer(draw)
    back = _finished(canvas)
    back.flags.writeable = False
    return back


# The parts, in pixels of the finished card ----------------------------------------------------------------------


def _header(draw: ImageDraw.ImageDraw) -> None:
    _box(draw, (0, 0, WIDTH, 92), fill=(*_TEAL, 255))
    _box(draw, (0, 92, WIDTH, 97), fill=(*_GOLD, 255))
    _text(draw, (36, 17), "PROVINSI CONTOH", 29, (255, 255, 255), bold=True)
    _text(draw, (36, 53), "KABUPATEN CONTOH", 24, (206, 232, 226))
    _text(draw, (WIDTH - 36, 17), "KARTU PERAGAAN", 29, (255, 255, 255), anchor="rt", bold=True)
    _text(draw, (WIDTH - 36, 53), "bukan kartu asli", 24, (255, 214, 140), anchor="rt")


def _photo(canvas: Image.Image, draw: ImageDraw.ImageDraw, portrait: kc.FaceSample) -> None:
    left, top = WIDTH - 36 - PORTRAIT[0], 122
    finished = kc.face.crop_portrait(portrait, ppi=DPI * _SCALE)
    pixels = crop_to(portrait.image, PORTRAIT) if isinstance(finished, kc.Missing) else finished.image
    size = (PORTRAIT[0] * _SCALE, PORTRAIT[1] * _SCALE)
    picture = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    _box(draw, (left - 5, top - 5, left + PORTRAIT[0] + 5, top + PORTRAIT[1] + 5), fill=(255, 255, 255, 255))
    canvas.paste(picture, (left * _SCALE, top * _SCALE))


def _biodata(draw: ImageDraw.ImageDraw, biodata: Biodata) -> None:
    _text(draw, (36, 118), "NIK", 24, _TEAL)
    spaced = " ".join(biodata.nik[start : start + 4] for start in range(0, 16, 4))
    _text(draw, (110, 110), spaced, 36, _INK, bold=True)
    rows = (
        ("Nama", biodata.name.upper()),
        ("Tempat/Tgl lahir", f"{biodata.birth_place.upper()}, {biodata.born:%d-%m-%Y}"),
        ("Jenis kelamin", f"{_SEX[biodata.sex]}      Gol. darah: {biodata.blood_type}"),
        ("Alamat", biodata.address.upper()),
        ("RT/RW, Desa", f"{biodata.neighbourhood}, {biodata.village.upper()}"),
        ("Kecamatan", biodata.district.upper()),
        ("Agama", biodata.religion.upper()),
        ("Status kawin", _STATUS[biodata.marital_status]),
        ("Pekerjaan", biodata.occupation.upper()),
        ("Kewarganegaraan", "WNI" if biodata.citizenship == "WNI" else "WNA (ITAP)"),
    )
    top = 170.0
    for label, value in rows:
        _text(draw, (36, top + 2), label, 20, _TEAL)
        _text(draw, (218, top), value, 23, _INK, bold=label == "Nama", within=WIDTH - 36 - PORTRAIT[0] - 24 - 218)
        top += 34.5


def _sign(canvas: Image.Image, draw: ImageDraw.ImageDraw, signature: kc.SignatureSample | None, printed: date) -> None:
    centre = WIDTH - 36 - PORTRAIT[0] / 2
    _text(draw, (centre, 486), f"DICETAK {printed:%d-%m-%Y}", 17, _INK, anchor="mt")
    if signature is None:
        _text(draw, (centre, 530), "tidak dapat tanda tangan", 17, _INK, anchor="mt")
        return
    ink = Image.fromarray(kc.signature.render(signature, SIGNATURE[0] * _SCALE, SIGNATURE[1] * _SCALE, ink=_INK))
    canvas.paste(ink, (round((centre - SIGNATURE[0] / 2) * _SCALE), 506 * _SCALE), ink)


def _across(canvas: Image.Image) -> None:
    """Lay the word over portrait and data."""
    word = _contoh(canvas.size)
    canvas.paste(word, (0, 0), word)


@cache
def _contoh(size: tuple[int, int]) -> Image.Image:
    """CONTOH from corner to corner."""
    layer = Image.new("RGBA", size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(layer)
    draw.text(
        (size[0] / 2, size[1] / 2 + 20 * _SCALE),
        "CONTOH",
        font=_font(218),
        fill=(*_WARNING, 74),
        stroke_width=6 * _SCALE,
        stroke_fill=(*_WARNING, 74),
        anchor="mm",
    )
    return layer.rotate(24, resample=Image.Resampling.BICUBIC)


def _footer(draw: ImageDraw.ImageDraw) -> None:
    _box(draw, (0, HEIGHT - 42, WIDTH, HEIGHT), fill=(*_WARNING, 255))
    words = "CONTOH - BUKAN KARTU ASLI - HANYA ORANG SIMULASI - SIMULATED PERSONS ONLY"
    _text(draw, (WIDTH / 2, HEIGHT - 31), words, 20, (255, 255, 255), anchor="mt", bold=True)


def _ground(seed: int) -> Image.Image:
    """A guilloche of the kind the eye knows from documents, in colours no official card has."""
    canvas = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    draw = ImageDraw.Draw(canvas, "RGBA")
    x = np.linspace(0, WIDTH, 500)
    for number in range(46):
        phase = number * 0.19 + seed
        y = HEIGHT * (number + 0.5) / 46 + 16 * np.sin(x / 61 + phase) + 9 * np.sin(x / 23 - 1.7 * phase)
        _curve(draw, x, y, (*_TEAL, 34))
    turn = np.linspace(0, 2 * np.pi, 1800)
    for centre, size in (((255, 385), 150), ((640, 330), 205)):
        for ring in range(7):
            radius = size * (0.42 + 0.08 * ring + 0.13 * np.sin(12 * turn + ring * 0.5))
            _curve(draw, centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn), (*_GOLD, 42))
    return canvas


def _curve(draw: ImageDraw.ImageDraw, x: NDArray[Any], y: NDArray[Any], colour: tuple[int, int, int, int]) -> None:
    draw.line([(float(a) * _SCALE, float(b) * _SCALE) for a, b in zip(x, y)], fill=colour, width=2)


# Small tools ----------------------------------------------------------------------------------------------------


def crop_to(image: RgbImage, shape: tuple[int, int]) -> RgbImage:
    """The largest part of a picture with the proportions of ``shape`` (width, height): middle, and upper third."""
    height, width = image.shape[:2]
    wanted = shape[0] / shape[1]
    if width / height > wanted:
        kept = round(height * wanted)
        left = (width - kept) // 2
        return image[:, left : left + kept]
    kept = round(width / wanted)
    top = (height - kept) // 3
    return image[top : top + kept]


def plain_letters(words: str) -> str:
    """What the font that comes with Pillow can draw: accents are dropped, other letters become ``?``."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", words) if not unicodedata.combining(sign))
    quotes = plain.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-"})
    return "".join(sign if 32 <= ord(sign) < 127 else "?" for sign in quotes)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size * _SCALE)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType; install Pillow from its wheel")
    return font


def _text(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    words: str,
    size: float,
    colour: Sequence[int],
    *,
    anchor: str = "lt",
    bold: bool = False,
    within: float | None = None,
) -> None:
    words = plain_letters(words)
    while within is not None and size > 11 and draw.textlength(words, _font(size)) > within * _SCALE:
        size -= 1
    draw.text(
        (place[0] * _SCALE, place[1] * _SCALE),
        words,
        font=_font(size),
        fill=tuple(colour),
        anchor=anchor,
        stroke_width=1 if bold else 0,
        stroke_fill=tuple(colour),
    )


def _box(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], fill: tuple[int, int, int, int]) -> None:
    draw.rectangle([edge * _SCALE for edge in box], fill=fill)


def _finished(canvas: Image.Image) -> RgbImage:
    card: RgbImage = np.asarray(canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)).copy()
    return card
