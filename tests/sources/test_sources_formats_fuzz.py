"""Whatever a named layout's files hold, there is a sound fixture or a sentence; never a traceback, never half a file.

python -m pytest tests/sources -k formats_fuzz                         3 examples of each, the same ones every time
python -m pytest tests/sources -k formats_fuzz -m long                 300 of each, likewise
RECSIM_EXAMPLES=10000 python -m pytest tests/sources -k formats_fuzz -m long     that many, others in every run
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from functools import partial

import httpx
import pytest
from formats_world import SAMPLES, fill
from fuzzing import ASKED, bent, for_all
from hypothesis import strategies as st
from service.service_fakes import Reply, Server

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.retry import Patience
from pytest_recsim.sources.formats import reading
from pytest_recsim.sources.formats.reading import headed, headless
from pytest_recsim.sources.formats.registry import KINDS
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.build import build

SIZES = pytest.mark.parametrize(
    "examples", [pytest.param(3, id="few"), pytest.param(ASKED or 300, id="many", marks=pytest.mark.long)]
)
TOKENS = tuple(
    b'\t|::|,|"|\n|\r\n|\n\n|null|{}|[]|[[|-1|-0|nan|inf|1e400|9999999999999|99999999999999999999|0001-01-01T00:00:00Z|'
    b'\\u0000|\\ud800|\xe9|\xff|\xe2\x80\xa8|\x00|\x1f|\x7f| |recsim:|recsim-probe-1|007|user_id|true|{"a":|'
    b"12/31/2199 11:59:59 PM|31/12/2019 1:00:00 AM|segment|:float|:token_seq|2014-04-07T10:51:09.277Z|2300-01-01T00:00:00Z".split(
        b"|"
    )
)
CELLS = b"-1|0|0.5|5|11|1e308|nan|inf|-0|00|1e9|4294967296| |x|\xc3\xa9|100000000000000000000|true|N1-1 N1-1|N1-2|a b".split(
    b"|"
)


@pytest.fixture
def room(tmp_path):
    """A folder for the files and one for what is made of them."""
    return tmp_path / "in", tmp_path / "out.json"


@SIZES
@pytest.mark.parametrize("kind", SAMPLES)
def test_bent_files_are_a_sound_fixture_or_a_sentence(kind, examples, room):
    folder, out = room

    def holds(seed):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        fill(folder, kind)
        _bend(sorted(folder.iterdir()), random.Random(seed))
        _check(kind, Source(str(folder), unknown_events="custom"), out)

    for_all(examples, st.integers(0, 2**32), holds)


@SIZES
def test_bent_answers_of_a_gorse_are_a_sound_fixture_or_a_sentence(examples, room, monkeypatch):
    def answer(request):
        name = request.url.path.removeprefix("/api/")
        rows = [json.loads(line) for line in SAMPLES["gorse"][f"{name}.jsonl"].splitlines()]
        return httpx.Response(200, content=_answer(rows, {"Cursor": ""}, name.capitalize(), chance))

    def client(**_):
        return made(transport=httpx.MockTransport(answer))

    chance, made = random.Random(0), httpx.Client
    monkeypatch.setattr("pytest_recsim.sources.formats.gorse_rest.httpx.Client", client)

    def holds(seed):
        chance.seed(seed)
        _check("gorse", Source("http://gorse.example", unknown_events="custom"), room[1])

    for_all(examples, st.integers(0, 2**32), holds)


ROWS = {
    "items": {
        "item_id": "a",
        "available": True,
        "price": 1.5,
        "tags": ["x"],
        "props": '{"y": [1]}',
        "brand": "b",
    },
    "users": {"user_id": "u", "traits": '{"segment": "pro", "z": {"q": 1}}'},
    "events": {
        "user_id": "u",
        "item_id": "a",
        "type": 3,
        "value": 2.5,
        "ts": "2026-01-01T00:00:00Z",
        "meta": "{}",
    },
}


@SIZES
def test_bent_answers_of_a_service_are_a_sound_fixture_or_a_sentence(examples, room, monkeypatch):
    def answer(request):
        rows = [dict(ROWS[request.path.removeprefix("/v1/")])]
        facts = {"total": 1, "limit": 1000, "offset": 0, "has_more": False}
        return Reply(200, _answer(rows, facts, "items", chance))

    def holds(seed):
        chance.seed(seed)
        _check("service", Source(server.url, namespace="shop", org_id="o"), room[1])

    chance, server = random.Random(0), Server(answer)
    once = partial(Endpoint, patience=Patience(tries=1), trust_env=False)
    monkeypatch.setattr("pytest_recsim.sources.formats.service.Endpoint", once)
    try:
        for_all(examples, st.integers(0, 2**32), holds)
    finally:
        server.close()


@SIZES
def test_cells_that_are_read_at_once_are_those_of_a_look_at_each_line(examples, room, monkeypatch):
    path = room[1].with_suffix(".txt")

    def look(separator, *, header):
        try:
            read = headed if header else headless
            return read(path, ("a", "b", "c"), separator).frame.rows()
        except InputError as error:
            return str(error)

    def holds(seed):
        chance = random.Random(seed)
        separator = chance.choice(("\t", ",", "|", "::"))
        header = separator != "::" and chance.random() < 0.5
        words = chance.choice((("x", "1", "", "é", " ", "007", "#", "\u2028", "null", "\x1f"), ("x", "y")))
        rows = [separator.join(chance.choice(words) for _ in range(3)) for _ in range(chance.randint(0, 5))]
        text = "\n".join([separator.join("abc")] * header + rows) + chance.choice(("", "\n"))
        data = text.replace("\n", chance.choice(("\n", "\n", "\r\n"))).encode()
        if chance.random() < 0.5:
            data = bent(data, seed, (separator.encode(), b"\n", b"\r", b"\n\n", b'"'))
        path.write_bytes(data)
        at_once = look(separator, header=header)
        with monkeypatch.context() as slowly:
            slowly.setattr(reading, "cells", lambda *_: None)
            assert look(separator, header=header) == at_once

    for_all(examples, st.integers(0, 2**32), holds)


def _answer(rows, facts, name, chance):
    """A page: sound, with another value somewhere, or a few bytes otherwise."""
    how = chance.random()
    if how < 0.3:
        row = chance.choice(rows)
        row[chance.choice(list(row))] = chance.choice((*ODD, *map(json.dumps, ODD)))
    body = json.dumps({name: rows, **facts}).encode()
    return bent(body, chance.randrange(2**32), TOKENS) if how > 0.8 else body


def _bend(paths, chance):
    """Mostly a few bytes of one file; now and then the whole of it."""
    path = chance.choice(paths)
    data = path.read_bytes()
    whole = (
        lambda: path.write_bytes(b""),
        path.unlink,
        lambda: path.write_bytes(chance.randbytes(40)),
        lambda: path.write_bytes(gzip.compress(data)[: chance.randint(2, 60)]),
        lambda: path.write_bytes(data + data),
        lambda: path.write_bytes(data[: chance.randint(0, len(data))]),
        lambda: path.write_bytes(data.decode("latin-1").encode("utf-16")),
    )
    how = chance.random()
    if how < 0.1:
        chance.choice(whole)()
    elif how < 0.5:
        path.write_bytes(bent(data, chance.randrange(2**32), TOKENS))
    elif path.suffix.startswith(".json"):
        path.write_bytes(_other_values(data, chance))
    else:
        path.write_bytes(_other_cells(data, chance))


DEEP = {"a": 1}
for _ in range(60):
    DEEP = {"a": [DEEP]}
ODD = (
    None,
    True,
    -1,
    0,
    1.5,
    1e308,
    10**30,
    70_000,
    "",
    " x ",
    "x" * 3000,
    "a\u2028b",
    "\x1f",
    "recsim:x",
    "recsim-probe-1",
    [],
    [[]],
    ["a", "a", ""],
    {},
    DEEP,
    float("nan"),
    float("inf"),
    "0001-01-01T00:00:00Z",
    "2300-01-01T00:00:00+01:00",
    "nan",
)


def _other_values(data, chance):
    """JSON lines that are still JSON, with other values in some places."""
    rows = [json.loads(line) for line in data.splitlines()]
    for _ in range(chance.randint(1, 3)):
        row = chance.choice(rows)
        key = chance.choice(list(row))
        inner = row[key] if isinstance(row[key], dict) and row[key] and chance.random() < 0.5 else row
        inner[key if inner is row else chance.choice(list(inner))] = chance.choice(ODD)
    return "\n".join(map(json.dumps, rows)).encode()


def _other_cells(data, chance):
    """The same lines, with something else in some cells."""
    parts = re.split(rb"(\t|::|,|\||\n)", data)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(0, len(parts), 2)
        parts[place] = chance.choice((*CELLS, str(chance.choice(ODD)).encode(), chance.choice(parts[::2])))
    return b"".join(parts)


def _check(kind, source, out):
    out.unlink(missing_ok=True)
    try:
        build(KINDS[kind].read(source)).write(out)
    except InputError as error:
        assert not out.exists()
        told = str(error).splitlines()
        assert told
        for line in told:
            assert line.isprintable(), ascii(line)
            assert len(line) < 1500, line
        return
    load_fixture(out)


def test_a_cell_too_few_in_one_line_is_not_made_up_for_by_one_too_many_in_another(room):
    path = room[1].with_suffix(".txt")
    path.write_text("x|1|2\nx|1\nx|1|2|\n")
    with pytest.raises(InputError, match=r"txt:2: 2 cells; there must be 3 \(also at .*txt:3\)"):
        headless(path, ("a", "b", "c"), "|")
