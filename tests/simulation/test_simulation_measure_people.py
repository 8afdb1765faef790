"""People of a report: nearest to their segment's median whatever their lists look like, and only where somebody asked for them."""

from __future__ import annotations

import gzip
from math import log2
from statistics import median

import pytest
from measured_town import ITEMS, TOWN, USERS, answers_of, held_to, wanted

from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.simulation.measure.people import LONGEST_TITLE, people_of
from pytest_recsim.simulation.measure.scoring import basis_of
from pytest_recsim.simulation.truth.applied import Applied, Unapplied
from pytest_recsim.testing import shop

PLACES = {0: 1, 1: 3, 2: 2, 3: 9, 4: 5, 5: 12, 6: 1, 7: 2, 8: 4, 9: 12}
"""At which place of their list users have what they want; u0 to u5 are `vip`, the others `new_users`."""
TITLED = TOWN | {
    "items": [
        item | {"description": f"The  {'long ' * 40 if n == 11 else ''}{item['item_id']}\n of all"}
        for n, item in enumerate(TOWN["items"])
    ]
}


def lists():
    """Lists of the places above; i10 to i28 are wanted by nobody."""
    found = []
    for n, place in PLACES.items():
        others = list(range(10, 29))
        found.append([*others[: place - 1], 5 + n % 5, *others[place - 1 :]][:20])
    return found


@pytest.fixture(scope="module")
def town(shared_make_world):
    return held_to(shared_make_world(document=TITLED), relevance="all")


def chosen(world, without=()):
    row = KnobRow("MMR_LAMBDA", "0.3", "p:1", "0.2", "differs", "explain")
    others = Applied(tuple(USERS), (Unapplied(("MMR_LAMBDA",), tuple(without)),), (row,))
    return people_of(basis_of(world, answers_of(world, *lists()), 0), others)


def nearest(*users):
    """Users by how far their NDCG is from the median, with that median: one wanted item at a place gives 1 / log2(place + 1)."""
    values = {n: 1 / log2(PLACES[n] + 1) if PLACES[n] <= 10 else 0.0 for n in users}
    middle = median(values.values())
    return sorted(users, key=lambda n: (abs(values[n] - middle), USERS[n])), middle, values


def test_of_every_segment_those_nearest_to_its_median_are_chosen_the_largest_first(town):
    (vip, vip_median, values), (new, new_median, _) = nearest(*range(6)), nearest(*range(6, 10))
    found = chosen(town)
    expected = [vip[0], new[0], vip[1], new[1], vip[2]]
    assert [one.user for one in found.people] == [USERS[n] for n in expected]
    assert found.people[0].value == pytest.approx(values[vip[0]])
    assert [(one.segment, one.of) for one in found.people[:2]] == [("vip", 6), ("new_users", 4)]
    assert [one.without_hit for one in found.people[:2]] == [1, 1], "u5 and u9, who have it at place 12"
    assert [one.median for one in found.people[:2]] == [pytest.approx(vip_median), pytest.approx(new_median)]
    assert "nearest to the segment's median" in found.rule


def test_equal_distances_are_decided_by_the_id(town):
    same = people_of(basis_of(town, answers_of(town, *[list(range(10, 29))] * 10), 0), Applied())
    assert [one.user for one in same.people] == ["u0", "u6", "u1", "u7", "u2"]


def test_who_is_ranked_by_other_knobs_is_not_chosen(town):
    first = nearest(*range(6))[0][0]
    found = chosen(town, without=[USERS[first]])
    assert USERS[first] not in {one.user for one in found.people}
    assert found.people[0].of == 5


def test_a_person_has_a_past_a_list_and_what_came_then(town):
    one = next(person for person in chosen(town).people if person.user == "u1")
    assert [(thing.item, thing.what, thing.on) for thing in one.past] == [
        ("i20", "view", "2026-10-03"),
        ("i21", "view", "2026-10-02"),
    ]
    assert [(thing.item, thing.what, thing.on, thing.chosen) for thing in one.later] == [
        (wanted(1), "view", "2026-11-10", True)
    ]
    assert [thing.item for thing in one.shown] == [ITEMS[n] for n in lists()[1][:10]]
    assert [place for place, thing in enumerate(one.shown, 1) if thing.chosen] == [PLACES[1]]
    assert (one.past_events, one.later_events) == (2, 1)
    assert one.shown[0].title == "The i10 of all"


def test_what_was_done_with_an_item_is_told_once_in_the_order_of_its_weight(shared_make_world):
    more = [
        {"user_id": "u1", "item_id": wanted(1), "type": kind, "ts": f"2026-11-{day}T00:00:00Z"}
        for kind, day in ((3, 12), (0, 13), (1, 11))
    ]
    world = held_to(shared_make_world(document=TOWN | {"events": [*TOWN["events"], *more]}), relevance="all")
    one = next(person for person in chosen(world).people if person.user == "u1")
    assert [(thing.what, thing.on, thing.title) for thing in one.later] == [
        ("view, click, purchase", "2026-11-10", "")
    ]
    assert one.later_events == 4


def test_a_long_title_is_shortened(town):
    people = chosen(town).people
    titles = [thing.title for one in people for thing in one.shown if thing.item == "i11"]
    assert titles
    assert all(len(title) == LONGEST_TITLE and title.endswith("\N{HORIZONTAL ELLIPSIS}") for title in titles)


def test_without_anybody_who_wants_something_nobody_is_chosen(town):
    assert people_of(basis_of(town, [], 0), Applied()).people == ()


SECRET = "Tolstoy-in-paperback"


@pytest.mark.parametrize("asked", [True, False])
def test_titles_and_people_are_in_files_only_where_that_was_asked_for(open_town, asked):
    small = shop(users=4, items=30)
    small = small.with_items(*({**item, "description": SECRET} for item in small.items))
    sim, _ = open_town(small, show_users=asked)
    assert sim.prepared.quality is not None
    root = sim.context.bundle.root
    files = {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    plain = {name: gzip.decompress(data) if name.endswith(".gz") else data for name, data in files.items()}
    holding = {name for name, data in plain.items() if SECRET.encode() in data}
    assert holding == ({"artifacts/people.json"} if asked else set())
    assert ("artifacts/people.json" in files) is asked
