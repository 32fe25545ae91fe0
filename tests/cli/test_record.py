"""``ktpel record``, as a registry's engineer would call it."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import ktpel_capture as kc
from ktpel_capture import records
from ktpel_capture.cli.record import app
from ktpel_capture.errors import ProfileError, UnreadableFile
from shared import shared_data

MOSIP = "records/mosip/Default"


def ktpel_record(*words):
    return CliRunner().invoke(app, [str(word) for word in words], standalone_mode=True)


@pytest.fixture
def finger(tmp_path):
    image = np.arange(48 * 32, dtype=np.uint32).reshape(48, 32).astype(np.uint8)
    sample = kc.FingerprintSample(image, 500, "left_index")
    path = tmp_path / "finger.iso"
    path.write_bytes(records.encode(records.from_samples([sample], format="19794-4")))
    return path


def test_inspect_lists_fields_with_their_places(finger):
    done = ktpel_record("inspect", finger)
    assert done.exit_code == 0
    assert "ISO/IEC 19794-4:2011" in done.stdout
    assert "finger position: left_index" in done.stdout
    assert "jpeg2000 32x48 px, grey, reversible" in done.stdout
    document = json.loads(ktpel_record("inspect", finger, "--json").stdout)
    assert document["format"] == "ISO/IEC 19794-4:2011"
    names = [field["name"] for field in document["record"]["fields"]]
    assert names[:2] == ["format identifier and version", "length of record"]


def test_inspect_writes_a_page_with_the_image(finger, tmp_path):
    page = tmp_path / "deep" / "page.html"
    assert ktpel_record("inspect", finger, "--html", page).exit_code == 0
    text = page.read_text()
    assert "data:image/png;base64," in text
    assert "finger position" in text


def test_inspect_shows_the_records_inside_a_set(finger, tmp_path):
    together = tmp_path / "set.xml"
    assert ktpel_record("convert", finger, finger, together, "--to", "cbeff").exit_code == 0
    done = ktpel_record("inspect", together)
    assert done.stdout.count("finger position: left_index") == 2
    assert "BDB[1]: ISO/IEC 19794-4:2011" in done.stdout


def test_validate_names_clause_field_and_place_and_its_exit_codes(finger, tmp_path):
    assert ktpel_record("validate", finger).exit_code == 0
    assert ktpel_record("validate", finger, "--profile", "mosip-registration").exit_code == 0
    done = ktpel_record("validate", finger, "--profile", "mosip-auth", "--json")
    assert done.exit_code == 1
    (entry,) = json.loads(done.stdout)["records"]
    (violation,) = entry["violations"]
    assert violation["offset"] == finger.read_bytes().index(b"\x05\x1d\x00\x20")
    assert violation["field"] == "representations[0].image compression algorithm"
    assert "ISO/IEC 19794-4:2011" in violation["clause"]
    both = ktpel_record("validate", tmp_path / "gone.iso", finger)
    assert both.exit_code == 2
    assert "does not exist" in both.stdout
    assert "valid ISO/IEC 19794-4:2011" in both.stdout


def test_validate_names_what_breaks_the_standard(finger, tmp_path):
    data = bytearray(finger.read_bytes())
    data[20:24] = b"\x07\xea\x0d\x20"  # the 32nd of the 13th month
    broken = tmp_path / "broken.iso"
    broken.write_bytes(data)
    done = ktpel_record("validate", broken)
    assert done.exit_code == 1
    assert "byte 22" in done.stdout
    assert "month 13" in done.stdout
    assert "day 32" in done.stdout
    cut = tmp_path / "cut.iso"
    cut.write_bytes(data[:60])
    assert "byte 8" in ktpel_record("validate", cut).stdout


def test_own_rules_come_from_a_file_and_bad_ones_are_refused(finger, tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text(
        'name = "own"\nformats = ["ISO/IEC 19794-4:2011"]\n[[rule]]\nformat = "ISO/IEC 19794-4:2011"\n'
        'field = "representations.image.width"\nat_least = 200\nclause = "our house"\n'
    )
    done = ktpel_record("validate", finger, "--profile", rules)
    assert done.exit_code == 1
    assert "32 is below 200 (our house)" in done.stdout
    rules.write_text(rules.read_text().replace("at_least", "at_lest"))
    done = ktpel_record("validate", finger, "--profile", rules)
    assert isinstance(done.exception, ProfileError)
    assert 'did you mean "at_least"' in str(done.exception)
    assert 'did you mean "mosip-auth"' in str(ktpel_record("validate", finger, "--profile", "mosip-aut").exception)


def test_convert_changes_edition_and_encoding_and_no_pixel(finger, tmp_path):
    out = tmp_path / "old.fir"
    assert ktpel_record("convert", finger, out, "--to", "19794-4", "--edition", "2005").exit_code == 0
    assert out.read_bytes()[:8] == b"FIR\x00010\x00"
    assert np.array_equal(kc.read(out).image, kc.read(finger).image)
    together = tmp_path / "set.xml"
    assert ktpel_record("convert", finger, out, together, "--to", "cbeff").exit_code == 0
    assert len(kc.read_all(together)) == 2
    assert ktpel_record("convert", finger, out, "--to", "19794-5").exit_code == 2


def test_extract_writes_the_pixels_with_their_resolution(finger, tmp_path):
    folder = tmp_path / "images"
    assert ktpel_record("extract", finger, folder).exit_code == 0
    (path,) = folder.iterdir()
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), kc.read(finger).image)
        assert round(picture.info["dpi"][0]) == 500
    assert path.name == "finger_01_left_index.png"


def test_what_is_no_record_is_refused_in_words(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Kepada Yth.")
    done = ktpel_record("inspect", path)
    assert isinstance(done.exception, UnreadableFile)
    assert "letter.txt" in str(done.exception)


def test_mosips_records_are_what_mosip_asks_for():
    folder = shared_data(MOSIP)
    for name, profile in (("Registration", "mosip-registration"), ("Auth", "mosip-auth")):
        done = ktpel_record("validate", *sorted((folder / name).glob("*.iso")), "--profile", profile)
        assert done.exit_code == 0, done.stdout


def test_convert_tells_what_a_budget_harmed_and_keeps_silent_where_it_did_not(tmp_path):
    source = shared_data(f"{MOSIP}/Registration/Left_Thumb.iso")
    for budget, harmed in ((30_000, False), (2_500, True)):
        out = tmp_path / f"{budget}.iso"
        lossy = ("--encoding", "jpeg2000_lossy", "--max-bytes", budget)
        done = ktpel_record("convert", source, out, "--to", "19794-4", *lossy)
        assert done.exit_code == 0
        assert len(out.read_bytes()) <= budget + 300
        assert ("Allow more bytes" in done.stderr) is harmed
        assert ("detail at 5 cycles per mm" in done.stderr) is harmed
