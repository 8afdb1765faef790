"""Whatever a file holds, an import ends in a sound fixture or in sentences, and never in half a file.

RECSIM_EXAMPLES=10000 python -m pytest tests/sources/test_sources_importing_fuzz.py -m long     that many of each kind
"""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import json
import random

import polars as pl
import pytest
from fuzzing import ASKED

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.sources.importing.choices import ALLOWED, Choices
from pytest_recsim.sources.importing.files import Files, import_files
from pytest_recsim.sources.importing.mapping import Reading

EXAMPLES = pytest.mark.parametrize(
    "examples", [pytest.param(25, id="few"), pytest.param(ASKED or 700, id="many", marks=pytest.mark.long)]
)
IDS = [
    "7",
    "007",
    " 7",
    "ü",
    "",
    '"',
    "a,b",
    "a\nb",
    "recsim:x",
    "recsim-probe-1",
    "\x07",
    "'",
    "\u2028",
    "1.0",
    "\\",
    "x" * 1100,
]
TIMES = [
    "2026-01-31T10:00:00Z", "2026-01-31", "31.01.2026 10:00", "01/02/2026", "1769900000", "1769900000000", "", "x", "0001-01-01",
    "2026-02-30", "9999-12-31T23:59:59Z", "99999999999999999999", "-5", "1e400", "20260131", "31.01.26", "2026-01-31 25:00",
    "2026-01-31T10:00:00+99:00", "Jan 5, 2026", "0", " 2026-01-31 ",
]  # fmt: skip
WORDS = ["view", "click", "buy", "refund", "hover", "", "0", "3", "9", "View ", "é"]
NUMBERS = [
    "1",
    "2.5",
    "2,5",
    "1,234",
    "1.234,5",
    "-1",
    "",
    "x",
    "nan",
    "inf",
    "1e308",
    "1e-300",
    "€ 3",
    "0",
    "-0",
    "1" * 400,
]
COLUMNS = {
    "user": IDS,
    "item": IDS,
    "ts": TIMES,
    "event": WORDS,
    "quantity": NUMBERS,
    "event_id": IDS,
    "price": NUMBERS,
    "brand": IDS,
}
ITEMS = {"sku": IDS, "price": NUMBERS, "brand": IDS, "tags": ["a|b", "", "[]", "['x', 'y']", "\x00", "a;b"], "available": ["yes", "0", "", "nein", "x"],
         "margin": NUMBERS}  # fmt: skip
USERS = {"user_id": IDS, "plan": IDS, "segment": IDS, "user": IDS, "traits": IDS, "age": NUMBERS}
NUMBER = itertools.count()


def table(dice, columns):
    """Rows of a table: most cells are of the first ones of their pool, so that files get beyond their first lines."""
    names = (
        dice.sample(list(columns), dice.randint(1, len(columns))) if dice.random() < 0.2 else list(columns)
    )
    reach = dice.choice([1, 1, 1, 3, 100])
    return [{name: cell(dice, columns[name], reach) for name in names} for _ in range(dice.randint(0, 6))]


def cell(dice, pool, reach):
    return dice.choice(pool[:reach] if dice.random() < 0.9 else pool)


def as_csv(dice, rows):
    delimiter, quote = dice.choice(",;\t|"), dice.random() < 0.7
    lines = [delimiter.join(rows[0] if rows else ["user"])] if dice.random() < 0.95 else []
    lines += [
        delimiter.join(f'"{one.replace(chr(34), chr(34) * 2)}"' if quote else one for one in row.values())
        for row in rows
    ]
    text = dice.choice(["\n", "\n", "\r\n", "\r"]).join(lines)
    return text.encode(dice.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"]), "replace")


def as_jsonl(dice, rows):
    kinds = (
        str,
        lambda one: float(one) if one.isdecimal() else one,
        lambda one: one or None,
        lambda one: [one],
        lambda one: {"a": one},
    )
    kind = dice.choice(kinds) if dice.random() < 0.5 else str
    if dice.random() < 0.1:
        kind = lambda one: f"{one}\x00"  # noqa: E731 - one of several
    odd = dice.choice([*(rows[0] if rows else [""]), ""])
    made = [{name: kind(one) if odd in {name, ""} else one for name, one in row.items()} for row in rows]
    return "\n".join(map(json.dumps, made)).encode()


def as_parquet(dice, rows):
    frame = pl.DataFrame(rows)
    if rows and dice.random() < 0.5:
        kind = dice.choice(
            [
                pl.Categorical,
                pl.Float64,
                pl.Int32,
                pl.Binary,
                pl.List(pl.String),
                pl.Boolean,
                pl.Date,
                pl.Time,
            ]
        )
        name = dice.choice(frame.columns)
        column = frame[name]
        with contextlib.suppress(pl.exceptions.PolarsError):
            column = (
                column.cast(pl.Int32, strict=False).cast(kind, strict=False)
                if kind in {pl.Date, pl.Boolean}
                else column.cast(kind)
            )
        frame = frame.with_columns(column)
    frame.write_parquet(buffer := io.BytesIO())
    return buffer.getvalue()


MADE = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}


def files(dice, kind):
    """The bytes of the files of an import, now and then bent, and what is asked of it."""
    made = [MADE[kind](dice, table(dice, columns)) for columns in (COLUMNS, ITEMS, USERS)]
    for number, data in enumerate(made):
        if dice.random() < 0.15:
            place = dice.randint(0, len(data))
            data = data[:place] + dice.randbytes(dice.randint(0, 4)) + data[place + dice.randint(0, 3) :]  # noqa: PLW2901
        made[number] = gzip.compress(data) if dice.random() < 0.1 else data
    beside = [data if dice.random() < 0.3 else None for data in made[1:]]
    choices = {name: dice.choice(allowed) for name, allowed in ALLOWED.items()}
    choices |= {"key": dice.choice([None, b"k" * 16]), "sample_users": dice.choice([None, None, 1, 3])}
    choices |= dice.choice(
        [{}, {}, {"segment_column": "plan"}, {"segments": ("a: events in top 50%", "b: value > 2")}]
    )
    wanted = {
        "day_first": True,
        "decimal_comma": True,
        "time_zone": "Europe/Berlin",
        "unknown_events": "drop",
        "item_fields": True,
    }
    return made[0], beside, choices, {name: value for name, value in wanted.items() if dice.random() < 0.5}


def holds(folder, kind, example):
    """A fixture that loads, or sentences and nothing written."""
    main, beside, choices, settings = example
    place = folder / str(next(NUMBER))
    place.mkdir()
    names = ("events", "items", "users")
    paths = [
        None if data is None else place / f"{name}.{kind}"
        for name, data in zip(names, (main, *beside), strict=True)
    ]
    for path, data in zip(paths, (main, *beside), strict=True):
        if path is not None:
            path.write_bytes(data)
    out = place / "out.json"
    try:
        import_files(Files(kind, *paths), Reading(settings=settings), Choices(**choices)).built.write(out)
    except InputError as error:
        assert not out.exists()
        for problem in error.problems:
            assert str(problem).isprintable(), ascii(str(problem))
            assert len(str(problem)) < 2000
        return False
    assert load_fixture(out).events
    return True


@pytest.mark.parametrize("kind", MADE)
@EXAMPLES
def test_an_import_ends_in_a_sound_fixture_or_in_sentences(tmp_path, kind, examples):
    began = random.randrange(2**40) if ASKED else 0
    sound = sum(
        holds(tmp_path, kind, files(random.Random(f"{kind} {seed}"), kind))
        for seed in range(began, began + examples)
    )
    assert 0 < sound < examples
