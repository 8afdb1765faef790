"""A failure points at the user's line that it is about, wherever the suite is installed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest
from plugin_shop import LOOSE, Project

from pytest_recsim.plugin.pointing import first_place, origins
from pytest_recsim.record.model import CheckResult, Measure

MINE = """
def test_mine(sim, check):
    check.at_least("lists", len(sim.lists), 10_000)
"""
TIGHT = """\
customers:
  acme:
    quality:
      min_catalog_coverage: 1
      max_gini: 0
    waivers:
      - {check: gini, reason: known}
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["guardrails.yml:12 (acme)"], ("guardrails.yml", 12)),
        (["guardrails.yml:12 (acme), severity guardrails.yml:40 (defaults)"], ("guardrails.yml", 12)),
        (["--env-override", "profiles/p.env:3"], ("profiles/p.env", 3)),
        (["packaged guardrails.yml:5 (defaults)", "built in", "", "gone.yml:3"], None),
        (["{here}/odd: name:7.json:1"], ("odd: name:7.json", 1)),
        (["{package}/plugin/pointing.py:1", "guardrails.yml:2"], ("guardrails.yml", 2)),
    ],
)
def test_the_first_line_in_a_file_of_the_users_is_taken(
    tmp_path: Path, written: list[str], expected: tuple[str, int] | None
) -> None:
    for name in ("guardrails.yml", "profiles/p.env", "odd: name:7.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    package = Path(__file__).parents[2] / "pytest_recsim"
    filled = [one.replace("{here}", str(tmp_path)).replace("{package}", str(package)) for one in written]
    assert first_place(filled, tmp_path) == (expected and (tmp_path / expected[0], expected[1]))


def test_without_a_threshold_of_the_users_a_failure_is_about_the_knobs_that_it_names_and_last_the_data() -> (
    None
):
    knobs = {"MMR_LAMBDA": SimpleNamespace(origin="profiles/p.env:3")}
    plan = SimpleNamespace(knobs=knobs, fixture=SimpleNamespace(file="/data/acme.json"))
    shipped = "packaged guardrails.yml:5 (defaults)"
    good = Measure(name="a", ok=True, got=1.0, expected="x", origin="guardrails.yml:1", knobs=("BRAND_CAP",))
    bad = Measure(
        name="b", ok=False, got=1.0, expected="x", origin=shipped, knobs=("BRAND_CAP", "MMR_LAMBDA")
    )
    result = CheckResult(simulation="acme", check="gini", outcome="failed", measures=(good, bad))
    assert list(origins(result, plan)) == [shipped, "profiles/p.env:3", "/data/acme.json:1"]


@pytest.mark.long
def test_failures_point_at_guardrails_and_waivers_at_theirs_and_own_checks_at_themselves(
    acme: Project,
) -> None:
    acme.write("guardrails.yml", LOOSE + TIGHT)
    acme.scenario("mine", MINE)
    words = ("-k", "coverage or gini or mine", "--junitxml=junit.xml", "-o", "junit_family=xunit1", "-rs")
    ran = acme.simulate(*words)
    assert ran.code == 1, ran.text
    lines = (acme.folder / "guardrails.yml").read_text().splitlines()
    found = {
        case.get("name"): (case.get("file"), int(case.get("line", "-1")))
        for case in ET.parse(acme.folder / "junit.xml").getroot().iter("testcase")
        if case.find("failure") is not None
    }
    limit = lines.index("      min_catalog_coverage: 1") + 1
    assert found == {
        "test_guardrail[acme-catalog_coverage]": ("guardrails.yml", limit),
        "test_mine[acme]": ("scenarios/test_mine.py", 2),
    }
    waiver = lines.index("      - {check: gini, reason: known}") + 1
    assert re.search(rf"SKIPPED \[1\] guardrails.yml:{waiver}: waived: known", ran.out), ran.out
