"""Sweeps in real runs: one seeding, the same table with workers, and every variant what it would be on its own."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from junit_rules import complaints
from plugin_namespace import marker, rows
from plugin_shop import Project, Record, Served, Shown
from published import batch_breaches

from pytest_recsim.record.per_user import NAME, read_lines

pytestmark = pytest.mark.long
SWEEP = ("--recsim-sweep", "MMR_LAMBDA=0.3,0.7")
FIRST, SECOND = "acme@MMR_LAMBDA=0.3", "acme@MMR_LAMBDA=0.7"
COUNTING = ("contract", "availability")
ROWS_SENT = ("/v1/items:upsert", "/v1/users:upsert", "/v1/events:batch", "/v1/events:delete")


def summary(project: Project) -> dict[str, Any]:
    (path,) = (project.folder / "reports" / "batches").glob("*.json")
    return json.loads(path.read_text())


def shown(record: Record) -> dict[str, tuple[str, ...]]:
    return {line.user: line.items for line in read_lines(record.root / "artifacts" / NAME)}


def measured(record: Record) -> list[tuple[str, str, str, Any]]:
    """What every check came to, but for those that count the answers so far, which depends on their order."""
    return sorted(
        (one["check"], one["case"], one["outcome"], [(part["name"], part["got"]) for part in one["measures"]])
        for one in record.events
        if one["check"] not in COUNTING
    )


@pytest.fixture(scope="module")
def alone(shops) -> Shown:
    project = shops("sweep-alone")
    words = (
        "--junitxml=junit.xml",
        "--html=page.html",
        "--self-contained-html",
        "-o",
        "recsim_no_html=false",
    )
    return Shown(project, project.simulate(*SWEEP, *words))


@pytest.fixture(scope="module")
def served_sweep(shops, service_process: Served) -> tuple[Shown, Served]:
    project, served = shops("sweep-served"), service_process.from_here()
    ran = project.simulate(*SWEEP, "--base-url", served.url, "--namespace", "swept", "-n", "2")
    return Shown(project, ran), Served(
        served.url, served.log, served.start, served.start + len(served.requests)
    )


def test_the_suite_runs_for_every_variant_and_ends_in_one_table(alone: Shown) -> None:
    assert alone.ran.code == 0, alone.ran.text
    record = summary(alone.project)
    assert batch_breaches(alone.project.folder / "reports") == []
    assert [(row["id"], row["status"]) for row in record["rows"]] == [(FIRST, "may_go"), (SECOND, "may_go")]
    (sweep,) = record["sweeps"]
    first, second = sweep["variants"]
    assert (first["id"], second["id"], sweep["knobs"]) == (
        FIRST,
        SECOND,
        [{"knob": "MMR_LAMBDA", "values": ["0.3", "0.7"]}],
    )
    assert 0 < second["changed"] < 1
    assert {one["metric"] for one in second["differences"]} == {"ndcg", "mrr"}
    table = alone.ran.out.split("Variants:")[1]
    assert "MMR_LAMBDA=0.3" in table
    assert "the first" in table
    assert "variants: 2 of 2" in alone.ran.text
    assert f"{second['changed']:.0%}" in table
    assert "acme-sweep: 2 of 2 simulations are ready to go live; summary reports/batches/acme-sweep_" in table


def test_each_variant_is_a_suite_of_junit_and_in_both_html_pages(alone: Shown) -> None:
    root = ET.parse(alone.project.folder / "junit.xml").getroot()
    assert complaints(root) == []
    suites = [one.get("name") for one in root.iter("testsuite")]
    assert sum(FIRST in str(name) for name in suites) == sum(SECOND in str(name) for name in suites) == 1
    page = (alone.project.folder / "page.html").read_text()
    assert f"{SECOND}: Ready to go live" in page
    (ours,) = (alone.project.folder / "reports" / "batches").glob("*.html")
    assert ">Variants</h2>" in ours.read_text()


def test_with_workers_every_figure_is_the_same(alone: Shown, shops) -> None:
    project = shops("sweep-workers")
    ran = project.simulate(*SWEEP, "-n", "2")
    assert ran.code == 0, ran.text
    one, other = summary(alone.project), summary(project)
    assert one["sweeps"] == other["sweeps"]
    figures = [[(row["id"], row["checks"], row["figures"]) for row in record["rows"]] for record in (one, other)]  # fmt: skip
    assert figures[0] == figures[1]
    sent = [project.bundle(name).artifact("seed_manifest.json")["sent"]["items"] for name in (FIRST, SECOND)]
    assert min(sent) == 0 < max(sent)


def test_a_running_service_is_seeded_once_and_left_clean(served_sweep: tuple[Shown, Served], world) -> None:
    shown_, served = served_sweep
    assert shown_.ran.code == 0, shown_.ran.text
    assert served.count("POST", "/v1/events:delete") == 1
    bundles = [shown_.project.bundle(name) for name in (FIRST, SECOND)]
    totals = [one.metadata["requests"] for one in bundles]
    assert sum(one["total"] for one in totals) == len(served.requests)
    manifests = [one.artifact("seed_manifest.json") for one in bundles]
    seeder, reader = (0, 1) if manifests[1]["seeded_by"] else (1, 0)
    assert manifests[reader]["seeded_by"] == (FIRST, SECOND)[seeder]
    sent = {path: totals[reader]["by_endpoint"].get(f"POST {path}", 0) for path in ROWS_SENT}
    assert sent == dict.fromkeys(ROWS_SENT, 0) | {"/v1/users:upsert": sent["/v1/users:upsert"]}
    assert sent["/v1/users:upsert"] <= 1, "the marker, by the one that ended last"
    assert marker(served, "swept")["finished"] is True
    rules = served.ask("GET", "/v1/admin/rules?namespace=swept&limit=500")["rules"]
    assert {rule["surface"] for rule in rules} >= {"recsim-s5", "recsim-s5-variant-2"}
    assert not any(rule["enabled"] for rule in rules)
    assert not [row for row in rows(served, "items", "swept") if row["item_id"].startswith("recsim-probe-")]


def test_a_variant_comes_to_what_a_run_of_its_own_comes_to(
    served_sweep: tuple[Shown, Served], shops, service_process: Served
) -> None:
    swept, project = served_sweep[0].project, shops("sweep-own")
    words = ("--base-url", service_process.url, "--namespace", "its-own", "--env-override", "MMR_LAMBDA=0.7")
    ran = project.simulate(*words)
    assert ran.code == 0, ran.text
    assert shown(swept.bundle(SECOND)) == shown(project.bundle())
    assert measured(swept.bundle(SECOND)) == measured(project.bundle())
    assert shown(swept.bundle(FIRST)) != shown(project.bundle())


def test_a_selection_of_one_variant_seeds_for_itself_and_says_that_nothing_is_compared(acme: Project) -> None:
    ran = acme.simulate(*SWEEP, "-k", "coverage and MMR_LAMBDA and 7")
    assert ran.code == 1, "the first variant did not run"
    _, second = summary(acme)["sweeps"][0]["variants"]
    assert second["changed"] is None
    assert "note: MMR_LAMBDA=0.7 is compared with nothing: has no numbers per user" in ran.out
    assert acme.bundle(SECOND).artifact("seed_manifest.json")["seeded_by"] == ""
