"""The application is built on the public names of the library alone, and costs nothing until it runs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ktpel_capture as kc
import ktpel_enrolment

SOURCES = sorted(Path(ktpel_enrolment.__file__).parent.rglob("*.py"))
PUBLIC = {*kc.__all__, "__version__"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_module_uses_public_names_of_the_library_only(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(name.name == "ktpel_capture" or "ktpel_capture" not in name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ktpel_capture"):
            assert node.module == "ktpel_capture", f"line {node.lineno}: {node.module}"
            assert {name.name for name in node.names} <= PUBLIC
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "kc":
            assert node.attr in PUBLIC, f"line {node.lineno}: kc.{node.attr}"


def test_importing_the_command_loads_nothing_heavy():
    code = (
        "import sys, ktpel_enrolment.commands; "
        "sys.exit(bool({'numpy', 'cv2', 'PIL', 'sqlite3', 'rich'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
