"""Asking until enough is known: who is asked, what the numbers are then, and when everybody has to be asked."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from measured_town import held_to
from truth_answers import answered

from pytest_recsim.judge.lift import LiftRules
from pytest_recsim.record.asked import Limit
from pytest_recsim.simulation.bundle.caveats import caveats_of
from pytest_recsim.simulation.measure.basis import SETS
from pytest_recsim.simulation.measure.early import Looks
from pytest_recsim.simulation.measure.figures import figures_of
from pytest_recsim.simulation.measure.lifts import LIFTED, compared_of
from pytest_recsim.simulation.measure.scoring import basis_of, score
from pytest_recsim.simulation.session.early import ask_early
from pytest_recsim.simulation.session.preparation import Prepared

ITEMS = [f"i{n:02}" for n in range(60)]
USERS = [f"u{n:04}" for n in range(600)]
SMALL_SEGMENT = 30
LIMITS = {
    "min_catalog_coverage": 0.5,
    "min_long_tail_share": 0.2,
    "min_segment_users": LiftRules().min_segment_users,
    "min_baseline_hits": LiftRules().min_baseline_hits,
}


def segment_of(n):
    return "small" if n < SMALL_SEGMENT else ("even", "odd")[n % 2]


def wanted(n):
    """What a user touches after the split: one item of the first thirty of the order of popularity."""
    return n * 7 % 30


def _event(user, item, day, **more):
    return {"user_id": user, "item_id": item, "type": 0, "ts": f"2026-{day}T00:00:00Z"} | more


CITY = {
    "items": [{"item_id": item, "tags": [f"t{n % 3}"]} for n, item in enumerate(ITEMS)],
    "users": [
        *({"user_id": user, "traits": {"segment": segment_of(n)}} for n, user in enumerate(USERS)),
        {"user_id": "crowd", "traits": {"segment": "crowd"}},
    ],
    "events": [
        *(_event("crowd", item, "10-01", value=60.0 - n) for n, item in enumerate(ITEMS)),
        *(_event(user, ITEMS[wanted(n)], "11-10") for n, user in enumerate(USERS)),
    ],
}


@pytest.fixture(scope="module")
def city(shared_make_world):
    return held_to(shared_make_world(document=CITY, stop_early=True), **LIMITS)


def good(user):
    """A list that begins with what the user wants in two cases of three, else with something else."""
    n = USERS.index(user)
    if n < SMALL_SEGMENT and n % 5:  # where the lift is too small to be told soon
        return like_best_sellers(user)
    rest = np.random.default_rng(n).permutation(60).tolist()
    chosen = [wanted(n), *rest] if n % 3 else rest
    return list(dict.fromkeys(chosen))[:20]


def like_best_sellers(user):
    """A list with the baseline's own hits, so that the lift is 0, and everything else of the catalogue now and then."""
    n = USERS.index(user)
    return [*range(10), *(10 + (n + step * 7) % 50 for step in range(10))]


class Service:
    """Answers, and remembers who was asked for."""

    def __init__(self, lists):
        self.lists, self.asked = lists, []

    def ask(self, users):
        self.asked += users
        return [answered(user, *(ITEMS[item] for item in self.lists(user))) for user in users]


def asked_early(world, lists=good, users=USERS, *, in_effect=True):
    service = Service(lists)
    found = ask_early(world, users, service.ask, lambda _: in_effect)
    assert len(service.asked) == len(set(service.asked)), "nobody is asked twice"
    return found, service.asked


def judged(world, found):
    return score(world, found.exchanges, clamped=0, looks=found.looks)


@pytest.fixture(scope="module")
def full(city):
    """What the lists of everybody say: figures of the run, and lifts by segment, metric and relevance set."""
    basis = basis_of(city, Service(good).ask(USERS), 0)
    lifts = {}
    for which in SETS:
        compared = compared_of(basis, basis.rivals, which)
        for name in ("even", "odd", "small"):
            rows = basis.table.rows_of(name)
            ratios = compared.mine[rows].mean(axis=0) / compared.popular[rows].mean(axis=0) - 1
            lifts |= {(name, metric, which): ratio for metric, ratio in zip(LIFTED, ratios, strict=True)}
    return figures_of(basis)[0], lifts


@pytest.fixture(scope="module")
def stopped(city):
    return asked_early(city)


@pytest.fixture(scope="module")
def quality(city, stopped):
    return judged(city, stopped[0])


def with_limits(world, severity, *keys, value=0.1):
    limits = world.plan.limits | {key: {"": Limit(key, value, severity, "g:1")} for key in keys}
    return replace(world, plan=msgspec.structs.replace(world.plan, limits=limits))


def test_clear_lifts_need_a_part_of_the_users_and_get_the_same_verdicts(stopped, quality, full):
    assert len(stopped[1]) == quality.evaluated == quality.early.asked < 0.8 * len(USERS)
    assert quality.early.stopped
    for one in quality.lifts:
        if one.segment != "crowd":
            passes = full[1][one.segment, one.metric, one.relevance] >= 0.1
            assert one.outcome == ("passed" if passes else "failed"), one.sentence


def test_intervals_hold_what_everybody_would_have_said(quality, full):
    figures, lifts = full
    for one in quality.lifts:
        if one.lift is not None and one.n_users < one.out_of:
            assert one.low <= lifts[one.segment, one.metric, one.relevance] <= one.high
    assert any(one.lift is not None and one.n_users < one.out_of for one in quality.lifts)
    for name in ("catalogue_coverage@20", "long_tail_share@20"):
        assert quality.figures[name].low <= figures[name].value <= quality.figures[name].high


def test_a_small_segment_is_asked_to_the_end_without_costing_the_others(quality, full):
    counts = {name: (one.evaluated, one.users) for name, one in quality.segments.items()}
    small = quality.lift("small", "ndcg")
    assert counts["small"] == (SMALL_SEGMENT, SMALL_SEGMENT)
    assert counts["even"][0] < counts["even"][1]
    assert small.lift == pytest.approx(full[1]["small", "ndcg", "unseen"])
    assert "95 % interval" in small.sentence  # as ever, with the interval for users like these
    assert small.low < small.lift < small.high


def test_a_lift_at_its_threshold_has_everybody_asked_and_judged_as_ever(city):
    close = held_to(city, **LIMITS, min_segment_lift_ndcg=0.0, min_segment_lift_mrr=0.0)
    found, asked = asked_early(close, like_best_sellers)
    assert sorted(asked) == USERS
    assert found.looks is None
    assert found.exchanges == Service(like_best_sellers).ask(USERS)  # and so is what is judged
    assert "segment_lift_ndcg [even]" in found.facts.words


def test_the_order_hangs_on_the_users_and_not_on_the_customer(city):
    other = msgspec.structs.replace(city.plan, customer="somebody-else")
    assert Looks(city, USERS).next_users() == Looks(replace(city, plan=other), USERS[::-1]).next_users()


def test_every_segment_has_its_share_of_the_first_round(city):
    first = Looks(city, USERS).next_users()
    counts = {
        name: sum(segment_of(USERS.index(user)) == name for user in first)
        for name in ("even", "odd", "small")
    }
    assert counts["small"] == 10
    assert abs(counts["even"] - counts["odd"]) <= 1
    assert 200 <= len(first) <= 203


@pytest.mark.parametrize("key", ["max_gini", "min_novelty", "own.min_fit"])
def test_a_blocking_guardrail_that_no_interval_decides_has_everybody_asked(city, key):
    found, asked = asked_early(with_limits(city, "block", key))
    assert len(asked) == len(USERS)
    assert f"{key} is judged on all lists" in found.facts.words
    assert len(asked_early(with_limits(city, "warn", key))[1]) < len(USERS)


def test_a_lift_that_does_not_block_and_is_not_decided_is_not_measured(city):
    world = with_limits(city, "warn", "min_segment_lift_ndcg", "min_segment_lift_mrr", value=0.0)
    found, asked = asked_early(world, like_best_sellers)
    quality = judged(world, found)
    one = quality.lift("even", "ndcg")
    assert len(asked) < len(USERS)
    assert (one.outcome, one.lift) == ("not_measured", None)
    assert "was not decided when asking ended" in one.unmeasured
    assert "--recsim-stop-early" in one.next_step


def test_users_without_the_profile_have_everybody_asked(city):
    found, asked = asked_early(city, in_effect=False)
    assert len(asked) == len(USERS)
    assert "the profile is not in effect for everybody" in found.facts.words


def test_too_few_lists_for_the_catalogue_have_everybody_asked(city):
    found, asked = asked_early(city, users=USERS[:3])
    assert sorted(asked) == USERS[:3]
    assert not found.facts.stopped
    assert asked_early(city, users=[])[0].exchanges == []


def test_lists_of_best_sellers_fail_on_the_long_tail_early(city):
    world = with_limits(city, "block", "min_segment_lift_ndcg", "min_segment_lift_mrr", value=-0.9)
    world = with_limits(world, "block", "min_long_tail_share", value=0.5)
    world = with_limits(world, "block", "min_catalog_coverage", value=0.3)
    found, asked = asked_early(world, lambda _: list(range(20)))
    assert {one.name: one.outcome for one in found.facts.checks}["long_tail_share"] == "failed"
    assert len(asked) < len(USERS)
    assert judged(world, found).figures["long_tail_share@20"].high < 0.5


def test_short_lists_leave_the_catalogue_unmeasured_as_ever(city):
    found, asked = asked_early(city, lambda user: good(user)[: 20 if USERS.index(user) % 2 else 7])
    figures = judged(city, found).figures
    assert len(asked) < len(USERS)
    for name in ("catalogue_coverage@20", "long_tail_share@20"):
        assert (figures[name].value, figures[name].cause) == (None, "short_lists")
    assert {one.outcome for one in found.facts.checks if not one.segment} == {"failed", "not_measured"}


@pytest.mark.parametrize("rule", ["confident", "harmful"])
def test_the_other_verdict_rules_stop_early_too(city, rule):
    world = held_to(city, **LIMITS, verdict=rule)
    found, asked = asked_early(
        world, users=[user for user in USERS if segment_of(USERS.index(user)) != "small"]
    )
    assert len(asked) < len(USERS) - SMALL_SEGMENT
    one = judged(world, found).lift("even", "ndcg")
    assert one.outcome == "passed"
    assert one.low >= 0.1


def test_what_was_left_out_stands_beside_the_verdict(city, quality):
    said = caveats_of(city.plan, Prepared(quality=quality))
    assert any(f"of {len(USERS):,} users (--recsim-stop-early)" in one for one in said)
