"""All guardrails of one simulation without pytest: which there are, in which order, and what each amounts to."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from truth_answers import NOW

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.plan.model import OwnFacts
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.checks.check import Conclusion, NotMeasured
from pytest_recsim.simulation.controller import judging
from pytest_recsim.simulation.controller.judging import CLOSING, Due, Guardrail, due, judged
from pytest_recsim.simulation.session.simulation import SimulationFailed

SEVERE = """\
defaults:
  quality: {max_error_rate: 0.1, max_gini: 1}
customers:
  acme:
    own: {min_length: 1}
"""
WAIVED = """
customers:
  acme:
    waivers:
      - {check: profile, reason: next week, until: 2026-11-22}
"""


@pytest.fixture
def plan(make_world, tmp_path):
    """Return a factory: text of guardrails.yml and the names of custom metrics -> a plan."""

    def make(text=SEVERE, *, own=("length",)):
        (tmp_path / "guardrails.yml").write_text(text)
        announced = tuple(OwnFacts(name, "items in a list", True, "conftest.py") for name in own)  # noqa: FBT003
        return make_world(own=announced).plan

    return make


def test_there_is_a_guardrail_for_every_threshold_and_segment_and_the_standing_checks(plan):
    keys = [one.key for one in due(plan())]
    assert ("acme", "segment_lift_ndcg", "vip") in keys
    assert ("acme", "segment_lift_ndcg", "new_users") in keys
    assert ("acme", "gini", "") in keys
    assert ("acme", "own.min_length", "vip") in keys
    assert {key[1] for key in keys} >= {"catalog_coverage", "own_metrics", *CLOSING}
    assert len(set(keys)) == len(keys)


def test_without_a_threshold_there_is_no_guardrail_and_without_custom_metrics_none_of_them(plan):
    names = {one.key[1] for one in due(plan("{}", own=()))}
    assert not names & {"gini", "error_rate", "own_metrics", "own.min_length"}
    assert names >= {"profile", "contract", "availability"}


def test_what_judges_the_whole_run_comes_last(plan):
    names = [one.key[1] for one in due(plan())]
    assert set(names[-4:]) == set(CLOSING)
    assert not set(names[:-4]) & set(CLOSING)


def test_a_metric_is_called_by_its_question_and_everything_else_by_the_first_line_of_its_judge(plan):
    titles = {one.key[1]: one.title for one in due(plan())}
    assert titles["gini"] == METRICS["gini"].question
    assert titles["contract"] == Guardrail("contract", judging.standing.contract).title
    assert all(title and "\n" not in title and not title.endswith(".") for title in titles.values())


def made_up(_sim, check):
    """What is found out. Here nothing."""
    check.at_least("number", 2.0, 1.0, n=3)
    check.show("seen", [1])


def too_low(_sim, check):
    """It is too low."""
    check.at_least("number", 0.5, 1.0, n=3)


def for_a_segment(_sim, check, segment):
    """It is for somebody."""
    check.that("segment", segment == "vip", expected="vip", got=segment)


def unproven(_sim, check):
    """It cannot say."""
    raise NotMeasured("no event")


def half_unproven(_sim, check):
    """It fails and cannot say the rest."""
    too_low(_sim, check)
    raise NotMeasured("no event")


def broken(_sim, check):
    """It broke off."""
    too_low(_sim, check)
    raise ServiceError("POST /v1/recommendations: 500", 500)


class Sim:
    """A prepared simulation that is judged, and how often its counts were written."""

    def __init__(self, plan, failure=""):
        self.plan, self.own, self._failure, self.flushed = plan, {}, failure, 0
        self.context = SimpleNamespace(now=NOW)

    @property
    def prepared(self):
        if self._failure:
            raise SimulationFailed(self._failure)
        return SimpleNamespace()

    def charged(self, check, case):
        return nullcontext()

    def flush(self):
        self.flushed += 1


@pytest.fixture
def judge(plan, monkeypatch):
    """Return a factory: a function that judges -> its result; why it failed is explained by nobody."""
    monkeypatch.setattr(judging.why, "explained", lambda _sim, _named, _check, conclusion: conclusion)

    def make(function, *, name="made_up", text=SEVERE, **case):
        sim = Sim(plan(text))
        (result,) = judged(sim, [Due(Guardrail(name, function), {"sim": "acme"} | case)])
        return result

    return make


def test_a_result_says_what_was_found_with_its_measures_and_its_evidence(judge):
    result = judge(made_up)
    assert (result.key, result.title) == (("acme", "made_up", ""), "What is found out. Here nothing")
    assert (result.outcome, result.severity, result.sentence, result.waiver) == ("passed", "block", "", "")
    assert [(measure.name, measure.got, measure.n) for measure in result.measures] == [("number", 2.0, 3)]
    assert result.shown == {"seen": [1]}
    assert result.finished_at.endswith("+00:00")


def test_a_result_says_how_long_its_judge_took(judge, monkeypatch):
    clock = iter([100.0, 101.25])
    monkeypatch.setattr(judging, "monotonic", lambda: next(clock))
    assert judge(made_up).seconds == 1.25


def test_a_judge_hears_of_its_case_and_not_of_the_simulations_name(judge):
    assert judge(for_a_segment, segment="vip").outcome == "passed"
    failed = judge(for_a_segment, segment="new_users")
    assert (failed.outcome, failed.case) == ("failed", "new_users")


@pytest.mark.parametrize(
    ("function", "outcome", "words"),
    [
        (too_low, "failed", ["number: expected at least 1, got 0.5"]),
        (unproven, "not_measured", ["not measured: no event"]),
        (half_unproven, "failed", ["got 0.5", "the rest was not measured: no event"]),
        (broken, "failed", ["got 0.5", "POST /v1/recommendations: 500"]),
        (lambda _sim, _check: None, "failed", ["measured nothing"]),
    ],
    ids=["too low", "no proof", "both", "the service broke off", "nothing compared"],
)
def test_whatever_ends_a_judge_has_an_outcome_and_a_sentence(judge, function, outcome, words):
    result = judge(function)
    assert result.outcome == outcome
    assert all(word in result.sentence for word in words)


def test_a_waiver_of_that_day_lets_a_failure_through_and_is_named_and_a_pass_needs_none(judge):
    failed, passed = judge(too_low, name="profile", text=WAIVED), judge(made_up, name="profile", text=WAIVED)
    assert failed.outcome == "waived"
    assert failed.waiver.startswith("next week, until 2026-11-22 (")
    assert (passed.outcome, passed.waiver) == ("passed", "")
    ended = judge(too_low, name="profile", text=WAIVED.replace("2026-11-22", "2026-11-21"))
    assert (ended.outcome, ended.waiver) == ("failed", "")


def test_a_threshold_that_only_warns_stops_nobody(judge):
    text = "defaults: {quality: {max_gini: {value: 1, severity: warn}}}\n"
    assert judge(too_low, name="gini", text=text).outcome == "warned"
    assert judge(too_low, name="gini", text=SEVERE).severity == "block"


def test_what_failed_is_explained_for_its_check_and_case_and_nothing_else_is(plan, monkeypatch):
    asked = []

    def explained(_sim, named, check, conclusion):
        asked.append((named.name, named.case, len(check.measures)))
        return Conclusion(conclusion.outcome, f"{conclusion.sentence}\n  likely cause: a cap")

    monkeypatch.setattr(judging.why, "explained", explained)
    functions = {"a": made_up, "b": unproven, "c": broken, "d": for_a_segment}
    wanted = [
        Due(Guardrail(name, function), {"sim": "acme"}) for name, function in list(functions.items())[:3]
    ]
    wanted.append(Due(Guardrail("d", for_a_segment), {"sim": "acme", "segment": "new_users"}))
    results = list(judged(Sim(plan()), wanted))
    assert asked == [("d", "new_users", 1)]
    assert results[-1].sentence.endswith("likely cause: a cap")


def test_counts_are_written_after_every_guardrail_so_that_the_next_one_sees_them(plan):
    sim = Sim(plan())
    seen = []
    look = Guardrail("look", lambda sim, check: seen.append(sim.flushed) or made_up(sim, check))
    assert len(list(judged(sim, [Due(look, {"sim": "acme"})] * 3))) == 3
    assert (seen, sim.flushed) == ([0, 1, 2], 3)


def test_a_namespace_that_could_not_be_prepared_is_judged_by_nothing(plan):
    with pytest.raises(SimulationFailed, match="the reset failed"):
        list(judged(Sim(plan(), "the reset failed"), due(plan())))
