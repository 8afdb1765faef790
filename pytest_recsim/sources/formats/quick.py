"""Cells of a file whose lines all fit, read at once; what does not fit is left to a look at each line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

ONE = b"\x1f"
"""Stands for a separator of several bytes."""


def cells(data: bytes, columns: Sequence[str], separator: str, skip: int) -> pl.DataFrame | None:
    """Return the cells as text, and ``row``, the line's number in the file.

    Args:
        data: UTF-8; cells are not quoted.
        columns: names of all columns.
        separator: between cells.
        skip: lines before the first row.

    Returns:
        None where lines are blank or have too few or too many cells.
    """
    data = data.replace(b"\r\n", b"\n")
    between = separator.encode()
    if len(between) > 1:
        if ONE in data:
            return None
        data, between = data.replace(between, ONE), ONE
    body = data
    for _ in range(skip):
        body = body.partition(b"\n")[2]
    rows = body.count(b"\n") + (not body.endswith(b"\n"))
    # Polars fills a line with too few cells in silence, and may take one that ends with a separator too many.
    if b"\r" in body or not body or not _all_hold(body, between, len(columns) - 1):
        return None
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys(columns, pl.String),
            separator=between.decode(),
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    if len(frame) != rows:
        return None
    return frame.fill_null("").with_columns(row=pl.int_range(skip + 1, skip + rows + 1, dtype=pl.Int64))


def _all_hold(body: bytes, between: bytes, count: int) -> bool:
    """Whether every line has so many separators, which are one byte."""
    flat = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(flat == ord("\n"))
    if not body.endswith(b"\n"):
        ends = np.append(ends, len(body))
    before = np.searchsorted(np.flatnonzero(flat == ord(between)), ends)
    return bool((np.diff(before, prepend=0) == count).all())
