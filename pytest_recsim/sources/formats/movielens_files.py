"""The files of MovieLens in each of their layouts, as the same columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.reading import Sheet, headed, headless

LATIN = "latin-1"
GENRES_100K = [
    "unknown",
    "action",
    "adventure",
    "animation",
    "children's",
    "comedy",
    "crime",
    "documentary",
    "drama",
    "fantasy",
    "film-noir",
    "horror",
    "musical",
    "mystery",
    "romance",
    "sci-fi",
    "thriller",
    "war",
    "western",
]
"""In the order of u.item's nineteen columns."""


@dataclass(frozen=True)
class Files:
    """What there is.

    Attributes:
        layout: its name for people.
        films: ``movieId``, ``title``, ``genres`` (with ``|`` between them).
        ratings: ``userId``, ``movieId``, ``rating``, ``timestamp``.
        tags: ``userId``, ``movieId``, ``timestamp``; None where there are none.
        users: ``userId`` and traits; None likewise.
    """

    layout: str
    films: Sheet
    ratings: Sheet
    tags: Sheet | None = None
    users: Sheet | None = None


def read_files(folder: Path) -> Files:
    """Read a folder as the layout that its names show.

    Raises:
        InputError: a missing folder, file or column, or lines that do not fit.
    """
    if folder.is_file():
        raise InputError(Problem(shown(folder), "must be the unpacked folder of MovieLens, and is a file"))
    if not folder.is_dir():
        raise InputError(Problem(shown(folder), "MovieLens folder not found"))
    if (folder / "u.data").is_file() or (folder / "u.item").is_file():
        return _hundred_thousand(folder)
    if (folder / "ratings.dat").is_file() or (folder / "movies.dat").is_file():
        return _million(folder)
    films = headed(folder / "movies.csv", ("movieId", "title", "genres"))
    ratings = headed(folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp"))
    tags = folder / "tags.csv"
    said = headed(tags, ("userId", "movieId", "timestamp")) if tags.exists() else None
    return Files("latest, 20M to 32M", films, ratings, said)


def _hundred_thousand(folder: Path) -> Files:
    """``u.item`` has a column per genre; its years are part of the titles, as in every layout."""
    columns = ("movieId", "title", "released", "video", "url", *GENRES_100K)
    raw = headless(folder / "u.item", columns, "|", encoding=LATIN)
    marks = [pl.when(pl.col(genre) == "1").then(pl.lit(genre)) for genre in GENRES_100K if genre != "unknown"]
    genres = pl.concat_str(marks, separator="|", ignore_nulls=True)
    films = Sheet(raw.name, raw.frame.select("row", "movieId", "title", genres=genres), raw.findings)
    ratings = headless(folder / "u.data", ("userId", "movieId", "rating", "timestamp"), "\t")
    people = folder / "u.user"
    users = None
    if people.is_file():
        users = headless(people, ("userId", "age", "gender", "occupation", "zip_code"), "|", encoding=LATIN)
    return Files("100K", films, ratings, None, users)


def _million(folder: Path) -> Files:
    """Cells have ``::`` between them, which sniffers read wrongly; 10M has tags and no users."""
    films = headless(folder / "movies.dat", ("movieId", "title", "genres"), "::", encoding=LATIN)
    ratings = headless(folder / "ratings.dat", ("userId", "movieId", "rating", "timestamp"), "::")
    tags, people = folder / "tags.dat", folder / "users.dat"
    said = (
        headless(tags, ("userId", "movieId", "tag", "timestamp"), "::", encoding=LATIN)
        if tags.is_file()
        else None
    )
    users = None
    if people.is_file():
        users = headless(people, ("userId", "gender", "age", "occupation", "zip_code"), "::")
    return Files("1M and 10M", films, ratings, said, users)
