"""Figures of the registry: over whom they are, and a reason in the place of every number that says nothing."""

from __future__ import annotations

import math

import pytest
from measured_town import TOWN, USERS, held_to, table_of

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.quality import Figure
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.figures import enough, figure, figures_of, standing_figure
from pytest_recsim.simulation.truth.applied import Applied, Standing, Unapplied

ROW = KnobRow("MMR_LAMBDA", "0.3", "p:1", "0.2", "differs", "explain")
FULL = [[(5 + n % 5 + place) % 29 for place in range(20)] for n in range(10)]
"""Ten full lists, each of which begins with what its user wants."""


@pytest.fixture(scope="module")
def town(shared_make_world):
    clear = {"min_catalog_coverage": 0.9, "min_long_tail_share": 0.9}
    return held_to(shared_make_world("CATEGORY_CAP=0", "BRAND_CAP=0", document=TOWN), **clear)


@pytest.fixture
def figures(town):
    """Return figures of the whole run and of segments, for lists of u0, u1, ..."""

    def of(lists, *without, **limits):
        world = held_to(town, **{"min_catalog_coverage": 0.9, "min_long_tail_share": 0.9} | limits)
        applied = Applied(tuple(USERS), (Unapplied(("MMR_LAMBDA",), without),) if without else (), (ROW,))
        return figures_of(Basis(table_of(world, *lists), world.popularity), applied)

    return of


def some(value=0.5, n=5, **more):
    return Figure(**{"name": "gini", "value": value, "n": n, "definition": "d"} | more)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_not_measured_and_says_so(value):
    found = figure("gini", value, 0, "d", "")
    assert (found.value, found.reason) == (
        None,
        "nothing to measure: no list, no slot or no user with holdout",
    )
    assert figure("gini", value, 0, "d", "too few").reason == "too few"


def test_a_value_is_kept_unless_there_is_a_reason_against_it():
    assert figure("gini", 0, 7, "d", "") == Figure(name="gini", value=0.0, n=7, definition="d")
    assert figure("gini", 0.5, 7, "d", "too few") == Figure(
        name="gini", value=None, n=7, definition="d", reason="too few"
    )


@pytest.mark.parametrize(("n", "measured"), [(6, True), (5, True), (4, False), (0, False)])
def test_fewer_users_than_a_segment_needs_leave_it_unmeasured(town, n, measured):
    plan = held_to(town, min_segment_users={"": 2, "vip": 5}).plan
    found = enough(some(n=n), plan, "vip")
    assert (
        found == some(n=n)
        if measured
        else (found.value, found.reason)
        == (
            None,
            f"not enough data: {n} users, at least 5 are needed",
        )
    )
    assert enough(some(n=2), plan, "new_users").value == 0.5


def test_a_number_may_need_more_users_than_the_guardrails_ask_for_and_never_fewer(town):
    plan = held_to(town, min_segment_users=3).plan
    assert "at least 20 are needed" in enough(some(n=19), plan, "vip", 20).reason
    assert enough(some(n=20), plan, "vip", 20).value == 0.5
    assert "at least 3 are needed" in enough(some(n=2), plan, "vip", 1).reason


def test_why_something_was_not_measured_already_is_not_written_over(town):
    one = some(value=None, n=0, reason="the service returns at most 10 items")
    assert enough(one, held_to(town, min_segment_users=3).plan, "vip") == one


def test_a_number_says_for_whom_the_profile_is_not_in_effect():
    assert standing_figure(some(), Standing((True,))) == some()
    left_out = standing_figure(some(), Standing((True, False), 1))
    assert (left_out.value, left_out.definition) == (
        0.5,
        "d; 1 users left out, for whom the profile is not in effect",
    )
    silent = standing_figure(some(), Standing((True,), 0, "not in effect"))
    assert (silent.value, silent.raw, silent.reason) == (None, 0.5, "not in effect")
    missing = some(value=None, reason="too few")
    assert standing_figure(missing, Standing((True,), 0, "not in effect")) == missing


def test_every_metric_of_the_lists_has_its_figures_and_those_of_segments_where_it_has_any(figures):
    whole, segments = figures(FULL)
    listed = [metric for metric in METRICS.values() if metric.source == "lists"]

    def labels(metrics):
        return {
            metric.shown(which)
            for metric in metrics
            for which in (("unseen", "all") if metric.of_relevance else ("",))
        }

    assert set(whole) == labels(listed)
    assert set(segments) == {"vip", "new_users", "crowd"}
    for found in segments.values():
        assert set(found) == labels([metric for metric in listed if metric.per_segment])
    assert all(name == one.name for name, one in whole.items())
    assert {one.definition for one in whole.values()} == {metric.definition for metric in listed}


def test_a_segment_is_measured_over_its_own_users(figures):
    lists = [FULL[n] if n < 6 else FULL[n][1:] + FULL[n][:1] for n in range(10)]
    whole, segments = figures(lists)
    vip, new = segments["vip"]["hit_rate@10 (all)"], segments["new_users"]["hit_rate@10 (all)"]
    assert [(one.value, one.n) for one in (vip, new)] == [(1, 6), (0, 4)]
    assert (whole["hit_rate@10 (all)"].value, whole["hit_rate@10 (all)"].n) == (0.6, 10)
    assert (
        segments["crowd"]["hit_rate@10 (all)"].reason
        == "nothing to measure: no list, no slot or no user with holdout"
    )
    assert segments["vip"]["novelty@20"].value != segments["new_users"]["novelty@20"].value


def test_of_lists_together_a_segment_counts_the_users_who_got_one(figures):
    one = figures([FULL[0], [], FULL[2]])[1]["vip"]["novelty@20"]
    assert one.n == 2
    assert one.reason.startswith("1 of 3 lists hold fewer than 20 items")


def test_short_lists_of_one_segment_leave_the_others_measured(figures):
    lists = [one if n < 6 else one[:9] for n, one in enumerate(FULL)]
    whole, segments = figures(lists)
    assert segments["vip"]["novelty@20"].reason == ""
    assert segments["new_users"]["novelty@20"].reason.startswith("4 of 4 lists hold fewer than 20 items")
    assert whole["novelty@20"].reason.startswith("4 of 10 lists hold fewer than 20 items")
    assert whole["list_length@20"].value == (6 * 20 + 4 * 9) / 10


def test_a_number_over_users_of_whom_too_many_have_other_knobs_says_nothing_but_what_it_is(figures):
    whole, segments = figures(FULL, "u6")
    assert (whole["list_length@20"].value, whole["list_length@20"].raw) == (None, 20)
    assert whole["list_length@20"].reason.startswith("the profile is not in effect for 1 of 10 users")
    new = segments["new_users"]["novelty@20"]
    assert new.reason.startswith("the profile is not in effect for 1 of 4 users")
    assert new.raw is not None
    assert segments["vip"]["novelty@20"].value == figures(FULL)[1]["vip"]["novelty@20"].value


def test_one_user_in_twenty_is_left_out_of_every_number_and_said_to_be(shared_make_world):
    names = [f"v{n:02}" for n in range(20)]
    users = [{"user_id": name, "traits": {"segment": "vip"}} for name in names]
    world = held_to(shared_make_world(document=TOWN | {"users": [*users, *TOWN["users"]]}))
    table = table_of(world, [7] * 20, *[list(range(8, 28))] * 19)
    applied = Applied(tuple(names), (Unapplied(("MMR_LAMBDA",), ("v00",)),), (ROW,))
    note = "; 1 users left out, for whom the profile is not in effect"
    whole, segments = figures_of(Basis(table, world.popularity), applied)
    for found in (whole, segments["vip"]):
        assert (found["list_length@20"].n, found["list_length@20"].value) == (19, 20)
        assert found["list_length@20"].definition.endswith(note)
    bits = world.seeded_counts[8:28], int(world.seeded_counts.sum()) + 30
    told = sum(-math.log2((count + 1) / bits[1]) for count in bits[0].tolist()) / 20
    assert whole["novelty@20"].n == 19 * 20
    assert whole["novelty@20"].reason == segments["vip"]["novelty@20"].reason == ""
    assert whole["novelty@20"].value == segments["vip"]["novelty@20"].value == pytest.approx(told)
