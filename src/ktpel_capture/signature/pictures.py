"""Signatures as pictures to pass on: SVG and PNG."""

from __future__ import annotations

import io

import numpy as np

from ktpel_capture.quality import Missing
from ktpel_capture.samples import SignatureSample
from ktpel_capture.signature.measures import CARD_BOX
from ktpel_capture.signature.rendering import pen_line, render
from ktpel_capture.signature.series import series


def write_png(sample: SignatureSample, *, width: int = 472, height: int = 189, dpi: float = 600.0) -> bytes:
    """The card's picture as PNG: black on transparent, with its resolution; by default 20 x 8 mm at 600 dpi."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(render(sample, width, height)).save(content, "PNG", dpi=(dpi, dpi))
    return content.getvalue()


def write_svg(sample: SignatureSample, *, width: float = CARD_BOX[0], height: float = CARD_BOX[1]) -> str:
    """The card's picture as SVG: ``width`` x ``height`` mm, one path a width of the line, to a thousandth of the box.

    It shows what `ktpel_capture.signature.render` shows.
    """
    units = 1000.0 / width  # drawn as if 1000 px wide, so that steps and widths are the picture's
    points = series(sample)
    paths = []
    if not isinstance(points, Missing):
        drawn = pen_line(points, 1000, max(1, round(height * units)))
        place = (drawn.points + 0.5) / units
        thick = np.round(drawn.widths * 4) / 4 / units
        changes = drawn.begins.copy()
        changes[1:] |= thick[1:] != thick[:-1]
        starts = np.flatnonzero(changes).tolist()
        for start, stop in zip(starts, [*starts[1:], len(place)]):
            joined = start if drawn.begins[start] else start - 1
            way = " ".join(f"{x:.3f},{y:.3f}" for x, y in place[joined:stop])
            dot = " h0" if stop - joined == 1 else ""
            paths.append(f'  <path d="M{way}{dot}" stroke-width="{thick[stop - 1]:.4f}"/>')
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm"'
            f' viewBox="0 0 {width:g} {height:g}" fill="none" stroke="black" stroke-linecap="round"'
            ' stroke-linejoin="round">',
            *paths,
            "</svg>",
            "",
        ]
    )
