"""Every driver keeps its protocol's types, as mypy sees them."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_mypy_finds_every_driver_to_be_what_its_protocol_says(tmp_path):
    file = Path(__file__).with_name("typed_protocols.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parents[2])
    assert "Success" in done.stdout or "Found" in done.stdout, done.stdout + done.stderr
    assert file.name not in done.stdout, done.stdout
