"""What diversification could do at best with the candidates that there are."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulation_town import listed

from pytest_recsim.simulation.checks.diversity import Tags, possible_ratio, selected
from pytest_recsim.simulation.checks.subjects import similarity_of
from pytest_recsim.testing import item, shop

NUMBERS = st.lists(st.integers(0, 59), unique=True, max_size=25)
SCORES = st.floats(0, 10)
RED, GREEN, BLUE = ("i000", "i003", "i006"), ("i001", "i004", "i007"), ("i002", "i005")
"""Every third item of the small shop has the same one plain tag."""

ONE_SHOP = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def scored(*items, step=0.1):
    return listed("u000", {item: 1.0 - step * place for place, item in enumerate(items)})


def test_relevance_alone_keeps_the_order_of_the_scores(sim):
    assert selected(Tags(sim), scored(*RED, *GREEN), 1.0, 4) == [*RED, GREEN[0]]


def test_variety_alone_takes_one_of_every_kind_before_a_second(sim):
    assert set(selected(Tags(sim), scored(*RED, *GREEN, *BLUE), 0.0, 3)) == {RED[0], GREEN[0], BLUE[0]}


def test_in_between_an_item_of_another_kind_passes_as_many_as_its_score_allows(sim):
    """At 0.5 being alike costs as much as the best score; the scores here differ by a tenth."""
    shown = scored(*RED, *GREEN)
    assert selected(Tags(sim), shown, 0.5, 3) == [RED[0], GREEN[0], RED[1]]
    assert selected(Tags(sim), shown, 0.95, 3) == [*RED]


def test_what_counts_is_the_score_relative_to_the_best_one(sim):
    """Scores ten times as large are the same list."""
    small, large = (
        listed("u", {i: f * (1 - p / 10) for p, i in enumerate((*RED, *GREEN))}) for f in (0.01, 100)
    )
    assert selected(Tags(sim), small, 0.6, 5) == selected(Tags(sim), large, 0.6, 5)


def test_the_best_item_comes_first_whatever_its_sign(sim):
    assert selected(Tags(sim), listed("u", {"i000": -2.0, "i001": -1.0}), 0.7, 1) == ["i001"]


def test_scores_of_zero_are_no_division_by_zero(sim):
    assert selected(Tags(sim), listed("u", {"i000": 0.0, "i003": 0.0, "i001": 0.0}), 0.5, 2) == [
        "i000",
        "i001",
    ]
    assert selected(Tags(sim), listed("u", []), 0.5, 2) == []


def test_items_without_a_tag_are_like_nobody(sim):
    assert selected(Tags(sim), scored("i000", "nobody", "i003", step=0.01), 0.5, 2) == ["i000", "nobody"]


@ONE_SHOP
@given(
    numbers=NUMBERS,
    scores=st.lists(SCORES, min_size=25, max_size=25),
    lam=st.floats(0, 1),
    k=st.integers(1, 20),
)
def test_as_many_items_are_picked_as_can_be_each_once(sim, numbers, scores, lam, k):
    shown = listed("u", {f"i{number:03}": score for number, score in zip(numbers, scores, strict=False)})
    picked = selected(Tags(sim), shown, lam, k)
    assert len(picked) == len(set(picked)) == min(k, len(numbers))
    assert set(picked) <= set(shown.ids)
    if picked and lam:
        scored = dict(zip(shown.ids, scores, strict=False))
        assert lam * scored[picked[0]] == pytest.approx(lam * max(scored.values()))


@ONE_SHOP
@given(numbers=NUMBERS, scores=st.lists(SCORES, min_size=25, max_size=25))
def test_at_lambda_one_nothing_with_a_lower_score_comes_before_a_higher_one(sim, numbers, scores):
    shown = listed("u", {f"i{number:03}": score for number, score in zip(numbers, scores, strict=False)})
    by_id = {item.item_id: item.score for item in shown.answer.items}
    found = [by_id[item] for item in selected(Tags(sim), shown, 1.0, 10)]
    assert found == sorted(by_id.values(), reverse=True)[:10]


# --- the ratio ---


def test_lists_of_one_kind_can_be_made_as_varied_as_there_are_other_kinds(sim):
    shown = scored(*RED, *GREEN)
    plain = similarity_of(sim, RED)
    varied = similarity_of(sim, (RED[0], GREEN[0], RED[1]))
    assert (plain, varied) == (1.0, pytest.approx(1 / 3))
    assert possible_ratio(sim, [shown], 0.5, 3) == pytest.approx(1 / 3)


def test_the_ratio_is_over_all_lists_together(sim):
    one, other = scored(*RED, *GREEN), scored("i000", "i003", "i001")
    assert possible_ratio(sim, [one, other], 0.5, 3) == pytest.approx((1 / 3 + 1 / 3) / (1 + 1 / 3))


def test_at_lambda_one_there_is_nothing_to_gain(sim):
    assert possible_ratio(sim, [scored(*RED, *GREEN)], 1.0, 4) == 1.0


def test_candidates_that_share_no_tag_cannot_become_more_varied(sim):
    assert math.isnan(possible_ratio(sim, [scored("i000", "i001", "i002")], 0.5, 3))
    assert math.isnan(possible_ratio(sim, [], 0.5, 3))


def test_tags_count_trimmed_and_in_lower_case_when_candidates_are_compared(open_town):
    odd = [item("x1", tags=["Sale "]), item("x2", tags=["sale"]), item("x3", tags=["new"])]
    sim, _ = open_town(shop(users=2, items=24).with_items(*odd))
    assert selected(Tags(sim), listed("u", {"x1": 1.0, "x2": 0.9, "x3": 0.8}), 0.5, 2) == ["x1", "x3"]


def test_sharing_one_tag_of_three_costs_a_third_of_sharing_all(sim):
    """0.7 * 0.9 - 0.3 / 3 is 0.53, what an item of another kind has to beat with 0.7 times its score."""
    tags = {"x1": ("a", "b"), "x2": ("b", "c"), "x3": ("d",)}
    pattern = sim.items["i000"]
    for name, own in tags.items():
        sim.items[name] = msgspec.structs.replace(pattern, item_id=name, tags=own)
    for third, second in ((0.74, "x2"), (0.78, "x3")):
        shown = listed("u", {"x1": 1.0, "x2": 0.9, "x3": third})
        assert selected(Tags(sim), shown, 0.7, 2) == ["x1", second]
