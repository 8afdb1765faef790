"""From answers to lifts: against which lists, over whom, under which rule, and why not where it cannot be told."""

from __future__ import annotations

import dataclasses
import math

import msgspec
import numpy as np
import pytest
from measured_town import ITEMS, TOWN, USERS, answers_of, held_to, table_of, wanted
from truth_answers import answered

from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.quality import Noise, Quality, SegmentCount
from pytest_recsim.simulation.measure import lifts as measured_lifts
from pytest_recsim.simulation.measure.lifts import ndcg_and_mrr
from pytest_recsim.simulation.measure.rivals import rivals_of
from pytest_recsim.simulation.measure.scoring import score
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

FIRST = [[5 + n % 5, *range(10, 29)] for n in range(10)]
"""Lists that begin with what their user wants."""
LAST = [[*range(10, 29), 5 + n % 5] for n in range(10)]
"""Lists that end with it, beyond the first ten."""


@pytest.fixture(scope="module")
def town(shared_make_world):
    return shared_make_world(document=TOWN)


@pytest.fixture
def scored(town):
    """Return what comes of lists of u0, u1, ..., under other limits and with more facts of `score`."""

    def of(lists, limits=None, **more):
        world = held_to(town, **limits or {})
        return score(world, answers_of(world, *lists), **{"clamped": 0} | more)

    return of


def by_name(quality):
    return {(one.segment, one.metric, one.relevance): one for one in quality.lifts}


def baseline(users):
    """NDCG@10 and MRR@10 of the popularity baseline: what user n wants is at place 6 + n % 5 of it."""
    places = [6 + n % 5 for n in users]
    return (
        sum(1 / math.log2(place + 1) for place in places) / len(places),
        sum(1 / place for place in places) / len(places),
    )


def test_a_lift_is_the_mean_over_the_lists_by_that_over_the_most_popular_items(scored):
    found = by_name(scored(FIRST))
    for segment, users in (("vip", range(6)), ("new_users", range(6, 10))):
        for metric, base in zip(("ndcg", "mrr"), baseline(users), strict=True):
            one = found[segment, metric, "all"]
            assert (one.mean, one.n_users, one.n_baseline_hits) == (1, len(users), len(users))
            assert one.baseline_mean == pytest.approx(base)
            assert one.lift == pytest.approx(1 / base - 1)
            assert one.difference == pytest.approx(1 - base)
            assert one.low <= one.lift <= one.high
            assert (one.outcome, one.reason, one.left_out) == ("passed", "", 0)
            assert one.sentence.startswith(
                f"{metric} lift over popularity, segment {segment}: expected at least"
            )


def test_every_segment_has_both_metrics_under_both_relevance_sets_in_an_order_that_stays(scored):
    names = [(one.relevance, one.segment, one.metric) for one in scored(FIRST).lifts]
    segments = ("vip", "new_users", "crowd")
    assert sorted(names) == sorted(
        (which, segment, metric)
        for which in ("unseen", "all")
        for segment in segments
        for metric in ("ndcg", "mrr")
    )
    assert [which for which, *_ in names] == ["unseen"] * 6 + ["all"] * 6
    assert [metric for *_, metric in names] == ["ndcg", "mrr"] * 6


def test_lists_that_are_worse_than_the_baseline_fail_and_say_what_was_expected(scored):
    one = by_name(scored(LAST))["vip", "ndcg", "all"]
    assert (one.mean, one.lift, one.outcome, one.borderline) == (0, -1, "failed", False)
    assert "expected at least +0.1, got -1" in one.sentence


@pytest.mark.parametrize(("threshold", "outcome"), [(1.0, "passed"), (1000, "failed")])
def test_each_metric_and_segment_is_held_against_its_own_threshold(scored, threshold, outcome):
    found = by_name(scored(FIRST, {"min_segment_lift_ndcg": threshold}))
    assert {found[segment, "ndcg", "all"].outcome for segment in ("vip", "new_users")} == {outcome}
    assert {found[segment, "mrr", "all"].outcome for segment in ("vip", "new_users")} == {"passed"}


@pytest.mark.parametrize("rule", ["point", "confident", "harmful"])
def test_the_rule_of_the_verdict_is_the_one_that_was_chosen(scored, rule):
    said = by_name(scored(FIRST, {"verdict": rule}))["vip", "ndcg", "all"].sentence
    assert ("the lower end is judged" in said) == (rule == "confident")
    assert ("adjusted for the number of checks" in said) == (rule == "harmful")


def test_a_threshold_inside_the_interval_is_borderline_and_says_how_many_users_would_decide(scored):
    ninth = [[*range(10, 18), one[0]] for one in FIRST]
    lists = [FIRST[n] if n < 3 else ninth[n] for n in range(10)]
    one = by_name(scored(lists, {"min_segment_lift_ndcg": 0.9}))["vip", "ndcg", "all"]
    assert one.low < 0.9 < one.high
    assert one.borderline
    assert one.users_needed > 6
    assert f"about {one.users_needed} users are needed to decide" in one.sentence


def overall_of(quality):
    return {(one.metric, one.relevance): one for one in quality.overall}


def test_the_lift_over_everybody_is_over_all_evaluated_users_and_is_not_judged(scored):
    found = overall_of(scored(FIRST))
    assert list(found) == [(metric, which) for which in ("unseen", "all") for metric in ("ndcg", "mrr")]
    for metric, base in zip(("ndcg", "mrr"), baseline(range(10)), strict=True):
        one = found[metric, "all"]
        assert (one.segment, one.mean, one.n_users, one.n_baseline_hits) == ("", 1, 10, 10)
        assert one.lift == pytest.approx(1 / base - 1)
        assert one.low <= one.lift <= one.high
        assert (one.outcome, one.reason, one.sentence) == ("not_judged", "", "")


def test_the_lift_over_everybody_of_one_segment_is_that_segments_to_the_last_bit(scored):
    quality = scored(FIRST[:6])
    for one in quality.overall:
        segment = by_name(quality)["vip", one.metric, one.relevance]
        names = ("mean", "baseline_mean", "recent_mean", "difference", "lift", "low", "high", "n_users")
        assert all(getattr(one, name) == getattr(segment, name) for name in names)


@pytest.mark.parametrize(("threshold", "close"), [(-0.9, False), (0.9, True)])
def test_the_lift_over_everybody_is_borderline_where_the_customers_threshold_is_inside_its_interval(
    scored, threshold, close
):
    ninth = [[*range(10, 18), one[0]] for one in FIRST]
    lists = [FIRST[n] if n < 5 else ninth[n] for n in range(10)]
    one = overall_of(scored(lists, {"min_segment_lift_ndcg": threshold}))["ndcg", "all"]
    assert (one.low < threshold < one.high, one.borderline, one.users_needed is not None) == (close,) * 3


def test_the_lift_over_everybody_says_why_it_is_not_measured(scored):
    few = overall_of(scored(FIRST, {"min_segment_users": 11}))["mrr", "all"]
    assert (few.lift, few.outcome) == (None, "not_measured")
    assert few.reason == "10 users with a relevant item, at least 11 are needed"
    other = overall_of(scored(FIRST, applied=without("u0")))["mrr", "all"]
    assert (other.outcome, other.borderline) == ("not_measured", False)
    assert "the profile is not in effect for 1 of 10 users" in other.reason


def test_too_few_users_leave_a_lift_unmeasured_with_how_many_would_do(scored):
    one = by_name(scored(FIRST[:3], {"min_segment_users": 4}))["vip", "ndcg", "all"]
    assert (one.outcome, one.lift, one.n_users, one.low) == ("not_measured", None, 3, None)
    assert one.reason == "3 users with a relevant item, at least 4 are needed"
    assert one.reason in one.unmeasured
    assert one.sentence == f"not measured: {one.unmeasured}"
    assert one.users_needed >= 4


def test_the_number_of_users_that_a_segment_needs_may_be_its_own(scored):
    found = by_name(
        scored(FIRST, {"min_segment_users": {"": 1, "vip": 7}, "min_baseline_hits": {"": 1, "new_users": 5}})
    )
    assert "at least 7 are needed" in found["vip", "ndcg", "all"].reason
    assert "4" in found["new_users", "ndcg", "all"].reason
    assert found["new_users", "ndcg", "all"].outcome == "not_measured"
    nobody = found["crowd", "ndcg", "all"]
    assert (nobody.n_users, nobody.mean, nobody.recent_mean) == (0, None, None)


def test_judged_relevance_sample_and_number_of_lists_are_those_of_the_run(scored):
    whole = scored(FIRST, {"relevance": "all"})
    assert (whole.judged_relevance, whole.evaluated, whole.sampled) == ("all", 10, False)
    part = scored(FIRST[:4], {"relevance": "unseen"})
    assert (part.judged_relevance, part.evaluated, part.sampled) == ("unseen", 4, False)


def test_a_sample_is_said_to_be_one(town):
    world = held_to(town)
    plan = msgspec.structs.replace(world.plan, sample_users=4)
    world = dataclasses.replace(world, plan=plan)
    assert score(world, answers_of(world, *FIRST[:4]), clamped=0).sampled


def test_segments_count_their_users_those_with_history_and_those_who_were_asked(scored):
    """u9 has no seeded event, and nobody of the crowd is asked."""
    assert scored(FIRST[:8]).segments == {
        "vip": SegmentCount(6, 6, 6, 6),
        "new_users": SegmentCount(4, 3, 2, 2),
        "crowd": SegmentCount(1, 1, 0, 0),
    }
    assert scored(FIRST).segments["new_users"] == SegmentCount(4, 3, 4, 3)


def test_the_second_baseline_stands_beside_a_lift_and_is_not_judged(scored):
    """Two recent items come before the popular ones, so what is wanted is two places lower; u9 has none."""
    one = by_name(scored(FIRST))["vip", "mrr", "all"]
    assert one.recent_mean == pytest.approx(sum(1 / (8 + n % 5) for n in range(6) if n % 5 < 3) / 6)


def test_where_nothing_was_seeded_there_is_no_baseline_and_no_lift(scored):
    for one in by_name(scored(FIRST, {"split": "2026-01-01T00:00:00Z"})).values():
        assert (one.lift, one.recent_mean, one.baseline_mean) == (None, None, None)
        assert one.outcome == "not_measured"
        assert one.reason == "no event was seeded, so there is no popularity to compare with"


ROW = KnobRow("MMR_LAMBDA", "0.3", "p:1", "0.2", "differs", "explain")


def without(*users):
    return Applied(tuple(USERS), (Unapplied(("MMR_LAMBDA",), users),), (ROW,))


def test_a_lift_of_a_segment_for_whom_the_profile_is_not_in_effect_is_not_judged(scored):
    found = by_name(scored(FIRST, applied=without("u0")))
    vip, new = found["vip", "ndcg", "all"], found["new_users", "ndcg", "all"]
    assert (vip.outcome, vip.left_out, vip.n_users) == ("not_measured", 0, 6)
    assert vip.reason.startswith(
        "the profile is not in effect for 1 of 6 users: MMR_LAMBDA (asked 0.3, in effect 0.2)"
    )
    assert (vip.unmeasured, vip.sentence) == (vip.reason, f"not measured: {vip.reason}")
    assert vip.lift is not None
    assert (new.outcome, new.reason) == ("passed", "")


def test_one_user_in_twenty_is_left_out_of_a_lift_and_counted(shared_make_world):
    names = [f"v{n:02}" for n in range(20)]
    users = [{"user_id": name, "traits": {"segment": "vip"}} for name in names]
    later = [{"user_id": name, "item_id": "i00", "type": 0, "ts": "2026-11-10T00:00:00Z"} for name in names]
    document = TOWN | {"users": [*users, *TOWN["users"]], "events": [*TOWN["events"], *later]}
    world = held_to(shared_make_world(document=document))
    exchanges = [answered(name, "i01", "i00") for name in names]
    applied = Applied(tuple(names), (Unapplied(("MMR_LAMBDA",), names[:1]),), (ROW,))
    one = by_name(score(world, exchanges, clamped=0, applied=applied))["vip", "mrr", "all"]
    assert (one.n_users, one.left_out, one.mean, one.outcome) == (19, 1, 0.5, "failed")


def varied(established, sparse):
    def noise(variance):
        return Noise(variances={f"{metric} (all)": variance for metric in ("ndcg", "mrr")})

    return {
        name: noise(one)
        for name, one in (("established", established), ("sparse", sparse))
        if one is not None
    }


def test_what_unequal_answers_add_is_that_of_the_class_of_each_user(scored):
    """Six established users with a variance of 0.06 each: their mean has one of 0.01."""
    found = by_name(scored(FIRST, noise=varied(0.06, 0.16)))
    vip, new = found["vip", "ndcg", "all"], found["new_users", "mrr", "all"]
    assert (vip.noise_sd, new.noise_sd) == (pytest.approx(0.1), pytest.approx(0.2))
    assert vip.sentence.endswith(f"; {vip.noise_words}")
    assert "standard deviation of 0.1" in vip.noise_words
    unseen = found["vip", "ndcg", "unseen"]
    assert (unseen.noise_sd, unseen.noise_words) == (None, "")


def test_what_unequal_answers_add_is_unknown_for_a_class_that_was_not_asked_again(scored):
    found = by_name(scored(FIRST, noise=varied(0.06, None)))
    assert found["vip", "ndcg", "all"].noise_sd == pytest.approx(0.1)
    assert found["new_users", "ndcg", "all"].noise_sd is None
    assert by_name(scored(FIRST))["vip", "ndcg", "all"].noise_sd is None


def test_a_lift_that_was_not_measured_says_nothing_of_its_interval(scored):
    one = by_name(scored(FIRST, {"min_segment_users": 9}, noise=varied(0.06, 0.06)))["vip", "ndcg", "all"]
    assert one.noise_sd == pytest.approx(0.1)
    assert one.sentence == f"not measured: {one.unmeasured}"


def test_the_interval_depends_on_the_data_and_not_on_the_name_of_the_customer(town, scored):
    world = held_to(town)
    plan = msgspec.structs.replace(world.plan, customer="acme3", id="acme3")
    renamed = score(dataclasses.replace(world, plan=plan), answers_of(world, *FIRST), clamped=0)
    assert renamed.lifts == scored(FIRST).lifts
    assert any(one.low is not None for one in renamed.lifts)


def test_all_lifts_under_one_relevance_are_one_family_when_they_are_resampled(scored, monkeypatch):
    asked = []
    monkeypatch.setattr(measured_lifts, "resamples_for", lambda family: asked.append(family) or 100)
    scored(FIRST)
    assert asked[:6] == [6] * 6, "three segments, two metrics; once per segment and relevance"
    assert asked[6:] == [1] * 2, "the lift over everybody is in no family"


def test_figures_are_measured_on_the_same_lists_and_know_how_much_the_service_returns(scored):
    quality = scored(FIRST)
    assert quality.figures["list_length@20"].value == 20
    assert quality.segment_figures["vip"]["list_length@20"].n == 6
    clamped = scored([one[:12] for one in FIRST], clamped=12)
    assert clamped.figures["gini@20"].reason.startswith("the service returns at most 12 items")


def test_rivals_are_the_most_popular_items_and_the_latest_ones_before_them_without_what_is_hidden(
    shared_make_world,
):
    bought = {"user_id": "u0", "item_id": "i01", "type": 3, "ts": "2026-10-05T00:00:00Z"}
    knobs = ("RULE_EXCLUDE_EVENTS=true", "PURCHASED_WINDOW_DAYS=365")
    world = held_to(shared_make_world(*knobs, document=TOWN | {"events": [*TOWN["events"], bought]}))
    found = rivals_of(table_of(world, [0], [0]))
    assert found.order.tolist() == [1, 0, *range(2, 29)], "the last item is not available"
    assert found.popular.tolist() == [[0, *range(2, 21)], [1, 0, *range(2, 20)]]
    assert found.recent.tolist() == [[20, 21, 0, *range(2, 19)], [20, 21, 1, 0, *range(2, 18)]]


def test_ndcg_and_mrr_look_at_ten_places_and_leave_out_who_wants_nothing():
    slots = np.zeros((3, 20))
    slots[0, 3] = slots[1, 10] = 1.0
    relevance = Relevance(np.array([0, 1, 2, 2]), np.array([0, 0], dtype=np.int32), np.array([1.0, 1.0]))
    found = ndcg_and_mrr(slots, relevance)
    assert found[0].tolist() == pytest.approx([1 / math.log2(5), 1 / 4])
    assert found[1].tolist() == [0, 0]
    assert np.isnan(found[2]).all()


def test_what_the_town_wants_is_what_these_tests_take_it_for(town):
    assert [ITEMS[item] for item in held_to(town).popularity[:10]] == ITEMS[:10]
    assert [wanted(n) for n in range(10)] == [ITEMS[one[0]] for one in FIRST]


def test_what_is_not_measured_for_everybody_can_be_written_and_read_again(scored):
    found = scored(FIRST, applied=without(*USERS))
    assert all(figure.cause for figure in found.lifts)
    for coder in (msgspec.json, msgspec.msgpack):
        assert coder.decode(coder.encode(found), type=Quality) == found
