"""What one evaluation found, as a value: what fails, what was not measured and why."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest

from pytest_recsim.record.asked import Limit, WaiverNote
from pytest_recsim.record.model import CheckResult, Measure, Verdict
from pytest_recsim.record.quality import Figure, LiftFigure, OwnFigure, Quality
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.simulation.checks.check import Conclusion
from pytest_recsim.simulation.checks.settling import sentence_of, settled_as, severity_of, waiver_words
from pytest_recsim.simulation.controller.run_record import Requests, RunRecord

NOTE = WaiverNote("gini", "next week", "guardrails.yml:7")


def figure(name: str, value: float | None, reason: str = "") -> Figure:
    return Figure(name=name, value=value, n=3, definition="d", reason=reason)


def result(check: str, outcome: str, ok: bool | None = None, sentence: str = "") -> CheckResult:
    measures = () if ok is None else (Measure(name=check, ok=ok, got=1.0, expected="at least 2"),)
    return CheckResult(simulation="a", check=check, outcome=outcome, measures=measures, sentence=sentence)


@pytest.fixture
def record(make_world) -> RunRecord:
    quality = Quality(
        judged_relevance="unseen",
        evaluated=3,
        sampled=False,
        segments={},
        lifts=(),
        figures={"gini@20": figure("gini@20", 0.5), "novelty@20": figure("novelty@20", None, "no event")},
        segment_figures={"vip": {"recall@20": figure("recall@20", None, "3 users")}},
    )
    guardrails = (
        result("gini", "passed", ok=True),
        result("novelty", "not_measured", sentence="not measured: no event"),
        result("recall", "waived", sentence="too few"),
        result("ndcg", "warned", ok=False, sentence="too low"),
        result("mrr", "failed", ok=False, sentence="too low"),
    )
    return RunRecord(
        plan=make_world().plan,
        verdict=Verdict(status="partial", sentence="", counts={}),
        quality=quality,
        guardrails=guardrails,
        own={"fit": OwnFigure(figure=figure("fit", 1.0), segments={"vip": figure("fit", None, "infinite")})},
        knobs=(),
        requests=Requests.of(Tally()),
        seconds={},
    )


def test_what_was_not_measured_is_named_with_its_reason_and_what_failed_is_not_among_it(record) -> None:
    assert record.not_measured == {
        "novelty": "not measured: no event",
        "recall": "too few",
        "novelty@20": "no event",
        "recall@20 [vip]": "3 users",
        "fit [vip]": "infinite",
    }


def test_what_blocks_is_failing_and_what_was_let_through_is_not(record) -> None:
    assert [one.check for one in record.failing] == ["novelty", "mrr"]


def test_a_record_comes_back_from_json_as_it_went(record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=RunRecord) == record


@pytest.mark.parametrize(
    ("concluded", "severity", "note", "outcome"),
    [
        ("passed", "warn", NOTE, "passed"),
        ("failed", "block", None, "failed"),
        ("not_measured", "block", None, "not_measured"),
        ("failed", "warn", None, "warned"),
        ("not_measured", "warn", None, "warned"),
        ("failed", "warn", NOTE, "waived"),
        ("not_measured", "block", NOTE, "waived"),
    ],
)
def test_a_waiver_and_a_severity_change_only_what_did_not_pass(concluded, severity, note, outcome) -> None:
    assert settled_as(Conclusion(concluded, ""), severity, note) == outcome


def test_a_check_only_warns_when_all_its_thresholds_do() -> None:
    def plan(**severities: str):
        limits = {key: {"": Limit(key, 1, level, "g.yml:1")} for key, level in severities.items()}
        return SimpleNamespace(limits=limits, limit=lambda key, _: limits[key][""])

    both = plan(min_gini="warn", max_gini="block", s7_a="warn", s7_b="warn")
    assert severity_of(both, "gini", "", scenario=False) == "block"
    assert severity_of(plan(max_gini="warn"), "gini", "", scenario=False) == "warn"
    assert severity_of(both, "S7", "", scenario=True) == "warn"
    assert severity_of(plan(max_unavailable_share="warn"), "availability", "", scenario=False) == "warn"
    assert severity_of(both, "contract", "", scenario=False) == "block"


def test_words_of_an_outcome() -> None:
    assert sentence_of(Conclusion("not_measured", "no event")) == "not measured: no event"
    assert sentence_of(Conclusion("failed", "too low")) == "too low"
    assert (waiver_words(NOTE), waiver_words(None)) == ("next week (guardrails.yml:7)", "")


def test_requests_are_told_in_the_order_of_their_names_and_lists_are_counted_apart() -> None:
    tally = Tally()
    for name, count in (("POST /v1/recommendations", 5), ("GET /v1/items", 2), ("DELETE /v1/items", 1)):
        tally.requests[name] = count
    tally.retries.update({"timeout": 1, "429": 3})
    tally.failed.update({"timeout": 1, "500": 2})
    told = Requests.of(tally)
    assert (told.total, told.recommendations) == (8, 5)
    assert list(told.by_endpoint) == ["DELETE /v1/items", "GET /v1/items", "POST /v1/recommendations"]
    assert list(told.retries.items()) == [("429", 3), ("timeout", 1)]
    assert list(told.failed.items()) == [("500", 2), ("timeout", 1)]


def test_counts_of_a_record_do_not_change_with_what_is_sent_afterwards() -> None:
    tally = Tally()
    told = Requests.of(tally)
    tally.requests["GET /v1/items"] += 1
    assert (told.total, told.by_endpoint) == (0, {})


def test_a_guardrail_is_found_by_its_name_and_its_segment(record) -> None:
    segment = CheckResult(simulation="a", check="ndcg", case="vip", outcome="failed")
    more = msgspec.structs.replace(record, guardrails=(*record.guardrails, segment))
    assert more.guardrail("ndcg").outcome == "warned"
    assert more.guardrail("ndcg", "vip") is segment


@pytest.mark.parametrize(("words", "told"), [(("recal",), "recal"), (("ndcg", "vip"), r"ndcg \[vip\]")])
def test_a_guardrail_that_there_is_not_is_named_as_reports_name_it(record, words, told) -> None:
    with pytest.raises(KeyError, match=f"^'{told}'$"):
        record.guardrail(*words)


def lift(value: float | None, reason: str = "") -> LiftFigure:
    facts = {
        "metric": "ndcg",
        "segment": "vip",
        "relevance": "unseen",
        "n_users": 3,
        "lift": value,
        "reason": reason,
    }
    names = {field.name: field for field in msgspec.structs.fields(LiftFigure)}
    rest = {name: None for name, field in names.items() if field.required and name not in facts}
    return LiftFigure(**facts | rest)


def test_a_lift_without_a_number_is_named_with_its_relevance_and_segment(record) -> None:
    quality = msgspec.structs.replace(record.quality, lifts=(lift(0.0), lift(None, "no hit"), lift(-0.5)))
    found = msgspec.structs.replace(record, quality=quality).not_measured
    assert {name: reason for name, reason in found.items() if name.startswith("lift")} == {
        "lift of ndcg@10 (unseen) [vip]": "no hit"
    }


@pytest.mark.parametrize(
    ("outcome", "ok", "named"),
    [
        ("not_measured", None, True),
        ("not_measured", False, True),
        ("waived", None, True),
        ("warned", True, True),
        ("waived", False, False),
        ("warned", False, False),
        ("failed", None, False),
        ("passed", True, False),
    ],
)
def test_what_was_let_through_counts_as_unmeasured_just_where_nothing_in_it_failed(
    record, outcome, ok, named
) -> None:
    one = msgspec.structs.replace(record, guardrails=(result("gini", outcome, ok=ok, sentence="words"),))
    assert (one.not_measured.get("gini") == "words") is named


def test_a_figure_of_zero_is_a_number(record) -> None:
    quality = msgspec.structs.replace(record.quality, figures={"gini@20": figure("gini@20", 0.0)})
    assert "gini@20" not in msgspec.structs.replace(record, quality=quality).not_measured


def test_everything_that_blocks_is_failing_in_the_order_of_judging(record) -> None:
    outcomes = (
        "missing",
        "passed",
        "error",
        "flaky",
        "skipped",
        "waived",
        "not_measured",
        "warned",
        "failed",
    )
    guardrails = tuple(result(outcome, outcome) for outcome in outcomes)
    failing = msgspec.structs.replace(record, guardrails=guardrails).failing
    assert [one.outcome for one in failing] == ["missing", "error", "flaky", "not_measured", "failed"]
