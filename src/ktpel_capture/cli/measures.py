"""``ktpel measures``: every measure there is."""

from __future__ import annotations

import difflib
import json
import math
from typing import Annotated

import typer


def measures(
    pattern: Annotated[str, typer.Argument(help="Only ids that contain this, such as iris. or crop.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
) -> None:
    """List every quality measure: id, unit, range, meaning and source."""
    from ktpel_capture.assessment import measures as all_measures

    rows = [
        {
            "id": identifier,
            "unit": measure.unit,
            "range": [bound if math.isfinite(bound) else None for bound in measure.range],
            "component": measure.component is not None,
            "meaning": measure.summary,
            "source": measure.source,
        }
        for measure in all_measures()
        for identifier in measure.ids
        if pattern in identifier
    ]
    if not rows:
        known = [identifier for measure in all_measures() for identifier in measure.ids]
        nearest = "".join(f'; did you mean "{name}"?' for name in difflib.get_close_matches(pattern, known, 1, 0.4))
        raise typer.BadParameter(f'no id contains "{pattern}"{nearest}', param_hint="PATTERN")
    if as_json:
        typer.echo(json.dumps({"version": 1, "measures": rows}, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "unit", "range", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("id", "unit"))
    for measure in all_measures():
        for identifier in measure.ids:
            if pattern in identifier:
                low, high = (f"{bound:g}" for bound in measure.range)
                table.add_row(identifier, measure.unit or "-", f"{low} .. {high}", measure.summary)
    Console(soft_wrap=False).print(table)


measures.epilog = "Examples:\n\n  ktpel measures iris.\n\n  ktpel measures --json"  # type: ignore[attr-defined]
