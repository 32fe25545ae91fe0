"""Write the reference pages of all quality measures from the tables that drive them.

Run ``python tools/reference.py`` after a table has changed; ``--check`` says whether the pages are up to date.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from ktpel_capture.assessment import modality_module
from ktpel_capture.quality import QualityMeasure
from ktpel_capture.samples import MODALITIES, Modality

PAGES = Path(__file__).parents[1] / "docs" / "reference"


def page(modality: Modality) -> str:
    """The reference page of one modality."""
    measures: tuple[QualityMeasure, ...] = modality_module(modality).MEASURES
    lines = [f"# Measures: {modality}", "", "Made from the table in the code by `python tools/reference.py`.", ""]
    for measure in measures:
        lines += [f"## {_title(measure)}", "", measure.summary, ""]
        low, high = measure.range
        lines.append(f"- unit: {measure.unit or 'none'}; range: {low:g} to {high:g}")
        lines.append(f"- component 0..100: {'yes' if measure.component else 'none'}")
        lines += [f"- source: {' '.join(measure.source.split())}", ""]
    return "\n".join(lines)


def _title(measure: QualityMeasure) -> str:
    if len(measure.ids) == 1:
        return f"`{measure.ids[0]}`"
    stems = [list(group) for _, group in groupby(measure.ids, lambda name: name.rstrip("0123456789"))]
    return ", ".join(f"`{group[0]}`" if len(group) == 1 else f"`{group[0]}` .. `{group[-1]}`" for group in stems)


def main() -> int:
    stale = []
    for modality in MODALITIES:
        path, text = PAGES / f"{modality}.md", page(modality)
        if "--check" in sys.argv:
            if not path.is_file() or path.read_text("utf-8") != text:
                stale.append(path.name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if stale:
        print(f"not up to date: {', '.join(stale)}; run: python tools/reference.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
