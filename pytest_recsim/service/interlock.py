"""The safety interlock: nothing is wiped or written unless the namespace is empty or provably ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pytest_recsim.data.instants import parse_instant
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.service.face import Service
from pytest_recsim.service.records import UserRecord

MARKER_USER = "recsim:marker"
FRESH = timedelta(minutes=15)


@dataclass(frozen=True)
class Counts:
    """Rows of a namespace."""

    items: int
    users: int
    events: int

    def __str__(self) -> str:
        return f"{self.items} items, {self.users} users, {self.events} events"


@dataclass(frozen=True)
class Marker:
    """The record that makes a namespace ours; stored as the traits of a user, written before the first item.

    Attributes:
        fixture_sha256: of the fixture that was seeded.
        split: how the events were split, as the plan spells it.
        shift_seconds: by how much event times were moved.
        counts: what this run writes at most, the marker itself not counted, a probe item counted.
        run_id: the run that wrote it.
        written_at: when, with offset.
        finished: set at the end of the run; an unfinished fresh marker means that somebody may be at work.
    """

    fixture_sha256: str
    split: str
    shift_seconds: float
    counts: Counts
    run_id: str
    written_at: datetime
    finished: bool = False

    def traits(self) -> dict[str, Any]:
        """Return the user traits that hold this marker."""
        stamp = self.written_at.isoformat()
        return {"recsim_marker": 1, **asdict(self), "written_at": stamp, "segment": "recsim"}


@dataclass(frozen=True)
class NamespaceState:
    """What a namespace holds.

    Attributes:
        totals: rows listed by the service; the users include the marker.
    """

    empty: bool
    marker: Marker | None
    totals: Counts

    @property
    def held(self) -> Counts:
        """The rows without our marker."""
        return replace(self.totals, users=self.totals.users - (self.marker is not None))

    @property
    def foreign(self) -> str:
        """Say why the content is not provably ours, or return an empty string."""
        if self.empty:
            return ""
        if self.marker is None:
            return "carries no marker of ours"
        allowed, held = self.marker.counts, self.held
        if held.items > allowed.items or held.users > allowed.users or held.events > allowed.events:
            return f"has grown beyond what our marker accounts for ({allowed})"
        return ""


def read_marker(service: Service) -> Marker | None:
    """Return the namespace's marker; None when there is none or it cannot be understood."""
    return _in(_marker_row(service))


def _marker_row(service: Service) -> UserRecord | None:
    rows = service.list_users(limit=1, user_id=MARKER_USER).items
    return next((row for row in rows if row.user_id == MARKER_USER), None)


def _in(row: UserRecord | None) -> Marker | None:
    traits = row.traits_value() if row is not None else None
    return _parsed(traits) if isinstance(traits, dict) and traits.get("recsim_marker") == 1 else None


def _parsed(traits: Mapping[str, Any]) -> Marker | None:
    try:
        marker = msgspec.convert(traits, Marker)
    except msgspec.ValidationError:
        return None
    return marker if marker.written_at.tzinfo else None


def write_marker(service: Service, marker: Marker) -> datetime | None:
    """Write the marker, read it back, and stop when another run's stands there.

    Returns:
        When it was stored by the service's own clock, in whole seconds; None when the service does not say.

    Raises:
        InputError: two runs reached for the namespace at the same moment.
    """
    service.upsert_users([{"user_id": MARKER_USER, "traits": marker.traits()}])
    row = _marker_row(service)
    found = _in(row)
    if row is None or found is None or found.run_id != marker.run_id:
        raise _stop(
            service.namespace, "another run marked it at the same moment; run them one after the other"
        )
    try:
        return parse_instant(row.updated_at)
    except ValueError:
        return None


def finish_marker(service: Service, marker: Marker) -> None:
    """Mark the run as ended, so that the next one need not wait for the marker to age."""
    finished = replace(marker, finished=True)
    service.upsert_users([{"user_id": MARKER_USER, "traits": finished.traits()}])


def inspect(service: Service) -> NamespaceState:
    """Read the namespace's totals and marker; four small requests, nothing is written."""
    totals = Counts(
        items=service.list_items(limit=1).total,
        users=service.list_users(limit=1).total,
        events=service.list_events(limit=1).total,
    )
    return NamespaceState(totals == Counts(0, 0, 0), read_marker(service), totals)


def guard(
    state: NamespaceState, *, namespace: str, allow_reset: str | None, run_id: str, now: datetime
) -> None:
    """Let the run pass when the namespace may be written.

    Raises:
        InputError: it holds what is not provably ours, or another run may still be at work in it, and
            ``allow_reset`` is not exactly its name.
    """
    if allow_reset == namespace:
        return
    found = state.foreign or _at_work(state.marker, run_id, now)
    if not found:
        return
    typed = f" (it names `{allow_reset}`)" if allow_reset else ""
    raise _stop(
        namespace,
        f"it holds {state.totals} and {found}; nothing was changed. To wipe it all the same, "
        f"add --recsim-allow-reset {namespace}{typed}",
    )


def reset(service: Service) -> Counts:
    """Wipe the namespace: events, items, users last, so that a crash leaves no data without its marker."""
    events = service.wipe_events()
    items = service.wipe_items()
    return Counts(items=items, users=service.wipe_users(), events=events)


def _at_work(marker: Marker | None, run_id: str, now: datetime) -> str:
    if marker is None or marker.finished or marker.run_id == run_id or now - marker.written_at >= FRESH:
        return ""
    age = max(0, int((now - marker.written_at).total_seconds()))
    return f"run {marker.run_id} marked it {age} s ago and has not finished (wait for it, or 15 minutes)"


def _stop(namespace: str, what: str) -> InputError:
    return InputError(Problem(f"namespace `{namespace}`", f"{what}."))
