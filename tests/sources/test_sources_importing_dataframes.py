from __future__ import annotations

import re

import pandas as pd
import polars as pl
import pytest

from pytest_recsim import RecsimError, fixture_from
from pytest_recsim.data.fixtures.fixture import load_fixture

ROWS = {
    "user": ["007", "7", "7"],
    "item": ["a", "a", None],
    "when": ["2026-01-01T10:00:00+02:00", "2026-01-02T10:00:00+02:00", "2026-01-03T10:00:00+02:00"],
    "event": ["view", "purchase", "view"],
    "value": [1.0, None, 2.5],
}
COLUMNS = {"ts": "when"}


def pandas(unit="us"):
    frame = pd.DataFrame(ROWS)
    frame["when"] = pd.to_datetime(frame["when"]).dt.as_unit(unit)
    return frame


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_pandas_and_polars_give_the_same_fixture(tmp_path, unit):
    out = tmp_path / "f.json"
    found = fixture_from(pandas(unit), columns=COLUMNS, no_item="drop", out=out)
    same = fixture_from(pl.DataFrame(ROWS), columns=COLUMNS, no_item="drop")
    assert found["events"] == same["events"]
    assert found["events"][0] == {"user_id": "007", "item_id": "a", "type": 0, "ts": "2026-01-01T08:00:00Z"}
    assert len(load_fixture(out).events) == 2


def test_ids_that_are_numbers_with_gaps_are_whole():
    frame = pd.DataFrame(
        {"user_id": [7, None], "item_id": [1, 2], "timestamp": [1_769_900_000, 1_769_900_001]}
    )
    document = fixture_from(frame, guests="each")
    assert [one["user_id"] for one in document["users"]] == ["7", "guest-2"]


def test_items_and_users_come_along_with_their_own_columns():
    items = pd.DataFrame({"sku": ["a"], "preis": [9.5], "tags": [["x", "y"]]})
    users = pl.DataFrame({"user_id": ["7"], "plan": ["pro"]})
    columns = COLUMNS | {"items": {"item_id": "sku", "price": "preis", "tags": "tags"}}
    found = fixture_from(
        pandas(), items, users, columns=columns, no_item="drop", segments=("paying: plan = pro", "rest")
    )
    assert found["items"] == [{"item_id": "a", "price": 9.5, "tags": ["x", "y"]}]
    assert [one["traits"]["segment"] for one in found["users"]] == ["paying", "rest"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "interactions:3: names no item"),
        ({"no_itm": "drop"}, "there is no such choice; did you mean `no_item`"),
        ({"columns": {"user_id": "usr"}}, "there is no column `usr`; did you mean `user`"),
        ({"events": {"view": "look"}}, "must be one of view"),
        ({"time_zone": 5}, "must be text"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(given, said):
    with pytest.raises(RecsimError) as caught:
        fixture_from(pandas(), **{"columns": COLUMNS, **given})
    assert said in str(caught.value)


@pytest.mark.parametrize("frame", [None, 5, [1, 2], {"user": [1]}])
def test_what_is_no_dataframe_is_told(frame):
    with pytest.raises(RecsimError, match="is no dataframe"):
        fixture_from(frame)


def test_large_ids_of_a_column_with_gaps_keep_every_digit():
    ids = pd.array([9_007_199_254_740_993, None], dtype="Int64")
    frame = pd.DataFrame({"user_id": ids, "item_id": ["a", "b"], "ts": ["2026-01-01", "2026-01-02"]})
    assert fixture_from(frame)["users"][0]["user_id"] == "9007199254740993"


def test_columns_may_be_called_by_numbers():
    frame = pd.DataFrame(ROWS | {5: [1, 2, 3]})
    assert len(fixture_from(frame, columns=COLUMNS, no_item="drop")["events"]) == 2


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("user", [b"a", b"\xff", b"b"], "column `user` holds bytes that are not UTF-8"),
        ("user", [object(), object(), object()], "column `user` holds objects"),
        ("user", [1e17, 2.0, 3.0], "ids as floats from 2^53 on"),
        ("value", [1j, 2j, 3j], "column `value` holds objects"),
        ("value", list(pd.to_timedelta([1, 2, 3], unit="D")), "column `value` holds spans of time"),
    ],
)
def test_columns_of_what_is_no_text_are_told(column, cells, said):
    with pytest.raises(RecsimError, match=re.escape(said)):
        fixture_from(pd.DataFrame(ROWS | {column: cells}), columns=COLUMNS, no_item="drop")


def test_a_column_that_is_there_twice_is_told():
    frame = pd.DataFrame([["u", "v"]], columns=["user_id", "user_id"])
    with pytest.raises(RecsimError, match=r"unique column names, got: .*user_id"):
        fixture_from(frame)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"columns": ["user"]}, "columns: list; must be a dict"),
        ({"segments": [1]}, "segment `1`: is no text"),
        ({"sample_users": 2.5}, "sample_users: 2.5: must be a whole number"),
        ({"window_days": "3"}, "window_days: '3': must be a number of days"),
        ({"key": "secret"}, "key: 'secret': must be bytes"),
    ],
)
def test_choices_of_another_kind_are_told(given, said):
    with pytest.raises(RecsimError, match=re.escape(said)):
        fixture_from(pl.DataFrame(ROWS), **{"columns": COLUMNS, "no_item": "drop", **given})
