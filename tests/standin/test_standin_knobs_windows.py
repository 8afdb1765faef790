"""Turning the windows of co-visitation and of profiles (contract 10.1, 12.2, 12.5, 12.6)."""

import pytest
from standin_knobs import BASE, Service, frame, turning
from standin_town import Place, event, item
from standin_worlds_load import call

PAIRS = Place(
    [item(name) for name in "abxyz"],
    [
        *(event("regular", "a", 5), event("regular", "b", 15)),
        *(event("f1", name, day) for name, day in (("a", 6), ("a", 7), ("x", 1), ("x", 2), ("x", 3))),
        *(event("f2", name, 16) for name in "by"),
        *(event("f3", name, 16.5) for name in "az"),
    ],
)
SETTLED = {"PROFILE_MIN_EVENTS_FOR_BOOST": 0}


def raws(service, name):
    found = {i: row["explain"]["blend"]["raw"].get(name) for i, row in service.rows("regular").items()}
    return {item_id: raw for item_id, raw in found.items() if raw}


def anchors(service, user="regular"):
    return next(iter(service.rows(user).values()))["explain"]["anchors"]


@turning("COVIS_WINDOW_DAYS")
def test_the_window_bounds_anchors_and_the_pairs_of_events(turn):
    short, long = (turn(PAIRS, days, **SETTLED) for days in (10, 20))
    assert (anchors(short), raws(short, "cooc")) == (["a"], {"x": 6})  # two visits of a, three of x
    assert anchors(long) == ["a", "b"]
    assert raws(long, "cooc") == {"x": 6, "y": 1, "z": 1, "a": 1, "b": 1}  # a and b by the user's own events


@turning("COVIS_WINDOW_DAYS", only=("env", "admin"))
def test_that_window_is_cut_to_whole_days(turn):
    cut, whole, longer = (turn(PAIRS, days, **SETTLED) for days in (16.9, 16, 17))
    assert cut.everything() == whole.everything() != longer.everything()


@turning("COVIS_WINDOW_DAYS", only=("request", "admin", "segment"))
def test_that_window_of_zero_means_thirty_days(turn):
    zero, thirty, short = (turn(PAIRS, days, **SETTLED) for days in (0, 30, 5))
    assert zero.everything() == thirty.everything() != short.everything()


@turning("COVIS_WINDOW_DAYS", only=("env", "admin"))
def test_that_window_bounds_similar_items_that_rest_on_visits(turn):
    bare = Place([item(name, description=None) for name in "axz"], PAIRS.events)

    def similar(days):
        rows = call(turn(bare, days).app, "GET", "/v1/items/a/similar", query=b"namespace=n")
        return [(row["item_id"], row["score"]) for row in rows]

    assert (similar(10), similar(20)) == ([("x", 6)], [("x", 6), ("z", 1)])


@turning("COVIS_WINDOW_DAYS", only=("env",))
def test_that_window_leaves_candidates_popularity_profiles_and_the_history_of_cold_users_alone(turn):
    # Fewer anchors than a boost needs damp it (contract 12.7).
    warm = "anchors cooc contrib.cooc similarity contrib.similarity reasons boost_multiplier score order"
    cold = "cooc contrib.cooc reasons score order"
    frame(turn, 21, 8, {"regular plain": warm, "sparse newcomer fresh": cold})


# --- the profile's window -------------------------------------------------------------------------------------

TASTES = Place(
    [item("a", "jazz"), item("b", "tea"), item("c", "chess")],
    [event("regular", "a", 2.4), event("regular", "b", 12), event("regular", "c", 50)],
)
LITTLE = {"PROFILE_MIN_EVENTS_FOR_BOOST": 1}


def overlaps(service):
    rows = service.rows("regular").items()
    blocks = {i: row["explain"].get("personalization") for i, row in rows}
    return {i: block["overlap"] for i, block in blocks.items() if block}


def recent(service):
    return service.ask("regular")["trace"]["extras"]["recent_event_count"]


def shares(**ages):
    faded = {name: 0.5 ** (age / 14) for name, age in ages.items()}
    return pytest.approx({name: weight / sum(faded.values()) for name, weight in faded.items()})


@turning("PROFILE_WINDOW_DAYS")
def test_the_window_is_the_history_that_counts_as_taste_and_as_recent(turn):
    short, long = turn(TASTES, 5, **LITTLE), turn(TASTES, 20, **LITTLE)
    assert (overlaps(short), recent(short)) == (shares(a=2.4), 1)
    assert (overlaps(long), recent(long)) == (shares(a=2.4, b=12), 2)


@turning("PROFILE_WINDOW_DAYS", only=("env", "admin", "segment"))
def test_the_profile_window_counts_parts_of_days(turn):
    assert recent(turn(TASTES, 2.5, **LITTLE)) == 1
    assert recent(turn(TASTES, 2.3, **LITTLE)) == 0


@turning("PROFILE_WINDOW_DAYS", only=("request", "admin", "segment"))
def test_a_profile_window_of_zero_is_all_history_for_taste_and_thirty_days_for_what_is_recent(turn):
    service = turn(TASTES, 0, **LITTLE)
    assert (overlaps(service), recent(service)) == (shares(a=2.4, b=12, c=50), 2)


@turning("PROFILE_WINDOW_DAYS", only=("env",))
def test_the_profile_window_leaves_popularity_and_the_anchors_of_settled_users_alone(turn):
    # With nobody sparse, users without a history of their own live by the starter profile alone (contract 12.5).
    taste = "overlap boost_multiplier score order"
    may = {"regular": f"{taste} similarity contrib.similarity reasons", "sparse": taste}
    frame(turn, 30, 14, may, SETTLED)


def test_the_user_who_fades_out_of_the_profile_window_is_treated_as_a_stranger_to_the_service():
    gone = Service(TASTES, BASE | LITTLE | {"PROFILE_WINDOW_DAYS": 2}).ask("regular")["trace"]["extras"]
    here = Service(TASTES, BASE | LITTLE).ask("regular")["trace"]["extras"]
    assert gone["starter_profile_weight"] == 1
    assert "starter_profile" not in here
