"""What is kept of every user: their list, their numbers, and those of the baseline; the means are the figures."""

from __future__ import annotations

from statistics import fmean

import pytest
from measured_town import ITEMS, TOWN, USERS, answers_of, held_to, wanted

from pytest_recsim.simulation.measure.per_user import user_lines
from pytest_recsim.simulation.measure.scoring import basis_of, score
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

LISTS = [[5 + n % 5, *range(10, 29)] for n in range(5)] + [[*range(10, 29), 5 + n % 5] for n in range(5, 10)]


@pytest.fixture(scope="module")
def town(shared_make_world):
    return shared_make_world(document=TOWN)


@pytest.fixture(scope="module")
def kept(town):
    """Lines and judged quality of the same lists."""
    world = held_to(town)
    answers = answers_of(world, *LISTS)
    basis = basis_of(world, answers, 0)
    lines = list(user_lines(basis, Applied(users=("u1",), groups=(Unapplied(("X",), ("u1",)),))))
    return lines, score(world, answers, clamped=0, basis=basis)


def test_every_user_has_a_line_with_segment_and_list(kept):
    lines, _ = kept
    assert [one.user for one in lines] == USERS
    assert [one.segment for one in lines] == ["vip"] * 6 + ["new_users"] * 4
    assert list(lines[0].items) == [ITEMS[place] for place in LISTS[0]]


def test_the_mean_of_a_number_is_the_figure_of_everybody(kept):
    lines, quality = kept
    judged = quality.judged_relevance
    for label, name in (
        (f"ndcg@10 ({judged})", "ndcg"),
        (f"mrr@10 ({judged})", "mrr"),
        (f"recall@20 ({judged})", "recall"),
        ("list_length@20", "list_length"),
    ):
        assert fmean(one.values[name] for one in lines) == pytest.approx(quality.figures[label].value)


def test_the_mean_of_the_baseline_is_the_one_that_the_lift_divides_by(kept):
    lines, quality = kept
    for name in ("ndcg", "mrr"):
        members = [one for one in lines if one.segment == "vip"]
        assert fmean(one.baseline[name] for one in members) == pytest.approx(
            quality.lift("vip", name).baseline_mean
        )


def test_whoever_the_profile_misses_is_marked(kept):
    lines, _ = kept
    assert [one.user for one in lines if not one.in_effect] == ["u1"]


def test_who_wants_nothing_new_has_no_number_for_it(shared_make_world):
    again = [{"user_id": "u0", "item_id": wanted(0), "type": 0, "ts": "2026-10-20T00:00:00Z"}]
    world = held_to(
        shared_make_world(document=TOWN | {"events": [*TOWN["events"], *again]}), relevance="unseen"
    )
    basis = basis_of(world, answers_of(world, *LISTS), 0)
    lines = list(user_lines(basis, Applied()))
    assert not {"ndcg", "mrr", "recall"} & {*lines[0].values, *lines[0].baseline}
    assert {"ndcg", "mrr", "recall"} < {*lines[1].values}


def test_where_there_is_no_baseline_nobody_has_a_number_of_it(shared_make_world):
    events = [event for event in TOWN["events"] if event["ts"] > "2026-11-01"]
    world = held_to(shared_make_world(document=TOWN | {"events": events}))
    basis = basis_of(world, answers_of(world, *LISTS), 0)
    assert {tuple(one.baseline) for one in user_lines(basis, Applied())} == {()}
