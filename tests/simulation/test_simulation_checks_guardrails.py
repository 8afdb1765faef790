"""One metric against its threshold: where its value comes from, for whom, and who stands behind a bad one."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from compared_runs import people, write_run
from simulation_town import listed

from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.guardrails.metric_table import GUARDED, METRICS
from pytest_recsim.simulation import Simulation
from pytest_recsim.simulation.checks import guardrails, rank_stability
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.checks.guardrails import behind, judge, measured
from pytest_recsim.simulation.session.preparation import OUTCOME

SEGMENT = "regulars"


@pytest.fixture
def demanding(join):
    """Return a factory: thresholds -> a process of a run whose guardrails.yml sets them, for everybody."""

    def with_(**thresholds):
        def change(plan):
            base = plan.limits["min_catalog_coverage"][""]
            new = {}
            for key, value in thresholds.items():
                limit = msgspec.structs.replace(base, key=key, value=value, origin="guardrails.yml:9")
                scopes = ("regulars", "new_users") if GUARDED[key].per_segment else ("",)
                new[key] = dict.fromkeys(scopes, limit)
            return msgspec.structs.replace(plan, limits=plan.limits | new)

        return join(plan=change)

    return with_


def judged(sim, threshold, segment=""):
    check = Check()
    judge(sim, check, threshold, segment)
    return check


# --- where a value comes from ---


def test_a_metric_of_the_lists_is_the_figure_of_the_report(sim):
    coverage = measured(sim, METRICS["catalog_coverage"], "")
    assert coverage.figure is sim.quality.figures["catalogue_coverage@20"]
    shown = {item for exchange in sim.lists.values() for item in exchange.ids}
    assert coverage.figure.value == pytest.approx(len(shown & sim.available) / 60)
    assert (coverage.worst, coverage.exchange, dict(coverage.shown)) == ("", None, {})


def test_a_segments_metric_is_that_of_its_lists_alone(sim):
    figure = measured(sim, METRICS["novelty"], SEGMENT).figure
    assert figure is sim.quality.segment_figures[SEGMENT]["novelty@20"]
    assert figure.value != measured(sim, METRICS["novelty"], "new_users").figure.value


def test_a_metric_of_relevance_is_held_against_the_judged_relevance_set(sim):
    which = sim.quality.judged_relevance
    assert measured(sim, METRICS["recall"], SEGMENT).figure.name == f"recall@20 ({which})"


# --- against its threshold ---


def test_a_value_that_keeps_its_threshold_passes_and_one_that_does_not_fails(demanding):
    assert judged(demanding(max_gini=1.0), "max_gini").conclude().outcome == "passed"
    check = judged(demanding(max_gini=0.0), "max_gini")
    assert check.conclude().outcome == "failed"
    (measure,) = check.measures
    assert (measure.metric, measure.origin, measure.threshold) == ("gini", "guardrails.yml:9", 0.0)
    assert measure.knobs == METRICS["gini"].all_knobs


def test_a_segment_is_named_and_judged_by_its_own_threshold(join):
    def change(plan):
        base = plan.limits["min_catalog_coverage"][""]
        limits = {
            segment: msgspec.structs.replace(base, key="min_novelty", value=value)
            for segment, value in (("regulars", 0), ("new_users", 100))
        }
        return msgspec.structs.replace(plan, limits=plan.limits | {"min_novelty": limits})

    sim = join(plan=change)
    assert judged(sim, "min_novelty", "regulars").conclude().outcome == "passed"
    check = judged(sim, "min_novelty", "new_users")
    assert check.conclude().outcome == "failed"
    assert check.measures[0].who == "segment new_users"


def with_lifts(join, **facts):
    """A process that finds these facts in all lifts of the run."""
    found = join().prepared
    lifts = tuple(msgspec.structs.replace(one, **facts) for one in found.quality.lifts)
    prepared = msgspec.structs.replace(found, quality=msgspec.structs.replace(found.quality, lifts=lifts))
    (join().context.folder / OUTCOME).write_bytes(msgspec.msgpack.encode(prepared))
    return join()


@pytest.mark.parametrize(("metric", "outcome"), [("ndcg", "passed"), ("mrr", "failed")])
def test_a_lift_is_judged_as_quality_judged_it(join, metric, outcome):
    """Under one rule for all lifts together: its own interval and threshold do not decide here."""
    sim = with_lifts(join, lift=0.05, low=-0.1, high=0.2, outcome=outcome, unmeasured="")
    check = judged(sim, f"min_segment_lift_{metric}", SEGMENT)
    (measure,) = check.measures
    assert check.shown["figure"] is sim.quality.lift(SEGMENT, metric)
    assert (measure.got, measure.ok, measure.who) == (0.05, outcome == "passed", "segment regulars")
    assert (measure.metric, measure.low, measure.high) == (f"segment_lift_{metric}", -0.1, 0.2)


def test_a_lift_that_could_not_be_measured_says_why_and_stays_evidence(sim):
    check = Check()
    with pytest.raises(NotMeasured, match="the baseline hits for 0 of 5 users"):
        judge(sim, check, "min_segment_lift_ndcg", SEGMENT)
    assert check.shown["figure"] is sim.quality.lift(SEGMENT, "ndcg")


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_every_guardrail_that_there_is_can_be_judged(demanding, key, monkeypatch, tmp_path):
    """Whatever is added to the registry needs a value from somewhere; a lift, a loss and a p95 need more users than these."""
    metric = GUARDED[key]
    value = {"higher": metric.high, "lower": metric.low}[metric.better]
    sim = demanding(**{key: value})
    segment = SEGMENT if metric.per_segment else ""
    run = read_run(write_run(tmp_path / "earlier", people([0.4] * 5, segment=SEGMENT)))
    monkeypatch.setattr(Simulation, "comparison", compare(run, run))
    if key == "max_p95_ms" or metric.source in ("lift", "earlier"):
        with pytest.raises(NotMeasured, match=r"needed|in both runs"):
            judged(sim, key, segment)
        return
    check = judged(sim, key, segment)
    assert [measure.metric for measure in check.measures] == [metric.name]
    assert isinstance(check.measures[0].got, float)


# --- of what is asked and counted now ---


def test_answers_that_are_always_the_same_have_no_instability(demanding):
    check = judged(demanding(max_rank_instability=0.0), "max_rank_instability", SEGMENT)
    assert check.conclude().outcome == "passed"
    (measure,) = check.measures
    assert (measure.got, measure.n) == (0.0, 5)
    assert set(check.shown["per_user"].values()) == {0.0}


def test_the_user_whose_answers_differ_most_is_named_and_shown(demanding, monkeypatch):
    sim = demanding(max_rank_instability=0.1)
    found = {"u000": 0.2, "u002": 0.6, "u004": 0.1}
    monkeypatch.setattr(guardrails, "instability", lambda *_: rank_stability.Instability(found, "d"))
    check = judged(sim, "max_rank_instability", SEGMENT)
    (measure,) = check.measures
    assert measure.got == pytest.approx(0.3)
    assert measure.who == "segment regulars, most of all user u002"
    assert '"user_id":"u002"' in measure.curl
    assert check.shown == {"per_user": found}


def test_a_segment_in_which_nobody_can_be_asked_is_not_measured(demanding):
    sim = demanding(max_rank_instability=0.1)
    sim.limit = lambda key, segment: sim.plan.limit(key, SEGMENT)
    with pytest.raises(
        NotMeasured, match="nobody of segment nowhere has holdout events and a list to compare"
    ):
        judged(sim, "max_rank_instability", "nowhere")


def test_the_slowest_answer_of_the_segment_is_shown(demanding, monkeypatch):
    sim = demanding(max_p95_ms=100.0)
    slow = {user: replace(one, seconds=0.01 * place) for place, (user, one) in enumerate(sim.lists.items())}
    sim.lists = slow
    found = measured(sim, METRICS["p95_ms"], SEGMENT)
    assert (found.worst, found.exchange.ask.user_id) == ("slowest for user u010", "u010")
    assert measured(sim, METRICS["p95_ms"], "nowhere").exchange is None
    assert measured(sim, METRICS["p95_ms"], "nowhere").worst == ""


def test_failed_attempts_are_counted_when_they_are_judged(demanding):
    sim = demanding(max_error_rate=0.0)
    assert judged(sim, "max_error_rate").conclude().outcome == "passed"
    sim.service.tally.failed["500"] += 3
    (measure,) = judged(sim, "max_error_rate").measures
    assert (measure.ok, measure.got * measure.n) == (False, pytest.approx(3))


# --- rank stability ---


class Asked:
    """As much of a simulation as the sample needs."""

    def __init__(self, limits, repeats=(), people=12):
        self.plan = SimpleNamespace(scopes=lambda key: list(limits) if key == "max_rank_instability" else [])
        self.users = {f"u{n}": SimpleNamespace(segment="vip" if n % 2 else "new") for n in range(people)}
        self.repeats = dict.fromkeys(repeats, ())
        self.answers = {}

    def sample(self, per_segment, segments):
        return [user for user in self.users if self.users[user].segment in segments][:per_segment]

    def repeated(self, users, times):
        self.times = times
        same = [SimpleNamespace(ids=("a", "b"))] * (times + 1)
        return {user: self.answers.get(user, same) for user in users}


@pytest.mark.parametrize(("segments", "each"), [(1, 5), (2, 5), (3, 3), (10, 1), (40, 1)])
def test_ten_users_are_shared_by_the_segments_with_a_limit_five_at_most_and_one_at_least(segments, each):
    sim = Asked(range(segments))
    assert len(rank_stability.instability(sim, "vip").users) == each
    assert sim.times == 4


def test_whoever_was_asked_again_already_comes_first_and_only_of_the_segment():
    sim = Asked(range(5), repeats=("u11", "u2", "u9"))
    assert list(rank_stability.instability(sim, "vip").users) == ["u11", "u9"]
    sim = Asked(range(3), repeats=("u11", "u2"))
    assert list(rank_stability.instability(sim, "vip").users) == ["u11", "u1", "u3"]


def test_users_without_any_list_to_compare_are_left_out_of_the_mean():
    sim = Asked(range(2))
    sim.answers["u1"] = [SimpleNamespace(ids=())] * 5
    sim.answers["u3"] = [SimpleNamespace(ids=ids) for ids in (("a",), ("b",))]
    found = rank_stability.instability(sim, "vip")
    assert found.users == {"u3": 1.0, "u5": 0.0, "u7": 0.0, "u9": 0.0}
    assert found.mean == pytest.approx(0.25)
    assert "10 pairs of 5 answers" in found.definition
    assert math.isnan(rank_stability.Instability({}, "d").mean)


# --- who stands behind it ---


def test_the_least_served_user_of_a_segment_stands_behind_its_lift(sim):
    found = behind(sim, "segment_lift_ndcg", SEGMENT)
    users = list(sim.lists)
    assert sim.users[users[found.row]].segment == SEGMENT
    worst = sim.mean_ndcg({users[found.row]: sim.lists[users[found.row]]}, sim.quality.judged_relevance)[0]
    others = [
        sim.mean_ndcg({user: sim.lists[user]}, sim.quality.judged_relevance)[0]
        for user in users
        if sim.users[user].segment == SEGMENT
    ]
    assert worst == min(value for value in others if not math.isnan(value))
    assert users[found.row] in found.told


@pytest.mark.parametrize("segment", [SEGMENT, "new_users", ""])
def test_the_row_of_a_culprit_counts_everybodys_lists_whatever_segment_is_meant(sim, segment):
    found = behind(sim, "intra_list_similarity", segment)
    users = list(sim.lists)
    assert not segment or sim.users[users[found.row]].segment == segment
    assert found.told.startswith(f"{users[found.row]} ") or users[found.row] in found.told


def test_nobody_stands_behind_what_is_not_measured_on_the_lists(sim):
    for name in ("p95_ms", "error_rate", "rank_instability", "own.min_fit", "no such metric"):
        found = behind(sim, name, SEGMENT)
        assert (found.told, found.row) == ("", None)


def test_the_items_that_take_most_slots_stand_behind_a_concentrated_catalogue(sim):
    found = behind(sim, "gini", "")
    counts = Counter(item for exchange in sim.lists.values() for item in exchange.ids)
    first, most = counts.most_common(1)[0]
    assert f"{first} in {most}" in found.told
    assert any(item in list(sim.lists.values())[found.row].ids for item in counts if counts[item] == most)


def shown_to(sim, **lists):
    """Let users have been shown other lists."""
    sim.lists = {user: listed(user, lists.get(user, one.ids)) for user, one in sim.lists.items()}


def test_who_gets_the_most_alike_items_stands_behind_lists_that_are_too_alike(sim):
    """i000 and i030 have the same tag, category and brand; i000 and i001 share nothing."""
    shown_to(sim, **{user: ["i000", "i001"] for user in sim.lists if user != "u004"}, u004=["i000", "i030"])
    found = behind(sim, "intra_list_similarity", SEGMENT)
    assert list(sim.lists)[found.row] == "u004"
    assert found.told.startswith("highest of 6 users: u004 1, ")


def test_who_is_shown_nothing_that_they_wanted_stands_behind_a_low_recall(sim):
    shown_to(sim, **{user: ["i002"] for user in sim.lists if user != "u004"}, u004=["i000"])
    found = behind(sim, "recall", SEGMENT)
    assert list(sim.lists)[found.row] == "u004"
    assert found.told.startswith("lowest of 5 users: u004 0, "), "u002 knew it already"


def test_who_is_served_worse_than_by_popularity_stands_behind_a_low_lift(sim):
    """Everybody wants i002 and it is not popular: whoever is shown it first is served well, the others are not."""
    shown_to(sim, **{user: ["i002", "i000"] for user in sim.lists if user != "u006"}, u006=["i000", "i001"])
    found = behind(sim, "segment_lift_ndcg", SEGMENT)
    assert list(sim.lists)[found.row] == "u006"
