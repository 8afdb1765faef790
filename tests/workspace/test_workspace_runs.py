"""The first run of a new customer is green, whatever the template."""

from __future__ import annotations

import json

import pytest

from pytest_recsim.cli import main
from pytest_recsim.testing import Project


@pytest.mark.long
@pytest.mark.parametrize("template", ["retail", "media", "marketplace"])
def test_in_an_empty_folder_the_first_run_is_ready_to_go_live(tmp_path, monkeypatch, template):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "acme", "--template", template]) == 0
    ran = Project(tmp_path).run("--customer", "acme", "-o", "recsim_no_html=true")
    assert ran.code == 0, ran.text
    (bundle,) = Project(tmp_path).bundles()
    verdict = json.loads((bundle / "simulation_metadata.json").read_text())["verdict"]
    assert (verdict["status"], verdict["left_out"]) == ("may_go", 0)
    assert (
        "test_customer_acme.py::test_not_everybody_gets_the_same_first_item"
        in (bundle / "README.md").read_text()
    )
