"""What a check concludes from its measures, without pytest around it."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.model import Measure
from pytest_recsim.record.quality import Figure, LiftFigure
from pytest_recsim.record.reason import reason_of
from pytest_recsim.simulation.checks.check import Check, Conclusion, NotMeasured
from pytest_recsim.simulation.checks.telling import step_of, told

METRIC = METRICS["segment_lift_ndcg"]
LIMIT = Limit("min_catalog_coverage", 0.6, "block", "guardrails.yml:7")


class Asked:
    """An exchange as far as a check looks at it."""

    def curl(self) -> str:
        return "curl http://x"


def lift(**changes: object) -> LiftFigure:
    facts: dict = {
        "segment": "regulars",
        "metric": "ndcg",
        "relevance": "unseen",
        "n_users": 30,
        "n_baseline_hits": 20,
        "mean": 0.2,
        "baseline_mean": 0.1,
        "recent_mean": 0.1,
        "difference": 0.1,
        "lift": 1.0,
        "low": 0.5,
        "high": 1.5,
        "outcome": "passed",
    }
    return LiftFigure(**facts | changes)


@pytest.mark.parametrize(
    ("method", "got", "limit", "outcome"),
    [
        ("at_least", 0.6, 0.6, "passed"),
        ("at_least", 0.6 - 1e-15, 0.6, "passed"),
        ("at_least", 0.59, 0.6, "failed"),
        ("at_most", 0, 0, "passed"),
        ("at_most", 1, 0, "failed"),
        ("at_least", math.nan, 0.6, "not_measured"),
        ("at_least", math.inf, 0.6, "not_measured"),
        ("at_most", -math.inf, 0.6, "not_measured"),
        ("at_least", None, 0.6, "not_measured"),
    ],
)
def test_a_number_against_a_limit(method: str, got: float | None, limit: float, outcome: str) -> None:
    check = Check()
    getattr(check, method)("share", got, limit)
    assert check.conclude().outcome == outcome


def test_no_measure_is_never_a_pass() -> None:
    conclusion = Check().conclude()
    assert conclusion.outcome == "failed"
    assert conclusion.sentence == "measured nothing: the check compared no number and no fact"
    assert "check.at_least" in conclusion.next_step


def test_showing_evidence_is_not_measuring() -> None:
    check = Check()
    check.show("users", 3)
    assert check.conclude().outcome == "failed"


def test_one_failing_measure_outweighs_passed_and_unmeasured_ones() -> None:
    check = Check()
    check.that("fine", ok=True, expected="a", got="a")
    check.at_least("nothing", math.nan, 0)
    check.at_most("offenders", 2, 0)
    conclusion = check.conclude()
    assert conclusion.outcome == "failed"
    assert conclusion.sentence.startswith("offenders: expected at most 0, got 2")


def test_one_unmeasured_number_leaves_the_check_unproven() -> None:
    check = Check()
    check.that("fine", ok=True, expected="a", got="a")
    check.at_least("mean", math.nan, 0)
    check.at_least("span", None, 0)
    conclusion = check.conclude()
    assert (conclusion.outcome, conclusion.sentence) == ("not_measured", "no finite value for `mean`, `span`")
    assert conclusion.next_step.startswith("see why mean has no value")


def test_what_failed_before_an_unmet_need_stays_failed_and_the_need_is_told_too() -> None:
    check = Check()
    check.at_most("offenders", 2, 0, who="user u1")
    assert check.conclude("there is no moon") == Conclusion(
        "failed",
        "offenders: expected at most 0, got 2\n  affected: user u1\nand the rest was not measured: there is no moon",
    )


def test_an_unmet_need_after_good_measures_is_not_measured() -> None:
    check = Check()
    check.at_most("offenders", 0, 0)
    assert check.conclude("there is no moon") == Conclusion("not_measured", "there is no moon")


def test_an_unmet_need_carries_its_cause_and_the_next_step() -> None:
    check = Check()
    with pytest.raises(NotMeasured) as found:
        check.need([], "there is no moon", next_step="wait for the night", cause="day")
    conclusion = check.conclude(reason_of(found.value))
    assert conclusion == Conclusion("not_measured", "there is no moon", "day", "wait for the night")


def test_what_failed_says_what_to_do_about_it() -> None:
    def step(**facts: object) -> str:
        check = Check()
        check.at_most("offenders", 2, 0, **facts)
        return check.conclude().next_step

    assert step(knob=["BRAND_CAP", "CATEGORY_CAP"]) == "look at BRAND_CAP, CATEGORY_CAP"
    assert step(next_step="ask Ann", knob="BRAND_CAP") == "ask Ann; look at BRAND_CAP"
    assert step(curl="curl x") == (
        "send the request after `reproduce`, and show the answer to whoever runs the service"
    )
    assert step() == ""


def test_a_failure_that_may_be_chance_says_how_many_users_are_missing() -> None:
    lift = Measure(name="lift", ok=False, got=0.05, expected="at least 0.1", n=100, borderline=True)
    assert step_of([msgspec.structs.replace(lift, users_needed=1900)]).startswith(
        "bring about 1,800 more users"
    )
    assert step_of([msgspec.structs.replace(lift, users_needed=101)]).startswith("bring about 1 more user,")
    assert step_of([lift]) == ""


@pytest.mark.parametrize("nothing", [math.nan, np.float64("nan"), np.float32("nan"), None])
def test_a_fact_that_could_not_be_compared_is_not_measured(nothing: float | None) -> None:
    check = Check()
    check.that("fits", ok=nothing, expected="a", got="b")
    conclusion = check.conclude()
    assert (conclusion.outcome, conclusion.sentence) == ("not_measured", "no finite value for `fits`")
    with pytest.raises(NotMeasured):
        Check().need(nothing, "nothing there")


@pytest.mark.parametrize("value", [np.float32(0.5), np.float64(0.5), np.int64(0), True, 0])
def test_numbers_of_any_kind_are_compared(value: float) -> None:
    check = Check()
    check.at_most("share", value, 1)
    check.that("fits", ok=np.bool_(1), expected="a", got="a")
    assert check.conclude().outcome == "passed"


@pytest.mark.parametrize("limit", [math.nan, math.inf])
def test_a_limit_that_is_no_number_is_an_error_not_a_pass(limit: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        Check().at_least("share", 0.5, limit)


def test_need_stops_with_its_reason_only_when_it_does_not_hold() -> None:
    Check().need([1], "there is one")
    with pytest.raises(NotMeasured, match="nobody there"):
        Check().need([], "nobody there")


def test_a_limit_brings_its_origin() -> None:
    check = Check()
    check.at_least("coverage", 0.5, LIMIT, n=40, knob="MMR_LAMBDA")
    (measure,) = check.measures
    assert (measure.threshold, measure.origin, measure.expected) == (0.6, "guardrails.yml:7", "at least 0.6")
    assert "  threshold: guardrails.yml:7" in told(measure).splitlines()


def test_the_request_is_kept_only_for_what_does_not_hold() -> None:
    check = Check()
    check.that("fine", ok=True, expected="a", got="a", exchange=Asked())
    check.that("bad", ok=False, expected="a", got="b", exchange=Asked())
    check.at_most("worse", 1, 0, exchange=Asked())
    check.at_most("told", 1, 0, curl="curl http://y")
    assert [measure.curl for measure in check.measures] == [
        "",
        "curl http://x",
        "curl http://x",
        "curl http://y",
    ]


def test_a_failing_measure_is_told_with_everything_needed_to_act() -> None:
    measure = Measure(
        name="MRR",
        ok=False,
        got=0.123456,
        expected="at least 0.2",
        n=7,
        definition="mean",
        who="user u1",
        origin="g.yml:1",
        knob="MMR",
        curl="curl z",
    )
    assert told(measure).splitlines() == [
        "MRR: expected at least 0.2, got 0.1235",
        *(
            "  affected: user u1",
            "  n: 7",
            "  definition: mean",
            "  threshold: g.yml:1",
            "  knobs to check: MMR",
        ),
        "  reproduce: curl z",
    ]


def test_an_interval_is_told_with_its_mark_and_without_an_upper_end() -> None:
    measure = Measure(
        name="lift", ok=False, got=0.05, expected="at least 0.1", low=-0.1, high=0.3, borderline=True
    )
    assert told(measure).endswith("(95 % interval -0.10 to 0.30; borderline)")
    counted = Measure(
        name="lift",
        ok=True,
        got=0.2,
        expected="at least 0.1",
        low=-0.1,
        high=0.3,
        borderline=True,
        users_needed=1200,
    )
    assert told(counted).endswith("; borderline: about 1,200 users are needed to decide)")
    endless = Measure(name="lift", ok=False, got=0.05, expected="at least 0.1", low=-0.1)
    assert told(endless).endswith("(95 % interval -0.10 to no upper bound)")


def test_a_lift_is_taken_over_as_it_was_judged() -> None:
    check = Check()
    check.lift(lift(), LIMIT, METRIC)
    check.lift(lift(outcome="failed", lift=0.01), LIMIT, METRIC)
    assert [measure.ok for measure in check.measures] == [True, False]
    assert check.measures[0].who == "segment regulars"
    assert check.measures[0].users_needed is None
    assert "(0.2000) / mean over the popularity baseline's (0.1000)" in check.measures[0].definition


def test_a_borderline_lift_keeps_how_many_users_would_tell() -> None:
    check = Check()
    check.lift(lift(borderline=True, users_needed=900), LIMIT, METRIC)
    assert (check.measures[0].borderline, check.measures[0].users_needed) == (True, 900)


def test_a_lift_that_was_not_measured_says_why() -> None:
    figure = lift(outcome="not_measured", lift=None, unmeasured="3 users, at least 20 are needed")
    with pytest.raises(NotMeasured, match=r"^3 users, at least 20 are needed$"):
        Check().lift(figure, LIMIT, METRIC)


def test_a_figure_without_a_value_says_why() -> None:
    missing = Figure(name="coverage", value=None, n=0, definition="", reason="2 users cannot show it")
    with pytest.raises(NotMeasured, match="2 users cannot show it"):
        Check().figure(missing, LIMIT, METRIC)


def test_a_figure_is_compared_with_its_limit() -> None:
    check = Check()
    check.figure(Figure(name="coverage", value=0.7, n=9, definition="share"), LIMIT, METRIC)
    assert check.conclude().outcome == "passed"
    assert (check.measures[0].n, check.measures[0].definition) == (9, "share")


@pytest.mark.parametrize(
    ("key", "got", "outcome"),
    [
        ("min_recall", 0.7, "passed"),
        ("min_recall", 0.5, "failed"),
        ("max_gini", 0.7, "failed"),
        ("max_gini", 0.5, "passed"),
        ("s4_max_ndcg_loss", 0.7, "failed"),
        ("s9_ndcg_tolerance", 0.7, "failed"),
        ("s7_min_avg_mrr", 0.7, "passed"),
        ("own.max_x", 0.7, "failed"),
        ("own.min_x", 0.7, "passed"),
    ],
)
def test_the_key_of_a_limit_says_from_which_side_it_limits(key: str, got: float, outcome: str) -> None:
    check = Check()
    check.figure(
        Figure(name="x", value=got, n=9, definition="d"), Limit(key, 0.6, "block", "g"), who="segment vip"
    )
    assert check.conclude().outcome == outcome
    assert check.measures[0].who == "segment vip"


@pytest.mark.parametrize(
    "facts",
    [
        {"expected": 0},
        {"got": [1]},
        {"got": {1}},
        {"got": object()},
        {"who": None},
        {"n": 1.5},
        {"n": "5"},
        {"about": None},
        {"worst": ["u1"]},
        {"definition": None},
        {"name": 7},
        {"knob": "\ud800"},
    ],
    ids=lambda facts: "-".join((*facts, *(type(value).__name__ for value in facts.values()))),
)
def test_a_fact_of_another_type_than_it_must_be_is_the_checks_own_error(facts: dict) -> None:
    """Found only when results are written, it would end the whole run."""
    check = Check()
    given: dict = {"name": "x", "ok": False, "expected": "a", "got": "b"} | facts
    with pytest.raises(TypeError, match=r"a fact of .* has another type than it must"):
        check.that(given.pop("name"), given.pop("ok"), **given)
    assert check.measures == []


@pytest.mark.parametrize(
    "value",
    [len, object(), {(1, 2): 3}, {1: 2}],
    ids=["a function", "an object", "a pair as key", "a number as key"],
)
def test_evidence_that_is_no_json_is_the_checks_own_error(value: object) -> None:
    check = Check()
    with pytest.raises(TypeError, match=r"check.show: 'f' cannot be written as JSON"):
        check.show("f", value)
    assert check.shown == {}


def test_evidence_may_hold_whatever_the_record_writes() -> None:
    check = Check()
    check.show("counts", {"1": {2, 3}})
    check.show("figure", lift())
    check.show("table", np.arange(3))
    assert list(check.shown) == ["counts", "figure", "table"]


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_lift_without_a_finite_value_is_not_measured_whatever_was_judged(value: float | None) -> None:
    with pytest.raises(NotMeasured, match=rf"^the lift is {value}$"):
        Check().lift(lift(lift=value, outcome="passed"), LIMIT, METRIC)


def test_a_lift_says_how_equal_answers_are_where_that_was_taken_into_account() -> None:
    check = Check()
    check.lift(lift(), LIMIT, METRIC)
    check.lift(lift(noise_sd=0.01), LIMIT, METRIC)
    without, with_noise = (measure.definition for measure in check.measures)
    assert without.endswith("relevance `unseen`")
    assert with_noise.startswith(f"{without}; ")


@pytest.mark.parametrize(
    ("knob", "advice", "names", "words"),
    [
        ("MMR_LAMBDA", "", ("MMR_LAMBDA",), "MMR_LAMBDA"),
        (("A", "", "B"), "the log", ("A", "B"), "A, B; the log"),
        ("", "the log", (), "the log"),
        ((), "", (), ""),
    ],
)
def test_knobs_are_kept_by_name_and_told_with_the_advice(knob, advice, names, words) -> None:
    check = Check()
    check.that("fits", ok=False, expected="a", got="b", knob=knob, advice=advice)
    assert (check.measures[0].knobs, check.measures[0].knob) == (names, words)


def test_what_holds_names_nobody_as_most_affected_and_what_is_unknown_has_no_value() -> None:
    check = Check()
    check.that("fine", ok=True, expected="a", got="a", worst="u1; u2")
    check.that("bad", ok=False, expected="a", got="b", worst="u1; u2")
    check.that("unknown", ok=None, expected="a", got="b")
    assert [(measure.worst, measure.got) for measure in check.measures] == [
        ("", "a"),
        ("u1; u2", "b"),
        ("", None),
    ]
