"""JSON lines as a table: an object a line, what is nested within it as `outer.inner`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.input.findings import Findings, quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.importing.csvtext import EXACT, Sheet
from pytest_recsim.sources.importing.raw import Text, read_text


def read_jsonl(path: Path, encoding: str | None = None) -> Sheet:
    """Read JSON lines, or one list of objects.

    Numbers in columns that also hold text become text as they are written; ``row`` is the line.

    Raises:
        InputError: it cannot be read, or a line is no object; each is named.
    """
    text = read_text(path, "JSON lines", encoding)
    if (frame := _at_once(text.data)) is not None:
        return Sheet(text.name, frame, text.notes)
    return _by_line(text)


def _at_once(data: bytes) -> pl.DataFrame | None:
    """Plain objects, one on every line, many times as fast; None where a closer look is needed."""
    if (
        b"\\ud" in data or b"\\uD" in data or data.lstrip()[:1] != b"{"
    ):  # halves of characters, which this reader takes
        return None
    try:
        frame = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    large = any((column.abs() >= EXACT).any() for column in frame if column.dtype.is_float())
    if (
        len(frame) != lines
        or any(kind.is_nested() for kind in frame.dtypes)
        or large
        or "row" in frame.columns
    ):
        return None
    return frame.with_columns(row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def _by_line(text: Text) -> Sheet:
    """Line by line, each of which is named where it is no object."""
    if text.data.lstrip()[:1] == b"[":
        lines = _of_list(text.name, text.data)
    else:
        lines = [(place, line) for place, line in enumerate(text.data.split(b"\n"), 1) if line.strip()]
    findings, rows = Findings(), []
    read = msgspec.json.Decoder(dict[str, Any]).decode
    for place, line in lines:
        try:
            rows.append(_flat(read(line)))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            findings.add(
                f"{text.name}:{place}",
                f"is no JSON object: {quoted(line.decode('utf-8', 'replace'))}",
                "no object",
            )
    findings.check()
    if not rows:
        raise InputError(Problem(text.name, "is empty; must have a line per event"))
    names = list(dict.fromkeys(name for row in rows for name in row if name != "row"))
    frame = pl.DataFrame({name: _column([row.get(name) for row in rows]) for name in names}, strict=False)
    return Sheet(
        text.name,
        frame.with_columns(row=pl.Series([place for place, _ in lines], dtype=pl.Int64)),
        text.notes,
    )


def _of_list(name: str, data: bytes) -> list[tuple[int, bytes]]:
    try:
        return [
            (place, bytes(one))
            for place, one in enumerate(msgspec.json.decode(data, type=list[msgspec.Raw]), 1)
        ]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError(Problem(name, f"is neither JSON lines nor a JSON list: {error}")) from None


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """One level of objects within becomes columns."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value
    return flat


def _column(values: list[Any]) -> pl.Series:
    """Numbers, truth values, lists of text, or text."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds <= {int}:
        fits = all(value is None or abs(value) < 2**63 for value in values)
        return pl.Series(values, dtype=pl.Int64) if fits else pl.Series(map(_text, values), dtype=pl.String)
    if kinds <= {int, float} and all(value is None or abs(value) < EXACT for value in values):
        return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds == {list}:
        texts = [None if value is None else [_text(one) or "" for one in value] for value in values]
        return pl.Series(texts, dtype=pl.List(pl.String))
    return pl.Series([_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
