"""Batches in real runs: one summary, honest whatever ends them, and the same verdicts with workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from junit_rules import complaints
from plugin_shop import Project, Ran, children, end, environment, eventually, gone, reported
from published import batch_breaches

RUNS = [
    {"customer": "acme"},
    {
        "customer": "beta",
        "fixture_path": "../fixtures/customers/acme.json",
        "env_overrides": {"MMR_LAMBDA": 0.5},
    },
    {
        "customer": "acme",
        "id": "acme-popular",
        "env_overrides": {"PROFILE_BOOST": 0.5},
    },
    {"customer": "beta", "id": "beta-not-now", "skip": True},
]
NARROW = ("-k", "coverage or S5 or S7 or contract")


@pytest.fixture
def batch(acme: Project) -> Project:
    acme.write("batches/pilot.json", json.dumps({"runs": RUNS}))
    return acme


def run(project: Project, *words: str, env: dict[str, str] | None = None) -> Ran:
    return project.run("--batch-file", "batches/pilot.json", *words, env=env)


def summary(project: Project) -> dict[str, Any]:
    """The newest summary."""
    return json.loads(max((project.folder / "reports" / "batches").glob("*.json")).read_text())


def verdicts(project: Project) -> dict[str, tuple[str, dict[str, str]]]:
    return {row["id"]: (row["status"], row["checks"]) for row in summary(project)["rows"]}


def test_a_batch_leaves_a_bundle_for_each_and_one_summary(batch: Project) -> None:
    page = batch.folder / "step.md"
    ran = run(batch, "--batch-name", "rollout", "-k", "coverage", env={"GITHUB_STEP_SUMMARY": str(page)})
    assert ran.code == 0, ran.text
    record = summary(batch)
    assert (record["name"], record["status"], record["manifest"]) == (
        "rollout",
        "finished",
        "batches/pilot.json",
    )
    assert {row["id"]: row["status"] for row in record["rows"]} == {
        "acme": "partial",
        "beta": "partial",
        "acme-popular": "partial",
        "beta-not-now": "left_out",
    }
    assert batch_breaches(batch.folder / "reports") == []
    for row in record["rows"]:
        if row["bundle"]:
            assert (batch.folder / "reports" / row["bundle"] / "README.md").is_file()
            assert row["seconds"] > 0
    assert ran.out.count("finished in") == 3
    assert (
        "rollout: 0 of 3 simulations are ready to go live, 3 ran in part or were only seeded; summary reports/"
        in ran.out
    )
    assert "## Customers x checks" in page.read_text()


@pytest.mark.long
def test_workers_give_the_same_verdicts_and_metrics_and_each_customer_is_seeded_once(
    batch: Project, tmp_path: Path
) -> None:
    found = []
    for words in ((), ("-n", "2"), ("-n", "3", "-p", "randomly")):
        ran = run(batch, *words)
        assert ran.code == 0, ran.text
        assert ran.out.count("finished in") == 3
        metrics = {}
        for row in summary(batch)["rows"]:
            if row["bundle"]:
                folder = batch.folder / "reports" / row["bundle"] / "artifacts"
                metrics[row["id"]] = json.loads((folder / "quality_metrics.json").read_text())
        found.append((verdicts(batch), metrics))
    assert found[0] == found[1] == found[2]


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_that_is_cut_short_says_what_did_not_run(
    batch: Project, number: signal.Signals, workers: tuple[str, ...]
) -> None:
    batch.scenario(
        "slow",
        "import time\ndef test_slow(sim, check):\n    time.sleep(sim.plan.customer == 'beta' and 60)\n",
    )
    words = batch.command("--batch-file", "batches/pilot.json", "-k", "coverage or slow", *workers)
    process = subprocess.Popen(
        words,
        cwd=batch.folder,
        env=batch.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(reported(batch, 2))
    started = children(process.pid)
    end(process, number)
    eventually(lambda: gone(started))
    record = summary(batch)
    status = {row["id"]: row["status"] for row in record["rows"]}
    assert record["status"] == ("started" if number == signal.SIGKILL else "finished")
    assert status["beta"] in ("incomplete", "not_run")
    assert status["beta-not-now"] == "left_out"
    page = max((batch.folder / "reports" / "batches").glob("*.md")).read_text()
    assert "incomplete" in page or "did not run" in page


@pytest.mark.long
def test_a_red_customer_makes_the_batch_red_and_is_named_first(batch: Project) -> None:
    rules = (batch.folder / "guardrails.yml").read_text()
    batch.write("guardrails.yml", rules + "customers: {beta: {quality: {min_catalog_coverage: 1}}}\n")
    batch.write("batches/pilot.json", json.dumps({"runs": RUNS[:2]}))
    ran = run(batch, "-k", "coverage")
    assert ran.code == 1, ran.text
    first = summary(batch)["rows"][0]
    assert (first["id"], first["status"], first["failing"]) == ("beta", "must_not_go", ["catalog_coverage"])
    assert "not passed: catalog_coverage" in ran.out


@pytest.mark.long
def test_three_slices_merged_equal_one_run(batch: Project, tmp_path: Path) -> None:
    whole = run(batch)
    assert whole.code == 0, whole.text
    expected = verdicts(batch)
    folders = []
    for index in (1, 2, 3):
        folders.append(str(tmp_path / f"slice{index}"))
        ran = run(batch, "--recsim-shard", f"{index}/3", f"--recsim-reports-dir={folders[-1]}")
        assert ran.code == 0, ran.text
    words = ["-m", "pytest_recsim.cli", "merge", *folders, "--out", "merged", "--junit", "merged.xml"]
    done = subprocess.run(
        [sys.executable, *words], cwd=batch.folder, env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 of 3 simulations are ready to go live" in done.stdout
    (path,) = (batch.folder / "merged" / "batches").glob("*.json")
    merged = {row["id"]: (row["status"], row["checks"]) for row in json.loads(path.read_text())["rows"]}
    assert merged == expected
    root = ET.parse(batch.folder / "merged.xml").getroot()
    assert complaints(root) == []
    assert root.get("tests") == str(3 + sum(len(checks) for _, checks in expected.values()))


def test_wrong_manifests_are_refused_before_anything_starts(batch: Project) -> None:
    batch.write("batches/pilot.json", '{"runs": [\n{"customer": "acme", "env_profle": "ci"}]}')
    ran = run(batch)
    assert ran.code == 4, ran.text
    assert "pilot.json:2: `env_profle`: unknown key; did you mean `env_profile`?" in ran.err
    assert not batch.left_behind


@pytest.mark.long
def test_a_dry_run_of_a_batch_starts_nothing(batch: Project) -> None:
    ran = run(batch, "--recsim-dry-run")
    assert ran.code == 0, ran.text
    assert ran.out.count("(dry run, nothing is sent)") == 3
    assert not batch.left_behind


@pytest.mark.long
def test_customers_that_need_different_knobs_on_one_service_take_turns(
    batch: Project, served, namespace: str
) -> None:
    runs = [
        {
            "customer": "acme",
            "id": f"c{place}",
            "namespace": f"{namespace}-{place}",
            "env_overrides": {"MMR_LAMBDA": lam},
        }
        for place, lam in enumerate((0.2, 0.6, 0.2))
    ]
    batch.write("batches/pilot.json", json.dumps({"defaults": {"base_url": served.url}, "runs": runs}))
    before = served.ask("GET", "/v1/admin/recommendation/config")["config"]
    ran = run(batch, "--recsim-apply", "admin", "-k", "profile or coverage", "-n", "2")
    assert ran.code == 0, ran.text
    for place, lam in enumerate(("0.2", "0.6", "0.2")):
        rows = batch.bundle(f"c{place}").metadata["profile"]["knobs"]
        shown = {row["knob"]: (row["in_effect"], row["status"]) for row in rows}
        assert shown["MMR_LAMBDA"] == (lam, "in effect")
    assert served.ask("GET", "/v1/admin/recommendation/config")["config"] == before


RED = "customers: {beta: {quality: {min_catalog_coverage: 1, min_long_tail_share: 1}}}\n"


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("-p", "no:xdist"),
        ("-p", "randomly"),
        ("-n", "2", "--html=page.html"),
        ("-n", "2", "--dist", "loadfile"),
    ],
    ids=" ".join,
)
def test_other_plugins_change_nothing_in_a_batch(batch: Project, words: tuple[str, ...]) -> None:
    ran = run(batch, *NARROW, "--junitxml=junit.xml", *words)
    assert ran.code == 0, ran.text
    found = verdicts(batch)
    assert {name: status for name, (status, _) in found.items()} == {
        "acme": "partial",
        "beta": "partial",
        "acme-popular": "partial",
        "beta-not-now": "left_out",
    }
    checks = sum(len(outcomes) for _, outcomes in found.values())
    root = ET.parse(batch.folder / "junit.xml").getroot()
    assert {suite.get("name") for suite in root} == {"acme", "beta", "acme-popular"}
    assert root.get("tests") == str(checks + 3) != "3", "every check, and a preparation each"
    assert ("--html=page.html" in words) == (batch.folder / "page.html").exists()


@pytest.mark.long
@pytest.mark.parametrize("words", [("-x",), ("--maxfail=1", "-n", "2")], ids=" ".join)
def test_a_batch_that_stops_at_a_failure_names_what_never_ran(batch: Project, words: tuple[str, ...]) -> None:
    batch.write("guardrails.yml", (batch.folder / "guardrails.yml").read_text() + RED)
    ran = run(batch, "-k", "coverage or long_tail or S5 or S7", *words)
    assert ran.code in (1, 2), ran.text
    found = verdicts(batch)
    outcomes = [outcome for _, checks in found.values() for outcome in checks.values()]
    assert "failed" in outcomes
    never = [name for name, (status, _) in found.items() if status in ("incomplete", "not_run")]
    assert never, "something was planned and did not run"
    page = max((batch.folder / "reports" / "batches").glob("*.md")).read_text()
    assert all(name in page for name in never)
    assert "0 of 3 simulations are ready to go live" in page


@pytest.mark.long
def test_only_what_failed_is_run_again_and_says_that_it_is_a_part(batch: Project) -> None:
    batch.write("guardrails.yml", (batch.folder / "guardrails.yml").read_text() + RED)
    assert run(batch, "-k", "coverage or long_tail or S7").code == 1
    ran = run(batch, "--lf")
    assert ran.code == 1, ran.text
    status, checks = verdicts(batch)["beta"]
    assert (status, set(checks)) == ("must_not_go", {"catalog_coverage", "long_tail_share"})


@pytest.mark.long
def test_one_scenario_for_all_customers(batch: Project) -> None:
    ran = run(batch, "-k", "S7", "-n", "2")
    assert ran.code == 0, ran.text
    assert [set(checks) for _, checks in verdicts(batch).values()].count({"S7"}) == 3


@pytest.mark.long
def test_customers_may_be_called_like_our_own_folders(batch: Project) -> None:
    names = ("wanted", "opened", "simulations", "prepare.lock")
    runs = [{"customer": name, "fixture_path": "../fixtures/customers/acme.json"} for name in names]
    batch.write("batches/pilot.json", json.dumps({"runs": runs}))
    ran = run(batch, "-k", "S7", "-n", "2")
    assert ran.code == 0, ran.text
    assert sorted(verdicts(batch)) == sorted(names)
