"""Turning the half-life of popularity and the fanout (contract 10.1, 12.3)."""

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import COLD, ESTABLISHED, USERS, Place, event, item, town

AGES = {"now": 0.0, "young": 3.0, "old": 10.0, "coming": -1.0}
SINGLES = Place([item(name) for name in AGES], [event("fan", name, age) for name, age in AGES.items()])
VIEW = 0.1


def raw_pops(service):
    """Return raw popularity by item for a user who adds nothing to it."""
    return {i: row["explain"]["blend"]["raw"].get("pop") for i, row in service.rows("regular").items()}


@turning("POPULARITY_HALFLIFE_DAYS")
@pytest.mark.parametrize("days", [2, 7])
def test_the_half_life_is_the_age_at_which_an_event_counts_half(turn, days):
    pops = raw_pops(turn(SINGLES, days))
    assert pops == pytest.approx({name: VIEW * 0.5 ** (age / days) for name, age in AGES.items()})
    assert pops["old"] / pops["now"] == pytest.approx(0.5 ** (10 / days))


@turning("POPULARITY_HALFLIFE_DAYS")
def test_events_of_a_type_with_its_own_half_life_do_not_notice(turn):
    own = [{"type": 1, "weight": 0.3, "half_life_days": 2.0}]
    events = [event("fan", "a", 4, kind=1), event("fan", "b", 4, kind=0)]
    place = Place([item("a"), item("b")], events, types=own)
    short, long = (raw_pops(turn(place, days)) for days in (2, 8))
    assert short["a"] == long["a"] == pytest.approx(0.3 * 0.25)
    assert long["b"] / short["b"] == pytest.approx(0.5 ** (4 / 8 - 4 / 2))


@turning("POPULARITY_HALFLIFE_DAYS", only=("request", "admin", "segment"))
def test_a_half_life_of_zero_means_fourteen_days(turn):
    zero, fourteen = (turn(town(1), days) for days in (0, 14))
    assert zero.everything() == fourteen.everything()
    assert zero.ask() != turn(town(1), 5).ask()


@turning("POPULARITY_HALFLIFE_DAYS", only=("env",))
def test_the_half_life_moves_popularity_and_nothing_else(turn):
    may = dict.fromkeys(USERS, "pop contrib.pop score order")
    # Who is new and did nothing starts from the most popular items of the starter tags, so those may change.
    may["fresh"] += " anchors cooc contrib.cooc similarity contrib.similarity reasons"
    frame(turn, 5, 9, may)


# --- fanout ---------------------------------------------------------------------------------------------------


def counts(service, user, **request):
    sources = service.ask(user, **request)["trace"]["extras"]["candidate_sources"]
    return {name: source["count"] for name, source in sources.items()}


@turning("POPULARITY_FANOUT")
@pytest.mark.parametrize("fanout", [4, 8, 12])
def test_the_fanout_is_how_many_popular_items_compete(turn, fanout):
    for seed in SEEDS:
        service = turn(town(seed), fanout)
        found = counts(service, "regular", k=3)
        assert found["popularity"] == fanout
        assert found["content"] <= fanout
        assert found["merged"] == fanout  # others take the place of the least popular ones
        wide = raw_pops(Service(town(seed), BASE))
        best = sorted((i for i in wide if wide[i]), key=wide.get, reverse=True)[:fanout]
        shown = service.rows("regular", k=3).values()
        assert {r["item_id"] for r in shown if "pop" in r["explain"]["blend"]["raw"]} <= set(best)


@turning("POPULARITY_FANOUT")
def test_the_fanout_is_raised_to_the_length_of_the_list(turn):
    service = turn(town(1), 2)
    assert [counts(service, "regular", k=k)["popularity"] for k in (1, 6, 9)] == [2, 6, 9]


@turning("POPULARITY_FANOUT", only=("env",))
def test_the_fanout_decides_who_competes_and_nothing_for_cold_users(turn):
    # An item that popularity no longer offers may come back as a content candidate, with another signal.
    moved = "members order policy sources pop? contrib.pop? reasons? score?"
    frame(turn, 300, 7, dict.fromkeys(ESTABLISHED, moved), k=4)
    for user in filter(turn.reaches, COLD):  # 1000 at least, so the whole town
        assert counts(turn(town(1), 7), user, k=4) == counts(turn(town(1), 300), user, k=4)


@turning("POPULARITY_FANOUT", only=("env",))
def test_a_fanout_below_a_list_that_holds_everything_changes_nothing(turn):
    frame(turn, 300, 7, {})
