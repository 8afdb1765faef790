"""Frames as the JSON of a fixture, written column by column: no loop over events."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import msgspec
import numpy as np
import polars as pl

from pytest_recsim.record.jsonio import Buffer

SECOND = 1_000_000
DAY = 86_400 * SECOND
SLICE, THREADS = 250_000, 2
"""Events that are put into words at once, and how many such slices beside each other."""


def events_json(events: pl.DataFrame, users: pl.Series, items: pl.Series) -> list[Buffer]:
    """Return one JSON object per event, with a comma between each and the next and line breaks after the commas, in pieces.

    Args:
        events: ``user`` and ``item`` (codes), ``ts`` (Int64 microseconds), ``type``, perhaps ``value``,
            ``source_event_id`` and ``meta``.
        users: String, texts of the codes of users.
        items: likewise of items.
    """
    if events.is_empty():
        return []
    people, things = _fragment(users, '{"user_id":'), _fragment(items, '"item_id":')
    with ThreadPoolExecutor(THREADS) as pool:
        pieces = list(pool.map(lambda some: _piece(some, people, things), events.iter_slices(SLICE)))
    return [*pieces[:-1], pieces[-1][:-2]]


def _piece(events: pl.DataFrame, people: pl.Series, things: pl.Series) -> memoryview:
    parts = {
        "user": people.gather(events["user"]),
        "item": things.gather(events["item"]),
        "rest": _rest(events),
        "ts": _moments(events["ts"]),
    }
    buffer = io.BytesIO()
    pl.DataFrame(parts).write_csv(buffer, include_header=False, quote_style="never", line_terminator=",\n")
    return buffer.getbuffer()


def _moments(ts: pl.Series) -> pl.Series:
    """Times as the end of an object; days and clocks are few, and put together far faster than times are formatted."""
    micro = ts.to_numpy()
    days, rest = np.divmod(micro, DAY)
    first = int(days.min())
    seconds, fraction = np.divmod(rest, SECOND)
    dates = pl.int_range(first, int(days.max()) + 1, eager=True).cast(pl.Int32).cast(pl.Date).cast(pl.String)
    parts = [('"ts":"' + dates).gather(days - first)]
    if fraction.any():
        parts += [
            _clocks("").gather(seconds),
            "." + pl.Series(fraction).cast(pl.String).str.zfill(6) + 'Z"}',
        ]
    else:
        parts.append(_clocks('Z"}').gather(seconds))
    return pl.select(pl.concat_str(parts)).to_series()


@cache
def _clocks(end: str) -> pl.Series:
    """All seconds of a day, each with this end."""
    return pl.Series(f"T{one // 3600:02}:{one // 60 % 60:02}:{one % 60:02}{end}" for one in range(86_400))


def _fragment(texts: pl.Series, key: str) -> pl.Series:
    frame = texts.to_frame("text")
    return frame.select(pl.concat_str(pl.lit(key + '"'), _escaped(pl.col("text")), pl.lit('"'))).to_series()


def _escaped(text: pl.Expr) -> pl.Expr:
    """Control characters are refused before."""
    return text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)


def _quoted(texts: pl.Series) -> pl.Series:
    """Texts of any kind; those with control characters, which are few, one by one."""
    name = pl.col(texts.name)
    plain = texts.to_frame().select(pl.concat_str(pl.lit('"'), _escaped(name), pl.lit('"'))).to_series()
    odd = texts.str.contains(r"[\x00-\x1f]").fill_null(value=False).arg_true()
    return (
        plain.scatter(odd, [json.dumps(texts[place], ensure_ascii=False) for place in odd])
        if len(odd)
        else plain
    )


def _types(codes: pl.Series) -> pl.Series:
    """Codes are few: each is put into words once."""
    known = codes.unique().drop_nulls().to_list()
    least = min(known)
    words = [f'"type":{code}' for code in range(least, max(known) + 1)]
    return pl.Series(words).gather((codes.cast(pl.Int32) - least) if least else codes.cast(pl.UInt32))


def _rest(events: pl.DataFrame) -> pl.Series:
    """Type, and value and id of the source where there are any."""
    types = _types(events["type"])
    parts: list[pl.Expr | pl.Series] = [types]
    if "value" in events.columns:
        worth = pl.when(pl.col("value") != 1.0).then(pl.col("value")).cast(pl.String)
        parts.append(pl.concat_str(pl.lit(',"value":'), worth).fill_null(""))
    if "source_event_id" in events.columns:
        own = pl.concat_str(pl.lit(',"source_event_id":'), _quoted(events["source_event_id"]))
        parts.append(own.fill_null(""))
    if "meta" in events.columns:
        parts.append(pl.concat_str(pl.lit(',"meta":'), pl.col("meta")).fill_null(""))
    if len(parts) == 1:
        return types
    return events.select(pl.concat_str(parts)).to_series()


def plain_users(ids: pl.Series, segments: pl.Series) -> bytes:
    """Return users of whom nothing but the segment is known as JSON objects."""
    frame = pl.DataFrame(
        {"user": _fragment(ids, '{"user_id":'), "segment": _fragment(segments, '"traits":{"segment":') + "}}"}
    )
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, quote_style="never", line_terminator=",\n")
    return buffer.getvalue()[:-2]


def document(meta: Mapping[str, Any], lists: Mapping[str, Sequence[Buffer]]) -> list[Buffer]:
    """Return a fixture as one JSON object, in pieces; each list is given without its brackets."""
    head = json.dumps(dict(meta), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    parts: list[Buffer] = [b'{"meta":', head]
    for name, rows in lists.items():
        parts += [f',\n"{name}":[\n'.encode(), *rows, b"\n]"]
    return [*parts, b"}\n"]


def objects(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """Return entries as JSON objects, one a line, with a comma between each and the next."""
    return b",\n".join(map(msgspec.json.encode, entries))
