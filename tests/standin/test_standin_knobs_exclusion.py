"""Turning the exclusion of what a user recently bought (contract 10.1, 12.4)."""

from datetime import datetime, timedelta

import pytest
from standin_knobs import BASE, SEEDS, Service, frame, turning
from standin_town import NOW, Place, event, item, town

ON = {"RULE_EXCLUDE_EVENTS": True}
BOUGHT = Place(
    [item(name) for name in ("view", "click", "buy", "early", "long ago", "else")],
    [event("regular", "view", 1, kind=0), event("regular", "click", 1, kind=1), event("fan", "else", 1)]
    + [event("regular", name, age, kind=3) for name, age in (("buy", 1), ("early", 10.5), ("long ago", 45))],
)
EVERYTHING = {row["item_id"] for row in BOUGHT.items}


def touched(place, user, types, days=30):
    """Return the items on which a user had an event of these types in the last days."""
    since = NOW - timedelta(days=days)
    rows = (row for row in place.events if row["user_id"] == user and row["type"] in types)
    return {row["item_id"] for row in rows if datetime.fromisoformat(row["ts"]) >= since}


@turning("RULE_EXCLUDE_EVENTS")
@pytest.mark.parametrize("user", ["regular", "plain", "sparse"])
def test_exclusion_hides_exactly_what_the_user_bought_and_counts_it(turn, user):
    for seed in SEEDS:
        place = town(seed)
        hidden = touched(place, user, [3])
        off, on = (turn(place, flag).ask(user) for flag in (False, True))
        old, new = ([row["item_id"] for row in answer["items"]] for answer in (off, on))
        if turn.reaches(user):
            assert set(old) - set(new) == hidden & set(old)
            assert on["trace"]["extras"]["policy"]["recent_event_exclude_hits"] == len(hidden & set(old))
        if user != "sparse":  # what a sparse user touched moves to the top
            assert new == [i for i in old if i in new]
    assert hidden


@turning("RULE_EXCLUDE_EVENTS", only=("env",))
def test_exclusion_changes_no_score_and_is_forced_off_for_new_users(turn):
    may = {"regular plain sparse": "members order policy sources"}
    frame(turn, before=False, after=True, may=may)


@turning("EXCLUDE_EVENT_TYPES")
def test_the_event_types_decide_what_counts_as_bought(turn):
    def hidden(types):
        return EVERYTHING - set(turn(BOUGHT, types, **ON).ids("regular"))

    assert hidden([3]) == {"buy", "early"}
    assert hidden([0]) == {"view"}
    assert hidden([0, 1]) == {"view", "click"}
    assert hidden([9]) == set()
    assert hidden([]) == {"view", "click", "buy", "early"}  # none named: every type


@turning("EXCLUDE_EVENT_TYPES", only=("env",))
def test_the_event_types_matter_only_while_exclusion_is_on(turn):
    frame(turn, [3], [0, 1, 3], {})
    frame(turn, [3], [0, 1, 3], {"regular plain sparse": "members order policy sources"}, ON)


@turning("PURCHASED_WINDOW_DAYS")
def test_the_window_is_how_long_a_purchase_hides_an_item(turn):
    def hidden(days):
        return EVERYTHING - set(turn(BOUGHT, days, **ON).ids("regular"))

    assert [hidden(days) for days in (5, 11, 60)] == [{"buy"}, {"buy", "early"}, {"buy", "early", "long ago"}]


@turning("PURCHASED_WINDOW_DAYS", only=("env", "admin"))
def test_that_window_is_cut_to_whole_days(turn):
    cut, whole, longer = (turn(BOUGHT, days, **ON) for days in (10.9, 10, 11))
    assert cut.everything() == whole.everything() != longer.everything()
    assert turn(BOUGHT, 0.9, **ON).everything() == Service(BOUGHT, BASE).everything()


@turning("PURCHASED_WINDOW_DAYS", only=("request", "admin", "segment"))
def test_that_window_of_zero_excludes_nothing(turn):
    assert set(turn(BOUGHT, 0, **ON).ids("regular")) == EVERYTHING


@turning("PURCHASED_WINDOW_DAYS", only=("env",))
def test_that_window_matters_only_while_exclusion_is_on_and_changes_no_score(turn):
    frame(turn, 30, 10, {})
    frame(turn, 30, 10, {"regular plain sparse": "members order policy sources"}, ON)
