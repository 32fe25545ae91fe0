"""Signatures: from pad points to a signature that prints well on the card.

Names load on first use.
"""

from typing import TYPE_CHECKING

from ktpel_capture.lazy import lazily

if TYPE_CHECKING:
    from ktpel_capture.signature import live as live, overlay as overlay, synthesis as synthesis
    from ktpel_capture.signature.analysis import SignatureAnalysis as SignatureAnalysis, analyse as analyse
    from ktpel_capture.signature.assessing import ALGORITHM as ALGORITHM, assess as assess
    from ktpel_capture.signature.comparison import (
        Comparison as Comparison,
        compare as compare,
        consistency as consistency,
        same_person as same_person,
    )
    from ktpel_capture.signature.csvfile import read_csv as read_csv, write_csv as write_csv
    from ktpel_capture.signature.inkml import read_inkml as read_inkml, write_inkml as write_inkml
    from ktpel_capture.signature.marks import render_thumb_print as render_thumb_print
    from ktpel_capture.signature.measures import MEASURES as MEASURES
    from ktpel_capture.signature.overlay import draw as draw
    from ktpel_capture.signature.paper import (
        PaperInk as PaperInk,
        ink_on_paper as ink_on_paper,
        render_paper as render_paper,
    )
    from ktpel_capture.signature.pictures import write_png as write_png, write_svg as write_svg
    from ktpel_capture.signature.rendering import (
        monochrome as monochrome,
        render as render,
        render_for_card as render_for_card,
    )
    from ktpel_capture.signature.series import Series as Series, resampled as resampled
    from ktpel_capture.signature.synthesis import SignatureTruth as SignatureTruth, Writer as Writer, grow as grow

_WHERE = {
    "analysis": ("SignatureAnalysis", "analyse"),
    "assessing": ("ALGORITHM", "assess"),
    "comparison": ("Comparison", "compare", "consistency", "same_person"),
    "csvfile": ("read_csv", "write_csv"),
    "inkml": ("read_inkml", "write_inkml"),
    "marks": ("render_thumb_print",),
    "measures": ("MEASURES",),
    "overlay": ("draw",),
    "paper": ("PaperInk", "ink_on_paper", "render_paper"),
    "pictures": ("write_png", "write_svg"),
    "rendering": ("monochrome", "render", "render_for_card"),
    "series": ("Series", "resampled"),
    "synthesis": ("SignatureTruth", "Writer", "grow"),
}
_MODULES = ("live", "overlay", "synthesis")
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [*_HOME, *_MODULES]  # noqa: PLE0604 - the table above is the list

if not TYPE_CHECKING:  # a type checker must see a misspelt name
    __getattr__, __dir__ = lazily(__name__, globals(), _HOME, _MODULES)
