"""Every Python block of the device pages runs."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in sorted(DOCS.glob("devices*.md"))
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S), 1)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_example_runs(block):
    exec(compile(block, "example", "exec"), {"__name__": "example"})


def test_every_built_in_scheme_and_fault_is_in_the_reference():
    from ktpel_capture.devices.faults import EVENTS, FAULTS
    from ktpel_capture.devices.registry import BUILT_IN
    from ktpel_capture.devices.simulators import KINDS

    reference = (DOCS / "devices.md").read_text("utf-8")
    simulators = (DOCS / "devices-simulators.md").read_text("utf-8")
    assert [scheme for scheme in BUILT_IN if f"`{scheme}:" not in reference] == []
    assert [kind for kind in KINDS if f"`sim:{kind}`" not in reference] == []
    assert [name for name in (*FAULTS, *EVENTS) if not re.search(rf"\b{name}\b", simulators)] == []
