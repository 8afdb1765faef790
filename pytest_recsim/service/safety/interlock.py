"""The safety interlock: nothing is wiped or written unless the namespace is empty or provably ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pytest_recsim.data.input.instants import parse_instant
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.records import UserRecord
from pytest_recsim.service.safety.rows import MARKER_USER, stamp_of, strangers

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
        holder: a word for who shares the lock that the run held on the namespace; earlier versions wrote none.
        stamped: whether rows carry the stamp of the fixture; those that earlier versions wrote do not.
    """

    fixture_sha256: str
    split: str
    shift_seconds: float
    counts: Counts
    run_id: str
    written_at: datetime
    finished: bool = False
    holder: str = ""
    stamped: bool = False

    def traits(self) -> dict[str, Any]:
        """Return the user traits that hold this marker."""
        stamp = self.written_at.isoformat()
        return {"recsim_marker": 1, **asdict(self), "written_at": stamp, "segment": "recsim"}


@dataclass(frozen=True)
class NamespaceState:
    """What a namespace holds.

    Attributes:
        totals: rows listed by the service; the users include the marker.
        strangers: rows that were looked at and are nobody's of ours, in words; empty where none were looked at.
    """

    empty: bool
    marker: Marker | None
    totals: Counts
    strangers: str = ""

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
        if held != Counts(0, 0, 0) and not self.marker.stamped:
            return "carries a marker that does not say how to tell our rows from others' (of an earlier version?)"
        return f"has rows that no run of ours wrote: {self.strangers}" if self.strangers else ""


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


def recognise(service: Service, state: NamespaceState) -> NamespaceState:
    """Look at the rows themselves where a marker says that they are ours; a request for every thousand of them."""
    if state.empty or state.foreign or state.marker is None:
        return state
    totals = (state.totals.items, state.totals.users, state.totals.events)
    return replace(state, strangers=strangers(service, totals, stamp_of(state.marker.fixture_sha256)))


def guard(
    state: NamespaceState,
    *,
    namespace: str,
    allow_reset: str | None,
    run_id: str,
    now: datetime,
    holder: str = "",
) -> None:
    """Let the run pass when the namespace may be written.

    Args:
        state: what the namespace holds.
        namespace: its name.
        allow_reset: the name that was typed to allow what is refused here.
        run_id: this run.
        now: by the service's clock as far as it is known.
        holder: who shares the lock that this run holds on the namespace; empty when it holds none.

    Raises:
        InputError: it holds what is not provably ours, or another run may still be at work in it, and
            ``allow_reset`` is not exactly its name.
    """
    if allow_reset == namespace:
        return
    found = objection(state, run_id=run_id, now=now, holder=holder)
    if not found:
        return
    typed = f" (it names `{allow_reset}`)" if allow_reset else ""
    raise _stop(
        namespace,
        f"it holds {state.totals} and {found}; nothing was changed. To wipe it all the same, "
        f"add --recsim-allow-reset {namespace}{typed}",
    )


def objection(state: NamespaceState, *, run_id: str, now: datetime, holder: str = "") -> str:
    """Say what speaks against touching what a namespace holds, empty where nothing does; see :func:`guard`."""
    return state.foreign or _at_work(state.marker, run_id, now, holder)


def reset(service: Service, looked_at: Counts) -> Counts:
    """Wipe the namespace: events, items, users last, so that a crash leaves no data without its marker.

    Args:
        service: whose namespace.
        looked_at: what it held when it was found to be ours.

    Raises:
        InputError: more was deleted than had been looked at; nothing further is deleted then.
    """
    events = _deleted(service, "events", service.wipe_events(), looked_at.events)
    items = _deleted(service, "items", service.wipe_items(), looked_at.items)
    users = _deleted(service, "users", service.wipe_users(), looked_at.users)
    return Counts(items=items, users=users, events=events)


def _deleted(service: Service, kind: str, deleted: int, looked_at: int) -> int:
    if deleted <= looked_at:
        return deleted
    what = (
        f"the reset deleted {deleted} {kind}, and {looked_at} were there when it was looked at just before: somebody "
        f"else writes to it, and {deleted - looked_at} {kind} of theirs are lost. Nothing further was deleted; "
        "give the run a namespace that nobody else uses"
    )
    raise _stop(service.namespace, what)


def crashed(marker: Marker | None, *, run_id: str, holder: str) -> bool:
    """Whether the run that wrote the marker is gone: it held the lock that this one holds now, and never finished."""
    if marker is None or marker.finished or marker.run_id == run_id:
        return False
    return bool(holder) and marker.holder == holder


def _at_work(marker: Marker | None, run_id: str, now: datetime, holder: str) -> str:
    if marker is None or marker.finished or marker.run_id == run_id or now - marker.written_at >= FRESH:
        return ""
    if crashed(marker, run_id=run_id, holder=holder):
        return ""
    age = max(0, int((now - marker.written_at).total_seconds()))
    return f"run {marker.run_id} marked it {age} s ago and has not finished (wait for it, or 15 minutes)"


def _stop(namespace: str, what: str) -> InputError:
    return InputError(Problem(f"namespace `{namespace}`", f"{what}."))
