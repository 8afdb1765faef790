"""Frames as the JSON of a fixture, written column by column: no loop over events."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

SECOND = 1_000_000


def events_json(events: pl.DataFrame, users: pl.Series, items: pl.Series) -> bytes:
    """Return one JSON object per event, with a comma between each and the next, and line breaks after the commas.

    Args:
        events: ``user`` and ``item`` (codes), ``ts`` (Int64 microseconds), ``type``, perhaps ``value``,
            ``source_event_id`` and ``meta``.
        users: String, texts of the codes of users.
        items: likewise of items.
    """
    if events.is_empty():
        return b""
    whole = bool((events["ts"] % SECOND == 0).all())
    moment = '"ts":"%Y-%m-%dT%H:%M:%S' + ("" if whole else ".%6f") + 'Z"}'
    parts = {
        "user": _fragment(users, '{"user_id":').gather(events["user"]),
        "item": _fragment(items, '"item_id":').gather(events["item"]),
        "rest": _rest(events),
        "ts": events["ts"].cast(pl.Datetime("us")),
    }
    buffer = io.BytesIO()
    pl.DataFrame(parts).write_csv(
        buffer, include_header=False, quote_style="never", line_terminator=",\n", datetime_format=moment
    )
    return buffer.getvalue()[:-2]


def _fragment(texts: pl.Series, key: str) -> pl.Series:
    frame = texts.to_frame("text")
    return frame.select(pl.concat_str(pl.lit(key + '"'), _escaped(pl.col("text")), pl.lit('"'))).to_series()


def _escaped(text: pl.Expr) -> pl.Expr:
    """Control characters are refused before."""
    return text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)


def _rest(events: pl.DataFrame) -> pl.Series:
    """Type, and value and id of the source where there are any."""
    parts = [pl.concat_str(pl.lit('"type":'), pl.col("type").cast(pl.String))]
    if "value" in events.columns:
        number = pl.concat_str(pl.lit(',"value":'), _number(pl.col("value")))
        parts.append(pl.when(pl.col("value").fill_null(1.0) == 1.0).then(pl.lit("")).otherwise(number))
    if "source_event_id" in events.columns:
        own = pl.concat_str(pl.lit(',"source_event_id":"'), _escaped(pl.col("source_event_id")), pl.lit('"'))
        parts.append(own.fill_null(""))
    if "meta" in events.columns:
        parts.append(pl.concat_str(pl.lit(',"meta":'), pl.col("meta")).fill_null(""))
    return events.select(pl.concat_str(parts)).to_series()


def _number(value: pl.Expr) -> pl.Expr:
    """Whole numbers without a point."""
    whole = (value == value.round(0)) & (value.abs() < 2.0**53)
    return (
        pl.when(whole)
        .then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(value.cast(pl.String))
    )


def document(meta: Mapping[str, Any], lists: Mapping[str, bytes]) -> bytes:
    """Return a fixture as one JSON object; each list is given without its brackets."""
    head = json.dumps(dict(meta), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    parts = [b'{"meta":', head]
    for name, rows in lists.items():
        parts += [f',\n"{name}":[\n'.encode(), rows, b"\n]"]
    return b"".join([*parts, b"}\n"])


def objects(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """Return entries as JSON objects, one a line, with a comma between each and the next."""
    return b",\n".join(map(msgspec.json.encode, entries))
