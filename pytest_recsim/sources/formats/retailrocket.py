"""Retailrocket's shop: ``events.csv``, ``item_properties_part*.csv`` (snapshots over time), ``category_tree.csv``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.files import shown
from pytest_recsim.sources.formats.reading import Sheet, headed, match, one_of
from pytest_recsim.sources.formats.shaping import catalogue, counted, cut, labelled
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.tables import Tables

WORDS = {"view": "view", "addtocart": "add", "transaction": "purchase"}
USED = ("categoryid", "available")
LICENCE = "Retailrocket recommender system dataset: CC BY-NC-SA 4.0, as its page says."
DEEPEST = 30


def read(source: Source) -> Tables:
    """Read a folder.

    Raises:
        InputError: files or lines that cannot be used, each by its number.
    """
    folder = source.path
    sheet = headed(
        one_of(folder, ["events.csv"], "Retailrocket's folder"), ("timestamp", "visitorid", "event", "itemid")
    )
    stamps = sheet.epoch("timestamp", 1000)
    codes = {word: EVENT_TYPES[name] for word, name in WORDS.items()}
    kinds = sheet.frame["event"].replace_strict(codes, default=None, return_dtype=pl.Int16)
    sheet.wrong(kinds.is_null(), "event", f"must be one of {', '.join(WORDS)}")
    sheet.check()
    events = sheet.frame.select("row", user_id="visitorid", item_id="itemid", ts=stamps, type=kinds)
    notes: list[str] = []
    parts = match(lambda name: name.startswith("item_properties") and ".csv" in name, folder)
    items = None
    if parts:
        known = _snapshots(
            [headed(path, ("timestamp", "itemid", "property", "value")) for path in parts], notes
        )
        items = _items(known, cut(events["ts"]), _tree(folder, notes))
    names = {"interactions": sheet.name, "items": shown(parts[0]) if parts else "items"}
    return Tables(events, items, None, tuple(notes), names, {"source": "Retailrocket", "licence": LICENCE})


def _snapshots(parts: list[Sheet], notes: list[str]) -> pl.DataFrame:
    frames, hashed = [], 0
    for sheet in parts:
        used = Sheet(sheet.name, sheet.frame.filter(pl.col("property").is_in(USED)), sheet.findings)
        frames.append(used.frame.with_columns(ts=used.epoch("timestamp", 1000)))
        hashed += len(sheet.frame) - len(used.frame)
        used.check()
    notes += counted(hashed, "property other than categoryid and available", "hashed, left out")
    return pl.concat(frames)


def _items(snapshots: pl.DataFrame, end: datetime, tree: Mapping[str, str]) -> pl.DataFrame:
    """Of each property the newest value that the seeded part may know, the oldest where all are younger."""
    ordered = snapshots.with_columns(late=pl.col("ts") > end).sort("ts", maintain_order=True)
    value = pl.col("value")
    best = pl.coalesce(value.filter(~pl.col("late")).last(), value.first())
    found = ordered.group_by("itemid", "property", maintain_order=True).agg(value=best)
    facts: dict[str, dict[str, str]] = {}
    for item, name, text in found.rows():
        if item:
            facts.setdefault(item, {})[name] = text
    return catalogue(
        [_item(item, facts[item], tree) for item in sorted(facts, key=lambda one: (len(one), one))]
    )


def _item(item: str, facts: Mapping[str, str], tree: Mapping[str, str]) -> dict[str, object]:
    category = facts.get("categoryid", "")
    entry: dict[str, object] = {"item_id": item, "available": facts.get("available") != "0"}
    path = _path(category, tree)
    return {**entry, **labelled(path, category, path)} if category else entry


def _path(category: str, tree: Mapping[str, str]) -> list[str]:
    """From the root of the tree to a category; a circle in the tree ends where it closes."""
    path = [category]
    while (parent := tree.get(path[0], "")) and parent not in path and len(path) < DEEPEST:
        path.insert(0, parent)
    return path


def _tree(folder: Path, notes: list[str]) -> dict[str, str]:
    path = folder / "category_tree.csv"
    if not path.is_file():
        notes.append("there is no category_tree.csv: categories have no path")
        return {}
    sheet = headed(path, ("categoryid", "parentid"))
    return dict(sheet.frame.select("categoryid", "parentid").rows())
