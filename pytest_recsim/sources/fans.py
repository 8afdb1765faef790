"""Segments of people who brought none along, decided by what they did before the split and by nothing after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pytest_recsim.data.input.instants import from_us
from pytest_recsim.sources.importing.segments import cut_us

FEW = 5
POWER_SHARE = 0.25
FAMILIES = {
    "action_fans": ("action", "adventure", "sci-fi", "fantasy", "thriller", "war", "western", "imax"),
    "comedy_fans": ("comedy", "animation", "children", "children's", "musical", "romance"),
    "drama_fans": ("drama", "documentary", "crime", "mystery", "film-noir", "horror"),
}
NAMES = sorted(FAMILIES)


@dataclass(frozen=True)
class People:
    """Segment per user, and the counts that say how much history and holdout there is.

    Attributes:
        names: ``user`` (Int64, ascending) and ``segment``.
        facts: for the fixture's ``meta``.
    """

    names: pl.DataFrame
    facts: dict[str, Any]


def segments(
    contacts: pl.DataFrame, genres: Mapping[int, Collection[str]], window_days: float | None
) -> People:
    """Give every user a segment from the seeded part of the window.

    Args:
        contacts: ``ts`` (Int64, microseconds), ``user`` and ``film`` (Int64), at least one row.
        genres: film -> lower-case genres.
        window_days: only the newest days count; None = all.
    """
    contacts = contacts.select("ts", "user", "film").sort("ts")
    begin, split = cut_us(contacts["ts"], window_days)
    window = contacts.filter(pl.col("ts") >= begin)
    history = window.filter(pl.col("ts") <= split).select("user", "film").unique()
    everybody = contacts.select("user").unique().sort("user")
    later = window.filter(pl.col("ts") > split)
    return People(_named(everybody, history, genres), _facts(everybody, history, later, split))


def _named(
    everybody: pl.DataFrame, history: pl.DataFrame, genres: Mapping[int, Collection[str]]
) -> pl.DataFrame:
    """Few films: ``new_users``; the quarter with the most: ``power_users``; the rest by favourite family."""
    known = (
        history.group_by("user")
        .len()
        .filter(pl.col("len") >= FEW)
        .sort(-pl.col("len").cast(pl.Int64), "user")
    )
    power = known.head(int(POWER_SHARE * len(known)))["user"]
    tallies = _tallies(known.select("user"), history, genres)
    usual = {name: int(tallies[name].sum()) or 1 for name in NAMES}
    shares = [pl.col(name) / usual[name] for name in NAMES]
    favourite = pl.coalesce(
        pl.when(share == pl.max_horizontal(shares)).then(pl.lit(name))  # ties by name
        for name, share in zip(NAMES, shares, strict=True)
    )
    fans = tallies.select("user", fan=favourite)
    segment = (
        pl.when(pl.col("user").is_in(power.implode())).then(pl.lit("power_users")).otherwise(pl.col("fan"))
    )
    found = everybody.join(fans, on="user", how="left", maintain_order="left")
    return found.select("user", segment=segment.fill_null("new_users"))


def _tallies(
    known: pl.DataFrame, history: pl.DataFrame, genres: Mapping[int, Collection[str]]
) -> pl.DataFrame:
    """Per user how many genres of each family the films of the history carry."""
    films = pl.DataFrame(
        [
            (film, *(sum(word in FAMILIES[name] for word in words) for name in NAMES))
            for film, words in genres.items()
        ],
        schema={"film": pl.Int64, **dict.fromkeys(NAMES, pl.Int64)},
        orient="row",
    )
    counted = history.join(films, on="film", how="left").group_by("user").agg(pl.col(NAMES).sum())
    return known.join(counted, on="user", how="left", maintain_order="left").fill_null(0)


def _facts(everybody: pl.DataFrame, history: pl.DataFrame, later: pl.DataFrame, split: int) -> dict[str, Any]:
    before, after = history.select("user").unique(), later.select("user").unique()
    both = len(before.join(after, on="user", how="semi"))
    return {
        "split_at": from_us(split).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "people": {
            "history_and_holdout": both,
            "history_only": len(before) - both,
            "holdout_only": len(after) - both,
            "outside_window": len(everybody) - len(before) - len(after) + both,
        },
    }
