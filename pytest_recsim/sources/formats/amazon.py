"""Amazon's reviews of 2018 (seconds) and 2023 (milliseconds): one JSON object per line, plain or gzip."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.reading import Sheet, match, records
from pytest_recsim.sources.formats.shaping import Joined, by_stars, catalogue, counted, joined, labelled
from pytest_recsim.sources.formats.source import Source

ENDS = (".jsonl", ".jsonl.gz", ".json", ".json.gz")
META = "meta_"
MILLISECONDS = 100_000_000_000
"""A stamp of 2023 below it would be older than 1974: those are seconds."""
LICENCE = "Amazon review data, McAuley Lab, UC San Diego: research use; cite as its page asks."
_PRICE = re.compile(r"\$?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(\.[0-9]{1,4})?")


class Review(msgspec.Struct):
    """A review; the keys of 2018 and those of 2023."""

    user_id: str = ""
    parent_asin: str = ""
    rating: float | None = None
    timestamp: int | None = None
    reviewerID: str = ""  # noqa: N815 - the file's key
    asin: str = ""
    overall: float | None = None
    unixReviewTime: int | None = None  # noqa: N815


class Product(msgspec.Struct):
    """What is told of a product, as it is: what is neither text nor number where it should be is as good as missing."""

    parent_asin: str = ""
    asin: str = ""
    title: Any = None
    price: Any = None
    brand: Any = None
    store: Any = None
    main_category: Any = None
    category: Any = None
    categories: Any = None


def read(source: Source) -> Joined:
    """Read a file of reviews, with ``meta_...`` beside it, or all of a folder.

    Raises:
        InputError: files or lines that cannot be used, each by its number.
    """
    reviews, products = _files(source.path)
    events, starts = joined([_events(path) for path in reviews])
    notes: list[str] = []
    items = _items(products, notes) if products else None
    names = {"interactions": shown(reviews[0]), "items": shown(products[0]) if products else "items"}
    return Joined(
        events, items, None, tuple(notes), names, {"source": "Amazon reviews", "licence": LICENCE}, starts
    )


def _files(source: Path) -> tuple[list[Path], list[Path]]:
    if source.is_dir():
        found = match(lambda name: name.endswith(ENDS), source)
        products = [path for path in found if path.name.startswith(META)]
        reviews = [path for path in found if path not in products]
    else:
        reviews = [source]
        stem = re.sub(r"(_5)?\.jsonl?(\.gz)?$", "", source.name)
        near = (source.with_name(f"{META}{stem}{end}") for end in ENDS)
        products = [path for path in near if path.is_file()][:1]
    if not reviews:
        raise InputError(Problem(shown(source), f"holds no reviews; their names end in {', '.join(ENDS)}"))
    return reviews, products


def _events(path: Path) -> tuple[str, pl.DataFrame]:
    rows = records(path, Review, "Amazon reviews")
    frame = pl.DataFrame(
        {
            "row": [row for row, _ in rows],
            "user_id": [one.user_id or one.reviewerID for _, one in rows],
            "item_id": [one.parent_asin or one.asin for _, one in rows],
            "rating": [_text(one.overall if one.rating is None else one.rating) for _, one in rows],
            "time": [_text(_milliseconds(one)) for _, one in rows],
        },
        schema={"row": pl.Int64, **dict.fromkeys(("user_id", "item_id", "rating", "time"), pl.String)},
    )
    sheet = Sheet(shown(path), frame)
    stars, stamps = sheet.number("rating", 0, 5), sheet.epoch("time", 1000)
    sheet.check()
    return sheet.name, frame.select("row", "user_id", "item_id").with_columns(ts=stamps, type=by_stars(stars))


def _text(number: float | None) -> str:
    return "" if number is None else repr(number)


def _milliseconds(one: Review) -> int | None:
    """2018 counts in seconds, 2023 in milliseconds; a stamp that is neither is left to be told."""
    if one.timestamp is None:
        return None if one.unixReviewTime is None else one.unixReviewTime * 1000
    return one.timestamp if one.timestamp >= MILLISECONDS else -abs(one.timestamp)


def _items(paths: Iterable[Path], notes: list[str]) -> pl.DataFrame:
    entries: dict[str, dict[str, object]] = {}
    lines = list(chain.from_iterable(records(path, Product, "Amazon products") for path in paths))
    unpriced = 0
    for row, one in lines:
        key = one.parent_asin or one.asin
        price = _price(one.price)
        unpriced += price is None and one.price not in (None, "")
        if key not in entries:
            entries[key] = _item(row, key, one, price)
    notes += counted(len(lines) - len(entries), "product listed again", "the first is used")
    notes += counted(unpriced, "price that is no single number", "left out")
    return catalogue(list(entries.values()))


def _item(row: int, key: str, one: Product, price: float | None) -> dict[str, object]:
    path = _texts(one.categories) or _texts(one.category) or _texts(one.main_category)
    brand = next(iter(_texts(one.brand) or _texts(one.store)), None)
    fields = labelled(path, path[0] if path else None, path, brand)
    return {
        "row": row,
        "item_id": key,
        "description": next(iter(_texts(one.title)), None),
        "price": price,
        **fields,
    }


def _texts(told: Any) -> list[str]:
    """One text or a list of them, without pieces of pages, of which 2018 has many."""
    found = told if isinstance(told, list) else [told]
    return [text for text in found if isinstance(text, str) and text.strip() and "<" not in text]


def _price(told: Any) -> float | None:
    """One number, perhaps with a dollar sign; a range or a piece of a page is none."""
    if isinstance(told, str):
        found = _PRICE.fullmatch(told.strip())
        return float(found[1].replace(",", "") + (found[2] or "")) if found else None
    if not isinstance(told, int | float) or isinstance(told, bool) or not 0 <= told < 1e9:
        return None
    return float(told)
