"""The other subcommands, each as a new user would call it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ktpel_capture.profiles import built_in_profiles


def ktpel(*words):
    return subprocess.run(
        [sys.executable, "-c", "from ktpel_capture.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["", "check", "measures", "profile", "devices", "record", "demo"])
def test_every_command_has_help_with_examples(command):
    done = ktpel(*command.split(), "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert "xample" in done.stdout


def test_measures_lists_every_row_with_meaning_unit_and_source():
    done = ktpel("measures", "--json")
    rows = json.loads(done.stdout)["measures"]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert {identifier.partition(".")[0] for identifier in ids} >= {"fingerprint", "iris", "face", "signature"}
    for row in rows:
        assert row["meaning"], row["id"]
        assert row["source"], row["id"]
    few = ktpel("measures", "iris.").stdout
    assert "iris." in few
    assert "face." not in few


@pytest.mark.parametrize("name", built_in_profiles())
def test_a_built_in_profile_can_be_shown_and_is_valid(name):
    document = json.loads(ktpel("profile", "show", name, "--json").stdout)
    assert document["name"] == name
    assert document["require"]
    assert ktpel("profile", "show", name).returncode == 0
    assert ktpel("profile", "validate", name).returncode == 0


def test_a_bad_profile_ends_in_one_sentence_and_exit_2(tmp_path):
    bad = tmp_path / "kabupaten.toml"
    bad.write_text('[[require]]\nmeasure = "iris.usable_iris_aera"\nat_least = 70\n')
    done = ktpel("profile", "validate", bad)
    assert done.returncode == 2
    assert done.stderr.startswith("ktpel: kabupaten.toml, [[require]] no. 1: unknown measure")
    assert 'did you mean "iris.usable_iris_area"' in done.stderr


def test_devices_list_shows_what_is_always_there():
    document = json.loads(ktpel("devices", "list", "--json").stdout)
    kinds = {device["kind"] for device in document["devices"]}
    assert {"fingerprint-scanner", "iris-scanner", "face-camera", "signature-pad"} <= kinds
    assert document["problems"] == []


KIT = [
    f"sim:{kind}"
    for kind in ("fingerprint", "iris", "face", "signature", "card-reader", "card-printer", "backup", "uplink")
]


def test_a_whole_kit_is_ready_to_travel():
    done = ktpel("devices", "check", *KIT, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["ready"], document["problems"]) == (0, True, [])
    assert len(document["devices"]) == 8
    assert any("red cloth" in item["en"].lower() for item in document["packing"])


def test_a_kit_that_lacks_a_device_or_has_a_broken_one_stays_at_home():
    lacking = ktpel("devices", "check", *KIT[1:], "--lang", "en")
    assert lacking.returncode == 1
    assert "fingerprint" in lacking.stdout
    broken = json.loads(ktpel("devices", "check", *KIT[1:], "zfm:///dev/ttyNOSUCH", "--json").stdout)
    assert not broken["devices"][-1]["ready"]
    assert broken["devices"][-1]["problems"][0]["id"]
    assert broken["devices"][-1]["spare"]["en"]


def test_the_reference_pages_are_up_to_date():
    script = Path(__file__).parents[2] / "tools" / "reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_pattern_that_no_measure_has_is_refused_with_the_nearest():
    done = ktpel("measures", "iris.usable_aera")
    assert done.returncode == 2
    assert "iris.usable_iris_area" in done.stderr
