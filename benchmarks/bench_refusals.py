"""How long a fixture with something wrong in it takes to be refused, and how much memory.

``python -m benchmarks.bench_refusals [--rows 1000000] [--only WORD]``
Every file is loaded by a process of its own. The seconds are the processor's, from when the file's bytes are there; a busy
machine makes them more, so how much that is of what the sound file of the same rows takes is beside them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watched import highest
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError

Row = Callable[[int], str]
_FEW = 1_000
SOUND = "nothing"


def item(n: int) -> str:
    return f'{{"item_id":"i{n}","price":9.5,"tags":["a","brand:b"],"props":{{"margin":0.3}}}}'


def user(n: int) -> str:
    return f'{{"user_id":"u{n}","traits":{{"segment":"s{n % 20_000}"}}}}'


def event(n: int, more: str = "") -> str:
    ids = f'"user_id":"u{n % _FEW}","item_id":"i{n % _FEW}"'
    return f'{{{ids},"type":3,"ts":"2026-01-01T00:00:00Z","value":1.0{more}}}'


@dataclass(frozen=True)
class Kind:
    """Rows of which one list has many: how all of them are written, and how the last one is."""

    name: str
    many: str
    row: Row
    last: Row | None = None


def last_event(name: str, more: str) -> Kind:
    return Kind(f"only the last event: {name}", "events", event, lambda n: event(n, more))


def without(row: Row, text: str, other: str = "") -> Row:
    return lambda n: row(n).replace(text, other)


KINDS = (
    Kind("nothing (events)", "events", event),
    Kind("every timestamp", "events", without(event, "T00")),
    Kind("every item unknown", "events", without(event, '"item_id":"i', '"item_id":"x')),
    Kind("a member of every event misspelled", "events", without(event, "item_id", "itm_id")),
    Kind("every member of every event", "events", lambda n: f'{{"user":1,"item":[],"typ":"x","timestamp":{n}}}'),
    Kind("only the last event: its item unknown", "events", event, without(event, '"item_id":"i', '"item_id":"x')),
    Kind("only the last event: its type is text", "events", event, without(event, ":3", ':"x"')),
    last_event("`NaN`", ',"meta":{"a":NaN}'),
    last_event("NUL in a text", ',"source_event_id":"\\u0000"'),
    last_event("3,000 levels", ',"meta":' + "[" * 3000 + "]" * 3000),
    last_event("5,000 digits", ',"meta":{"a":' + "9" * 5000 + "}"),
    Kind("only the last event: a key that is written twice hides a wrong value", "events", event,
         lambda n: event(n).replace('"type"', '"type":"x","type"')),
    Kind("nothing (items)", "items", item),
    Kind("every item's id is the one before", "items", lambda n: item(n // 2)),
    Kind("only the last item: its tags are no list", "items", item, without(item, '["a","brand:b"]', '"a"')),
    Kind("only the last item: NUL in a prop", "items", item, without(item, "0.3", '"\\u0000"')),
    Kind("nothing (users, in 20,000 segments)", "users", user),
    Kind("every user's id is the one before", "users", lambda n: user(n // 2)),
    Kind("every user without `segment`", "users", without(user, "segment", "group")),
    Kind("only the last user: no `segment`", "users", user, without(user, "segment", "group")),
)  # fmt: skip


def lists(kind: Kind, rows: int) -> Iterator[str]:
    for name, row in (("items", item), ("users", user), ("events", event)):
        many, count = (kind.row, rows) if name == kind.many else (row, _FEW if name != "events" else 1)
        texts = [many(n) for n in range(count - 1)]
        texts.append((kind.last if kind.last and name == kind.many else many)(count - 1))
        yield f"{json.dumps(name)}:[{','.join(texts)}]"


def measured(path: Path) -> tuple[float, float, str]:
    """Return processor seconds, this process's peak memory in MB, and the first sentence of the refusal."""
    path.read_bytes()
    start, said = time.process_time(), ""
    try:
        load_fixture(path)
    except InputError as error:
        said = str(error).splitlines()[0]
    return time.process_time() - start, highest(), said


def in_own_process(path: Path) -> tuple[float, float, str]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, path).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="measure the kinds whose name has this word")
    options = parser.parse_args()
    print("| what is wrong | seconds | of the sound file's | MB |\n| --- | --- | --- | --- |", flush=True)
    sound = 0.0
    for kind in KINDS:
        if options.only not in kind.name and not kind.name.startswith(SOUND):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.json"
            path.write_text(f"{{{','.join(lists(kind, options.rows))}}}", encoding="utf-8")
            took, most, said = in_own_process(path)
        if bool(said) == kind.name.startswith(SOUND):
            raise SystemExit(f"{kind.name}: {said or 'was not refused'}")
        sound = took if kind.name.startswith(SOUND) else sound
        print(f"| {kind.name} | {took:.1f} | {took / sound:.1f} | {most:.0f} |", flush=True)


if __name__ == "__main__":
    main()
