"""A refusal comes at once: its cost is counted in calls, because no test may depend on a clock."""

from __future__ import annotations

import json
import os
import sys

import pytest

from pytest_recsim.data.batches.manifest import load_manifest
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.guardrails.guardrails import load_guardrails
from pytest_recsim.data.input.files import MOST_BYTES, MOST_SETTINGS, read_bytes
from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import ENOUGH, InputError, Problem, nearest
from pytest_recsim.data.profiles import profiles
from pytest_recsim.data.profiles.profiles import load_profile

ROWS = 10_000
CALLS_A_ROW = 15
EVENT = {"user_id": "u1", "item_id": "item-1", "type": 3, "ts": "2026-01-01T00:00:00Z"}
ITEMS = [{"item_id": f"item-{n}"} for n in range(400)]
USERS = [{"user_id": "u1", "traits": {"segment": "s"}}]


def _document(*, items=ITEMS, users=USERS, events=None):
    return {"items": items, "users": users, "events": [EVENT] if events is None else events}


def _events(change):
    return _document(events=[change({**EVENT}, n) for n in range(ROWS)])


KINDS = {
    "items is an object": _document(items={"a": 1}, events=[EVENT] * ROWS),
    "every item unknown": _events(lambda event, n: event | {"item_id": f"item-{n}x"}),
    "every timestamp bad": _events(lambda event, n: event | {"ts": f"day {n}"}),
    "every type a name": _events(lambda event, n: event | {"type": "purchase"}),
    "every key its own": _events(lambda event, n: event | {f"item_idd{n}": 1}),
    "nothing right": _events(lambda event, n: {"user": 1, "item": [], "typ": "x", "timestamp": n}),
    "no event an object": _events(lambda event, n: n),
    "users without id": _document(users=[{"traits": {"segment": "s"}}] * ROWS),
    "ids used again": _document(items=ITEMS * 10),
    "one row of unknown keys": _document(items=[{f"tagz{n}": n for n in range(ROWS)}]),
    "unknown keys at the top": _document() | {f"item{n}": n for n in range(ROWS)},
    "keys of one row twice": _events(lambda event, n: event),  # see _text
    "not a number at the end": _events(lambda event, n: event | ({"value": float("nan")} if n == ROWS - 1 else {})),
    "too deep at the end": _events(lambda event, n: event),
    "control characters in every tag": _document(items=[{"item_id": "item-1", "tags": [f"t{n}\n" for n in range(ROWS)]}]),
}  # fmt: skip


def _text(kind):
    text = json.dumps(KINDS[kind])
    if kind == "keys of one row twice":
        return text[:-2].removesuffix("}") + ', "value": "x", "value": 1}]}'
    return (
        text[:-2].removesuffix("}") + ', "meta": ' + "[" * 3000 + "]" * 3000 + "}]}"
        if "deep" in kind
        else text
    )


def _calls(act):
    """Run it; return how many functions, Python's and C's, were called meanwhile."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_a_refusal_costs_a_few_calls_a_row_whatever_is_wrong_with_how_many(kind, tmp_path):
    path = tmp_path / "acme.json"
    path.write_text(_text(kind))

    def refused():
        with pytest.raises(InputError) as caught:
            load_fixture(path)
        assert 1 <= len(caught.value.problems) <= ENOUGH

    # what is told costs more than what is only looked at, and that is bounded
    assert _calls(refused) < CALLS_A_ROW * ROWS + 5_000 * ENOUGH


def test_a_list_that_is_none_is_told_once_and_not_for_every_event(tmp_path):
    path = tmp_path / "acme.json"
    path.write_text(_text("items is an object"))
    with pytest.raises(InputError) as caught:
        load_fixture(path)
    assert [problem.what for problem in caught.value.problems] == [
        "`items` is an object; must be a list, which may be empty"
    ]


def test_no_more_problems_are_gathered_than_anybody_reads_and_the_rest_is_not_claimed_to_be_counted():
    findings = Findings()
    for n in range(ENOUGH - 1):
        findings.add(f"a.json#/{n}", f"wrong {n}")
    with pytest.raises(InputError) as caught:
        findings.add("a.json#/last", "wrong")
    assert len(caught.value.problems) == ENOUGH
    assert str(caught.value).endswith(f"... and at least {ENOUGH - 20} more problems")
    assert str(InputError([Problem("", f"x{n}") for n in range(25)])).endswith("... and 5 more problems")


def test_problems_of_one_kind_are_one_sentence_with_a_count_and_the_first_places():
    said = str(InputError([Problem(f"a.json#/{n}", "wrong") for n in range(20)]))
    assert said == "a.json#/0: wrong (19 more like it, first at a.json#/1, a.json#/2, a.json#/3)"
    kinds = [
        Problem("a.json#/0", "is 1", "price"),
        Problem("a.json#/1", "is 2", "price"),
        Problem("b.json#/0", "is 1", "price"),
    ]
    assert str(InputError(kinds)) == "a.json#/0: is 1 (also at a.json#/1)\nb.json#/0: is 1"
    many = [Problem(f"a.json#/{n}", "wrong") for n in range(ENOUGH)]
    assert f"(at least {ENOUGH - 1} more like it, first at" in str(InputError(many))
    options = [Problem("--namespace", "is for one"), Problem("--fixture-path", "is for one")]
    assert str(InputError(options)).splitlines() == ["--namespace: is for one", "--fixture-path: is for one"]


def test_a_nearest_match_is_looked_for_only_where_that_is_cheap():
    ids = [f"product-{n:06d}" for n in range(400)]
    assert nearest("product-000013x", ids) == "; did you mean `product-000013`?"
    many = [f"product-{n:06d}-{n % 7}" * 3 for n in range(5_000)]
    assert _calls(lambda: nearest(f"{many[0]}x", many)) < 100


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_a_fifo_and_a_device_are_refused_and_nobody_waits_for_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("acme.json")
    for path, what in (("acme.json", "a FIFO"), ("/dev/zero", "a device")):
        with pytest.raises(InputError, match=f"{path}: fixture must be a file, not {what}$"):
            load_fixture(tmp_path / path)


def test_a_file_that_is_too_large_for_its_kind_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, load, most in (
        ("a.json", load_fixture, MOST_BYTES),
        ("a.yml", load_guardrails, MOST_SETTINGS),
        ("a.env", load_profile, profiles.MOST_BYTES),
    ):
        with (tmp_path / name).open("wb") as sparse:
            sparse.truncate(most + 1)
        with pytest.raises(InputError, match=f"has {most + 1:,} bytes; it must have at most {most:,} bytes$"):
            load(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX")
def test_every_kind_of_input_refuses_a_fifo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for load in (
        load_fixture,
        load_guardrails,
        load_profile,
        load_manifest,
        lambda path: read_bytes(path, "env file"),
    ):
        with pytest.raises(InputError, match=r"must be a file, not a FIFO$"):
            load(tmp_path / "pipe")
