"""``ktpel check`` as a user meets it: a process with arguments, an exit code and what it prints."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from ktpel_capture import face, fingerprint, iris, signature
from shared import shared_data


def ktpel(*words, cwd=None, env=None):
    return subprocess.run(
        [sys.executable, "-c", "from ktpel_capture.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=env,
    )


def checked(*words):
    done = ktpel("check", *words, "--json")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four good samples, one a modality, as files."""
    where = tmp_path_factory.mktemp("samples")
    print_, _ = fingerprint.synthesis.grow(3).capture(seed=1)
    Image.fromarray(print_.image).save(where / "finger.png", dpi=(500, 500))
    eye, _ = iris.synthesis.grow(3).capture(seed=1)
    Image.fromarray(eye.image).save(where / "eye.png")
    portrait, _ = face.synthesis.grow(3).capture(seed=1, backdrop="red")
    Image.fromarray(portrait.image).save(where / "portrait.png")
    ink, _ = signature.synthesis.grow(3).capture(seed=1)
    (where / "ink.csv").write_text(signature.write_csv(ink))
    return where


def test_the_document_has_the_promised_shape(folder):
    code, document = checked(folder / "finger.png", "--as", "fingerprint")
    assert code in (0, 1)
    assert document["version"] == 1
    (sample,) = document["samples"]
    assert sample["file"].endswith("finger.png")
    assert (sample["index"], sample["modality"]) == (0, "fingerprint")
    for score in sample["scores"]:
        assert set(score) == {"algorithm", "value"}
    for measurement in sample["measurements"].values():
        assert set(measurement) == {"native", "unit", "component", "missing"}
        assert (measurement["native"] is None) == (measurement["missing"] is not None)
    assert sample["verdict"]["profile"] == "ktpel"
    assert sample["verdict"]["accepted"] == (code == 0)
    for finding in sample["verdict"]["findings"]:
        assert {"measure", "measured", "at_least", "at_most", "severity", "advice"} <= set(finding)
        assert set(finding["advice"]) == {"id", "en"}


def test_a_folder_is_judged_file_by_file_and_each_is_taken_for_what_it_is(folder):
    _, document = checked(folder, "--when", "backdrop=red")
    kinds = {sample["file"].rsplit("/", 1)[1]: sample.get("modality") for sample in document["samples"]}
    assert kinds == {"eye.png": "iris", "finger.png": "fingerprint", "ink.csv": "signature", "portrait.png": "face"}


def test_the_wrong_cloth_is_rejected(folder):
    code, document = checked(folder / "portrait.png", "--as", "face", "--when", "backdrop=blue")
    assert code == 1
    assert not document["samples"][0]["verdict"]["accepted"]


def test_the_right_cloth_is_not_the_reason(folder):
    _, red = checked(folder / "portrait.png", "--as", "face", "--when", "backdrop=red")
    _, blue = checked(folder / "portrait.png", "--as", "face", "--when", "backdrop=blue")
    with_red, with_blue = (
        {finding["measure"] for finding in document["samples"][0]["verdict"]["findings"]} for document in (red, blue)
    )
    (more,) = with_blue - with_red
    assert "backdrop" in more


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"not an image at all, just some words", ""),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, ""),
    ],
)
def test_what_cannot_be_read_is_an_error_in_the_list_and_the_rest_is_judged(folder, tmp_path, content, says):
    bad = tmp_path / "bad.png"
    bad.write_bytes(content)
    missing = tmp_path / "missing.png"
    code, document = checked(bad, missing, folder / "eye.png", "--as", "iris")
    assert code == 2
    errors = document["samples"][:2]
    for entry in errors:
        assert set(entry) == {"file", "error"}
        assert set(entry["error"]) == {"code", "message", "remedy"}
        assert entry["error"]["code"]
        assert entry["error"]["message"]
    assert says in errors[0]["error"]["message"]
    assert document["samples"][2]["modality"] == "iris"


def test_unreadable_wins_over_rejected(folder, tmp_path):
    blank = tmp_path / "blank.png"
    Image.fromarray(np.full((400, 300), 255, np.uint8)).save(blank)
    assert checked(blank, "--as", "fingerprint")[0] == 1
    assert checked(blank, tmp_path / "missing.png", "--as", "fingerprint")[0] == 2


def test_an_unsure_guess_names_the_option_that_settles_it(tmp_path):
    grey = tmp_path / "grey.png"
    Image.fromarray(np.full((300, 400), 128, np.uint8)).save(grey)
    code, document = checked(grey)
    assert code == 2
    assert "--as" in document["samples"][0]["error"]["remedy"]


def test_a_print_without_a_resolution_is_judged_at_500_and_says_so(folder, tmp_path):
    bare = tmp_path / "bare.png"
    Image.open(folder / "finger.png").convert("L").save(bare)
    _, document = checked(bare, "--as", "fingerprint")
    assert "edit.resolution_assumed" in document["samples"][0]["edits"]
    findings = {finding["measure"] for finding in document["samples"][0]["verdict"]["findings"]}
    assert "edit.resolution_assumed" in findings
    _, told = checked(bare, "--as", "fingerprint", "--ppi", 500)
    assert "edit.resolution_assumed" not in told["samples"][0]["edits"]


def test_a_fingerprint_offered_as_a_face_is_no_face(folder):
    code, document = checked(folder / "finger.png", "--as", "face")
    assert code == 1
    missing = {finding.get("missing") for finding in document["samples"][0]["verdict"]["findings"]}
    assert "face.no_face" in missing


def test_csv_has_one_row_a_measurement(folder):
    done = ktpel("check", folder / "eye.png", "--as", "iris", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["modality"] for row in rows} == {"iris"}
    assert len({row["id"] for row in rows}) == len(rows) > 5


def test_an_overlay_a_sample_is_written(folder, tmp_path):
    ktpel("check", folder, "--when", "backdrop=red", "--overlay", tmp_path / "why")
    pictures = sorted(path.name for path in (tmp_path / "why").iterdir())
    assert [name.rsplit("-", 1)[1] for name in pictures] == [
        "iris.png",
        "fingerprint.png",
        "signature.png",
        "face.png",
    ]
    for path in (tmp_path / "why").iterdir():
        with Image.open(path) as picture:
            assert picture.mode == "RGB"
            assert min(picture.size) > 100


def test_advice_comes_in_the_language_asked_for(folder):
    blue = [folder / "portrait.png", "--as", "face", "--when", "backdrop=blue"]
    indonesian, english = (ktpel("check", *blue, "--lang", language).stdout for language in ("id", "en"))
    assert indonesian != english
    assert "kain" in indonesian.lower() or "latar" in indonesian.lower()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--as", "fingerprnt"], "fingerprint"),
        (["--position", "right_indx"], "right_index"),
        (["--when", "backdrop=purple"], "red"),
        (["--when", "backdop=red"], "backdrop"),
        (["--when", "red"], "backdrop=red"),
        (["--ppi", "-5"], "ppi"),
        (["--lang", "fr"], "en"),
        (["--profile", "ktpl"], "ktpel"),
        (["--json", "--csv"], "not both"),
    ],
)
def test_a_wrong_option_is_refused_with_the_nearest_right_one(folder, words, says):
    done = ktpel("check", folder / "eye.png", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_slap_is_judged_finger_by_finger_and_a_missing_one_is_named(tmp_path):
    hand = fingerprint.synthesis.grow_hand(5)
    slap, _ = fingerprint.synthesis.slap(hand, "right_four", seed=2, absent=("right_ring",))
    path = tmp_path / "slap.png"
    Image.fromarray(slap.image).save(path, dpi=(slap.ppi, slap.ppi))
    code, document = checked(path, "--as", "fingerprint", "--position", "right_four")
    assert code == 1
    assert [sample["position"] for sample in document["samples"]] == [
        "right_index",
        "right_middle",
        "right_ring",
        "right_little",
    ]
    (finding,) = document["samples"][2]["verdict"]["findings"]
    assert "ring finger" in finding["advice"]["en"]


def test_a_slap_offered_as_one_finger_is_more_than_one_finger(tmp_path):
    slap, _ = fingerprint.synthesis.slap(fingerprint.synthesis.grow_hand(5), "left_four", seed=2)
    path = tmp_path / "slap.png"
    Image.fromarray(slap.image).save(path, dpi=(slap.ppi, slap.ppi))
    code, document = checked(path, "--as", "fingerprint")
    assert code == 1
    advice = {finding["advice"]["en"] for finding in document["samples"][0]["verdict"]["findings"]}
    assert any("one finger" in sentence.lower() for sentence in advice)


def test_the_real_enrolment_is_judged_with_reasons_a_person_would_give():
    records = shared_data("records/mosip/Default/Registration")
    code, document = checked(records)
    assert code in (0, 1)
    assert all("error" not in sample for sample in document["samples"])
    by_file = {sample["file"].rsplit("/", 1)[1]: sample for sample in document["samples"]}
    assert by_file["Right_Index.iso"]["position"] == "right_index"
    assert by_file["Left_Iris.iso"]["eye"] == "left"
    backlit = by_file["Exception_Photo.iso"]["verdict"]
    assert not backlit["accepted"]
    words = " ".join(finding["advice"]["en"].lower() for finding in backlit["findings"])
    assert "light" in words


def test_the_plain_output_names_the_measure_and_the_bound(folder):
    done = ktpel("check", folder / "portrait.png", "--as", "face", "--when", "backdrop=blue", "--lang", "en")
    assert "✗" in done.stdout
    assert "wanted at" in done.stdout


def test_files_of_one_stem_each_keep_their_overlay(folder, tmp_path):
    image = Image.open(folder / "finger.png")
    for name in ("a/same.png", "b/same.png", "a/same.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name, dpi=(500, 500))
    ktpel("check", tmp_path / "a", tmp_path / "b", "--as", "fingerprint", "--overlay", tmp_path / "why")
    assert len(list((tmp_path / "why").iterdir())) == 3


def test_a_folder_without_a_file_says_so(tmp_path):
    code, document = checked(tmp_path)
    assert code == 2
    assert document["samples"][0]["error"]["code"] == "file.is_directory"
    assert "without a file" in document["samples"][0]["error"]["message"]


def test_a_file_that_may_not_be_read_does_not_stop_the_others(folder, tmp_path):
    shut = tmp_path / "shut.png"
    shut.write_bytes((folder / "ink.csv").read_bytes())
    forbid = (
        "import os, pathlib; may, read = os.access, pathlib.Path.read_bytes\n"
        "def refuse(self):\n"
        "    if self.name == 'shut.png': raise PermissionError(13, 'Permission denied')\n"
        "    return read(self)\n"
        "pathlib.Path.read_bytes = refuse\n"
        "os.access = lambda path, *more, **options: 'shut' not in str(path) and may(path, *more, **options)\n"
    )
    program = forbid + "from ktpel_capture.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "check", str(shut), str(folder / "ink.csv"), "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    first, second = json.loads(done.stdout)["samples"]
    assert first["error"]["code"] == "file.forbidden"
    assert second["modality"] == "signature"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["x.png", "--profile", ""], "no profile or file ''"),
        ([""], "an empty path"),
        (["x.png", "--as", "iris", "--position", "left_index"], "--position"),
        (["x.png", "--as", "iris", "--ppi", "500"], "--ppi"),
        (["x.png", "--as", "face", "--eye", "left"], "--eye"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(words, named, tmp_path):
    done = ktpel("check", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert named in done.stderr
    assert not done.stdout
