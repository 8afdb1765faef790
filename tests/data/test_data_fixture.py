"""Fixtures: what is accepted, counted, and how each mistake is told."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import hashlib
import json
import subprocess
import sys

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.schemas import schema

GOOD = {
    "meta": {"made by": "hand"},
    "items": [
        {
            "item_id": "i1",
            "available": True,
            "price": 9.5,
            "tags": ["a", "brand:x"],
            "props": {"margin": 0.3},
        },
        {"item_id": "i2", "price": None, "brand": "x", "embedding": [0.5] * 384, "category_path": ["b"]},
    ],
    "users": [
        {"user_id": "u1", "traits": {"segment": "new_users", "age": 3}},
        {"user_id": "u2", "traits": {"segment": "power_users"}},
    ],
    "events": [
        {"user_id": "u1", "item_id": "i2", "type": 0, "ts": "2026-01-02T00:00:00+02:00", "value": 1.0},
        {"user_id": "u2", "item_id": "i1", "type": 3, "ts": "2026-01-01T00:00:00.123456Z", "meta": {"s": 1}},
        {"user_id": "u2", "item_id": "i1", "type": 77, "ts": "2026-01-01T00:00:00Z", "source_event_id": "e1"},
    ],
}

FIRST, LAST = dt.datetime(1970, 1, 1), dt.datetime(2199, 12, 31)  # noqa: DTZ001 hypothesis wants naive bounds


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def from_document(document):
        path = tmp_path / "acme.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return load_fixture(path)

    return from_document


def attempt(path):
    try:
        return load_fixture(path), ()
    except InputError as error:
        return None, error.problems


def told(read, document):
    with pytest.raises(InputError) as caught:
        read(document)
    return [str(problem) for problem in caught.value.problems]


def changed(pointer, value, base=GOOD):
    """The good document with one place set, or removed when the value is ``...``."""
    document = copy.deepcopy(base)
    *steps, last = [int(step) if step.isdigit() else step for step in pointer.split("/")]
    target = document
    for step in steps:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return document


def test_a_sound_fixture_is_read_with_everything_in_it(read):
    fixture = read(GOOD)
    assert fixture.items[0].margin == 0.3
    assert fixture.items[1].embedding == (0.5,) * 384
    assert fixture.segments == {"new_users": (0,), "power_users": (1,)}
    assert fixture.events[0].ts == dt.datetime(2026, 1, 1, 22, tzinfo=dt.UTC)
    assert fixture.file_sha256 == hashlib.sha256(json.dumps(GOOD).encode()).hexdigest()
    assert fixture.notes == ()


def test_omitted_fields_are_counted_and_written_ones_are_not_even_when_equal(read):
    fixture = read(GOOD)
    assert fixture.defaulted == {"available": 1, "tags": 1, "props": 1, "category_path": 1, "value": 2}
    assert [event.value for event in fixture.events] == [1.0, 1.0, 1.0]
    assert fixture.items[1].available is True
    full = changed("items/1/tags", [], changed("items/1/props", {}))
    assert read(full).defaulted == {"available": 1, "category_path": 1, "value": 2}


def test_columns_follow_the_file_and_are_exact_to_the_microsecond(read):
    found = columns(read(GOOD))
    assert (found.user.tolist(), found.item.tolist(), found.type.tolist()) == (
        [0, 1, 1],
        [1, 0, 0],
        [0, 3, 77],
    )
    assert found.ts.tolist() == [1767304800000000, 1767225600123456, 1767225600000000]
    assert [array.dtype.name for array in (found.user, found.item, found.type, found.value, found.ts)] == [
        "int32", "int32", "int16", "float64", "int64",
    ]  # fmt: skip


@settings(deadline=None)
@given(st.datetimes(FIRST, LAST, timezones=st.just(dt.UTC)))
def test_every_instant_keeps_its_microseconds(tmp_path_factory, instant):
    path = tmp_path_factory.getbasetemp() / "instant.json"
    path.write_text(json.dumps(changed("events/0/ts", instant.isoformat())))
    expected = (instant - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    assert columns(load_fixture(path)).ts[0] == expected


@pytest.mark.parametrize("empty", ["items", "users", "events"])
def test_empty_lists_are_valid_and_noted(read, empty):
    document = GOOD | {"events": []} | {empty: []}
    fixture = read(document)
    assert f"`{empty}` is empty: nothing can be measured" in fixture.notes
    assert columns(fixture).ts.size == 0


DEEP = json.loads('{"a":' * 101 + "{}" + "}" * 101)
MISTAKES = [
    (
        "items/1/item_id",
        "i1",
        '#/items/1/item_id: "i1" is also the id of entry 0; each id must be there once',
    ),
    (
        "users/1/user_id",
        "u1",
        '#/users/1/user_id: "u1" is also the id of entry 0; each id must be there once',
    ),
    ("items/0/item_id", "", '#/items/0/item_id: ""; must be non-empty text'),
    ("users/0/user_id", 5, "#/users/0/user_id: 5; must be non-empty text"),
    ("items/0/item_id", ..., "#/items/0: `item_id` is missing; must be non-empty text"),
    ("items/0/price", -1, "#/items/0/price: -1; must be a number of at least 0"),
    ("items/0/price", 1e10, "#/items/0/price: 10000000000.0; must be a number of at least 0 and below"),
    ("items/0/price", "9.5", '#/items/0/price: "9.5"; must be a number'),
    ("items/0/price", True, "#/items/0/price: true; must be a number"),
    ("items/0/price", float("nan"), "#/items/0/price: nan; must be a number"),
    ("items/0/available", None, "#/items/0/available: null; must be true or false"),
    ("items/0/available", 1, "#/items/0/available: 1; must be true or false"),
    ("items/0/tags", "a", '#/items/0/tags: "a"; must be a list of texts'),
    ("items/0/tags", [1], "#/items/0/tags: [1]; must be a list of texts"),
    ("items/0/props", "{}", '#/items/0/props: "{}"; must be an object'),
    ("items/0/props", {"a/b~c": "\0"}, "#/items/0/props/a~1b~0c: text with a NUL character"),
    ("items/0/props", {"x": float("inf")}, "#/items/0/props/x: inf is not a number of JSON"),
    (
        "items/0/props",
        {"x": "\ud800"},
        "#/items/0/props/x: text with a NUL character or half a surrogate pair",
    ),
    ("items/0/brand", 3, "#/items/0/brand: 3; must be text or null"),
    ("items/0/embedding", [1.0] * 3, "#/items/0/embedding: 3 numbers; must be 384 finite numbers"),
    ("items/0/embedding", [], "#/items/0/embedding: 0 numbers; must be 384"),
    ("items/0/embedding", ["x"] * 384, "#/items/0/embedding: not a list of numbers; must be 384"),
    ("items/0/avaliable", True, "#/items/0/avaliable: `avaliable`: unknown key"),
    ("items/0", [], "#/items/0: a list; must be an object with item_id"),
    (
        "users/0/traits",
        ...,
        "#/users/0: `traits` is missing; must be an object with a non-empty text `segment`",
    ),
    ("users/0/traits", [], "#/users/0/traits: []; must be an object with a non-empty text `segment`"),
    ("users/0/traits/segment", ..., "#/users/0/traits: `segment` is missing; must be an object"),
    ("users/0/traits/segment", " ", '#/users/0/traits: `segment`: " "; must be'),
    ("users/0/traits/segment", 7, "#/users/0/traits: `segment`: 7; must be"),
    ("users/0/traits/deep", DEEP, "#/users/0/traits: nested deeper than 100 levels; must be an object"),
    ("items/0/props", DEEP, "#/items/0/props: nested deeper than 100 levels; must be an object"),
    ("events/2/meta", DEEP, "#/events/2/meta: nested deeper than 100 levels; must be an object or null"),
    ("items/0/brand", DEEP, "#/items/0/brand: {'a': {'a':"),
    (
        "items/0/item_id",
        " i1",
        '#/items/0/item_id: " i1" has a space at an end, which the service removes in some places: write "i1"; must be',
    ),
    ("items/0/item_id", "i1\u00a0", "has a space at an end"),
    (
        "items/0/item_id",
        "i\n1",
        '#/items/0/item_id: "i\\n1" has a control character or a line break; must be',
    ),
    ("items/0/item_id", "i\u20281", "has a control character or a line break"),
    ("items/0/item_id", "i\x1b[31m", '#/items/0/item_id: "i\\x1b[31m" has a control character'),
    ("items/0/item_id", "\u00e4" * 501, "has 1,002 bytes; must be non-empty text of at most 1,000 bytes"),
    (
        "items/0/item_id",
        "recsim-probe-7",
        '"recsim-probe-7" is reserved: names that start with "recsim-probe-"',
    ),
    (
        "users/0/user_id",
        "recsim:marker",
        '#/users/0/user_id: "recsim:marker" is reserved: names that start with "recsim:"',
    ),
    ("users/0/user_id", "u1 ", '#/users/0/user_id: "u1 " has a space at an end'),
    ("users/0/user_id", None, "#/users/0/user_id: null; must be non-empty text"),
    ("users/0/traits/segment", "vip ", '#/users/0/traits: `segment`: "vip " has a space'),
    ("users/0/traits/segment", "v\tip", '#/users/0/traits: `segment`: "v\\tip" has a control character'),
    ("items/0/tags", ["a", "b\n"], '#/items/0/tags: "b\\n" has one; must be a list of texts without control'),
    ("items/0/price", 9_999_999_999.999, "#/items/0/price: 9999999999.999; must be a number"),
    (
        "items/0/embedding",
        [0] * 384,
        "#/items/0/embedding: nothing but 0; must be 384 finite numbers, not all",
    ),
    ("items/0/embedding", [1e39] * 384, "#/items/0/embedding: a number above 3.4e38; must be 384"),
    ("users/0/segment", "x", "did you mean `traits.segment`?"),
    (
        "events/2/user_id",
        "u22",
        '#/events/2/user_id: unknown user "u22"; must be an id from `users`',
    ),
    ("events/2/item_id", "zzz", '#/events/2/item_id: unknown item "zzz"; must be an id from `items`'),
    ("events/2/user_id", "", '#/events/2/user_id: ""; must be non-empty text'),
    ("events/2/item_id", "", '#/events/2/item_id: ""; must be non-empty text'),
    (
        "events/2/type",
        "purchase",
        '#/events/2/type: "purchase" is a name: write 3; must be an integer code (view 0',
    ),
    ("events/2/type", "3", '#/events/2/type: "3" is text: write it without quotes; must be'),
    ("events/2/type", "buy", '#/events/2/type: "buy" is a name; must be an integer code'),
    ("events/2/type", 3.0, "#/events/2/type: 3.0; must be an integer code"),
    ("events/2/type", True, "#/events/2/type: true; must be an integer code"),
    ("events/2/type", 40000, "#/events/2/type: 40000; must be an integer code"),
    (
        "events/2/ts",
        "2026-01-01T00:00:00",
        '#/events/2/ts: "2026-01-01T00:00:00" has no offset; must be an RFC 3339',
    ),
    ("events/2/ts", "yesterday", '#/events/2/ts: "yesterday" is not an instant; must be'),
    ("events/2/ts", 1767225600, "#/events/2/ts: 1767225600; must be an RFC 3339 instant"),
    ("events/2/ts", "1969-12-31T00:00:00Z", "is out of range; must be an RFC 3339 instant with offset"),
    ("events/2/ts", "2200-01-01T00:00:00Z", "years 1970 to 2199"),
    ("events/2/ts", ..., "#/events/2: `ts` is missing; must be an RFC 3339"),
    (
        "events/2/value",
        None,
        "#/events/2/value: null; must be 0, or a number from 1e-15 to 1e+100, or as far below 0",
    ),
    ("events/2/value", float("inf"), "#/events/2/value: inf; must be 0, or a number"),
    ("events/2/value", 1e101, "#/events/2/value: 1e+101; must be 0, or a number from 1e-15"),
    ("events/2/value", -1e-16, "#/events/2/value: -1e-16; must be 0, or a number from 1e-15"),
    ("events/2/value", 10**400, "#/events/2/value: 1000"),
    ("events/2/meta", "{}", '#/events/2/meta: "{}"; must be an object or null'),
    ("events/2/source_event_id", "", '#/events/2/source_event_id: ""; must be non-empty text or null'),
    ("events/2/event_type", 3, "`event_type`: unknown key; must be one of user_id, item_id, type"),
    ("events", {}, "#/events: `events` is an object; must be a list, which may be empty"),
    ("events", ..., "#/events: `events` is missing; must be a list"),
    (
        "event",
        [],
        "#/event: `event`: unknown key; must be one of items, users, events, meta; did you mean `events`?",
    ),
    ("meta", "\0", "#/meta: text with a NUL character"),
]


@pytest.mark.parametrize(("pointer", "value", "sentence"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_told_with_its_pointer_value_and_what_is_allowed(read, pointer, value, sentence):
    found = told(read, changed(pointer, value))
    assert any(line.startswith("acme.json#/") and sentence in line for line in found), found


def test_a_misspelt_timestamp_is_one_problem_that_names_the_right_key(read):
    document = changed("events/2/timestamp", "2026-01-01T00:00:00Z", changed("events/2/ts", ...))
    (sentence,) = told(read, document)
    assert sentence.startswith(
        "acme.json#/events/2/timestamp: `timestamp`: unknown key; must be one of user_id, item_id, type, ts"
    )
    assert sentence.endswith("did you mean `ts`?")


def test_problems_stand_in_the_order_of_the_document_in_every_process(tmp_path):
    path = tmp_path / "acme.json"
    path.write_text(json.dumps({f"k{n}": n for n in range(8)} | GOOD))
    call = "import sys, pathlib\nfrom pytest_recsim.data.fixtures.fixture import *\n"
    call += "try: load_fixture(pathlib.Path(sys.argv[1]))\nexcept InputError as error: print(error)"
    run = subprocess.run([sys.executable, "-c", call, str(path)], capture_output=True, text=True, check=True)
    assert [line.split("`")[1] for line in run.stdout.splitlines()] == [f"k{n}" for n in range(8)]


def test_a_key_that_stands_twice_is_told_where_it_hides_a_wrong_value(read):
    text = json.dumps(GOOD).replace('"type": 77', '"type": "x", "type": 77')
    assert told(read, text.encode()) == [
        "acme.json#/events/2/type: `type` is defined twice in one object; must be there once"
    ]


@pytest.mark.parametrize("margin", [10**400, True, "0.3", None])
def test_a_margin_that_is_no_finite_number_is_none(read, margin):
    assert read(changed("items/0/props", {"margin": margin})).items[0].margin is None


def test_an_escaped_backslash_before_u0000_is_no_nul(read):
    assert read(changed("items/0/props", {"x": "\\u0000"})).items[0].props == {"x": "\\u0000"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"items": [],\n "users" []}', "acme.json:2:10: not JSON: Expecting ':' delimiter"),
        (b"", "acme.json:1:1: not JSON"),
        (b"\n\n{", "acme.json:3:2: not JSON"),
        (b'{"items": [],}', "acme.json:1:"),
        (b'{"items": "\n"}', "not JSON: Invalid control character"),
        (b"[]", "acme.json#: a list; must be an object with `items`, `users` and `events`"),
        (b"null", "acme.json#: null; must be an object"),
        (b'{"a":\n"\xff"}', "acme.json:2: byte 0xff is not UTF-8"),
        (b"[" * 100_000, "acme.json"),
        (
            b'{"items":\n ' + b"9" * 5000 + b"}",
            "acme.json:2:2: not usable JSON: a number is too long; must be",
        ),
        (
            b'{"meta":\n' + b"[" * 9000 + b"]" * 9000,
            "acme.json:2:100: not usable JSON: nested deeper than 100 levels",
        ),
        (
            b'{"meta": 1,\n"items": NaN, "items": [], "users": [], "events": []}',
            "acme.json#/items: `items` is defined twice",
        ),
    ],
    ids=range(12),
)
def test_what_is_no_json_is_told_with_line_and_column(read, data, sentence):
    assert sentence in "\n".join(told(read, data))


def test_a_byte_order_mark_is_no_problem(read):
    assert read(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).users


def test_a_missing_file_and_an_empty_folder_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^gone\.json: fixture not found$"):
        load_fixture(tmp_path / "gone.json")
    with pytest.raises(InputError, match="this folder is empty; must hold `items"):
        load_fixture(tmp_path)


def test_twenty_kinds_of_problems_are_named_and_the_rest_counted(read):
    events = [GOOD["events"][0] | {f"field{n}": 1} for n in range(25)]
    with pytest.raises(InputError) as caught:
        read(GOOD | {"events": events})
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1]) == (21, "... and 5 more problems")
    assert lines[19].startswith("acme.json#/events/19/field19: `field19`: unknown key")


def test_what_is_wrong_with_many_rows_is_one_sentence_a_kind(read):
    """A data set whose events name items of another one; a nearest match for an id that is simply absent is noise."""
    strange = [GOOD["events"][0] | {"user_id": f"u{n}{n}", "value": -1e200 - n} for n in range(25)]
    with pytest.raises(InputError) as caught:
        read(GOOD | {"events": strange})
    value, user = sorted(str(caught.value).splitlines(), key=lambda line: "unknown user" in line)
    assert user.startswith(
        'acme.json#/events/0/user_id: unknown user "u00"; must be an id from `users` (24 more like it'
    )
    assert value.startswith("acme.json#/events/0/value: -1e+200; must be 0, or a number")
    assert value.endswith(
        "first at acme.json#/events/1/value, acme.json#/events/2/value, acme.json#/events/3/value)"
    )


def test_the_collector_is_on_again_after_success_and_failure(read):
    read(GOOD)
    assert gc.isenabled()
    told(read, b"{")
    assert gc.isenabled()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
    st.sampled_from(["i1", "u1", "2026-01-01T00:00:00Z", "2026-01-01 00:00:00.5+0100", "2026-01-01T00:00:00-00:00", "purchase"]),
    st.lists(st.text(max_size=2), max_size=2), st.dictionaries(st.text(max_size=2), st.floats(), max_size=2),
)  # fmt: skip
KEYS = st.sampled_from([
    "item_id", "available", "price", "tags", "props", "category_path", "brand", "embedding", "user_id", "traits",
    "type", "ts", "value", "meta", "source_event_id", "segment", "x",
])  # fmt: skip


@st.composite
def mutated(draw):
    document = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        section = draw(st.sampled_from(["items", "users", "events"]))
        entry = draw(st.sampled_from(document[section])) if document.get(section) else document
        action = draw(st.sampled_from(["set", "delete", "add", "top"]))
        if action == "top":
            document[draw(st.sampled_from(["items", "events", "other"]))] = draw(VALUES)
            break
        key = draw(KEYS if action == "add" else st.sampled_from(sorted(entry) or ["x"]))
        if action == "delete":
            entry.pop(key, None)
        else:
            entry[key] = draw(VALUES)
    return document


@settings(deadline=None, max_examples=300)
@given(mutated())
def test_a_mutated_fixture_is_accepted_and_validates_or_is_told_with_pointers(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    path.write_text(json.dumps(document))
    fixture, problems = attempt(path)
    assert (fixture is None) == bool(problems)
    assert all("#" in problem.where for problem in problems)
    assert all("must be" in problem.what or "did you mean" in problem.what for problem in problems)
    if fixture:
        jsonschema.validate(document, schema("fixture"))
        assert columns(fixture).ts.size == len(document["events"])


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_broken_bytes_are_told_never_raised(tmp_path_factory, data):
    whole = json.dumps(GOOD | {"items": GOOD["items"][:1], "events": []}).encode()
    at = data.draw(st.integers(0, len(whole)))
    until = data.draw(st.integers(at, min(len(whole), at + 5)))
    path = tmp_path_factory.getbasetemp() / "broken.json"
    path.write_bytes(whole[:at] + data.draw(st.binary(max_size=4)) + whole[until:])
    fixture, problems = attempt(path)
    assert (fixture is None) == bool(problems)
    assert all(problem.where and problem.what for problem in problems)


def test_the_good_document_validates_against_the_published_schema():
    jsonschema.validate(GOOD, schema("fixture"))
