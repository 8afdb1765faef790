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
import numpy.typing as npt
import polars as pl

from pytest_recsim.record.jsonio import Buffer

SECOND = 1_000_000
HOUR = 3_600 * SECOND
SLICE, THREADS = 125_000, 2
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
    people = _fragment(users, '{"user_id":"', '","item_id"')
    things = _fragment(items, '"', '","type"')
    with ThreadPoolExecutor(THREADS) as pool:
        pieces = list(pool.map(lambda some: _piece(some, people, things), events.iter_slices(SLICE)))
    return [*pieces[:-1], pieces[-1][:-2]]


def _piece(events: pl.DataFrame, people: pl.Series, things: pl.Series) -> memoryview:
    """Objects cut apart at colons, which the writer puts between them: no text of a row is put together twice."""
    hours, rest = np.divmod(events["ts"].to_numpy(), HOUR)
    parts = {
        "user": people.gather(events["user"]),
        "item": things.gather(events["item"]),
        **_until_hour(events, hours),
        "rest": _rest_of_hour(rest),
    }
    return _lines(pl.DataFrame(parts), ":")


def _lines(parts: pl.DataFrame, separator: str) -> memoryview:
    buffer = io.BytesIO()
    parts.write_csv(
        buffer, include_header=False, quote_style="never", separator=separator, line_terminator=",\n"
    )
    return buffer.getbuffer()


def _until_hour(events: pl.DataFrame, hours: npt.NDArray[np.int64]) -> dict[str, pl.Series]:
    """Type, what more there is, and the hour; hours, and types with them, are few: each is put into words once."""
    first = int(hours.min())
    stamps = (pl.int_range(first, int(hours.max()) + 1, eager=True) * HOUR).cast(pl.Datetime("us"))
    texts, place = stamps.dt.to_string('"%Y-%m-%dT%H'), hours - first
    more = _more(events)
    codes, code_of = _codes(events["type"])
    if more or len(codes) * len(texts) > len(events):
        types = pl.Series(map(str, codes)).gather(code_of)
        head = events.select(pl.concat_str([types, *more, pl.lit(',"ts"')])).to_series()
        return {"head": head, "hour": texts.gather(place)}
    words = pl.concat([f'{code},"ts":' + texts for code in codes])
    return {"hour": words.gather(code_of * len(texts) + place)}


def _codes(types: pl.Series) -> tuple[list[int], npt.NDArray[np.int64]]:
    """The different types, and which of them each row has."""
    codes = types.to_numpy().astype(np.int64)
    least = int(codes.min())
    from_least = codes - least
    there = np.bincount(from_least) > 0
    return [int(code) + least for code in np.flatnonzero(there)], (np.cumsum(there) - 1)[from_least]


def _rest_of_hour(rest: npt.NDArray[np.int64]) -> pl.Series:
    seconds, fraction = np.divmod(rest, SECOND)
    if not fraction.any():
        return _clocks('Z"}').gather(seconds)
    parts = [_clocks("").gather(seconds), "." + pl.Series(fraction).cast(pl.String).str.zfill(6) + 'Z"}']
    return pl.select(pl.concat_str(parts)).to_series()


@cache
def _clocks(end: str) -> pl.Series:
    """All seconds of an hour, each with this end."""
    return pl.Series(f"{one // 60:02}:{one % 60:02}{end}" for one in range(3_600))


def _fragment(texts: pl.Series, begin: str, end: str = '"') -> pl.Series:
    text = pl.col("text")
    escaped = _escaped(text) if texts.str.contains(r'["\\]').any() else text
    return texts.to_frame("text").select(pl.concat_str(pl.lit(begin), escaped, pl.lit(end))).to_series()


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


def _more(events: pl.DataFrame) -> list[pl.Expr]:
    """Value, id of the source and meta, where there are any."""
    parts = []
    if "value" in events.columns:
        worth = pl.when(pl.col("value") != 1.0).then(pl.col("value")).cast(pl.String)
        parts.append(pl.concat_str(pl.lit(',"value":'), worth).fill_null(""))
    if "source_event_id" in events.columns:
        own = pl.concat_str(pl.lit(',"source_event_id":'), _quoted(events["source_event_id"]))
        parts.append(own.fill_null(""))
    if "meta" in events.columns:
        parts.append(pl.concat_str(pl.lit(',"meta":'), pl.col("meta")).fill_null(""))
    return parts


def plain_users(ids: pl.Series, segments: pl.Series) -> bytes:
    """Return users of whom nothing but the segment is known as JSON objects."""
    users = {
        "user": _fragment(ids, '{"user_id":"'),
        "segment": _fragment(segments, '"traits":{"segment":"', '"}}'),
    }
    return bytes(_lines(pl.DataFrame(users), ",")[:-2])


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
