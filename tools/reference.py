"""Write the reference pages: all quality measures from the tables that drive them, all public names from docstrings.

Run ``python tools/reference.py`` after a table or a docstring has changed; ``--check`` says whether the pages are up to
date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import ModuleType

import ktpel_capture as kc
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


def names_page() -> str:
    """The reference page of the names that ``import ktpel_capture as kc`` offers."""
    lines = ["# Names of `ktpel_capture`", "", "Made from the docstrings by `python tools/reference.py`.", ""]
    for name in sorted(kc.__all__, key=str.lower):
        value = getattr(kc, name)
        home = getattr(value, "__module__", None) or getattr(value, "__name__", "")
        lines += [f"## `kc.{name}`", ""]
        if isinstance(value, ModuleType):
            lines += [f"Module. {(inspect.getdoc(value) or '').splitlines()[0]}", ""]
            continue
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            lines += ["A constant or a type.", ""]
            continue
        lines += [
            f"Of `{home}`.",
            "",
            "```text",
            f"{name}{_signature(value)}",
            "",
            inspect.getdoc(value) or "",
            "```",
            "",
        ]
    return "\n".join(lines)


def _signature(value: Callable[..., object]) -> str:
    try:
        signature = inspect.signature(value)
    except ValueError:
        return ""
    bare = [
        item.replace(annotation=inspect.Parameter.empty, default=_shown(item.default))
        for item in signature.parameters.values()
    ]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _shown(default: object) -> object:
    """A default as it is written; one that prints an address of memory would change the page at every run."""
    return default if " at 0x" not in repr(default) and "factory" not in repr(default) else Ellipsis


def main() -> int:
    stale = []
    pages = {f"{modality}.md": page(modality) for modality in MODALITIES} | {"names.md": names_page()}
    for name, text in pages.items():
        path = PAGES / name
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
