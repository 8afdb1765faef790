"""The artifacts that are made from results: every check in one of them, in an order that stays, readable again."""

from __future__ import annotations

import csv

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from truth_answers import NOW

from pytest_recsim.record import masking
from pytest_recsim.record.artifacts import GuardrailVerdicts, ScenarioSummary
from pytest_recsim.record.bundle import open_bundle
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.simulation.bundle.evidence import COLUMNS, write_results


def result(check, case="", outcome="passed", **more):
    return CheckResult(simulation="acme", check=check, case=case, outcome=outcome, **more)


def measure(name="slots", **more):
    return Measure(**{"name": name, "ok": True, "got": 0.25, "expected": "at most 0"} | more)


@pytest.fixture
def written(tmp_path):
    """Return what is read again of some results: guardrails, scenarios, rows of the table."""
    bundle = open_bundle(tmp_path, "acme", NOW)

    def write(*results):
        write_results(bundle, results)
        guardrails = (bundle.artifacts / "guardrail_verdicts.json").read_bytes()
        scenarios = (bundle.artifacts / "scenario_summary.json").read_bytes()
        with (bundle.artifacts / "scenarios.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return (
            msgspec.json.decode(guardrails, type=GuardrailVerdicts).verdicts,
            msgspec.json.decode(scenarios, type=ScenarioSummary).scenarios,
            rows,
        )

    return write


def test_scenarios_stand_by_number_and_all_other_checks_by_name_whatever_came_first(written):
    names = [
        ("S10", ""),
        ("lift", "vip"),
        ("S2", ""),
        ("gini", ""),
        ("lift", "new"),
        ("Sx", ""),
        ("S1", "b"),
        ("S1", "a"),
    ]
    guardrails, scenarios, _ = written(*(result(*name) for name in names))
    assert [(one.check, one.case) for one in guardrails] == [
        ("Sx", ""),
        ("gini", ""),
        ("lift", "new"),
        ("lift", "vip"),
    ]
    assert [(one.check, one.case) for one in scenarios] == [("S1", "a"), ("S1", "b"), ("S2", ""), ("S10", "")]


def test_a_check_keeps_what_it_amounts_to_and_its_measures(written):
    facts = {"title": "even", "severity": "warn", "sentence": "s", "waiver": "w", "seconds": 1.5}
    facts |= {"cause": "tags", "next_step": "tag"}
    one = result("gini", "vip", "warned", measures=(measure(), measure("b", ok=None, got=None)), **facts)
    ((found,), _, _) = written(one)
    assert all(getattr(found, name) == getattr(one, name) for name in found.__struct_fields__)
    assert set(found.__struct_fields__) == {"check", "case", "outcome", "measures", *facts}


def test_the_table_has_a_row_per_measure_and_one_for_a_scenario_without_any(written):
    known = measure(n=20, origin="g.yml:3")
    _, _, rows = written(
        result(
            "S2", "x", "failed", measures=(known, measure("texts", got="3 of 4")), seconds=1.5, sentence="why"
        ),
        result("S1", outcome="not_measured", seconds=0.5, sentence="nobody"),
        result("gini", measures=(known,)),
    )
    blank = dict.fromkeys(COLUMNS, "")
    head = {"check": "S2", "case": "x", "outcome": "failed", "seconds": "1.5", "sentence": "why"}
    slots = {"measure": "slots", "got": "0.25", "expected": "at most 0", "n": "20", "origin": "g.yml:3"}
    assert rows == [
        blank | {"check": "S1", "outcome": "not_measured", "seconds": "0.5", "sentence": "nobody"},
        blank | head | slots,
        blank | head | {"measure": "texts", "got": "3 of 4", "expected": "at most 0"},
    ]


def test_without_a_scenario_the_table_is_its_head(written, tmp_path):
    assert written() == ((), (), [])
    (table,) = tmp_path.rglob("scenarios.csv")
    assert table.read_text() == "check,case,outcome,measure,got,expected,n,origin,seconds,sentence\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_whatever_a_sentence_or_a_case_holds_comes_back_from_every_file(written, text):
    guardrails, scenarios, rows = written(result("S1", text, sentence=text), result("gini", text))
    assert (guardrails[0].case, scenarios[0].case, scenarios[0].sentence) == (text, text, text)
    assert [(row["case"], row["sentence"]) for row in rows] == [(text, text)]


def test_no_secret_gets_into_an_artifact(written, tmp_path):
    masking.learn(["hunter2hunter2"])
    written(result("S1", sentence="token hunter2hunter2"), result("gini", sentence="token hunter2hunter2"))
    assert all("hunter2" not in path.read_text() for path in tmp_path.rglob("*.*") if path.is_file())
