"""Whatever a check is fed: no number, no measure, no subject, and it does not pass."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.quality import Figure, LiftFigure
from pytest_recsim.simulation.checks.check import Check, NotMeasured

NO_NUMBER = st.sampled_from([None, math.nan, math.inf, -math.inf])
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(NO_NUMBER, st.floats())
METHOD = st.sampled_from(["at_least", "at_most"])
WORDS = st.text(max_size=20)


def limit(value: float) -> Limit:
    return Limit("own.min_x", value, "block", "guardrails.yml:1")


def finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def outcome(check: Check, figure: LiftFigure) -> str:
    try:
        check.lift(figure, limit(0.1), METRICS["segment_lift_mrr"])
    except NotMeasured:
        return "not_measured"
    return check.conclude().outcome


@given(METHOD, NO_NUMBER, NUMBER, st.booleans())
def test_what_is_no_number_is_not_measured_whatever_the_limit(method, got, threshold, configured) -> None:
    check = Check()
    getattr(check, method)("x", got, limit(threshold) if configured else threshold)
    assert check.conclude().outcome == "not_measured"
    assert (check.measures[0].ok, check.measures[0].got) == (None, None)


@given(st.lists(st.tuples(METHOD, ANY, NUMBER), max_size=6), st.lists(st.booleans(), max_size=3))
def test_a_check_passes_only_when_every_measure_is_a_number_that_holds(numbers, facts) -> None:
    check = Check()
    for method, got, threshold in numbers:
        getattr(check, method)("x", got, threshold)
    for fact in facts:
        check.that("y", ok=fact, expected="a", got="b")
    holds = [
        finite(got) and (got >= threshold if method == "at_least" else got <= threshold)
        for method, got, threshold in numbers
    ]
    if check.conclude().outcome == "passed":
        assert numbers or facts
        assert all(finite(got) for _, got, _ in numbers)
        assert all(facts)
    else:
        assert not (numbers or facts) or not all([*holds, *facts])


@given(METHOD, st.sampled_from([math.nan, math.inf, -math.inf]), ANY)
def test_a_limit_that_is_no_number_is_a_mistake_not_a_pass(method, threshold, got) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        getattr(Check(), method)("x", got, limit(threshold))


@given(ANY, st.integers(0, 9), WORDS)
def test_a_figure_without_a_finite_value_is_not_measured(value, n, reason) -> None:
    check = Check()
    figure = Figure(name="coverage", value=value, n=n, definition="", reason=reason)
    try:
        check.figure(figure, limit(-1e308))
    except NotMeasured:
        assert value is None
        return
    assert (check.conclude().outcome == "passed") == (finite(value) and value >= -1e308)


@given(ANY, ANY, ANY, st.sampled_from(["passed", "failed", "not_measured"]), WORDS)
def test_a_lift_without_a_finite_value_never_passes(value, low, high, judged, sentence) -> None:
    """Even if somebody upstream had called it passed."""
    figure = LiftFigure(
        segment="s",
        metric="mrr",
        relevance="unseen",
        n_users=30,
        n_baseline_hits=20,
        mean=0.2,
        baseline_mean=0.1,
        recent_mean=None,
        difference=0.1,
        lift=value,
        low=low,
        high=high,
        outcome=judged,
        sentence=sentence,
    )
    found = outcome(Check(), figure)
    if not finite(value) or judged == "not_measured":
        assert found == "not_measured"
    else:
        assert found == judged


@given(st.dictionaries(WORDS, st.one_of(ANY, WORDS), max_size=4))
def test_evidence_without_a_measure_is_no_pass(shown) -> None:
    check = Check()
    for key, value in shown.items():
        check.show(key, value)
    assert check.conclude().outcome == "failed"
