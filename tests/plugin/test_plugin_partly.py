"""Dry runs, seeding only, and where paths start."""

from __future__ import annotations

import json
import re

import pytest
from plugin_namespace import marker, totals
from plugin_shop import Project, Served


def test_a_dry_run_sends_nothing(acme: Project, served: Served, namespace: str) -> None:
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, "--recsim-dry-run")
    assert ran.code == 0, ran.text
    assert served.requests == []
    assert not acme.left_behind
    assert f"would wipe: items, users and events of namespace {namespace} on {served.url}" in ran.out
    assert "steps: reset, seed, quality, scenarios" in ran.out
    assert re.search(r"MMR_LAMBDA=\S+  \((packaged )?profiles/prod.env:\d+\)", ran.out)
    assert "min_catalog_coverage = 0.3 block  (guardrails.yml:5 (defaults))" in ran.out
    assert re.search(r"new_users: \d+ users", ran.out)


@pytest.mark.long
def test_a_dry_run_with_workers_starts_none(acme: Project) -> None:
    ran = acme.simulate("--recsim-dry-run", "-n", "2", "-q")
    assert ran.code == 0, ran.text
    assert "plan of acme (dry run, nothing is sent)" in ran.out
    assert "gw0" not in ran.out


def test_seed_only_stops_after_the_manifests(acme: Project, served: Served, namespace: str) -> None:
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, "--recsim-seed-only")
    assert ran.code == 0, ran.text
    assert served.count("POST", "/v1/recommendations") == 2, "which look at what the service can do"
    record = acme.bundle()
    assert {"artifacts/seed_manifest.json", "artifacts/seed_segments.json"} <= record.files
    assert "artifacts/quality_metrics.json" not in record.files
    assert record.metadata["status"] == "seeded"
    assert record.readme.startswith("# acme: seeded only, nothing was judged")
    assert (
        totals(served, namespace)["events"] == record.artifact("seed_manifest.json")["split"]["seeded_events"]
    )


@pytest.mark.long
def test_after_seed_only_the_seed_can_be_reused(acme: Project, served: Served, namespace: str) -> None:
    place = ("--base-url", served.url, "--namespace", namespace)
    assert acme.simulate(*place, "--recsim-seed-only").code == 0
    log = served.from_here()
    ran = acme.simulate(*place, "--recsim-skip", "seed", "--recsim-skip", "reset", "-k", "coverage")
    assert ran.code == 0, ran.text
    assert log.count("POST", "/v1/events:batch") == 0
    caveats = json.loads((acme.bundles()[-1] / "simulation_metadata.json").read_text())["verdict"]["caveats"]
    assert not any("leak" in caveat for caveat in caveats)


@pytest.mark.long
@pytest.mark.parametrize("error", ["InputError(Problem('seed', 'closed'))", "ServiceError('closed')"])
def test_seed_only_that_fails_says_so(acme: Project, served: Served, namespace: str, error: str) -> None:
    acme.write(
        "conftest.py",
        "import pytest_recsim.prepare.seed as seed\n"
        "from pytest_recsim.data.input.problems import InputError, Problem\n"
        "from pytest_recsim.service.contract.errors import ServiceError\n"
        "def refuse(*words, **named):\n"
        f"    raise {error}\n"
        "seed._send = refuse\n",
    )
    ran = acme.simulate("--base-url", served.url, "--namespace", namespace, "--recsim-seed-only")
    assert ran.code == 1, "the namespace was reset by then, and 4 means that nothing was changed"
    assert "closed" in ran.err
    assert "hence not exit code 4" in ran.err
    assert "Traceback" not in ran.text
    assert acme.bundle().metadata["status"] != "seeded"
    assert marker(served, namespace)["finished"] is True


@pytest.mark.long
def test_paths_typed_start_here_and_paths_in_the_ini_file_at_the_root(acme: Project) -> None:
    acme.write("pytest.ini", "[pytest]\nrecsim_guardrails_file = strict.yml\nrecsim_reports_dir = out\n")
    strict = (acme.folder / "guardrails.yml").read_text().replace("coverage: 0.3", "coverage: 0.2")
    acme.write("strict.yml", strict)
    acme.write("work/other.yml", strict.replace("coverage: 0.2", "coverage: 0.1"))
    below = Project(acme.folder / "work")
    ran = below.simulate("--recsim-dry-run")
    assert "min_catalog_coverage = 0.2 " in ran.out, ran.text
    ran = below.simulate("--recsim-dry-run", "--guardrails-file=other.yml")
    assert "min_catalog_coverage = 0.1 " in ran.out, ran.text
    assert below.simulate("--recsim-seed-only").code == 0
    assert below.simulate("--recsim-seed-only", "--recsim-reports-dir=mine").code == 0
    assert len(list((acme.folder / "out" / "acme").glob("*/"))) == 1
    assert len(list((acme.folder / "work" / "mine" / "acme").glob("*/"))) == 1


@pytest.mark.long
def test_a_run_that_only_reads_leaves_even_what_carries_our_names(
    acme: Project, served: Served, namespace: str
) -> None:
    """It may be another run's, at work from another machine: no interlock was asked, so nothing may be written."""
    place = ("--base-url", served.url, "--namespace", namespace)
    assert acme.simulate(*place, "--recsim-seed-only").code == 0
    rule = {"namespace": namespace, "surface": "recsim-s2", "name": "recsim:s2-block", "action": "BLOCK"}
    rule |= {"target_type": "TAG", "target_key": "x"}
    served.ask("POST", "/v1/admin/rules", rule)
    before = len(served.writes)
    skipped = [word for step in ("reset", "seed", "scenarios") for word in ("--recsim-skip", step)]
    ran = acme.simulate(*place, *skipped, "-k", "coverage")
    assert ran.code == 0, ran.text
    assert served.writes[before:] == []
    (found,) = served.ask("GET", f"/v1/admin/rules?namespace={namespace}")["rules"]
    assert found["enabled"] is True
