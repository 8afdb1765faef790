"""The service's state as text: two lines of JSON, a header and the state (``recsim serve --snapshot``).

The header tells format, version and the SHA-256 of the second line, so that damage, other people's files and newer
versions are told apart. A change of the structs below, or of the stored ones that they hold, needs a new version.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from pytest_recsim.standin.api.config import zero_document
from pytest_recsim.standin.state.event_types import EventType
from pytest_recsim.standin.state.overridebook import Override
from pytest_recsim.standin.state.rulebook import Rule
from pytest_recsim.standin.state.segmentbook import Profile, Segment
from pytest_recsim.standin.state.store import Event, Item, User

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service

FORMAT, VERSION = "pytest-recsim stand-in snapshot", 1


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    version: int
    sha256: str


class Rows(msgspec.Struct, frozen=True):
    """The rows of one tenant's namespace in the order in which they are kept."""

    org: str
    namespace: str
    items: list[Item]
    users: list[User]
    events: list[Event]
    event_types: list[EventType]
    segments: list[Segment]
    profiles: list[Profile]

    def any(self) -> bool:
        return any(msgspec.structs.astuple(self)[2:])


class State(msgspec.Struct, frozen=True):
    """The second line; ``serial`` counts the ids handed out, ``document`` is None unless the API replaced it."""

    serial: int
    namespaces: list[Rows]
    rules: list[tuple[str, Rule]]
    overrides: list[tuple[str, Override]]
    document: dict[str, Any] | None
    metadata: dict[str, Any]


class SnapshotError(Exception):
    """The text is no snapshot that can be used; completes the sentence "FILE ..."."""


def dump(service: Service) -> bytes:
    """Return the whole state; decisions in the audit log and rate limits are no part of it."""
    tenants = sorted({*service.namespaces, *service.event_types.own, *service.segments.tenants()})
    replaced = service.config_metadata["source"] == "api"
    state = State(
        service.serial,
        [rows for org, namespace in tenants if (rows := _rows(service, org, namespace)).any()],
        list(service.rules.everything()),
        list(service.overrides.everything()),
        service.document if replaced else None,
        service.config_metadata if replaced else {},
    )
    body = msgspec.json.encode(state)
    header = Header(FORMAT, VERSION, hashlib.sha256(body).hexdigest())
    return msgspec.json.encode(header) + b"\n" + body + b"\n"


def _rows(service: Service, org: str, namespace: str) -> Rows:
    data = service.peek(org, namespace)
    return Rows(
        org,
        namespace,
        list(data.items.values()),
        list(data.users.values()),
        data.events,
        list(service.event_types.own.get((org, namespace), {}).values()),
        list(service.segments.segments(org, namespace).values()),
        list(service.segments.profiles(org, namespace).values()),
    )


def restore(service: Service, text: bytes) -> None:
    """Fill an empty service; raises ``SnapshotError`` before anything is changed."""
    state = _read(text)
    service.serial = state.serial
    for rows in state.namespaces:
        _fill(service, rows)
    for org, rule in state.rules:
        service.rules.put(org, rule)
    for org, override in state.overrides:
        service.overrides.put(org, override)
    if state.document is not None:
        # As when it was posted: a knob that it does not name, say one of a later version, is zero.
        service.use_document(zero_document() | state.document)
        service.config_metadata = state.metadata


def _fill(service: Service, rows: Rows) -> None:
    tenant = (rows.org, rows.namespace)
    if rows.items or rows.users or rows.events:
        data = service.namespace(*tenant)
        data.put_items(rows.items)
        data.put_users(rows.users)
        data.add_events(rows.events)
    if rows.event_types:
        service.event_types.put(*tenant, rows.event_types)
    if rows.segments:
        service.segments.segments(*tenant).update((row.segment_id, row) for row in rows.segments)
    if rows.profiles:
        service.segments.profiles(*tenant).update((row.profile_id, row) for row in rows.profiles)


def _read(text: bytes) -> State:
    first, _, body = text.partition(b"\n")
    try:
        header = msgspec.json.decode(first, type=Header)
    except (msgspec.DecodeError, ValueError, RecursionError):
        header = Header("", 0, "")
    if header.format != FORMAT:
        raise SnapshotError("is no snapshot of a stand-in; it is left as it is")
    if header.version != VERSION:
        raise SnapshotError(
            f"has version {header.version}, this stand-in reads {VERSION}; it is left as it is"
        )
    body = body.removesuffix(b"\n")
    if hashlib.sha256(body).hexdigest() != header.sha256:
        raise SnapshotError("is damaged: its contents do not match its checksum; it is left as it is")
    try:
        return msgspec.json.decode(body, type=State)
    except (msgspec.DecodeError, ValueError) as error:
        raise SnapshotError(f"cannot be used: {error}; it is left as it is") from None
