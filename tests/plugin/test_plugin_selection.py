"""Which checks run, in which order, and what the verdict says about those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_shop import Project

COLLECT = ("--collect-only", "-q")


@pytest.fixture
def collected(acme: Project, pytester, monkeypatch):
    """Collect in this process and return the node ids; no process is started and nothing is written."""
    monkeypatch.chdir(acme.folder)
    monkeypatch.setattr(pytester, "_path", acme.folder)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def collect(*words: str) -> list[str]:
        done = pytester.runpytest_inprocess("--customer", "acme", *COLLECT, "-p", "no:randomly", *words)
        assert done.ret in (0, 5), done.stdout.str()
        assert not acme.left_behind
        return [line for line in done.outlines if "::" in line]

    return collect


def scenarios(ids: list[str]) -> list[str]:
    """`scenarios/test_s07_cold_start.py::...` -> `s07`."""
    return sorted({one.split("test_")[1][:3] for one in ids})


def test_everything_is_collected_once(collected) -> None:
    ids = collected()
    assert len(ids) == len(set(ids)) == 25


def test_keyword_finds_a_scenario_by_its_id(collected) -> None:
    assert scenarios(collected("-k", "S7")) == ["s07"]


def test_keyword_finds_a_guardrail_by_the_name_that_reports_use(collected) -> None:
    found = collected("-k", "segment_lift_ndcg")
    assert len(found) == 5
    assert all("ndcg" in one for one in found)


def test_keyword_s1_is_a_substring_and_finds_s10_too(collected) -> None:
    assert scenarios(collected("-k", "S1")) == ["s01", "s10"]


def test_marker_finds_exactly_one_scenario(collected) -> None:
    assert scenarios(collected("-m", "scenario(id='S1')")) == ["s01"]


def test_marker_finds_all_scenarios_or_all_guardrails(collected) -> None:
    assert scenarios(collected("-m", "scenario")) == [f"s{number:02d}" for number in range(1, 11)]
    assert len(collected("-m", "guardrail")) == 15
    assert len(collected("-m", "guardrail(name='segment_lift_ndcg')")) == 5
    assert len(collected("-k", "segment_lift")) == 10


def test_paths_that_were_typed_are_respected(collected, acme: Project) -> None:
    acme.write("other/test_own.py", "def test_own(sim, check):\n    check.need(False, 'x')\n")
    assert collected("other") == ["other/test_own.py::test_own[acme]"]


def test_a_node_id_from_a_report_can_be_run_again(collected) -> None:
    """As it stands in every report, from wherever the suite is installed."""
    node = "scenarios/test_s07_cold_start.py::test_s07_new_users_get_something_good[acme]"
    assert collected(node) == [node]


def test_own_scenarios_join_the_suite_and_testpaths_do_not(collected, acme: Project) -> None:
    acme.write("pytest.ini", "[pytest]\ntestpaths = tests\n")
    acme.write("tests/test_unit.py", "def test_unit():\n    pass\n")
    acme.scenario("mine", "def test_mine(sim, check):\n    check.need(False, 'x')\n")
    ids = collected()
    assert len(ids) == 26
    assert "scenarios/test_mine.py::test_mine[acme]" in ids


def test_without_workers_one_customer_is_finished_before_the_next(collected, acme: Project, world) -> None:
    acme.customer("beta", world)
    ids = [one.rpartition("[")[2] for one in collected("--customer", "beta", "--customer", "beta")]
    assert len(ids) == 50
    assert [one.startswith("acme") for one in ids] == [True] * 25 + [False] * 25


SPY = """\
import subprocess

class Spy(subprocess.Popen):
    def __init__(self, command, *words, **named):
        print("started:", command)
        super().__init__(command, *words, **named)

subprocess.Popen = Spy
"""


@pytest.mark.long
def test_collecting_starts_neither_a_service_nor_workers(acme: Project) -> None:
    acme.write("conftest.py", SPY)
    ran = acme.simulate(*COLLECT, "-s", "-n", "2")
    assert ran.code == 0, ran.text
    assert "25 tests collected" in ran.out
    assert not [line for line in ran.out.splitlines() if line.startswith("started:") and "python" in line]
    assert not acme.left_behind


@pytest.mark.long
def test_without_xdist_html_and_randomly(acme: Project) -> None:
    blocked = [word for name in ("xdist", "html", "randomly") for word in ("-p", f"no:{name}")]
    ran = acme.simulate(*blocked, "-m", "guardrail(name='catalog_coverage')")
    assert ran.code == 0, ran.text
    record = acme.bundle()
    assert record.outcomes == {"catalog_coverage": "passed"}
    assert "acme: Partial, proves only what ran: all 1 checks that ran passed, 24 were left out (" in ran.out
    assert record.metadata["verdict"]["status"] == "partial"


@pytest.mark.long
@pytest.mark.parametrize(
    ("step", "selection", "left"),
    [("quality", "coverage or S7 or contract", "catalog_coverage"), ("scenarios", "coverage or S7", "S7")],
)
def test_a_step_left_out_is_said_and_never_counted_as_passed(
    acme: Project, step: str, selection: str, left: str
) -> None:
    ran = acme.simulate("--recsim-skip", step, "-k", selection, "-rs")
    assert ran.code == 0, ran.text
    record = acme.bundle()
    assert record.outcomes[left] == "skipped"
    assert record.metadata["verdict"]["status"] == "partial"
    assert f"steps left out: {step}" in record.metadata["verdict"]["caveats"]
    assert f"left out by --recsim-skip {step}" in ran.out
    assert f"note: steps left out: {step}" in ran.out


@pytest.mark.long
def test_leaving_the_reset_out_is_said(acme: Project) -> None:
    ran = acme.simulate("--recsim-skip", "reset", "-k", "coverage")
    assert ran.code == 0, ran.text
    assert "note: steps left out: reset" in ran.out
    assert "Note: steps left out: reset" in acme.bundle().readme


@pytest.mark.long
def test_two_customers_have_a_stand_in_and_a_bundle_each(acme: Project, world) -> None:
    acme.customer("beta-2", world)
    ran = acme.simulate("--customer", "beta-2", "-k", "coverage or S7")
    assert ran.code == 0, ran.text
    first, second = acme.bundle(), acme.bundle("beta-2")
    assert first.outcomes == second.outcomes == {"catalog_coverage": "passed", "S7": "passed"}
    assert first.metadata["service"]["url"] != second.metadata["service"]["url"]
    assert second.metadata["place"]["namespace"]["value"] == "beta_2"
    assert "beta-2: Partial" in ran.out


@pytest.mark.long
def test_stopping_after_a_failure_of_the_suite_names_what_never_ran(acme: Project) -> None:
    acme.write(
        "guardrails.yml", (acme.folder / "guardrails.yml").read_text().replace("coverage: 0.3", "coverage: 1")
    )
    ran = acme.simulate("-x", "-k", "coverage or S7 or S10")
    assert ran.code == 1
    record = acme.bundle()
    assert record.outcomes == {"catalog_coverage": "failed", "S7": "missing", "S10": "missing"}
    assert record.metadata["status"] == "incomplete"
    assert "Do not go live: 1 of 3 checks failed; 2 did not report." in ran.out
    assert record.readme.startswith("# acme: Do not go live")
