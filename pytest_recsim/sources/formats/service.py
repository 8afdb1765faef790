"""A namespace of a running Recsys service, page by page; our own records in it are left out."""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl

from pytest_recsim.data.fixtures.fixture_fields import EVENTS
from pytest_recsim.data.fixtures.fixture_rules import EVENT_CODES
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.names import OWN_USERS, PROBE_PREFIX
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.bounds import shallow
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import EventRecord, ItemRecord, UserRecord
from pytest_recsim.service.contract.urls import normalise
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.safety.rows import STAMP
from pytest_recsim.sources.formats.shaping import as_json, catalogue, counted
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.importing.tables import Tables

TEXTS = ("category", "description", "brand", "image_url", "metadata_version")


def read(source: Source) -> Tables:
    """Read items, users and events; nothing is changed there.

    Raises:
        InputError: the service cannot be reached, refuses, or its rows change while they are read.
    """
    for name, given in (("--namespace", source.namespace), ("--org-id", source.org_id)):
        if not given:
            raise InputError(Problem(name, "must be given: it says whose data are read"))
    url = normalise(source.where)
    endpoint = Endpoint(url, source.org_id, source.namespace, source.api_key, ca_file=source.ca_file)
    try:
        with Service(endpoint) as service:
            items, users, events = service.all_items(), service.all_users(), service.all_events()
    except ServiceError as error:
        raise InputError(Problem("", str(error))) from None
    notes = [
        f"namespace {source.namespace}: the service tells times in whole seconds, and no embeddings",
        *counted(sum(map(_ours, items)) + sum(map(_ours, users)), "record of pytest-recsim", "left out"),
    ]
    frames = (_events(events, notes), _items(items, notes), _users(users, notes))
    names = {name: f"{url}/v1/{name}" for name in ("items", "users")} | {"interactions": f"{url}/v1/events"}
    meta = {"source": f"Recsys service, namespace {source.namespace}"}
    return Tables(*frames, tuple(notes), names, meta)


def _ours(row: ItemRecord | UserRecord) -> bool:
    if isinstance(row, ItemRecord):
        return row.item_id.startswith(PROBE_PREFIX)
    return row.user_id.startswith(OWN_USERS)


def _events(rows: list[EventRecord], notes: list[str]) -> pl.DataFrame:
    """Oldest first; the service lists the newest first."""
    kept = [row for row in reversed(rows) if not row.item_id.startswith(PROBE_PREFIX)]
    for row in kept:
        if row.type not in EVENT_CODES:
            what = f"an event of user {quoted(row.user_id)} has type {row.type}; must be {EVENTS['type'].allowed}"
            raise InputError(Problem("/v1/events", what))
    metas = [_object(row.meta) for row in kept]
    notes += counted(metas.count(None), "event with meta that is no object", "left out of the event")
    sources = [row.source_event_id for row in kept]
    return pl.DataFrame(
        {
            "user_id": [row.user_id for row in kept],
            "item_id": [row.item_id for row in kept],
            "ts": [row.ts for row in kept],
            "type": [row.type for row in kept],
            "value": [row.value for row in kept],
            "meta": [as_json(meta or {}) for meta in metas],
            "source_event_id": [one if one and not one.startswith(OWN_USERS) else None for one in sources],
        },
        schema={
            "user_id": pl.String,
            "item_id": pl.String,
            "ts": pl.Datetime("us", "UTC"),
            "type": pl.Int16,
            "value": pl.Float64,
            "meta": pl.String,
            "source_event_id": pl.String,
        },
    )


def _items(rows: list[ItemRecord], notes: list[str]) -> pl.DataFrame:
    odd, entries = 0, []
    for row in rows:
        props = _object(row.props)
        odd += props is None
        entry: dict[str, Any] = {"item_id": row.item_id, "available": row.available, "price": row.price}
        entry |= {name: getattr(row, name) for name in TEXTS}
        entry |= {"tags": row.tags, "category_path": row.category_path or None, "props": as_json(props or {})}
        if not _ours(row):
            entries.append(entry)
    notes += counted(odd, "item with props that are no object", "left out of the item")
    return catalogue(entries)


def _users(rows: list[UserRecord], notes: list[str]) -> pl.DataFrame:
    odd, entries = 0, []
    for row in rows:
        traits = _object(row.traits)
        odd += traits is None
        segment = (traits or {}).pop("segment", None)
        if not _ours(row):
            named = segment if isinstance(segment, str) else None
            entries.append((row.user_id, named, as_json(traits or {})))
    notes += counted(odd, "user with traits that are no object", "left out of the user")
    kinds = dict.fromkeys(("user_id", "segment", "traits"), pl.String)
    frame = pl.DataFrame(entries, schema=kinds, orient="row")
    return frame if frame["segment"].count() else frame.drop("segment")


def _object(text: str) -> dict[str, Any] | None:
    """Return what a row holds as JSON, without our stamp; None where that is no object, or one too deep for a fixture."""
    try:
        found = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(found, dict) or not shallow(found):
        return None
    found.pop(STAMP, None)
    return found
