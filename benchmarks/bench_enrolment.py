"""The whole demonstration as a user runs it, and what keeping one step costs."""

import itertools
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest

import ktpel_capture as kc
from ktpel_enrolment.card.face import render_front
from ktpel_enrolment.domain.roster import read_roster
from ktpel_enrolment.store.journal import Store

AT = datetime(2026, 2, 10, tzinfo=UTC)


@pytest.mark.benchmark(group="demo")
def test_demo_of_three_pupils_in_a_fresh_process(benchmark, tmp_path):
    """The issue asks for less than 60 s on 2 cores."""
    words = [sys.executable, "-c", "from ktpel_capture.cli import main; main()", "demo", "--pupils", "3", "--json"]
    benchmark.pedantic(
        lambda: subprocess.run([*words, "--out", str(tmp_path / "out")], check=True, stdout=subprocess.DEVNULL),
        rounds=1,
    )


@pytest.mark.benchmark(group="store")
def test_keeping_a_portrait(benchmark, tmp_path):
    """One transaction with a portrait of 1200 x 1600: encoded, on the disk, committed."""
    noise = np.random.default_rng(1).normal(128, 12, (1600, 1200, 3)).clip(0, 255).astype(np.uint8)
    numbers = itertools.count()
    with Store(tmp_path / "store") as store:

        def keep():
            number = next(numbers)
            image = noise.copy()
            image[0, 0] = number % 256
            with store.transaction(AT) as change:
                change.do(f"pupil {number}", "photo", {"n": number}, {"face": kc.FaceSample(image)})

        benchmark(keep)


@pytest.mark.benchmark(group="roster")
def test_reading_a_roster_of_five_thousand(benchmark, tmp_path):
    path = tmp_path / "besar.csv"
    lines = [
        f"631101{day:02}{month:02}09{serial:04},6311010101129001,Nama Contoh,Paringin,2009-{month:02}-{day:02},L"
        for serial, (day, month) in zip(range(1, 5001), itertools.cycle(itertools.product(range(1, 29), range(1, 13))))
    ]
    path.write_text("nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin\n" + "\n".join(lines))
    roster = benchmark(read_roster, path)
    assert len(roster.pupils) == 5000


@pytest.mark.benchmark(group="card")
def test_drawing_a_card(benchmark):
    from ktpel_enrolment.domain.persons import Biodata

    biodata = Biodata(
        "6311011501099001", "6311010101129001", "Rahmat Contoh", "Paringin", AT.date(), "male", "O", "Jl. Contoh",
        "001/002", "Desa Contoh", "Halong", "6311", "Islam", "single", "Pelajar",
    )  # fmt: skip
    face, _ = kc.face.synthesis.grow(3).capture(seed=1)
    signature, _ = kc.signature.grow(3).capture(seed=1)
    benchmark(render_front, biodata, face, signature, printed=AT.date())
