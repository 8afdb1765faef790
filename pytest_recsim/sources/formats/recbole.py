"""RecBole's atomic files: ``NAME.inter``, perhaps ``NAME.item`` and ``NAME.user``, tab-separated, each column ``name:type``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.reading import Sheet, below, first_line, loaded, match, wanted_columns
from pytest_recsim.sources.formats.shaping import as_json, by_stars, catalogue, constant, counted, labelled
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.tables import Tables

TYPES = ("token", "token_seq", "float", "float_seq")
TITLES = ("title", "movie_title", "item_name", "name")
WORDS = ("class", "genre", "genres", "categories", "category", "tags")
STEPS = ((5.0, 1.0), (10.0, 2.0), (100.0, 20.0))
"""Highest rating of a scale, and what its ratings are divided by."""
_YEAR = re.compile(r"[12][0-9]{3}")


@dataclass(frozen=True)
class _Atomic:
    sheet: Sheet
    types: Mapping[str, str]


def read(source: Source) -> Tables:
    """Read a folder that holds one data set, or the ``.inter`` file itself.

    Raises:
        InputError: files, columns or cells that cannot be used, each with file and line.
    """
    inter = _inter(source.path)
    notes: list[str] = []
    events = _events(_atomic(inter, ("user_id", "item_id", "timestamp")), notes)
    item, user = inter.with_suffix(".item"), inter.with_suffix(".user")
    items = _items(_atomic(item, ("item_id",)), notes) if item.is_file() else None
    users = _users(_atomic(user, ("user_id",))) if user.is_file() else None
    names = {"interactions": shown(inter), "items": shown(item), "users": shown(user)}
    meta = {"source": f"RecBole atomic files {inter.stem}"}
    return Tables(events, items, users, tuple(notes), names, meta)


def _inter(source: Path) -> Path:
    if source.suffix == ".inter":
        return source
    if not source.is_dir():
        raise InputError(Problem(shown(source), "must be a folder with a .inter file, or that file"))
    found = match(lambda name: name.endswith(".inter"), source)
    if len(found) == 1:
        return found[0]
    many = ", ".join(path.name for path in found[:3])
    what = f"holds several .inter files ({many}); name one of them" if found else "holds no .inter file"
    raise InputError(Problem(shown(source), what))


def _atomic(path: Path, needed: tuple[str, ...]) -> _Atomic:
    data, name = loaded(path, "atomic file"), shown(path)
    header = first_line(data).split("\t")
    types, problems = {}, []
    for cell in header:
        column, _, kind = cell.rpartition(":")
        if kind not in TYPES or not column or column in types:
            what = f"header `{quoted(cell)}`: must be a name of its own and `:` and one of {', '.join(TYPES)}"
            problems.append(Problem(f"{name}:1", what))
        types[column] = kind
    if not problems:
        wanted_columns(name, list(types), needed)
    if problems:
        raise InputError(problems)
    return _Atomic(below(name, data, list(types), list(types), "\t"), types)


def _events(atomic: _Atomic, notes: list[str]) -> pl.DataFrame:
    sheet = atomic.sheet
    stamps = sheet.epoch("timestamp", 1)
    if "rating" in atomic.types:
        kind = _rated(sheet, notes)
    elif "label" in atomic.types:
        kind = (sheet.number("label", 0, 1) > 0).cast(pl.Int16)
        notes.append("label 1 is a click, label 0 a view")
    else:
        kind = constant("click", len(sheet.frame))
        notes.append("there is no rating: every interaction is a click")
    others = sorted(set(atomic.types) - {"user_id", "item_id", "timestamp", "rating", "label"})
    if others:
        notes.append(f"columns of interactions that are not used: {quoted(', '.join(others))}")
    sheet.check()
    return sheet.frame.select("row", "user_id", "item_id").with_columns(ts=stamps, type=kind)


def _rated(sheet: Sheet, notes: list[str]) -> pl.Series:
    ratings = sheet.number("rating", 0, 100)
    highest = float(ratings.max() or 0)  # type: ignore[arg-type] # of numbers a number
    if not math.isfinite(highest) or highest > 100:
        return ratings.cast(pl.Int16, strict=False)  # told by the check that follows
    most, part = next(step for step in STEPS if highest <= step[0])
    notes.append(f"ratings up to {highest:g} are read on a scale of {most:g}: see docs/importers.md")
    return by_stars(ratings / part)


def _items(atomic: _Atomic, notes: list[str]) -> pl.DataFrame:
    odd: dict[str, int] = {}
    entries = [_item(row, atomic.types, odd) for row in atomic.sheet.frame.iter_rows(named=True)]
    for column, count in sorted(odd.items()):
        kind = "year" if "year" in column else "number"
        notes += counted(count, f"cell of `{quoted(column)}` without a {kind}", "left out")
    return catalogue(entries)


def _item(row: Mapping[str, Any], types: Mapping[str, str], odd: dict[str, int]) -> dict[str, Any]:
    """Title, words, brand and price have fields of their own; everything else is kept in ``props``."""
    entry: dict[str, Any] = {"row": row["row"], "item_id": row["item_id"]}
    words: list[str] = []
    props: dict[str, Any] = {}
    for column, kind in types.items():
        cell = row[column].strip()
        if column == "item_id" or not cell:
            continue
        if column in TITLES:
            entry["description"] = cell
        elif column in WORDS and kind.startswith("token"):
            words += cell.split(" ") if kind == "token_seq" else [cell]
        elif column == "brand":
            entry["brand"] = cell
        else:
            value = _value(column, kind, cell)
            if value is None:
                odd[column] = odd.get(column, 0) + 1
            else:
                props[column] = value
    price = props.pop("price", None)
    if isinstance(price, float) and price >= 0:
        entry["price"] = price
    elif price is not None:
        odd["price"] = odd.get("price", 0) + 1
    year = props.pop("release_year", None)
    props |= {} if year is None else {"year": year}
    return {
        **entry,
        **labelled(words, words[0] if words else None, words[:1], entry.get("brand")),
        "props": as_json(props),
    }


def _value(column: str, kind: str, cell: str) -> Any:
    """Return a cell as its type says; None where it is none of that."""
    if "year" in column and kind in {"token", "float"}:
        return int(float(cell)) if _YEAR.fullmatch(cell.removesuffix(".0")) else None
    if kind == "token":
        return cell
    if kind == "token_seq":
        return cell.split(" ")
    numbers = [_finite(part) for part in ([cell] if kind == "float" else cell.split(" "))]
    if None in numbers:
        return None
    return numbers[0] if kind == "float" else numbers


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _users(atomic: _Atomic) -> pl.DataFrame:
    """Every column is a trait; tokens stay text, ``token_seq`` stays one text with its blanks."""
    columns = [
        pl.col(column).cast(pl.Float64, strict=False) if kind == "float" else pl.col(column).replace("", None)
        for column, kind in atomic.types.items()
        if column != "user_id"
    ]
    return atomic.sheet.frame.select("row", "user_id", *columns)
