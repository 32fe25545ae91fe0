"""The examples of docs/records.md run."""

import re
from pathlib import Path

import numpy as np

import ktpel_capture as kc
from ktpel_capture import records

PAGE = Path(__file__).parents[2] / "docs" / "records.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample = kc.FingerprintSample(np.full((90, 70), 200, np.uint8), 500, "left_index")
    (tmp_path / "finger.iso").write_bytes(records.encode(records.from_samples([sample], format="19794-4")))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    told = capsys.readouterr().out
    assert "left_index" in told
    assert "cycles per mm" in told
    assert len(kc.read_all(tmp_path / "set.xml")) == 1


def test_the_rules_of_the_page_are_rules(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "kabupaten.toml"
    path.write_text(text, "utf-8")
    rules = records.load_rules(path)
    assert [(rule.field, rule.check, rule.limit) for rule in rules.rules] == [
        ("representations.image.width", "at_least", 200)
    ]
