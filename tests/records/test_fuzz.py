"""Fuzzing: hypothesis by default, atheris as a marked long run."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

_spec = importlib.util.spec_from_file_location("fuzz_records", Path(__file__).with_name("fuzz_records.py"))
fuzz_records = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz_records)
SEEDS = fuzz_records.seeds()


def test_every_seed_passes():
    for seed in SEEDS:
        fuzz_records.one_input(seed)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_records_give_a_record_or_a_typed_error(seed, data):
    damaged = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "copy"])):
            case "set":
                damaged[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFE, 0xFF]) | st.integers(0, 255))
            case "cut":
                del damaged[at : at + data.draw(st.integers(1, 8))]
            case "insert":
                damaged[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case "copy":
                damaged[at:at] = damaged[at : at + data.draw(st.integers(1, 30))]
        if not damaged:
            break
    fuzz_records.one_input(bytes(damaged))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_typed_error(data):
    fuzz_records.one_input(data)


@pytest.mark.long
def test_a_million_guided_inputs():
    pytest.importorskip("atheris", reason="coverage-guided fuzzing needs the package atheris")
    script = Path(fuzz_records.__file__)
    run = subprocess.run(
        [sys.executable, str(script), "-runs=1000000", "-max_len=2048", "-timeout=5", "-rss_limit_mb=1024"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
