"""Fixtures under property tests: sound ones come back as written, any other is told with its place."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from fuzzing import Pairs, Verbatim, bent, for_all, in_two_sizes, names_a_place, to_json, told
from hypothesis import strategies as st

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.names import OWN_USERS, PROBE_PREFIX, broken, sound_name, wrong_name

FIRST, LAST = dt.datetime(1970, 1, 2), dt.datetime(2199, 12, 30)  # noqa: DTZ001 - hypothesis wants naive bounds
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)
WORD = TEXT.filter(bool)
TAG = TEXT.filter(lambda text: not broken(text))
NAME = TEXT.filter(lambda text: wrong_name(text) is None)
# hypothesis tries the texts that it finds in our own code, too
ITEM_ID = NAME.filter(lambda text: not text.startswith(PROBE_PREFIX))
USER_ID = NAME.filter(lambda text: not text.startswith(OWN_USERS))
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
EMBEDDING = st.builds(lambda x, y: [x] * 383 + [y], st.floats(-1, 1), st.sampled_from([-3, 1, 2]))
PRICE = st.floats(0, 9_999_999_999.99) | st.integers(0, 10**10 - 1)
ZONES = st.sampled_from(
    [dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30)), dt.timezone(dt.timedelta(hours=-8))]
)


def _fields(**optional):
    return st.fixed_dictionaries({}, optional=optional)


ITEM = _fields(
    available=st.booleans(), price=st.none() | PRICE, tags=st.lists(TAG, max_size=3), props=OBJECT,
    category_path=st.lists(TEXT, max_size=2), brand=st.none() | TEXT, category=st.none() | TEXT,
    description=st.none() | TEXT, image_url=st.none() | TEXT, metadata_version=st.none() | TEXT,
    embedding=st.none() | EMBEDDING,
)  # fmt: skip
EVENT = _fields(
    value=st.floats(1e-15, 1e100) | st.floats(-1e100, -1e-15) | st.integers(-10, 10),
    meta=st.none() | OBJECT,
    source_event_id=st.none() | WORD,
)
DEFAULTS = {
    "available": True, "price": None, "tags": (), "props": {}, "category_path": (), "brand": None, "category": None,
    "description": None, "image_url": None, "metadata_version": None, "embedding": None,
}  # fmt: skip


@st.composite
def documents(draw):
    """A sound fixture as a plain document."""
    item_ids = draw(st.lists(ITEM_ID, max_size=3, unique=True))
    user_ids = draw(st.lists(USER_ID, max_size=3, unique=True))
    items = [draw(ITEM) | {"item_id": name} for name in item_ids]
    users = [{"user_id": name, "traits": draw(OBJECT) | {"segment": draw(NAME)}} for name in user_ids]
    events = []
    for _ in range(draw(st.integers(0, 3)) if items and users else 0):
        moment = draw(st.datetimes(FIRST, LAST, timezones=ZONES))
        event = {
            "user_id": draw(st.sampled_from(user_ids)),
            "item_id": draw(st.sampled_from(item_ids)),
            "type": draw(st.integers(-(2**15), 2**15 - 1)),
            "ts": moment.isoformat(sep=draw(st.sampled_from("Tt "))),
        }
        events.append(event | draw(EVENT))
    document = {"items": items, "users": users, "events": events}
    return document | ({"meta": draw(JSON)} if draw(st.booleans()) else {})


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def from_bytes(data):
        path = tmp_path / "acme.json"
        path.write_bytes(data)
        return load_fixture(path)

    return from_bytes


def _tuple(value):
    return tuple(value) if isinstance(value, list) else value


@in_two_sizes
def test_a_sound_fixture_comes_back_as_it_was_written_with_the_defaults_filled_in(load, examples):
    def comes_back(case):
        document, ascii_only = case
        fixture = load(to_json(document, ensure_ascii=ascii_only).encode())
        for item, entry in zip(fixture.items, document["items"], strict=True):
            wanted = {
                key: value if key == "props" else _tuple(value) for key, value in (DEFAULTS | entry).items()
            }
            assert {key: getattr(item, key) for key in wanted} == wanted
        for user, entry in zip(fixture.users, document["users"], strict=True):
            assert {"user_id": user.user_id, "traits": user.traits} == entry
        for event, entry in zip(fixture.events, document["events"], strict=True):
            wanted = {"value": 1.0, "meta": None, "source_event_id": None} | entry
            wanted["ts"] = dt.datetime.fromisoformat(wanted["ts"].replace("t", "T"))
            assert {key: getattr(event, key) for key in wanted} == wanted
            assert event.ts.utcoffset() is not None
        left_out = sum("available" not in entry for entry in document["items"])
        assert fixture.defaulted.get("available", 0) == left_out
        assert columns(fixture).ts.size == len(document["events"])

    for_all(examples // 5, st.tuples(documents(), st.booleans()), comes_back)


ENDS = st.sampled_from(["", " ", "\u00a0", "\t", "recsim:", "recsim-probe-", "\u200f", "x" * 251, "x" * 1001])


@in_two_sizes
def test_the_quick_look_at_a_name_and_the_one_that_explains_agree(examples):
    def agree(parts):
        text, reserved = "".join(parts[:3]), parts[3]
        assert sound_name(text, reserved) == (wrong_name(text, reserved) is None)

    for_all(examples, st.tuples(ENDS, TEXT, ENDS, st.sampled_from(["", "recsim:", "recsim-probe-"])), agree)


ODD = st.sampled_from(
    [
        Verbatim("NaN"), Verbatim("-Infinity"), Verbatim("1e999"), Verbatim("-1E400"), Verbatim("9" * 400),
        Verbatim("9" * 5000), Verbatim("1" + "0" * 25), Verbatim("01"), Verbatim("+1"), Verbatim(".5"), Verbatim("1."),
        Verbatim("-0"), Verbatim("-0.0"), Verbatim("0x1F"), Verbatim("'x'"), Verbatim('"\\ud800"'), Verbatim('"\\u0000"'),
        Verbatim('"\\udc00\\ud800"'), Verbatim('"\\x41"'), Verbatim('"\n"'), Verbatim("[" * 40 + "]" * 40),
        Verbatim("[" * 30_000), Verbatim('{"a":' * 600 + "1" + "}" * 600), Verbatim("True"), Verbatim("// c\n1"),
        Verbatim(""), 2**63, 2**64, -(2**63) - 1, 10**30, 32768, 1.5, True, None, "", " ", "purchase", "3", "i\0", [], {},
        "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00+25:00", "2026-1-1T0:0:0Z", 1767225600,
    ]
) | TEXT  # fmt: skip
KEYS = st.sampled_from(["items", "users", "events", "meta", "item_id", "Item_ID", "tag", "ts", "timestamp", "type",
                        "segment", "", "a/b", "~", "\ud800", "\0", "\n", "id"]) | TEXT  # fmt: skip


def _places(value):
    """Every container of the document."""
    if isinstance(value, Pairs | list):
        yield value
        for entry in value:
            yield from _places(entry[1] if isinstance(value, Pairs) else entry)


def _as_pairs(value):
    if isinstance(value, dict):
        return Pairs((key, _as_pairs(inner)) for key, inner in value.items())
    return [_as_pairs(inner) for inner in value] if isinstance(value, list) else value


EVENT_1 = {"user_id": "u1", "item_id": "i1", "type": 3, "ts": "2026-01-01T00:00:00Z"}
BASES = (
    {"items": [], "users": [], "events": []},
    {"items": [{"item_id": "i1"}], "users": [{"user_id": "u1", "traits": {"segment": "s"}}], "events": [EVENT_1]},
    {
        "meta": {"by": ["hand"]},
        "items": [
            {
                "item_id": "i1", "available": False, "price": 9.5, "tags": ["a", "é"], "props": {"margin": 0.3, "x": [{}]},
                "category_path": ["b"], "brand": "x", "category": None, "description": "d", "image_url": "u",
                "metadata_version": "m", "embedding": None,
            },
            {"item_id": "i2", "tags": []},
        ],
        "users": [{"user_id": "u1", "traits": {"segment": "s", "age": 3}}, {"user_id": "u2", "traits": {"segment": "t"}}],
        "events": [
            EVENT_1 | {"value": 2, "meta": {"a": {"b": [1]}}, "source_event_id": "e1"},
            EVENT_1 | {"item_id": "i2", "ts": "2026-01-01t00:00:00.5+05:30", "type": -3},
        ],
    },
)  # fmt: skip


def _bend(root, at, action, key, value):
    """Change one entry of one container of the document."""
    places = list(_places(root))
    place = places[at % len(places)]
    slot = at // len(places) % (len(place) + 1)
    inside = slot < len(place)
    if isinstance(place, Pairs):
        old_key, old = place[slot] if inside else (key, value)
        value = {"set": (old_key, value), "rename": (key, old)}.get(action, (key, value))
        value = (old_key, value[1]) if action == "double" else value
    if action in ("add", "double") or not inside:
        place.insert(slot, value)
    elif action == "delete":
        del place[slot]
    else:
        place[slot] = value


BEND = st.tuples(
    st.integers(0, 10**4), st.sampled_from(["set", "delete", "double", "add", "rename"]), KEYS, ODD
)


def _written(case):
    """A fixture with up to three things wrong in it (or oddly right), in one of the ways JSON is written."""
    base, bends, ascii_only, bom = case
    root = _as_pairs(BASES[base])
    for at, action, key, value in bends:
        _bend(root, at, action, key, _as_pairs(value))  # a copy: the next example gets the same objects
    return bom + to_json(root, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


MUTATED = st.tuples(
    st.integers(0, len(BASES) - 1),
    st.lists(BEND, min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from([b"", b"\xef\xbb\xbf", b"\r\n\t "]),
).map(_written)


def told_with_a_place(load):
    def holds(data):
        fixture, problems = told(lambda: load(data), twice=len(data) % 8 == 0)
        assert all(
            names_a_place(problem, "acme.json") or problem.what.startswith("this is ") for problem in problems
        ), problems
        if fixture:
            assert all(math.isfinite(event.value) for event in fixture.events)
            assert columns(fixture).ts.size == len(fixture.events)

    return holds


@in_two_sizes
def test_whatever_is_wrong_in_a_fixture_is_told_with_its_line_or_pointer(load, examples):
    for_all(examples, MUTATED, told_with_a_place(load))


SOUND = to_json(
    {
        "items": [{"item_id": "i1", "price": 9.5, "tags": ["a"], "props": {"margin": 0.3}}, {"item_id": "é"}],
        "users": [{"user_id": "u1", "traits": {"segment": "new_users"}}],
        "events": [{"user_id": "u1", "item_id": "i1", "type": 3, "ts": "2026-01-01T00:00:00Z", "value": 2}],
    },
    ensure_ascii=False,
).encode()
TOKENS = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\\u0000", b"\\ud83d", b"\\udc00", b"\0", b"\xef\xbb\xbf", b"\xff",
    b"\xed\xa0\x80", b"\r\n", b"1e999", b"NaN", b"null", b"-", b"0", b"99999999999999999999999", b"\xc3", b'"items"', b"#",
)  # fmt: skip


@in_two_sizes
def test_arbitrary_and_bent_bytes_are_told_with_their_line_or_pointer(load, examples):
    bytes_ = st.integers(0, 2**64).map(lambda seed: bent(SOUND, seed, TOKENS)) | st.binary(max_size=60)
    for_all(
        examples,
        bytes_ | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
        told_with_a_place(load),
    )
