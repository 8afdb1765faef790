"""A loss against an earlier run: in its share and in its unit, under each verdict rule, and not measured where it says nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from compared_runs import people, write_run

from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import read_run
from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.record.asked import Limit
from pytest_recsim.simulation.checks.check import NotMeasured
from pytest_recsim.simulation.checks.regression import loss

BEFORE = [0.5, 0.7] * 30
WORSE = [0.4, 0.7] * 30  # 0.6 -> 0.55: a loss of 0.05, a twelfth


@pytest.fixture
def lost(tmp_path):
    """Judge what `vip` lost between two lists of NDCG values."""

    def judged(
        before, now, *, key="max_regression_ndcg", limit=0.1, rule="point", segment="vip", **facts_now
    ):
        runs = [
            read_run(write_run(tmp_path / name, people(values), **more))
            for name, values, more in (("a", before, {}), ("b", now, facts_now))
        ]
        sim = SimpleNamespace(comparison=compare(*runs), limit=lambda _: SimpleNamespace(value=rule))
        return loss(sim, GUARDED[key], Limit(key, limit, "block", "guardrails.yml:7"), segment)

    return judged


@pytest.mark.parametrize(
    ("key", "got"), [("max_regression_ndcg", 1 / 12), ("max_regression_ndcg_absolute", 0.05)]
)
def test_a_loss_is_a_share_or_in_the_metrics_own_unit(lost, key, got):
    measure = lost(BEFORE, WORSE, key=key)
    assert measure.got == pytest.approx(got)
    assert measure.low < measure.got < measure.high
    assert (measure.n, measure.who, measure.origin) == (60, "segment vip", "guardrails.yml:7")
    assert "0.6000 in a (started 2026-11-28), 0.5500 now" in measure.definition


@pytest.mark.parametrize(("limit", "ok"), [(0.05, False), (0.09, True)])
def test_the_loss_itself_is_judged_by_default(lost, limit, ok):
    assert lost(BEFORE, WORSE, limit=limit).ok is ok


@pytest.mark.parametrize(("rule", "ok"), [("confident", False), ("harmful", True)])
def test_near_the_threshold_the_other_rules_judge_an_end_of_the_interval(lost, rule, ok):
    for limit in (1 / 12 - 0.005, 1 / 12 + 0.005):
        measure = lost(BEFORE, WORSE, limit=limit, rule=rule)
        assert measure.borderline
        assert measure.ok is ok


def test_a_gain_is_a_negative_loss_and_passes_at_zero(lost):
    measure = lost(WORSE, BEFORE, limit=0.0)
    assert measure.got < 0
    assert measure.ok


def test_nothing_lost_is_zero_and_passes_at_zero(lost):
    measure = lost(BEFORE, BEFORE, limit=0.0)
    assert (measure.got, measure.low, measure.high, measure.ok) == (0, 0, 0, True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"relevance": "all"}, "says nothing about this one: other kinds of relevance"),
        ({"segment": "nobody"}, "no user of segment nobody was evaluated in both runs"),
    ],
)
def test_runs_that_say_nothing_about_each_other_are_not_measured_and_say_what_to_do(lost, more, words):
    with pytest.raises(NotMeasured, match=words) as caught:
        lost(BEFORE, WORSE, **more)
    assert "recsim baseline set" in caught.value.args[0].next_step


def test_too_few_common_users_are_not_measured(lost):
    with pytest.raises(NotMeasured, match="10 common users with a number, at least 20 are needed") as caught:
        lost(BEFORE[:10], WORSE[:10])
    assert caught.value.args[0].next_step.startswith("merge small segments")


def test_nobody_had_anything_to_lose_in_shares(lost):
    nothing = [0.0] * 40
    with pytest.raises(NotMeasured, match="no share to lose"):
        lost(nothing, nothing)
    assert lost(nothing, nothing, key="max_regression_ndcg_absolute").ok


def test_a_segment_that_collapsed_is_caught_though_its_lift_still_passes(lost):
    """New users whose lift falls from 0.84 to 0.16 are above the usual 0.10."""
    before, now = [0.92] * 40, [0.58] * 40  # over a baseline of 0.5
    measure = lost(before, now, limit=0.1)
    assert measure.ok is False
    assert measure.got == pytest.approx(1 - 0.58 / 0.92)
