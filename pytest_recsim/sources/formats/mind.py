"""Microsoft News (MIND): ``behaviors.tsv`` and ``news.tsv``, tab-separated, without header and never quoted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.reading import Sheet, headless
from pytest_recsim.sources.formats.shaping import Joined, catalogue, constant, counted, joined, labelled
from pytest_recsim.sources.formats.source import Source

BEHAVIORS = ("impression", "user_id", "time", "history", "impressions")
NEWS = (
    "item_id",
    "category",
    "subcategory",
    "title",
    "abstract",
    "url",
    "title_entities",
    "abstract_entities",
)
TIME = "%m/%d/%Y %I:%M:%S %p"
LICENCE = "MIND, Microsoft News: Microsoft Research License Terms, research use only; see msnews.github.io."


def read(source: Source) -> Joined:
    """Read a folder, or its subfolders (``MINDsmall_train``, ``MINDsmall_dev``), as one data set.

    Raises:
        InputError: files or lines that cannot be used, each by its number.
    """
    found = _folders(source.path)
    notes = ["times name no zone: read as UTC"]
    clicks = [_clicks(headless(one / "behaviors.tsv", BEHAVIORS, "\t"), notes) for one in found]
    events, starts = joined(clicks)
    news = [headless(one / "news.tsv", NEWS, "\t") for one in found if (one / "news.tsv").is_file()]
    names = {"interactions": clicks[0][0], "items": news[0].name if news else "news.tsv"}
    meta = {"source": "MIND", "licence": LICENCE}
    return Joined(events, _items(news), None, tuple(notes), names, meta, starts)


def _folders(folder: Path) -> list[Path]:
    if (folder / "behaviors.tsv").is_file():
        return [folder]
    try:
        inner = sorted(one for one in folder.iterdir() if (one / "behaviors.tsv").is_file())
    except OSError:
        inner = []
    if not inner:
        raise InputError(Problem(shown(folder), "must be a folder with behaviors.tsv and news.tsv"))
    return inner


def _clicks(sheet: Sheet, notes: list[str]) -> tuple[str, pl.DataFrame]:
    """Return one row per click; what was shown and not clicked is no interaction."""
    moments = sheet.frame["time"].str.to_datetime(TIME, strict=False, time_unit="us", time_zone="UTC")
    sheet.wrong(moments.is_null(), "time", "must be a time such as 11/15/2019 10:22:32 AM")
    shows = sheet.frame.select("row", "user_id", "impressions", ts=moments).with_columns(
        shown=pl.col("impressions").str.split(" ")
    )
    each = shows.explode("shown").filter(pl.col("shown") != "")
    mark = each["shown"].str.slice(-2)
    labels = each.select("row", impressions="shown")
    odd = Sheet(sheet.name, labels, sheet.findings)
    odd.wrong(
        ~mark.is_in(["-0", "-1"]),
        "impressions",
        "must be an id and -1 (clicked) or -0; the test part of MIND has none",
    )
    sheet.check()
    clicked = each.filter(mark == "-1")
    past = int((sheet.frame["history"] != "").sum())
    notes += counted(len(each) - len(clicked), f"article of {sheet.name} shown and not clicked", "left out")
    notes += counted(past, f"history of {sheet.name}, without times of its own", "left out")
    events = clicked.select(
        "row", "user_id", "ts", item_id=pl.col("shown").str.slice(0, pl.col("shown").str.len_chars() - 2)
    )
    return sheet.name, events.with_columns(type=constant("click", len(events)))


def _items(news: Sequence[Sheet]) -> pl.DataFrame | None:
    if not news:
        return None
    frame = pl.concat([sheet.frame for sheet in news])
    if len(news) > 1:  # the parts of MIND share most of their articles; within one, each is listed once
        frame = frame.unique("item_id", keep="first", maintain_order=True)
    rows = frame.select("row", "item_id", "category", "subcategory", "title").rows()
    entries = [
        {
            "row": row,
            "item_id": item,
            "description": title or None,
            **labelled([kind, kind_of], kind, [kind, kind_of]),
        }
        for row, item, kind, kind_of, title in rows
    ]
    return catalogue(entries)
