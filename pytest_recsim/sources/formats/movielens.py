"""MovieLens in every layout: films with genres, ratings as events, segments by what people like. See docs/movielens.md."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from pytest_recsim.data.input.findings import Findings
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.fans import segments
from pytest_recsim.sources.formats.movielens_files import Files, read_files
from pytest_recsim.sources.formats.reading import LATEST, Sheet
from pytest_recsim.sources.formats.shaping import (
    Joined,
    as_json,
    by_stars,
    catalogue,
    constant,
    joined,
    labelled,
)
from pytest_recsim.sources.formats.source import Source

NO_GENRES = "(no genres listed)"
MOST = 10**15
LICENCE = (
    "MovieLens data, GroupLens Research, University of Minnesota: research use only, no commercial use without permission, "
    "passed on only under the same conditions, no endorsement implied; the README in the imported folder has the full text. "
    "Cite: F. M. Harper, J. A. Konstan (2015), The MovieLens Datasets: History and Context, ACM TiiS 5(4):19."
)
_YEAR = re.compile(r"\((\d{4})(?:[-\u2013]\d{0,4})?\)\s*$", re.ASCII)


def read(source: Source) -> Joined:
    """Read a folder.

    Raises:
        InputError: missing folder, file or column, or broken rows, each with file and line.
    """
    days = source.window_days
    if days is not None and not days > 0:
        raise InputError(Problem("window_days", f"`{days:g}`: must be a number of days above 0"))
    files, findings = read_files(source.path), Findings()
    films = _films(files, findings)
    parts = [_ratings(files, films, findings)]
    if files.tags is not None:
        parts.append(_tags(files, files.tags, films, findings))
    findings.check()
    events, starts = joined(parts)
    if events.is_empty():
        raise InputError(Problem(files.ratings.name, "holds no ratings; at least one is needed"))
    events = events.sort("ts", "user", "film", "type")
    genres = {film: entry["tags"] for film, entry in films.items()}
    people = segments(events.with_columns(pl.col("ts").dt.epoch("us")), genres, days)
    meta = {"source": "MovieLens", "licence": LICENCE, "window_days": days, **people.facts}
    told = events.select(
        "row", "ts", "type", user_id=pl.format("u{}", "user"), item_id=pl.format("m{}", "film")
    )
    names = {"interactions": files.ratings.name, "items": files.films.name}
    notes = (
        f"layout {files.layout}: a rating is an event by its stars, segments are made of what people like",
    )
    users = _users(files, people.names, findings)
    return Joined(told, catalogue(list(films.values())), users, notes, names, meta, starts)


def _whole(sheet: Sheet, column: str, findings: Findings, most: int = MOST) -> pl.Series:
    """Return a column of digits as Int64; other cells are findings."""
    text = sheet.frame[column]
    found = text.set(~text.str.contains("^[0-9]{1,15}$"), None).cast(pl.Int64)
    found = found.set(found > most, None)
    told = Sheet(sheet.name, sheet.frame, findings)
    told.wrong(found.is_null(), column, f"must be a whole number from 0 to {most}")
    return found


def _films(files: Files, findings: Findings) -> dict[int, dict[str, Any]]:
    sheet, films = files.films, {}
    numbers = _whole(sheet, "movieId", findings).to_list()
    for film, (row, title, genres) in zip(
        numbers, sheet.frame.select("row", "title", "genres").rows(), strict=True
    ):
        if film in films:
            findings.add(f"{sheet.name}:{row}", f"movieId {film} is defined twice; a film is listed once")
        elif film is not None:
            films[film] = _item(row, film, title.strip(), genres or "")
    return films


def _item(row: int, film: int, title: str, listed: str) -> dict[str, Any]:
    """Genres become plain tags; the first one also the category and the only prefixed tag."""
    genres = [word for word in listed.split("|") if word != NO_GENRES]
    fields = labelled(genres, genres[0] if genres else None, genres[:1])
    year = _YEAR.search(title)
    props = as_json({"year": int(year[1])} if year else {})
    return {"row": row, "item_id": f"m{film}", "description": title, **fields, "props": props}


def _ratings(files: Files, films: dict[int, Any], findings: Findings) -> tuple[str, pl.DataFrame]:
    sheet = Sheet(files.ratings.name, files.ratings.frame, findings)
    stars = sheet.number("rating", 0.5, 5)
    return _contacts(sheet, by_stars(stars), films, files.films.name)


def _tags(files: Files, tags: Sheet, films: dict[int, Any], findings: Findings) -> tuple[str, pl.DataFrame]:
    """Writing a tag is a custom event; its words are not used, they may be younger than the split."""
    sheet = Sheet(tags.name, tags.frame, findings)
    return _contacts(sheet, constant("custom", len(tags.frame)), films, files.films.name)


def _contacts(sheet: Sheet, kinds: pl.Series, films: dict[int, Any], listed: str) -> tuple[str, pl.DataFrame]:
    users = _whole(sheet, "userId", sheet.findings)
    numbers = _whole(sheet, "movieId", sheet.findings)
    stamps = _whole(sheet, "timestamp", sheet.findings, LATEST)
    known = numbers.is_null() | numbers.is_in(pl.Series(list(films), dtype=pl.Int64).implode())
    name = listed.rpartition("/")[2]
    for row, film in sheet.frame.select("row", film=numbers).filter(~known).rows():
        sheet.findings.add(f"{sheet.name}:{row}", f"movieId {film} is not in {name}")
    columns = {"user": users, "film": numbers, "ts": (stamps * 1_000_000).cast(pl.Datetime("us", "UTC"))}
    return sheet.name, sheet.frame.select("row", **columns, type=kinds)


def _users(files: Files, named: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Those with events, by number; what 100K and 1M tell of them becomes traits."""
    if files.users is None:
        return named.select("segment", user_id=pl.format("u{}", "user"))
    sheet = files.users
    traits = sheet.frame.with_columns(user=_whole(sheet, "userId", findings)).drop("row", "userId")
    findings.check()
    traits = traits.unique("user", keep="first", maintain_order=True)
    found = named.join(traits, on="user", how="left", maintain_order="left")
    return found.select(pl.exclude("user"), user_id=pl.format("u{}", "user"))
