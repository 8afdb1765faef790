"""Fewer people, or people under other names: a sample by segment, and words in the place of ids."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import polars as pl

from pytest_recsim.sources.dice import apportion

DIGITS = 16


def sample(ids: pl.Series, segments: pl.Series, count: int, seed: int) -> pl.Series:
    """Choose users, each segment in proportion and at least one of each.

    Args:
        ids: String[n]; which are chosen depends on them and the seed, not on their order.
        segments: String[n].
        count: about how many.
        seed: any integer.

    Returns:
        Boolean[n].
    """
    names = sorted(set(segments.to_list()))
    parts = apportion(min(count, len(ids)), [int((segments == name).sum()) for name in names])
    lots = [hashlib.blake2b(f"{seed}/{one}".encode(), digest_size=8).digest() for one in ids.to_list()]
    frame = pl.DataFrame({"segment": segments, "lot": pl.Series(lots, dtype=pl.Binary)})
    most = pl.col("segment").replace_strict(names, [max(part, 1) for part in parts], return_dtype=pl.Int64)
    return frame.select(pl.col("lot").rank("ordinal").over("segment") <= most).to_series()


def words(ids: Sequence[str], key: bytes) -> list[str]:
    """Return a word for each id: the same for the same key, and nobody without it can tell whose it is."""
    made = (hmac.new(key, one.encode(), hashlib.sha256).hexdigest()[:DIGITS] for one in ids)
    return [f"user-{word}" for word in made]
