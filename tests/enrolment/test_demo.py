"""The whole visit, once, on simulated devices; and the guide's 39 requirements walked through what it left behind."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

import ktpel_capture as kc
from ktpel_enrolment import console
from ktpel_enrolment.demo import OtherDemo, run_demo
from ktpel_enrolment.domain.requirements import requirements
from ktpel_enrolment.store.backup import restore
from ktpel_enrolment.store.journal import Store
from ktpel_enrolment.store.problems import StoreError
from ktpel_enrolment.visit.recording import STEPS, enrolled_fingers

PUPILS = 3


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The folder of the demonstration with the default seed."""
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder, pupils=PUPILS)
    return folder


@pytest.fixture(scope="module")
def store(out):
    with Store(out / "store") as store:
        yield store


@pytest.fixture(scope="module")
def pupils(store):
    """Steps of each pupil, in the order they came."""
    return [store.steps(entry.content["nik"]) for entry in store.book("attendance")]


def content(steps, name):
    return steps[name].content


def rejected(steps, name):
    """Captures of a step that were not accepted."""
    attempts = content(steps, name).get("attempts", ())
    return [attempt for attempt in attempts if not all(part["accepted"] for part in attempt.values())]


def test_every_pupil_is_recorded_and_two_of_three_get_their_card(out, pupils):
    assert [tuple(step for step in steps if step in STEPS) for steps in pupils] == [STEPS] * PUPILS
    recap = json.loads((out / "recap.json").read_text())
    assert recap == {"target": 3, "recorded": 3, "printed": 2, "handed_over": 2, "coverage": 100.0}


@pytest.mark.parametrize(
    ("modality", "steps"),
    [
        ("face", ["photo"]),
        ("signature", ["signature"]),
        ("fingerprint", ["right_four", "left_four", "both_thumbs"]),
        ("iris", ["irises"]),
    ],
)
def test_in_every_modality_a_bad_capture_is_rejected_told_and_taken_again(pupils, modality, steps):
    bad = [(pupil, step) for pupil in pupils for step in steps if rejected(pupil, step)]
    assert bad, f"no {modality} was taken again"
    for pupil, step in bad:
        assert content(pupil, step)["accepted"]
        assert [told for told in content(pupil, step)["told"] if not told["live"]]


def test_one_device_is_unplugged_and_the_spare_goes_on_with_the_same_pupil(pupils):
    down = [down for pupil in pupils for step in pupil.values() for down in step.content.get("breakdowns", ())]
    assert [(item["code"], item["spare"]) for item in down] == [("device.disconnected", True)]


def test_one_finger_is_declared_missing_and_not_waited_for(store, pupils):
    declared = [content(steps, "biodata")["unavailable"] for steps in pupils]
    assert declared == [[], [{"position": "left_ring", "reason": "missing"}], []]
    niks = [entry.content["nik"] for entry in store.book("attendance")]
    assert [len(enrolled_fingers(store, nik)) for nik in niks] == [10, 9, 10]


def test_the_pupil_under_17_is_recorded_and_not_printed(store, pupils):
    assert ["printed" in steps for steps in pupils] == [True, True, False]
    (visit,) = store.done("print_list").values()
    reasons = [[reason["en"] for reason in line["reasons"]] for line in visit.content["decisions"]]
    assert reasons == [[], [], ["Not yet 17 and never married on this day."]]


def test_a_friend_who_comes_for_the_card_leaves_without_it(store):
    refused = [entry for entry in store.book("history") if "hand_over_refused" in entry.content]
    assert len(refused) == 1
    assert len(store.book("receipt_book")) == 2


def test_everything_is_intact_and_the_backup_drive_alone_brings_it_back(out, store, tmp_path):
    assert store.problems() == []
    with kc.open_backup_volume(f"sim:backup?path={(out / 'backup-drive').as_posix()}") as drive:
        restore(drive, tmp_path / "again", station=store.station)
    with Store(tmp_path / "again") as again:
        assert again.problems() == []
        assert again.book("receipt_book") == store.book("receipt_book")
        assert again.blob_names() == store.blob_names()


def test_every_recording_leaves_as_a_set_that_keeps_the_registrys_rules(out, store, pupils):
    files = sorted(path.name for path in (out / "records").iterdir())
    assert files == [f"{n:03}{kind}" for n in range(1, PUPILS + 1) for kind in ("-signature.iso", ".xml")]
    for number, steps in enumerate(pupils, 1):
        assert content(steps, "exported")["valid"]
        data = (out / "records" / f"{number:03}.xml").read_bytes()
        assert kc.records.validate(data, "mosip-registration").violations == ()
        assert kc.records.validate((out / "records" / f"{number:03}-signature.iso").read_bytes()).valid
        record = kc.records.decode(data)
        scores = [bir.bdb_info.quality.score for bir in record.root.blocks()]
        assert all(0 <= score <= 100 for score in scores)
        assert next(record.root.blocks()).bdb_info.type == ("Face",)
        declared = content(steps, "biodata")["unavailable"]
        assert [(item.position, item.reason) for item in record.unavailable] == [
            (item["position"], item["reason"]) for item in declared
        ]
        assert len(record.samples()) == 13 - len(declared)


def test_the_records_are_read_again_by_check(out):
    told = subprocess.run(
        [*command(out)[:3], "check", *map(str, (out / "records").glob("002*")), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    judged = json.loads(told.stdout)["samples"]
    assert len(judged) == 12 + 1, "of the pupil with nine fingers"
    assert all(sample["verdict"]["accepted"] for sample in judged)


# The guide, requirement by requirement


def visit_step(store, name):
    (step,) = store.done(name).values()
    return step.content


PROOFS = {
    1: lambda store, pupils: len(visit_step(store, "plan")["visits"]) >= 6,
    2: lambda store, pupils: [line["far"] for line in visit_step(store, "plan")["visits"]].index(False) >= 4,
    3: lambda store, pupils: len(store.book("attendance")) == PUPILS,
    4: lambda store, pupils: (
        "Kepala MA Contoh Halong" in visit_step(store, "plan")["letter"]
        and "Penyerahan" in visit_step(store, "print_list")["letter"]
    ),
    5: lambda store, pupils: all(line["team"] and line["day"] for line in visit_step(store, "plan")["visits"]),
    6: lambda store, pupils: {"outreach", "coordination"} <= set(visit_step(store, "arranged_before")["done"]),
    7: lambda store, pupils: visit_step(store, "kit")["ready"] and len(visit_step(store, "kit")["devices"]) == 7,
    8: lambda store, pupils: any(line["spares"] for line in visit_step(store, "kit")["devices"]),
    9: lambda store, pupils: {"tripod", "cloth_red", "cloth_blue", "lotion"} <= set(visit_step(store, "kit")["packed"]),
    10: lambda store, pupils: visit_step(store, "kit")["versions"]["Benrollment"].startswith("2.7"),
    11: lambda store, pupils: visit_step(store, "kit")["versions"]["Boardmanagement"].startswith("6.0.0.9"),
    12: lambda store, pupils: any(line["role"] == "printer" for line in visit_step(store, "kit")["devices"]),
    13: lambda store, pupils: any(line["role"] == "uplink" for line in visit_step(store, "kit")["devices"]),
    14: lambda store, pupils: all(content(steps, "identity")["seen"]["birth_certificate"] for steps in pupils),
    15: lambda store, pupils: all(content(steps, "identity")["passed"] for steps in pupils),
    16: lambda store, pupils: content(pupils[0], "identity")["differences"][0]["field"] == "name",
    17: lambda store, pupils: content(pupils[0], "identity")["update"]["evidence"].startswith("6311-LT-"),
    18: lambda store, pupils: all(content(steps, "identity")["biodata"]["regency"] == "6311" for steps in pupils),
    19: lambda store, pupils: all(steps["biodata"].at < steps["photo"].at for steps in pupils),
    20: lambda store, pupils: all(content(steps, "verification")["verified"] for steps in pupils),
    21: lambda store, pupils: [entry.number for entry in store.book("recording_register")] == [1, 2, 3],
    22: lambda store, pupils: [entry.number for entry in store.book("attendance")] == [1, 2, 3],
    23: lambda store, pupils: visit_step(store, "documented_recording")["people"] == PUPILS,
    24: lambda store, pupils: 0 < visit_step(store, "backup")["files"] < visit_step(store, "last_backup")["files"],
    25: lambda store, pupils: visit_step(store, "recap")["coverage"] == 100.0,
    26: lambda store, pupils: all(content(steps, "sent")["bytes"] > 100_000 for steps in pupils),
    27: lambda store, pupils: len(visit_step(store, "print_list")["decisions"]) == PUPILS,
    28: lambda store, pupils: (
        {line["status"] for line in visit_step(store, "print_list")["decisions"]} == {"PRINT_READY_RECORD"}
    ),
    29: lambda store, pupils: visit_step(store, "print_list")["decisions"][2]["reasons"],
    30: lambda store, pupils: any(
        line["role"] == "printer" and line["ready"] for line in visit_step(store, "kit")["devices"]
    ),
    31: lambda store, pupils: (
        [content(steps, "printed")["job"] for steps in pupils[:2]] == ["contoh-1-00001-1", "contoh-1-00002-1"]
    ),
    32: lambda store, pupils: all("seconds" in content(steps, "printed") for steps in pupils[:2]),
    33: lambda store, pupils: "day_agreed_with_school" in visit_step(store, "arranged_hand_over")["done"],
    34: lambda store, pupils: all(all(content(steps, "handed_over")["inspected"].values()) for steps in pupils[:2]),
    35: lambda store, pupils: all(
        content(steps, "handed_over")["likeness"] >= content(steps, "handed_over")["threshold"] for steps in pupils[:2]
    ),
    36: lambda store, pupils: (
        [entry.number for entry in store.book("receipt_book")] == [1, 2]
        and all(store.samples(entry.content["nik"], "handed_over") for entry in store.book("receipt_book"))
    ),
    37: lambda store, pupils: visit_step(store, "documented_hand_over")["people"] == 2,
    38: lambda store, pupils: visit_step(store, "recap")["target"] == PUPILS,
    39: lambda store, pupils: all(content(steps, "identity")["biodata"]["citizenship"] == "WNI" for steps in pupils),
}


def test_all_39_requirements_of_the_guide_are_listed_and_each_has_its_proof():
    assert [item.number for item in requirements()] == list(range(1, 40)) == sorted(PROOFS)


@pytest.mark.parametrize("item", requirements(), ids=lambda item: f"{item.number}")
def test_the_visit_fulfils_the_requirement(item, store, pupils):
    item.resolve()
    assert PROOFS[item.number](store, pupils), item.en
    assert item.state == "full" or (item.remark_id and item.remark_en), "a thin one says what it leaves out"


# The report


class Page(HTMLParser):
    """Collects what a page refers to and checks that its elements are closed."""

    def __init__(self):
        super().__init__()
        self.sources, self.open, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.sources += [value for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in ("img", "meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_report_needs_nothing_outside_itself_and_is_a_few_megabytes(out):
    html = (out / "report.html").read_text("utf-8")
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert not re.search(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", html)
    assert len(html) < 6_000_000


def test_the_report_shows_every_pupil_every_sentence_and_the_recap_in_both_languages(out, pupils):
    page = Page()
    page.feed((out / "report.html").read_text("utf-8"))
    shown = " ".join(page.text)
    for steps in pupils:
        assert content(steps, "arrival")["name"] in shown
        for step in steps.values():
            for told in step.content.get("told", ()):
                assert told["id"] in shown
                assert told["en"] in shown
    for words in (
        "Hanya orang simulasi",
        "Simulated persons only",
        "100\N{NO-BREAK SPACE}%",
        "sesuai aturan",
        "keeps the rules",
        "Tidak dicetak",
        "Not printed",
    ):
        assert words in shown


# Interruption


def command(out, *more):
    return [sys.executable, "-c", "from ktpel_capture.cli import main; main()", "demo", "--out", str(out), *more]


def test_a_roster_with_bad_lines_is_told_and_the_others_are_processed(tmp_path):
    roster = tmp_path / "sekolah.csv"
    roster.write_text(
        "nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin\n"
        "631101150109900,6311010101129001,Kurang Angka,Paringin,2009-01-15,L\n"
        "6311011501149901,6311010101129002,Masih Kecil,Paringin,2014-01-15,L\n"
        "6311011501149901,6311010101129003,Sama NIK,Paringin,2014-01-15,L\n"
    )
    done = subprocess.run(
        command(tmp_path / "out", "--roster", str(roster), "--lang", "en"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    said = done.stdout + done.stderr
    assert "sekolah.csv, row 2, nik: it has 15 digits instead of 16" in said
    assert "sekolah.csv, row 4, nik: the same NIK already stands in row 3" in said
    assert "Traceback" not in said
    assert json.loads((tmp_path / "out" / "recap.json").read_text())["target"] == 0


def test_a_folder_with_any_name_holds_a_demonstration_and_a_file_does_not(tmp_path):
    roster = tmp_path / "kosong.csv"
    roster.write_text("nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin\n")
    out = tmp_path / "hasil & 100% + café?"
    assert run_demo(out, roster_file=roster).recap.target == 0
    assert list((out / "backup-drive").rglob("manifest.json"))
    with pytest.raises(StoreError, match="cannot hold a store"):
        run_demo(roster, roster_file=roster)


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts differ there")
def test_ctrl_c_ends_with_one_sentence_and_the_visit_can_go_on(tmp_path):
    process = subprocess.Popen(command(tmp_path / "out", "--lang", "en"), stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "1/3" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    rest = process.communicate()[1]
    assert process.returncode == 130
    assert "give the same command to go on" in rest
    assert "Traceback" not in rest
    with Store(tmp_path / "out" / "store") as store:
        assert store.problems() == []


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts differ there")
def test_a_ctrl_c_that_a_finalizer_swallows_ends_the_demonstration_at_the_next_step(tmp_path, monkeypatch, capsys):
    class Finalizer:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)  # Python delivers the signal in here, and ignores what a finalizer raises

    reached = []

    def demonstration(out, *, watch, **settings):
        Finalizer()
        reached.append("after the finalizer")
        watch.phase("kit")
        reached.append("after the next step")

    monkeypatch.setattr(console, "run_demo", demonstration)
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(typer.Exit) as ended:
        console.run(pupils=1, seed=7, out=tmp_path, roster=None, as_json=False, lang="en")
    assert ended.value.exit_code == 130
    assert reached == ["after the finalizer"]
    assert "give the same command to go on" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_another_demonstration_in_the_same_folder_is_refused_with_a_way_out(tmp_path):
    roster = tmp_path / "kosong.csv"
    roster.write_text("nik,no_kk,nama,tempat_lahir,tanggal_lahir,jenis_kelamin\n")
    run_demo(tmp_path / "out", roster_file=roster)
    with pytest.raises(OtherDemo, match="--seed 7, not 8"):
        run_demo(tmp_path / "out", roster_file=roster, seed=8)
    assert run_demo(tmp_path / "out", roster_file=roster).resumed


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_kill_9_at_random_instants_loses_nothing_and_the_visit_goes_on(tmp_path):
    chance = random.Random(os.urandom(8))
    out = tmp_path / "out"
    kept: dict[str, list[str]] = {}
    for _ in range(10):
        process = subprocess.Popen(command(out, "--pupils", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(chance.randint(3, 14)):  # lines of progress
            process.stderr.readline()
        time.sleep(chance.uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if not (out / "store" / "facts.sqlite").exists():
            continue
        for path in (out / "records").glob("[0-9]*"):
            kc.records.decode(path.read_bytes())
        with Store(out / "store") as store:
            assert store.problems() == []
            for nik, steps in kept.items():
                assert list(store.steps(nik))[: len(steps)] == steps
            kept = {entry.content["nik"]: list(store.steps(entry.content["nik"])) for entry in store.book("attendance")}
    done = subprocess.run(command(out, "--pupils", "2", "--json"), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["recorded"] == 2
    with Store(out / "store") as store:
        assert store.problems() == []
        assert [entry.number for entry in store.book("recording_register")] == [1, 2]
        assert [entry.number for entry in store.book("attendance")] == [1, 2]
    assert Path(out / "report.html").exists()
