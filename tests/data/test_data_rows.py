"""A fixture's rows on the way to the wrong one: none is read twice, and what is found does not depend on how they were read."""

from __future__ import annotations

import json

import msgspec
import pytest

from pytest_recsim.data.fixtures import fixture_problems
from pytest_recsim.data.fixtures.fixture_problems import explain
from pytest_recsim.data.fixtures.fixture_rows import in_rows
from pytest_recsim.data.fixtures.fixture_rules import sound_item, sound_items, sound_user, sound_users
from pytest_recsim.data.fixtures.model import Event, Item, User

ROWS = {
    "items": [{"item_id": "i1"}, {"item_id": "i2", "price": 2.0}],
    "users": [{"user_id": "u1", "traits": {"segment": "a"}}],
    "events": [{"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-01-01T00:00:00Z"}],
}


def deep(levels):
    found = {}
    for _ in range(levels):
        found = {"a": found}
    return found


def typed(document):
    kinds = {"items": Item, "users": User, "events": Event}
    return {key: msgspec.convert(rows, tuple[kinds[key], ...]) for key, rows in document.items()}


def test_rows_that_were_read_by_type_are_not_read_again():
    known = typed(ROWS)
    found = in_rows(json.dumps(ROWS), known)
    assert all(found[key] is known[key] for key in ROWS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": [ROWS["items"][0], {"item_id": "i1"}]},
        {"items": [{"item_id": "i1"}, {"item_id": " i2"}]},
        {"items": [{"item_id": "i1"}, {"item_id": "i2", "props": {"a": "\0"}}]},
        {"users": [{"user_id": "u1", "traits": {}}]},
        {"events": [ROWS["events"][0] | {"item_id": "i9"}]},
        {"events": [ROWS["events"][0], ROWS["events"][0] | {"value": 1e200}]},
    ],
    ids=str,
)
def test_what_is_wrong_is_the_same_whether_rows_are_known_or_read(wrong):
    document = ROWS | wrong
    text = json.dumps(document)
    problems = explain("a.json", text)
    assert problems
    assert list(explain("a.json", text, typed(document))) == list(problems)


@pytest.mark.parametrize("meta", ["[" * 3000 + "]" * 3000, "9" * 5000])
def test_a_row_that_no_parser_takes_is_refused_without_reading_all_others_as_json(meta, monkeypatch):
    def never(*_args, **_kwargs):
        raise AssertionError("read as a whole")

    text = json.dumps(ROWS).replace('"type": 0', f'"type": 0, "meta": {{"a": {meta}}}')
    monkeypatch.setattr(fixture_problems, "_as_a_whole", never)
    (problem,) = explain("a.json", text)
    assert "must be at most 100 levels deep, its numbers at most 4300 digits long" in problem.what


@pytest.mark.parametrize(
    "item",
    [
        {}, {"item_id": ""}, {"item_id": " i"}, {"item_id": "a b"}, {"item_id": "i\u00a0"}, {"item_id": "\u200b"},
        {"item_id": "x" * 251}, {"item_id": "x" * 1001}, {"item_id": "recsim-probe-1"}, {"item_id": "a recsim-probe-1"},
        {"price": -1.0}, {"price": float("nan")}, {"price": 1e10}, {"tags": ("a\n",)}, {"tags": ("\u200b", "")},
        {"props": {"a": [1, {}]}}, {"props": {"a": deep(100)}}, {"props": {"a": deep(101)}}, {"embedding": (0.0,) * 384},
    ],
    ids=ascii,
)  # fmt: skip
def test_items_are_sound_together_where_each_is(item):
    odd = msgspec.structs.replace(Item(item_id="i1"), **item)
    assert sound_items([Item(item_id="i0"), odd]) is sound_item(odd)


@pytest.mark.parametrize("segment", ["a", "", " a", "a\r", 1, None, ["a"], {"a": 1}], ids=ascii)
@pytest.mark.parametrize("user_id", ["u1", "recsim:1", "a recsim:1", "u\x00", "\ud800"], ids=ascii)
@pytest.mark.parametrize("more", [{}, {"b": deep(101)}], ids=["flat", "deep"])
def test_users_are_sound_together_where_each_is(segment, user_id, more):
    odd = User(user_id=user_id, traits={"segment": segment} | more)
    assert sound_users([User(user_id="u0", traits={"segment": "b"}), odd]) is sound_user(odd)
