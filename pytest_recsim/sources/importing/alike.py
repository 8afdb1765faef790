"""Times that are all written alike, digit below digit: read all at once, several times faster than one by one."""

from __future__ import annotations

import io
import re

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.int32]
_PARTS = re.compile(r"%(.)|([^%])")
_WIDTH = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_LIMIT = {"m": 13, "H": 24, "M": 60, "S": 60}
SECOND = 1_000_000
DAY = 86_400 * SECOND
PIECE = 1 << 15
"""Cells that are looked at beside each other; they stay in the processor's memory."""
_MONTHS = np.arange("0000-01", "10000-01", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
_DAYS = np.diff(_MONTHS, append=_MONTHS[-1] + 31)


def alike(text: pl.Series, form: str) -> pl.Series | None:
    """Return a column as Datetime in microseconds, or None where a closer look is needed.

    Args:
        text: String[n].
        form: as ``strptime`` has it.

    Returns:
        None where the form is not one of digits of fixed width, or a single cell is null, has another width, or is no time.
    """
    places = _places_of(form)
    if places is None or not len(text) or text.null_count():
        return None
    parts, signs, width = places
    buffer = io.BytesIO()
    text.to_frame().write_csv(buffer, include_header=False, quote_style="never")
    data = buffer.getbuffer()
    if len(data) != len(text) * (width + 1):
        return None
    cells = np.frombuffer(data, np.uint8).reshape(len(text), width + 1)
    moments = np.empty(len(text), np.int64)
    for start in range(0, len(text), PIECE):
        piece = cells[start : start + PIECE]
        if not all((piece[:, place] == sign).all() for place, sign in signs):
            return None
        found = _together({name: _digits(piece, name, place) for name, place in parts.items()})
        if found is None:
            return None
        moments[start : start + PIECE] = found
    return pl.Series(text.name, moments).cast(pl.Datetime("us"))


def _places_of(form: str) -> tuple[dict[str, int], list[tuple[int, int]], int] | None:
    """Where each part begins, which sign stands where, and how many there are."""
    parts: dict[str, int] = {}
    signs, width = [], 0
    for name, sign in _PARTS.findall(form):
        if sign:
            signs.append((width, ord(sign)))
        elif name in parts or name not in _WIDTH:
            return None
        else:
            parts[name] = width
        width += 1 if sign else _WIDTH[name]
    if not {"Y", "m", "d"} <= parts.keys() or not form.isascii():
        return None
    return parts, [*signs, (width, ord("\n"))], width


def _digits(cells: npt.NDArray[np.uint8], name: str, place: int) -> Array | None:
    """A part of some cells as numbers; None where one is out of bounds."""
    pairs = [_pair(cells, begin) for begin in range(place, place + _WIDTH[name], 2)]
    if any(int(pair.max()) >= _LIMIT.get(name, 100) for pair in pairs):
        return None
    whole = pairs[0].astype(np.int32)
    return whole * 100 + pairs[1] if len(pairs) > 1 else whole


def _pair(cells: npt.NDArray[np.uint8], place: int) -> npt.NDArray[np.uint16]:
    """Two digits of each cell as one number; 100 and more where a sign is no digit."""
    signs = np.ndarray(len(cells), "<u2", cells, place, cells.strides[:1]) ^ np.uint16(0x3030)
    tens, ones = signs & np.uint16(0xFF), signs >> np.uint16(8)
    if int(tens.max()) > 9 or int(ones.max()) > 9:
        return np.full(len(cells), 100, np.uint16)
    return tens * np.uint16(10) + ones


def _together(parts: dict[str, Array | None]) -> npt.NDArray[np.int64] | None:
    """Microseconds since 1970; None where a part is missing or there is no such day."""
    known = {part: digits for part, digits in parts.items() if digits is not None}
    if len(known) < len(parts) or not known["m"].all():
        return None
    month, day = known["Y"] * 12 + known["m"] - 1, known["d"]
    if not day.all() or (day > _DAYS[month]).any():
        return None
    clock = (known.get("H", 0) * 60 + known.get("M", 0)) * 60 + known.get("S", 0)
    moments: npt.NDArray[np.int64] = (_MONTHS[month] + (day - 1)) * DAY + clock * np.int64(SECOND)
    return moments
