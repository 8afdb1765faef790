"""A run against an earlier one: judged where a threshold asks, shown on both pages, and a notice where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugin_shop import LOOSE, Project, Record

WITH_PAGES = ("-o", "recsim_no_html=false")
STRICT = LOOSE.replace(
    "min_catalog_coverage: 0.3", "min_catalog_coverage: 0.3\n    max_regression_ndcg: 0.05"
)
QUALITY = ("-k", "ndcg or coverage")
BETTER = (
    "--env-override",
    "BLEND_ALPHA=0",
    "--env-override",
    "BLEND_BETA=0",
    "--env-override",
    "BLEND_GAMMA=1",
)


def newest(project: Project) -> Record:
    return Record(Path(project.bundles("acme")[-1]))


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_segment_that_lost_is_caught_and_the_pages_say_against_what(acme: Project, workers) -> None:
    acme.write("guardrails.yml", STRICT)
    first = acme.simulate(*QUALITY, *workers, *BETTER, "--recsim-compare-to", "latest")
    assert first.code == 0, first.text
    assert "compared with nothing: no finished run of acme" in first.out
    assert "max_regression_ndcg is not judged" in first.out
    before = newest(acme).root.name
    ran = acme.simulate(*QUALITY, *workers, *WITH_PAGES, "--recsim-compare-to", "latest")
    record = newest(acme)
    lost = {
        check: outcome for check, outcome in record.outcomes.items() if check.startswith("regression_ndcg")
    }
    assert ran.code == 1, ran.text
    assert "failed" in lost.values()
    comparison = record.artifact("comparison.json")
    assert comparison["before"]["run"] == before
    assert comparison["changes"]["BLEND_GAMMA"][0] == "1"
    assert f"## Compared with {before}" in record.readme
    page = (record.root / "report.html").read_text(encoding="utf-8")
    assert f"Compared with {before}" in page


@pytest.mark.long
def test_a_run_against_itself_loses_nothing_and_may_go(acme: Project) -> None:
    acme.write("guardrails.yml", STRICT)
    assert acme.simulate(*QUALITY).code == 0
    ran = acme.simulate(*QUALITY, "--recsim-compare-to", "latest")
    assert ran.code == 0, ran.text
    record = newest(acme)
    lost = [outcome for check, outcome in record.outcomes.items() if check.startswith("regression_ndcg")]
    assert lost
    assert set(lost) == {"passed"}
    assert {one["outcome"] for one in record.artifact("comparison.json")["differences"]} <= {
        "same",
        "not compared",
    }


@pytest.mark.long
def test_an_accepted_run_that_cannot_be_read_stops_the_run_before_anything_is_seeded(acme: Project) -> None:
    acme.write("baselines/acme/accepted/simulation_metadata.json", "{}")
    ran = acme.simulate("--recsim-compare-to", "accepted")
    assert ran.code == 4, ran.text
    assert "has no numbers per user" in ran.text
    assert "Traceback" not in ran.text
