"""Each formula of the registry against its definition in plain Python, and what makes it say nothing."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from measured_town import ITEMS, TOWN, held_to, table_of

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge import PADDING, UNKNOWN
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser, item_tags

WHOLE = list(range(29))
CLEAR = {"min_catalog_coverage": 0.9, "min_long_tail_share": 0.9}
"""Thresholds that lists of this town can miss or keep."""
LISTS = st.lists(
    st.lists(st.integers(0, 29) | st.just(UNKNOWN), max_size=20, unique_by=lambda item: item),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def town(shared_make_world):
    return held_to(shared_make_world("CATEGORY_CAP=0", "BRAND_CAP=0", document=TOWN))


@pytest.fixture(scope="module")
def of_town(town):
    return lambda name, lists: value(town, name, lists)


@pytest.fixture(scope="module")
def town_counts(town):
    return town.seeded_counts.tolist()


def value(world, name, lists, which="all"):
    """The metric of these lists, and what stands behind it: a number, or one per user."""
    basis, k = Basis(table_of(world, *lists), world.popularity), METRICS[name].k
    formula = FORMULAS[name]
    return (
        formula.values(basis, k, which).tolist() if isinstance(formula, PerUser) else formula.value(basis, k)
    )


def reason(world, name, *lists, **limits):
    world = held_to(world, **CLEAR | limits)
    return FORMULAS[name].reason(Basis(table_of(world, *lists), world.popularity), METRICS[name])


def same(found, expected):
    assert found == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40)
@example([[]])
@example([[UNKNOWN]])
@given(LISTS)
def test_numbers_about_the_catalogue_are_what_their_definitions_say(of_town, town_counts, lists):
    slots = [item for one in lists for item in one]
    known = [item for item in slots if item >= 0]
    available = range(29)
    shown = [known.count(item) for item in available]
    counts, events = town_counts, sum(town_counts)
    same(of_town("catalog_coverage", lists), (sum(map(bool, shown)) / 29, len(lists)))
    tail = [item for item in slots if item not in range(6)]
    same(of_town("long_tail_share", lists), (len(tail) / len(slots) if slots else math.nan, len(slots)))
    bits = [-math.log2((counts[item] + 1) / (events + 30)) for item in known]
    same(of_town("novelty", lists), (sum(bits) / len(bits) if bits else math.nan, len(slots)))
    uneven = sum(abs(one - other) for one in shown for other in shown)
    gini = uneven / (2 * 29 * sum(shown)) if sum(shown) else math.nan
    same(of_town("gini", lists), (gini, len(lists)))


@settings(max_examples=40)
@given(LISTS)
def test_numbers_about_a_list_are_what_their_definitions_say(of_town, lists):
    tags = [{f"t{n % 3}", f"t{n % 2}"} for n in range(30)]

    def alike(items):
        pairs = list(combinations([item for item in items[:10] if item >= 0], 2))
        shares = [len(tags[a] & tags[b]) / len(tags[a] | tags[b]) for a, b in pairs]
        return sum(shares) / len(shares) if shares else math.nan

    same(of_town("intra_list_similarity", lists), [alike(one) for one in lists])
    same(of_town("list_length", lists), [len(one) for one in lists])
    same(of_town("short_lists", lists), [float(len(one) < 20) for one in lists])
    pairs = [(5 + user % 5, found) for user, found in enumerate(lists)]
    same(of_town("recall", lists), [float(wanted in found) for wanted, found in pairs])
    same(of_town("hit_rate", lists), [float(wanted in found[:10]) for wanted, found in pairs])


def test_repeats_are_the_share_of_hits_that_the_user_had_seen_before(shared_make_world):
    """u0 comes back to i20 and goes on to i05; u1 goes on to i06."""
    again = {"user_id": "u0", "item_id": "i20", "type": 0, "ts": "2026-11-11T00:00:00Z"}
    world = held_to(shared_make_world(document=TOWN | {"events": [*TOWN["events"], again]}))
    assert value(world, "repeat_hit_share", [[20, 5], [6, 20]]) == (pytest.approx(1 / 3), 2)
    assert value(world, "repeat_hit_share", [[5], [6]]) == (0, 2)
    assert value(world, "repeat_hit_share", [[20]]) == (1, 1)
    assert math.isnan(value(world, "repeat_hit_share", [[0], [0]])[0])


def test_a_formula_counts_slots_up_to_its_cut_off_only(town):
    formula, basis = FORMULAS["long_tail_share"], Basis(table_of(town, [9, 8, 0, 1]), town.popularity)
    assert formula.value(basis, 2) == (1.0, 2)
    assert formula.value(basis, 4) == (0.5, 4)
    assert FORMULAS["list_length"].values(basis, 3, "all").tolist() == [3]
    assert FORMULAS["short_lists"].values(basis, 4, "all").tolist() == [0]


def test_tags_are_compared_whatever_their_case_and_the_blanks_around_them(town):
    item, tag, count = item_tags(table_of(town, []))
    carried = [set(tag[item == n].tolist()) for n in range(30)]
    assert list(map(len, carried)) == [len({f"t{n % 3}", f"t{n % 2}"}) for n in range(30)]
    assert count == len(set.union(*carried))
    assert carried[0] == carried[6] != carried[1]


def test_items_without_tags_are_like_nothing(shared_make_world):
    document = TOWN | {"items": [{"item_id": item} for item in ITEMS]}
    world = held_to(shared_make_world(document=document))
    assert value(world, "intra_list_similarity", [[0, 1]]) == [0]


OF_CHOICE = (
    "recall",
    "hit_rate",
    "intra_list_similarity",
    "catalog_coverage",
    "long_tail_share",
    "novelty",
    "gini",
)


@pytest.mark.parametrize("name", FORMULAS)
def test_where_there_is_no_choice_a_number_that_hangs_on_it_proves_nothing(shared_make_world, name):
    few = TOWN | {
        "items": TOWN["items"][:8],
        "events": [one for one in TOWN["events"] if one["item_id"] < "i08"],
    }
    world = shared_make_world(document=few)
    said = reason(world, name, list(range(8)))
    at = METRICS[name].k
    told = f"every list of {at} holds all 8 available items, whatever the ranking"
    assert said == (told if name in OF_CHOICE else "")


@pytest.mark.parametrize("name", FORMULAS)
def test_where_nothing_was_seeded_the_service_could_not_know_what_a_catalogue_metric_asks(town, name):
    said = reason(town, name, *[WHOLE[:20]] * 10, split="2026-01-01T00:00:00Z")
    blind = name in ("catalog_coverage", "novelty", "gini")
    unpopular = "no event was seeded, so there is no popularity to compare with"
    told = "no event was seeded, so the service could not know anything about anybody"
    assert said == (told if blind else unpopular if name == "long_tail_share" else "")


@pytest.mark.parametrize("name", FORMULAS)
def test_on_lists_of_their_own_everything_can_be_measured(town, name):
    assert reason(town, name, *[WHOLE[:20], WHOLE[9:]] * 5) == ""


def test_that_nothing_was_seeded_is_told_before_that_there_are_too_few_slots(town):
    for name, limits in (("gini", {"max_gini": 0.5}), ("catalog_coverage", {"min_catalog_coverage": 0.8})):
        assert reason(town, name, WHOLE[:20], split="2026-01-01T00:00:00Z", **limits) == (
            "no event was seeded, so the service could not know anything about anybody"
        )


def test_a_threshold_that_one_list_keeps_or_few_slots_cannot_show_leaves_coverage_unmeasured(town):
    lists = [WHOLE[:20], WHOLE[9:]]
    assert "every single list already shows" in reason(
        town, "catalog_coverage", *lists, min_catalog_coverage=0.5
    )
    assert reason(town, "catalog_coverage", *lists, min_catalog_coverage=0.8) == (
        "not enough data: 2 evaluated users x 20 slots cannot show 0.8 of 29 available items with room to spare; "
        "3 users would do"
    )
    assert reason(town, "catalog_coverage", *lists, WHOLE[:20], min_catalog_coverage=0.8) == ""


def test_the_long_tail_is_sure_where_the_head_is_smaller_than_a_list(town):
    said = reason(town, "long_tail_share", WHOLE[:20], min_long_tail_share=0.7)
    assert said.startswith("the head has 6 of 29 available items, so 0.7 of all slots are outside it")
    assert reason(town, "long_tail_share", WHOLE[:20], min_long_tail_share=0.71) == ""


def test_few_slots_cannot_be_as_even_as_a_threshold_asks_and_without_one_nothing_is_asked(town):
    one = WHOLE[:20]
    assert reason(town, "gini", one) == ""
    said = reason(town, "gini", one, max_gini=0.5)
    assert said.startswith(
        "not enough data: 1 evaluated users x 20 slots cannot be as even as 0.5 over 29 available"
    )
    assert reason(town, "gini", one, one, max_gini=0.5) == ""


@pytest.mark.parametrize("name", ["catalog_coverage", "long_tail_share", "novelty", "gini"])
def test_a_number_about_the_catalogue_names_the_items_that_it_is_about(town, name):
    table = table_of(town, [0, 1], [0])
    told = FORMULAS[name].behind(table, 20).told
    assert told.startswith(
        "27 of 29 available items are in no list"
        if name == "catalog_coverage"
        else "most shown of 2 lists: i00 in 2"
    )
    assert FORMULAS["repeat_hit_share"].behind is None


def test_only_numbers_about_the_length_of_lists_stand_on_short_ones(town):
    assert {name for name, one in FORMULAS.items() if not one.long_enough} == {"list_length", "short_lists"}
    assert (table_of(town, [0]).lists == PADDING).sum() == 19
    assert np.shape(table_of(town, [0]).lists) == (1, 20)
