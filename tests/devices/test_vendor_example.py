"""The vendor's example builds, installs, is discovered and passes the kit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "acme_scanner"
pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler (cc) to build the fictitious SDK"),
    pytest.mark.skipif(os.name == "nt", reason="the fictitious SDK is written for POSIX threads"),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The SDK built, the driver installed as a wheel would be: package and metadata in a folder of their own."""
    folder = tmp_path_factory.mktemp("acme")
    library = folder / "libacme.so"
    source = EXAMPLE / "sdk" / "acme.c"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-lpthread", "-lm"], check=True
    )
    site = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run([*install, "--target", site, EXAMPLE], capture_output=True, text=True)
    if done.returncode:
        if "hatchling" in done.stderr + done.stdout:
            pytest.skip("needs hatchling, which builds the example's wheel")
        pytest.fail(done.stderr)
    shutil.rmtree(EXAMPLE / "build", ignore_errors=True)
    return {**os.environ, "ACME_SDK": str(library), "PYTHONPATH": str(site)}


def run(environment, *options):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *options]
    done = subprocess.run(
        [*command, str(EXAMPLE / "tests")], env=environment, capture_output=True, text=True, timeout=500, cwd=EXAMPLE
    )
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


def test_it_is_discovered_and_keeps_its_first_promises(environment):
    some = "entry_point or codes or info or one_line or cancelled_before or suspended or idempotent"
    code, said = run(environment, "-k", some)
    assert code == 0, said
    assert "[100%]" in said, said


@pytest.mark.long
def test_it_passes_the_kit(environment):
    code, said = run(environment)
    assert code == 0, said
    assert "F" not in said.split("[100%]")[0], said
