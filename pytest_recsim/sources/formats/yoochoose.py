"""YOOCHOOSE, the RecSys Challenge 2015: clicks and buys of anonymous sessions, comma-separated, without header."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.sources.formats.reading import Sheet, headless, one_of
from pytest_recsim.sources.formats.shaping import (
    Joined,
    catalogue,
    constant,
    counted,
    cut,
    joined,
    labelled,
)
from pytest_recsim.sources.formats.source import Source

CLICKS = ("user_id", "time", "item_id", "category")
BUYS = ("user_id", "time", "item_id", "price", "quantity")
CATEGORIES = [str(number) for number in range(1, 13)]
LICENCE = "YOOCHOOSE GmbH, RecSys Challenge 2015: CC BY-NC-ND 4.0, as the archive says."


def read(source: Source) -> Joined:
    """Read ``yoochoose-clicks.dat`` and ``yoochoose-buys.dat`` of a folder; every session is a user.

    Raises:
        InputError: files or lines that cannot be used, each by its number.
    """
    what = "YOOCHOOSE's folder"
    clicks = headless(one_of(source.path, ["yoochoose-clicks.dat"], what), CLICKS, ",")
    buys = headless(one_of(source.path, ["yoochoose-buys.dat"], what), BUYS, ",")
    prices = buys.number("price", 0, 9_999_999_999)
    parts = [(clicks.name, _events(clicks, "click")), (buys.name, _events(buys, "purchase"))]
    clicks.check()
    buys.check()
    events, starts = joined(parts)
    notes = ["every session is a user: hardly any comes back, so few have both a history and a holdout"]
    notes += counted(int((prices == 0).sum()), "buy without a price", "kept; it tells no price")
    notes.append("quantities are not used: a buy is one purchase")
    items = _items(clicks.frame, buys.frame.with_columns(price=prices), parts, cut(events["ts"]))
    names = {"interactions": clicks.name, "items": shown(source.path)}
    meta = {"source": "YOOCHOOSE, RecSys Challenge 2015", "licence": LICENCE}
    return Joined(events, items, None, tuple(notes), names, meta, starts)


def _events(sheet: Sheet, kind: str) -> pl.DataFrame:
    moments = sheet.frame["time"].str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.fZ", strict=False, time_unit="us", time_zone="UTC"
    )
    sheet.wrong(moments.is_null(), "time", "must be a time such as 2014-04-07T10:51:09.277Z")
    frame = sheet.frame.select("row", "user_id", "item_id", ts=moments)
    return frame.with_columns(type=constant(kind, len(frame)))


def _items(
    clicks: pl.DataFrame, buys: pl.DataFrame, parts: list[tuple[str, pl.DataFrame]], end: datetime
) -> pl.DataFrame:
    """Category, brand and price as clicks and buys of the seeded part tell them, the newest first."""
    (_, clicked), (_, bought) = parts
    seen = clicks.with_columns(clicked["ts"]).filter(pl.col("ts") <= end).sort("ts", maintain_order=True)
    paid = buys.with_columns(bought["ts"]).filter(pl.col("ts") <= end, pl.col("price") > 0)
    newest = paid.sort("ts", maintain_order=True).group_by("item_id").agg(pl.col("price").last())
    number = seen.filter(pl.col("category").is_in(CATEGORIES)).group_by("item_id")
    maker = seen.filter(pl.col("category").str.len_chars() > 2).group_by("item_id")
    items = pl.concat([clicked["item_id"], bought["item_id"]]).unique(maintain_order=True).to_frame()
    items = items.filter(pl.col("item_id") != "")
    for found in (
        newest,
        number.agg(category=pl.col("category").last()),
        maker.agg(brand=pl.col("category").last()),
    ):
        items = items.join(found, on="item_id", how="left", maintain_order="left")
    entries = [
        {
            "item_id": item,
            "price": price,
            **labelled([category or ""], category, [category or ""], brand),
        }
        for item, price, category, brand in items.select("item_id", "price", "category", "brand").iter_rows()
    ]
    return catalogue(entries)
