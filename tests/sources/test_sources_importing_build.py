from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from importing_world import interactions, tables

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.importing import output
from pytest_recsim.sources.importing.build import build
from pytest_recsim.sources.importing.choices import Choices
from pytest_recsim.sources.importing.segments import cut_us
from pytest_recsim.sources.importing.tables import Tables


def events(document):
    return [
        (one["user_id"], one["item_id"], one["type"], one.get("value", 1.0)) for one in document["events"]
    ]


def refused(found, **choices):
    with pytest.raises(InputError) as caught:
        build(found, Choices(**choices))
    return str(caught.value)


def test_ids_stay_text_and_events_are_in_order_of_time(tmp_path):
    built = build(tables(("7", "b", 3, 3), ("007", 'a"\\', 1, 0), ("7", "ü", 2, 1, 2.5)))
    built.write(tmp_path / "f.json")
    fixture = load_fixture(tmp_path / "f.json")
    found = [(event.user_id, event.item_id, event.type, event.value) for event in fixture.events]
    assert found == [("007", 'a"\\', 0, 1.0), ("7", "ü", 1, 2.5), ("7", "b", 3, 1.0)]
    assert built.document()["events"][0]["ts"] == "2026-01-01T01:00:00Z"


def test_many_events_are_written_in_slices_as_few_are(monkeypatch):
    rows = [(f"u{turn % 3}", f"i{turn % 2}", turn, turn % 5, turn / 2) for turn in range(7)]
    whole = build(tables(*rows)).json
    monkeypatch.setattr(output, "SLICE", 2)
    assert build(tables(*rows)).json == whole


def test_blanks_at_the_ends_of_ids_are_taken_off_and_said():
    built = build(tables((" 7", "b", 0, 0), ("7", "b ", 1, 0)))
    assert events(built.document()) == [("7", "b", 0, 1.0)] * 2
    assert built.notes[0] == "1 user id had blanks at an end, which were taken off"


@pytest.mark.parametrize(("choice", "users"), [("drop", ["u"]), ("each", ["u", "guest-3", "guest-4"])])
def test_guests_are_a_choice_and_counted(choice, users):
    built = build(tables(("u", "b", 0, 0), (None, "b", 1, 0), ("  ", "b", 2, 0)), Choices(guests=choice))
    assert [one["user_id"] for one in built.document()["users"]] == users
    assert any(note.startswith("2 rows without a user") for note in built.notes)


def test_the_id_of_a_guest_is_nobody_elses():
    users = pl.DataFrame({"user_id": ["guest-3"]})
    found = tables(("guest-2", "b", 0, 0), (None, "b", 1, 0), users=users)
    ids = [one["user_id"] for one in build(found, Choices(guests="each")).document()["users"]]
    assert ids == ["guest-3", "guest-2", "guest-of-3"]


def test_rows_without_user_or_item_are_named_by_their_lines():
    rows = (("u", "b", 0, 0), (None, "b", 1, 0), ("u", None, 2, 0))
    assert refused(tables(*rows)).startswith("events.csv:4: names no item; --no-item drop")
    assert refused(tables(*rows), no_item="drop", guests="error").startswith("events.csv:3: names no user")


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("drop", [("u", "a", 3, 1.0), ("u", "a", 3, 2.0), ("v", "a", 3, 1.0)]),
        ("cancel", [("u", "a", 3, 1.0), ("v", "a", 3, 1.0)]),
        ("keep", [("u", "a", 3, 1.0), ("u", "a", 3, 2.0), ("u", "a", 3, -2.0), ("v", "a", 3, 1.0)]),
    ],
)
def test_returns_are_a_choice_and_counted(choice, left):
    rows = (("u", "a", 0, 3), ("u", "a", 1, 3, 2.0), ("u", "a", 2, 3, -2.0), ("v", "a", 3, 3))
    built = build(tables(*rows), Choices(returns=choice))
    assert events(built.document()) == left
    assert any(note.startswith("1 return ") and f"--returns {choice}" in note for note in built.notes)


@pytest.mark.parametrize(
    ("choice", "item", "kept"),
    [
        ("unavailable", {"item_id": "x", "available": False}, 2),
        ("keep", {"item_id": "x"}, 2),
        ("drop", None, 1),
    ],
)
def test_delisted_items_are_a_choice_and_counted(choice, item, kept):
    items = pl.DataFrame({"item_id": ["a"], "price": [2.5], "tags": [["brand:q"]], "props.margin": [0.5]})
    built = build(tables(("u", "a", 0, 0), ("u", "x", 1, 0), items=items), Choices(delisted=choice))
    document = built.document()
    listed = {"item_id": "a", "price": 2.5, "tags": ["brand:q"], "props": {"margin": 0.5}}
    assert document["items"] == [listed, *([item] if item else [])]
    assert len(document["events"]) == kept
    assert any("1 event on 1 item that the table of items does not list: " in note for note in built.notes)


def test_what_the_loader_would_refuse_is_told_by_its_line():
    rows = (("u", "a", 0, 0, 1e-20), ("recsim:u", "a", 1, 0), ("u", "a\x07", 2, 0))
    assert "events.csv:2: value 1e-20; must be 0, or" in refused(tables(*rows))
    sound = [(*row[:4], 1.0) for row in rows]
    assert 'events.csv:3: user_id "recsim:u" is reserved' in refused(tables(*sound))
    items = pl.DataFrame({"item_id": ["a", "a"], "price": [-1.0, 1.0]})
    assert "items.csv" not in refused(tables(*sound))
    assert "items:2" in refused(Tables(interactions(("u", "a", 0, 0)), items))
    assert "items:1: price -1.0; must be" in refused(Tables(interactions(("u", "a", 0, 0)), items[:1]))


def test_segments_come_from_the_part_before_the_split_as_a_run_cuts_it(tmp_path):
    rows = [("old", f"i{hour}", hour, 0) for hour in range(7)]
    rows += [("late", "i1", hour, 0) for hour in range(7, 17)]
    built = build(tables(*rows), Choices(segments=("some: events >= 6", "few: events < 6")))
    built.write(tmp_path / "f.json")
    named = {one["user_id"]: one["traits"]["segment"] for one in built.document()["users"]}
    assert named == {"old": "some", "late": "some"}
    table = columns(load_fixture(tmp_path / "f.json"))
    assert cut_us(pl.Series(table.ts), None)[1] == split_events(table).cut_us
    less = build(tables(*rows), Choices(segments=("some: events >= 7", "few: events < 7"))).document()
    assert [one["traits"]["segment"] for one in less["users"]] == ["some", "few"]


def test_the_first_rule_that_holds_decides_and_shares_are_of_users_with_a_past():
    rows = [(f"u{user}", "a", 99 * turn / (user + 1), 0) for user in range(10) for turn in range(user + 1)]
    users = pl.DataFrame({"user_id": [f"u{user}" for user in range(11)], "plan": ["pro"] + ["free"] * 10})
    rules = (
        "paying: plan = pro",
        "most: events in top 20%",
        "least: events in bottom 10% and events > 0",
        "rest",
    )
    built = build(tables(*rows, users=users), Choices(segments=rules))
    named = [one["traits"]["segment"] for one in built.document()["users"]]
    assert named == ["paying", *["rest"] * 7, "most", "most", "rest"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("x: evnts < 5", "did you mean `events`"),
        ("x: events in top 0%", "0% is no share"),
        (" : events < 5", "the name is"),
        ("x: plan = pro", "is no condition"),
    ],
)
def test_a_rule_that_is_none_is_told(rule, said):
    assert said in refused(tables(("u", "a", 0, 0)), segments=(rule,))


def test_a_sample_takes_of_each_segment_in_proportion_and_the_same_users_each_time():
    rows = [(f"u{user:02}", "a", hour, 0) for user in range(40) for hour in range(6 if user < 10 else 1)]
    found = [
        build(tables(*rows), Choices(sample_users=8, segments=("many: events > 2", "one"))).document()
        for _ in range(2)
    ]
    assert found[0] == found[1]
    chosen = [one["user_id"] for one in found[0]["users"]]
    assert len(chosen) == 8
    assert sum(one < "u10" for one in chosen) == 2


def test_a_sample_is_given_segments_by_the_trait_that_the_table_has():
    users = pl.DataFrame({"user_id": [f"u{user}" for user in range(4)], "segment": ["pro"] * 4})
    rows = [(f"u{user}", "a", user, 0) for user in range(4)]
    rules = ("paying: segment = pro", "others")
    built = build(tables(*rows, users=users), Choices(segments=rules, sample_users=2))
    assert [one["traits"]["segment"] for one in built.document()["users"]] == ["paying", "paying"]


def test_anonymised_ids_are_the_same_word_for_the_same_key_and_traits_are_gone():
    users = pl.DataFrame({"user_id": ["anna"], "segment": ["pro"], "mail": ["anna@example.com"]})
    rows = tables(("anna", "a", 0, 0), ("bert", "a", 1, 0), users=users)
    one, two, other = (build(rows, Choices(key=key * 16)) for key in (b"a", b"a", b"b"))
    assert one.json == two.json != other.json
    assert b"anna" not in one.json
    assert b"bert" not in one.json
    assert one.document()["events"][0]["user_id"] == one.document()["users"][0]["user_id"]


def test_rows_that_are_there_twice_are_counted():
    rows = (("u", "a", 0, 0), ("u", "a", 0, 0), ("u", "a", 1, 0))
    assert any(note.startswith("1 row equal") for note in build(tables(*rows)).notes)
    assert len(build(tables(*rows), Choices(duplicates="drop")).document()["events"]) == 2


def test_a_choice_that_there_is_not_is_told():
    assert "must be one of drop, cancel, keep" in refused(tables(("u", "a", 0, 0)), returns="dorp")


def test_rows_without_values_are_worth_one_each():
    found = tables(("u", "a", 0, 0))
    assert (
        build(replace(found, interactions=found.interactions.drop("value"))).document()["events"][0].keys()
        == build(found).document()["events"][0].keys()
    )


def test_what_has_no_column_of_its_own_is_handed_on_as_json():
    items = pl.DataFrame({"item_id": ["a"], "props": ['{"size":{"l":1}}'], "props.margin": [0.5]})
    users = pl.DataFrame({"user_id": ["u"], "traits": ['{"seen":[1]}'], "age": [7]})
    found = tables(("u", "a", 0, 0), items=items, users=users)
    rows = found.interactions.with_columns(meta=pl.lit('{"from":"app"}'))
    document = build(replace(found, interactions=rows)).document()
    assert document["items"][0]["props"] == {"size": {"l": 1}, "margin": 0.5}
    assert document["users"][0]["traits"].items() >= {"seen": [1], "age": 7}.items()
    assert document["events"][0]["meta"] == {"from": "app"}


def test_a_last_name_alone_is_everybodys_segment():
    built = build(tables(("u", "b", 0, 0), ("v", "b", 1, 0)), Choices(segments=("all",)))
    assert [one["traits"]["segment"] for one in built.document()["users"]] == ["all", "all"]
