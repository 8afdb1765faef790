"""Which lists hold an item that the personal boost has to move, so that its absence proves something."""

from __future__ import annotations

from dataclasses import replace

import pytest
from truth_answers import answered, event

from pytest_recsim.service.contract.records import EventType
from pytest_recsim.simulation.truth.tastes import Tastes, folded

ITEMS = {
    "shoe": ["Running ", "brand:acme"],
    "boot": ["running", "leather"],
    "bag": ["leather"],
    "lamp": ["light"],
    "book": [],
}
KNOBS = ("PROFILE_WINDOW_DAYS=30", "PROFILE_TOP_N=64")
LATER = [event("u2", "book", days) for days in (0.4, 0.3, 0.2, 0.1)]
"""Held out, so that everything else is seeded."""
REAL = {"base_url": "http://x", "base_url_source": "--base-url", "apply": "none"}


@pytest.fixture
def tastes(make_world):
    """Return a factory: events of u1 -> the tastes of the shop."""

    def make(*events, knobs=(), **options):
        filler = [event("u2", "book", 40 + place) for place in range(12 - len(events))]
        document = {
            "items": [{"item_id": name, "tags": tags} for name, tags in ITEMS.items()],
            "users": [{"user_id": name, "traits": {"segment": "vip"}} for name in ("u1", "u2")],
            "events": [*events, *filler, *LATER],
        }
        return Tastes(make_world(*KNOBS, *knobs, document=document, **options))

    return make


def likes(tastes, *items, user="u1"):
    return tastes.boostable(answered(user, *items))


def test_a_list_with_an_item_that_shares_a_tag_is_boostable_and_another_is_not(tastes):
    found = tastes(event("u1", "shoe", 3))
    assert likes(found, "shoe")
    assert likes(found, "lamp", "boot")
    assert not likes(found, "bag", "lamp", "book")
    assert not likes(found)


def test_tags_are_compared_without_case_and_blanks(tastes):
    assert likes(tastes(event("u1", "boot", 3)), "shoe")
    assert folded("  Red SHOES ") == "red shoes"


def test_items_that_the_fixture_does_not_know_say_nothing(tastes):
    found = tastes(event("u1", "shoe", 3))
    assert not likes(found, "recsim-probe-1")
    assert likes(found, "recsim-probe-1", "shoe")


def test_everybody_has_tastes_of_their_own(tastes):
    found = tastes(event("u1", "shoe", 3), event("u2", "lamp", 3))
    assert likes(found, "lamp", user="u2")
    assert not likes(found, "lamp", user="u1")
    assert not likes(found, "shoe", user="u2")


def test_what_left_the_profile_window_or_leaves_it_during_the_run_is_no_taste(tastes):
    assert not likes(tastes(event("u1", "shoe", 31)), "shoe")
    assert not likes(tastes(event("u1", "shoe", 29.95)), "shoe")
    assert likes(tastes(event("u1", "shoe", 29 + 22 / 24)), "shoe")
    late = tastes(event("u1", "shoe", 31))
    assert likes(Tastes(replace(late.world, shift_us=2 * 86_400_000_000)), "shoe"), (
        "times as they were seeded"
    )


def test_a_service_without_a_window_forgets_nothing(tastes):
    admin = {"profile_window_days": 0, "profile_top_n_tags": 64}
    assert likes(tastes(event("u1", "shoe", 300), admin=admin, **REAL), "shoe")


def test_a_tag_that_anything_speaks_against_is_not_sure(tastes):
    bought, returned = event("u1", "shoe", 5, 3), event("u1", "boot", 3, 3, value=-1.0)
    found = tastes(bought, returned)
    assert not likes(found, "boot")
    assert not likes(found, "bag")
    assert likes(found, "shoe")  # for its brand alone
    assert not likes(tastes(returned), "boot", "bag")


def test_what_speaks_against_a_tag_counts_however_old_it_is(tastes):
    assert not likes(tastes(event("u1", "bag", 3), event("u1", "bag", 35, 3, value=-1.0)), "bag")


def test_events_that_are_worth_nothing_make_no_taste(tastes):
    assert not likes(tastes(event("u1", "lamp", 3, value=0.0)), "lamp")
    assert likes(tastes(event("u1", "lamp", 3), event("u1", "lamp", 4, value=0.0)), "lamp"), (
        "nor speak against one"
    )
    found = tastes(event("u1", "lamp", 3))
    assert likes(found, "lamp")
    deaf = Tastes(replace(found.world, types=(EventType(type=0, weight=0.0),)))
    assert not likes(deaf, "lamp")


@pytest.mark.parametrize(("most", "sure"), [(2, True), (1, False)])
def test_where_the_profile_may_be_cut_no_tag_is_sure(tastes, most, sure):
    assert likes(tastes(event("u1", "boot", 3), knobs=(f"PROFILE_TOP_N={most}",)), "boot") is sure


def test_tags_that_count_against_take_their_place_in_a_cut_profile_too(tastes):
    events = [event("u1", "lamp", 3), event("u1", "bag", 2, 3, value=-1.0)]
    assert likes(tastes(*events, knobs=("PROFILE_TOP_N=2",)), "lamp")
    assert not likes(tastes(*events, knobs=("PROFILE_TOP_N=1",)), "lamp")


def test_what_happened_after_the_split_is_no_taste(tastes):
    found = tastes(event("u1", "lamp", 0.05), event("u1", "shoe", 3))
    assert not likes(found, "lamp")
    assert likes(found, "shoe")


@pytest.mark.parametrize("admin", [{}, {"profile_window_days": 30}, {"profile_top_n_tags": 64}])
def test_on_a_service_that_does_not_say_its_window_or_its_cut_nothing_is_sure(tastes, admin):
    found = tastes(event("u1", "shoe", 3), admin=admin, **REAL)
    assert not likes(found, "shoe")


def test_on_a_service_that_says_both_its_own_values_count(tastes):
    admin = {"profile_window_days": 2, "profile_top_n_tags": 64}
    assert not likes(tastes(event("u1", "shoe", 3), admin=admin, **REAL), "shoe")
    assert likes(tastes(event("u1", "shoe", 1), admin=admin, **REAL), "shoe")
