"""Ids: as text they are looked at once each, in the rows they are small numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pytest_recsim.data.input.names import wrong_name

ORDINARY = r"^[!-~]([ -~]{0,248}[!-~])?$"
"""What no closer look is needed for: printable ASCII without blanks at its ends."""


@dataclass(frozen=True)
class Ids:
    """The different texts of a column.

    Attributes:
        texts: String[n], each once, blanks at the ends are taken off.
        codes: UInt32[rows], position in ``texts``; null where a row names none.
        trimmed: how many different texts had blanks at an end.
    """

    texts: pl.Series
    codes: pl.Series
    trimmed: int = 0


def encode(column: pl.Series) -> Ids:
    """Number the texts of a column."""
    texts, codes = _numbered(column)
    clean = texts.str.strip_chars()
    trimmed = int((clean != texts).sum())
    if trimmed or (clean == "").any():
        texts, again = _numbered(clean.set(clean == "", None))
        codes = again.gather(codes)
    return Ids(texts, codes, trimmed)


def _numbered(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    if column.null_count() == len(column):
        return pl.Series([], dtype=pl.String), pl.Series([None] * len(column), dtype=pl.UInt32)
    numbered = column.cast(pl.Categorical(pl.Categories.random()))
    codes = numbered.to_physical().cast(pl.UInt32)
    here = codes.is_not_null().arg_true() if codes.null_count() else None
    which = (codes if here is None else codes.gather(here)).to_numpy()
    first = np.zeros(int(which.max()) + 1, np.uint32)
    first[which[::-1]] = (np.arange(len(codes)) if here is None else here.to_numpy())[::-1]
    return column.gather(pl.Series(first)), codes


def wrong_names(texts: pl.Series, reserved: str) -> dict[int, str]:
    """Return position -> what is wrong, of ids that the service would refuse."""
    odd = ~texts.str.contains(ORDINARY) | texts.str.starts_with(reserved)
    found = ((place, wrong_name(texts[place], reserved)) for place in odd.arg_true())
    return {place: wrong for place, wrong in found if wrong is not None}


def renamed(texts: pl.Series, name: Callable[[str], str]) -> pl.Series:
    """Return other texts in the place of these, position by position."""
    return pl.Series([name(text) for text in texts.to_list()], dtype=pl.String)
