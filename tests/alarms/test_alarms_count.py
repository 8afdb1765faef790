"""What counts as a false alarm, and how sure its rate is."""

from __future__ import annotations

import pytest
from alarms_count import count, wilson
from alarms_page import rate

from pytest_recsim.record.model import CheckResult, Measure


def result(outcome, *measures, check="S1", sentence="x"):
    return CheckResult(simulation="c", check=check, outcome=outcome, measures=measures, sentence=sentence)


def measure(*, ok, origin=""):
    return Measure(name="m", ok=ok, got=0.5, expected="at least 1", threshold=1.0, origin=origin)


BEHAVES, LIMIT = measure(ok=False), measure(ok=False, origin="guardrails.yml:3")


@pytest.mark.parametrize(
    ("outcome", "measures", "check", "alarms", "thresholds"),
    [
        ("passed", [measure(ok=True)], "S1", 0, 0),
        ("failed", [BEHAVES], "S1", 1, 0),
        ("failed", [LIMIT], "S7", 0, 1),
        ("failed", [LIMIT, BEHAVES], "S7", 1, 0),
        ("failed", [LIMIT], "availability", 1, 0),
        ("failed", [], "S1", 1, 0),
        ("error", [], "S1", 1, 0),
        ("missing", [], "S1", 1, 0),
    ],
)
def test_a_failing_fact_is_an_alarm_a_missed_limit_is_not(outcome, measures, check, alarms, thresholds):
    tallies, told = count([result(outcome, *measures, check=check)])
    tally = tallies[check]
    assert (tally.alarms, tally.thresholds) == (alarms, thresholds)
    assert len(told) == alarms


def test_reasons_that_differ_in_numbers_only_add_up():
    tallies, _ = count(
        [
            result("not_measured", sentence=f"not measured: {n} users with holdout, 20 are needed")
            for n in (3, 14)
        ]
    )
    assert dict(tallies["S1"].reasons) == {"N users with holdout, N are needed": 2}
    assert tallies["S1"].measured == 0


def test_values_held_against_a_limit_are_kept_for_the_page():
    tallies, _ = count([result("failed", LIMIT), result("failed", BEHAVES)])
    assert tallies["S1"].values == {"m, at least 1": [0.5]}


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 200, 0.0, 0.01885), (10, 200, 0.02737, 0.08958), (200, 200, 0.98115, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_a_rate_of_nothing_is_no_rate():
    assert rate(0, 0) == "-"
    assert rate(0, 200) == "0.0 % (0.0 to 1.9)"
