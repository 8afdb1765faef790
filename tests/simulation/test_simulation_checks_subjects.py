"""What several scenarios share: who is asked, which tags can show a fault, and what a list says."""

from __future__ import annotations

import math
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulation_town import listed

from pytest_recsim.simulation.checks import subjects
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.checks.subjects import Filtered
from pytest_recsim.simulation.session.preparation import OUTCOME
from pytest_recsim.simulation.truth.applied import Applied, Unapplied
from pytest_recsim.testing import item, shop

SEGMENTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "c1": "c", "c2": "c"}
PEOPLE = SimpleNamespace(users={name: SimpleNamespace(segment=segment) for name, segment in SEGMENTS.items()})


# --- who is asked ---


def test_users_are_taken_from_the_segments_in_turn(sim):
    assert subjects.spread(PEOPLE, 4, ["a1", "a2", "a3", "c2", "c1", "b1"]) == ["a1", "b1", "c2", "a2"]
    assert subjects.spread(PEOPLE, 99, ["c2", "a1", "c1"]) == ["a1", "c2", "c1"]
    assert subjects.spread(PEOPLE, 3, []) == []
    found = subjects.spread(sim, 4)
    assert [sim.users[user].segment for user in found] == ["new_users", "regulars"] * 2
    assert set(found) <= set(sim.lists)


@given(st.permutations(sorted(SEGMENTS)), st.integers(0, 8))
def test_nobody_is_taken_twice_and_no_segment_gets_two_more_than_one_that_has_more(order, n):
    found = subjects.spread(PEOPLE, n, order)
    assert len(found) == len(set(found)) == min(n, len(order))
    taken = {segment: sum(SEGMENTS[user] == segment for user in found) for segment in "abc"}
    left = {segment for segment in "abc" if taken[segment] < list(SEGMENTS.values()).count(segment)}
    assert all(taken[other] <= taken[segment] + 1 for segment in left for other in "abc")


def test_established_users_with_most_relevant_items_come_first(sim):
    found = subjects.most_relevant(sim, 5)
    assert set(found) == {"u000", "u002", "u004", "u006", "u008"}, "u010 has too short a past"
    assert found[0] == "u008", "two relevant items, the others have one"
    assert subjects.most_relevant(sim, 1) == ["u008"]


def test_users_without_the_profile_are_left_out_where_there_are_enough_others(join):
    prepared = join().prepared
    without = Applied(tuple(prepared.users), (Unapplied(("MMR_LAMBDA",), ("u008", "u000")),), ())
    path = join().context.folder / OUTCOME
    path.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(prepared, applied=without)))
    assert set(subjects.most_relevant(join(), 3)) == {"u002", "u004", "u006"}
    assert subjects.most_relevant(join(), 4)[0] == "u008", "too few others, so everybody counts"


def test_too_few_established_users_are_not_measured(sim):
    assert len(subjects.established_with_truth(sim, Check(), 5)) == 5
    with pytest.raises(NotMeasured, match=r"^5 established users with holdout, 6 are needed$"):
        subjects.established_with_truth(sim, Check(), 6)


def test_plain_lists_are_asked_for_once_with_relevance_alone(sim, town):
    lists = subjects.plain_lists(sim)
    assert set(lists) == {"u000", "u002", "u004", "u006", "u008"}
    assert {exchange.ask.surface for exchange in lists.values()} == {"recsim-plain"}
    assert town.bodies[0]["overrides"] == {"brand_cap": 0, "category_cap": 0, "mmr_lambda": 1.0}
    asked = town.questions
    assert subjects.plain_lists(sim).keys() == lists.keys()
    assert town.questions == asked


def test_lists_without_caps_are_the_profiles_own_only_where_no_cap_is_in_effect(sim, town, monkeypatch):
    assert sim.caps == (2, 3)
    found = subjects.unfiltered_lists(sim, ["u000", "u001"])
    assert town.bodies[0]["overrides"] == {"brand_cap": 0, "category_cap": 0}
    assert found["u000"].ask.surface == "recsim-unfiltered"
    town.forget()
    monkeypatch.setattr(type(sim), "caps", (0, 0))
    assert subjects.unfiltered_lists(sim, ["u000"]) == {"u000": sim.lists["u000"]}
    monkeypatch.setattr(type(sim), "caps", (0, None))
    assert subjects.unfiltered_lists(sim, ["u000"])["u000"].ask.surface == "recsim-unfiltered", (
        "one is not known"
    )


# --- tags ---


@pytest.fixture
def odd_shop(open_town):
    """Tags with other spellings, and an item that carries nothing but blanks."""
    rows = [item("x1", tags=["  Sale", "new"]), item("x2", tags=["sale"]), item("x3", tags=[" "])]
    sim, _ = open_town(shop(users=2, items=24).with_popular(*rows))
    return sim


def test_an_item_carries_a_tag_as_filters_see_it(odd_shop):
    assert subjects.carries(odd_shop, "x1", "SALE ")
    assert subjects.carries(odd_shop, "x2", "sale")
    assert not subjects.carries(odd_shop, "x2", "new")
    assert not subjects.carries(odd_shop, "nobody knows it", "sale")


def test_the_probe_has_the_tags_of_its_source(sim):
    tags = sim.items[sim.probe_source].tags
    assert all(subjects.carries(sim, sim.probe_id, tag) for tag in tags)
    assert not subjects.carries(sim, sim.probe_id, "purple")
    assert subjects.plain_tags(sim, sim.probe_id) == sim.plain_tags(sim.probe_source) != frozenset()
    assert subjects.plain_tags(sim, "i000") == {"red"}
    assert subjects.plain_tags(sim, "nobody knows it") == frozenset()


def test_items_with_a_tag_are_those_spelled_so_that_popularity_can_find(odd_shop, sim):
    assert subjects.tagged_items(odd_shop, "sale") == {"x2"}
    red = subjects.tagged_items(sim, "red")
    assert red == {name for name in sim.offered if int(name[1:]) % 3 == 0}
    assert 0 < len(red) < 20, "items without an event are not found"


def test_tags_that_can_show_a_filter_come_from_rare_to_common(sim):
    sizes = {tag: len(subjects.tagged_items(sim, tag)) for tag in ("red", "green", "blue")}
    assert min(sizes.values()) >= subjects.MIN_TAG_ITEMS
    lists = {"u000": sim.lists["u000"]}
    found = subjects.filterable_tags(sim, list(sizes), lists, 5)
    assert set(found) == set(sizes)
    assert [sizes[tag] for tag in found] == sorted(sizes.values())
    assert subjects.filterable_tags(sim, list(sizes), lists, 1) == found[:1]
    assert subjects.filterable_tags(sim, list(sizes), lists, 2) == [found[0], found[2]], (
        "the ends of the range"
    )


def test_a_tag_is_no_subject_when_a_list_would_be_right_without_any_filter(sim):
    mixed, red = listed("u001", ["i000", "i001"]), listed("u000", ["i000", "i003"])
    assert set(subjects.filterable_tags(sim, ["red", "blue"], {"u001": mixed}, 5)) == {"red", "blue"}
    assert subjects.filterable_tags(sim, ["red", "blue"], {"u001": mixed, "u000": red}, 5) == ["blue"]


def test_a_tag_that_hardly_anything_carries_is_no_subject(odd_shop):
    lists = {"u000": listed("u000", ["i000"])}
    assert subjects.filterable_tags(odd_shop, ["sale", "new", "nothing"], lists, 5) == []


def test_a_tag_of_blanks_is_no_subject_for_a_filter_on_it_is_none(open_town):
    rows = [item(f"x{n}", tags=[" ", "dear"]) for n in range(subjects.MIN_TAG_ITEMS)]
    sim, _ = open_town(shop(users=2, items=24).with_popular(*rows))
    assert subjects.filterable_tags(sim, [" ", "dear"], {"u": listed("u", ["i000"])}, 5) == ["dear"]


# --- filtered lists ---


def filtered(*ids, strays=(), expected=0, user="u001"):
    return Filtered(user, "red", listed(user, ids), strays, expected)


def test_a_filter_that_works_passes_on_the_stand_in(sim):
    check = Check()
    lists = subjects.filtered_lists(sim, ["u000", "u001"], ["red", "blue"], "recsim-s1")
    subjects.judge_filter(check, lists)
    assert check.conclude().outcome == "passed"
    assert [(one.user, one.tag) for one in lists] == [
        (u, t) for t in ("red", "blue") for u in ("u000", "u001")
    ]
    assert all(one.expected > 0 and not one.strays and not one.short for one in lists)


def test_filtered_lists_are_long_without_caps_and_on_the_scenarios_surface(sim, town):
    assert sim.lists
    subjects.filtered_lists(sim, ["u000"], ["red"], "recsim-s1")
    (body,) = town.bodies
    assert (body["k"], body["context"]) == (15, {"surface": "recsim-s1"}), "a quarter of sixty items"
    assert body["constraints"] == {"include_tags_any": ["red"]}
    assert body["overrides"] == {"brand_cap": 0, "category_cap": 0}


def test_a_filter_that_leaks_or_loses_fails_with_the_list_that_shows_it(sim, town):
    def leaks(path, answer):
        if path == "/v1/recommendations":
            answer["items"] = [{"item_id": "i001", "score": 1.0}, *answer["items"][:1]]

    assert sim.lists
    town.twist = leaks
    (one,) = subjects.filtered_lists(sim, ["u001"], ["red"], "recsim-s1")
    assert one.strays == ("i001",)
    check = Check()
    subjects.judge_filter(check, [one])
    assert [measure.ok for measure in check.measures] == [False, False]
    least = one.expected
    assert check.measures[0].who == (
        f"user u001, include_tags_any [red]: 2 items of at least {least}, without the tag: i001"
    )
    assert '"include_tags_any":["red"]' in check.measures[0].curl


@pytest.mark.parametrize(("expected", "short"), [(1, False), (2, False), (3, True)])
def test_a_list_is_short_below_its_least_length_only(expected, short):
    assert filtered("i1", "i2", expected=expected).short is short


def test_three_strays_are_named_at_most():
    told, exchange = filtered("i1", "i2", strays=("a", "b", "c", "d"), expected=2).case
    assert told.endswith("2 items of at least 2, without the tag: a, b, c")
    assert exchange.ids == ("i1", "i2")
    assert filtered("i1").case[0] == "user u001, include_tags_any [red]: 1 items of at least 0"


@pytest.mark.parametrize(("items", "length"), [(8, 5), (20, 5), (60, 15), (400, 100), (4000, 100)])
def test_filtered_lists_are_a_quarter_of_the_catalogue_from_five_to_a_hundred(items, length):
    assert subjects.long(SimpleNamespace(available=range(items))) == length


def test_items_that_are_hidden_from_a_user_are_not_missed_in_their_list():
    world = SimpleNamespace(
        available=range(400),
        surely_ranked=lambda user, eligible, k: min(eligible, k),
        hidden=lambda user: frozenset({"a", "b", "z"}),
    )
    assert subjects.least_length(world, "u", ["a", "b", "c", "d"]) == 2
    assert subjects.least_length(world, "u", ["a", "b"]) == 0
    world.surely_ranked = lambda user, eligible, k: 1
    assert subjects.least_length(world, "u", ["a", "b", "c"]) == 0, "never less than none"


# --- measuring that there are none ---


def offenders(count):
    return [(f"user u{n}", listed(f"u{n}", ["i1"])) for n in range(count)]


def test_no_offender_passes_and_names_nobody():
    check = Check()
    subjects.none_of(check, "leaks", [], n=9, definition="d", knob="MMR_LAMBDA")
    (measure,) = check.measures
    assert (measure.ok, measure.n, measure.who, measure.curl, measure.worst) == (True, 9, "", "", "")


def test_the_first_offender_is_shown_with_its_request_and_the_next_four_by_name():
    check = Check()
    subjects.none_of(check, "leaks", offenders(7), n=9, definition="d", advice="the filter")
    (measure,) = check.measures
    assert (measure.ok, measure.got, measure.who, measure.knob) == (False, 7.0, "user u0", "the filter")
    assert '"user_id":"u0"' in measure.curl
    assert measure.worst == "user u0; user u1; user u2; user u3; user u4"


def test_a_single_offender_is_not_named_twice():
    check = Check()
    subjects.none_of(check, "leaks", offenders(1), n=9, definition="d")
    assert (check.measures[0].who, check.measures[0].worst) == ("user u0", "")


# --- what a list says ---


def test_boosts_are_read_from_the_reasons_with_their_sign_and_rule():
    reasons = {
        "i1": ["recent_popularity", "rule.boost:+0.50[r1]", "rule.boost:-0.25[r2]", "rule.boost:0.1[r3]"]
    }
    shown = listed("u", ["i1", "i2"], reasons=reasons)
    assert subjects.boosts(shown, "i1") == {"r1": 0.5, "r2": -0.25}
    assert subjects.boosts(shown, "i2") == subjects.boosts(shown, "gone") == {}


def test_exactly_the_wanted_overrides_have_to_be_at_work():
    shown = listed("u", ["i1"], overrides=("o1", "o2"))
    assert subjects.override_ids(shown) == {"o1", "o2"}
    assert subjects.working(["o2", "o1"])(shown)
    assert not subjects.working(["o1"])(shown)
    assert not subjects.working(["o1", "o2", "o3"])(shown)
    assert subjects.working([])(listed("u", ["i1"]))


def test_scores_are_by_item_and_nothing_for_what_is_not_listed():
    shown = listed("u", {"i1": 0.9, "i2": 0.4})
    assert subjects.scores(shown) == {"i1": 0.9, "i2": 0.4}
    assert subjects.score_of(shown, "i2") == 0.4
    assert math.isnan(subjects.score_of(shown, "i3"))


def test_popularity_made_an_item_a_candidate_when_its_signal_is_above_zero():
    shown = listed("u", ["i1", "i2", "i3"], popular={"i1": 0.01, "i2": 0.0})
    assert [subjects.popular_signal(shown, name) for name in ("i1", "i2", "i3", "gone")] == [
        True,
        False,
        False,
        False,
    ]


def test_similarity_is_the_mean_over_pairs_of_what_two_items_have_in_common(sim):
    assert subjects.similarity(sim, listed("u", ["i000", "i003"])) == 1.0
    assert subjects.similarity(sim, listed("u", ["i000", "i003", "i001"])) == pytest.approx(1 / 3)
    assert subjects.similarity(sim, listed("u", ["i000", "unknown"])) == 0.0
    assert math.isnan(subjects.similarity(sim, listed("u", ["i000"])))


def test_half_of_the_tags_in_common_is_a_third_of_all_of_them(odd_shop):
    """x1 has two plain tags, x2 one; they share none as they are spelled, and `i000` shares none with either."""
    odd_shop.items["x2"] = msgspec.structs.replace(odd_shop.items["x2"], tags=("new", "old"))
    assert subjects.similarity_of(odd_shop, ["x1", "x2"]) == pytest.approx(1 / 3)


@given(st.lists(st.integers(-100, 100), max_size=8))
def test_a_mean_lies_between_the_ends_and_is_no_number_of_nothing(values):
    found = subjects.mean(iter(values))
    assert math.isnan(found) if not values else min(values) <= found <= max(values)
    assert not values or found * len(values) == pytest.approx(sum(values), abs=1e-9)
