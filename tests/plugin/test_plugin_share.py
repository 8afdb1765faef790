"""What leaves the machine after a real run: a zip in which nobody is named."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING, Any

from pytest_recsim.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from plugin_shop import Shown


def test_a_redacted_zip_of_a_whole_run_names_no_user_and_no_item(
    green: Shown, world: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(green.project.folder)
    out = tmp_path / "acme.zip"
    assert main(["share", str(green.record.root), "--redact", "--out", str(out)]) == 0
    ids = {row["item_id"] for row in world["items"]} | {row["user_id"] for row in world["users"]}
    named = re.compile(r"(?<!\w)(?:" + "|".join(ids) + r")(?!\w)")
    assert named.search((green.record.root / "artifacts/scenario_summary.json").read_text())
    with zipfile.ZipFile(out) as packed:
        texts = {name: packed.read(name).decode() for name in packed.namelist()}
    assert {name.rpartition("/")[2] for name in texts} >= {
        "README.md",
        "report.html",
        "s10.json",
        "scenarios.csv",
    }
    assert {name: found[0] for name, text in texts.items() if (found := named.search(text))} == {}
