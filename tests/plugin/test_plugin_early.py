"""`--recsim-stop-early` in whole runs: what is said, in which places, and that other options go with it."""

from __future__ import annotations

import json
from pathlib import Path

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
