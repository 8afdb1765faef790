"""The logs that recsys-eval reads: ``exposure.v1`` (what was shown) and ``outcome.v1`` (what followed), JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import polars as pl

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.instants import Instant
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.sources.formats.reading import match, records
from pytest_recsim.sources.formats.shaping import counted, cut
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.tables import Tables

CODES = {"click": EVENT_TYPES["click"], "conversion": EVENT_TYPES["purchase"]}


class Shown(msgspec.Struct):
    """An item of a list."""

    item_id: str


class Exposure(msgspec.Struct):
    """A list that was shown."""

    request_id: str
    user_id: str
    ts: Instant
    items: list[Shown]
    context: dict[str, str] | None = None


class Outcome(msgspec.Struct):
    """What somebody did with an item of a list."""

    request_id: str
    user_id: str
    item_id: str
    event_type: Literal["click", "conversion"]
    ts: Instant
    value: float | None = None


def read(source: Source) -> Tables:
    """Read a folder with ``...exposure...jsonl[.gz]`` and ``...outcome...jsonl[.gz]``.

    Raises:
        InputError: files or lines that cannot be used, each by its number.
    """
    outcomes_at, exposures_at = _file(source.path, "outcome"), _file(source.path, "exposure")
    outcomes = records(outcomes_at, Outcome, "outcome.v1")
    exposures = records(exposures_at, Exposure, "exposure.v1")
    events = pl.DataFrame(
        {
            "row": [row for row, _ in outcomes],
            "user_id": [one.user_id for _, one in outcomes],
            "item_id": [one.item_id for _, one in outcomes],
            "ts": [one.ts for _, one in outcomes],
            "type": [CODES[one.event_type] for _, one in outcomes],
        },
        schema={
            "row": pl.Int64,
            "user_id": pl.String,
            "item_id": pl.String,
            "ts": pl.Datetime("us", "UTC"),
            "type": pl.Int16,
        },
    )
    names = {"interactions": shown(outcomes_at), "items": shown(exposures_at), "users": shown(exposures_at)}
    shown_ids = {one.item_id: None for _, exposure in exposures for one in exposure.items if one.item_id}
    acted = {one.item_id: None for _, one in outcomes if one.item_id}
    items = pl.DataFrame({"item_id": list(shown_ids | acted)}, schema={"item_id": pl.String})
    notes = _notes(exposures, outcomes)
    return Tables(
        events, items, _users(exposures, events["ts"]), tuple(notes), names, {"source": "recsys-eval"}
    )


def _file(folder: Path, kind: str) -> Path:
    found = match(lambda name: kind in name and ".json" in name, folder)
    if len(found) == 1:
        return found[0]
    many = ", ".join(path.name for path in found[:3])
    what = (
        f"holds several files named like {kind}s ({many})"
        if found
        else f"holds no {kind}s: a .jsonl file named so"
    )
    raise InputError(Problem(shown(folder), what))


def _users(exposures: list[tuple[int, Exposure]], times: pl.Series) -> pl.DataFrame:
    """Everybody who was shown something; ``context.segment`` as the seeded part knows it last."""
    end = cut(times)
    named: dict[str, str | None] = {}
    for _, one in sorted(exposures, key=lambda pair: pair[1].ts):
        said = (one.context or {}).get("segment") if one.ts <= end else None
        named[one.user_id] = said or named.get(one.user_id)
    named.pop("", None)
    frame = pl.DataFrame(
        {"user_id": list(named), "segment": list(named.values())},
        schema={"user_id": pl.String, "segment": pl.String},
    )
    return frame if any(named.values()) else frame.drop("segment")


def _notes(exposures: list[tuple[int, Exposure]], outcomes: list[tuple[int, Outcome]]) -> list[str]:
    lists = {one.request_id for _, one in exposures}
    strays = sum(one.request_id not in lists for _, one in outcomes)
    places = sum(len(one.items) for _, one in exposures)
    valued = sum(one.value is not None for _, one in outcomes)
    return [
        *counted(places, "place in lists that were shown", "items and users are taken from them, no events"),
        *counted(strays, "outcome without its exposure", "kept"),
        *counted(valued, "value of an outcome", "not used, it is in money or units that nobody names"),
        "click is a click, conversion a purchase",
    ]
