"""docs/records.md: the example makes a table of a folder of records, with plain Python."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
BEFORE = ROOT / "tests" / "record" / "written_before"


def test_the_documented_example_has_a_row_for_each_run_and_a_column_for_each_guardrail(
    tmp_path, monkeypatch, capsys
):
    example = (ROOT / "docs" / "records.md").read_text().split("<!-- table -->\n```python\n")[1]
    for run in ("20261120T101010Z", "20261121T101010Z"):
        shutil.copytree(BEFORE, tmp_path / "reports" / "acme" / run)
    later = tmp_path / "reports" / "acme" / run / "simulation_metadata.json"
    facts = msgspec.json.decode(later.read_bytes())
    facts["profile"]["overrides"] = {"MMR_LAMBDA": {"text": "0.5", "origin": "--env-override"}}
    later.write_bytes(msgspec.json.encode(facts))
    monkeypatch.chdir(tmp_path)
    exec(example.partition("```")[0], {})
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (first["customer"], first["run"], first["verdict"]) == ("acme", "20261120T101010Z", "partial")
    assert (first["overrides"], second["overrides"]) == ("", "MMR_LAMBDA=0.5")
    assert 0 < float(first["catalog_coverage: catalogue_coverage@20"]) <= 1
