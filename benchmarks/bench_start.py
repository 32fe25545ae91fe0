"""How long a fresh process takes: the bare interpreter beside ``import ktpel_capture`` and ``ktpel --version``."""

import subprocess
import sys

import pytest

PROGRAMS = {
    "bare interpreter": ["-c", "pass"],
    "import ktpel_capture": ["-c", "import ktpel_capture"],
    "ktpel --version": [
        "-c",
        "import sys; sys.argv = ['ktpel', '--version']\nfrom ktpel_capture.cli import main; main()",
    ],
}


@pytest.mark.benchmark(group="start")
@pytest.mark.parametrize("name", PROGRAMS)
def test_start(benchmark, name):
    words = [sys.executable, "-X", "frozen_modules=on", *PROGRAMS[name]]
    benchmark.pedantic(lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL), rounds=15, warmup_rounds=2)
