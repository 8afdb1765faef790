"""`--recsim-stop-early` in whole runs: what is said, in which places, and that other options go with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from plugin_shop import Project

from pytest_recsim.testing.shop import shop

MANY = """\
defaults:
  quality:
    min_segment_lift_ndcg: -0.9
    min_segment_lift_mrr: -0.9
    min_catalog_coverage: 0.3
    min_long_tail_share: 0.05
    min_segment_users: 1
    min_baseline_hits: 1
"""


def quality_of(project: Project) -> dict:
    return json.loads((project.bundle().root / "artifacts/quality_metrics.json").read_text(encoding="utf-8"))


def test_three_users_are_all_asked_and_that_is_said(tmp_path: Path) -> None:
    project = Project(shop(users=3).settle(tmp_path).folder)
    ran = project.simulate("--recsim-stop-early", "-k", "long_tail")
    assert "Traceback" not in ran.text
    assert "note: --recsim-stop-early left nobody out" in ran.out
    assert "--recsim-stop-early left nobody out" in project.bundle().readme
    early = quality_of(project)["early"]
    assert (early["stopped"], early["asked"]) == (False, early["of"])


@pytest.mark.long
def test_workers_see_the_users_that_were_asked_and_come_to_the_same(tmp_path: Path) -> None:
    """A run that stops early, alone and with workers: whole suite, one set of lists."""
    found = []
    for name, words in (("alone", ()), ("workers", ("-n", "2"))):
        project = Project(shop(users=420, items=80, guardrails=MANY).settle(tmp_path / name).folder)
        ran = project.simulate("--recsim-stop-early", *words)
        assert "Traceback" not in ran.text
        assert "of 420 users (--recsim-stop-early)" in ran.out
        found.append((project.bundle().outcomes, quality_of(project)))
    assert found[0] == found[1]
    early = found[0][1]["early"]
    assert early["stopped"]
    assert early["asked"] == found[0][1]["evaluated"] < 420
    assert "passed" in {one["outcome"] for one in early["checks"]} <= {"passed", "not_measured"}
