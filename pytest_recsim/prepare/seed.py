"""Reset and seed one namespace, in an order that leaves a marker wherever a crash happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from pytest_recsim.clock import perf_counter
from pytest_recsim.data.fixtures.columns import Columns
from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.fixtures.split import Split
from pytest_recsim.data.input.instants import from_us
from pytest_recsim.data.input.names import PROBE_PREFIX
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import Plan
from pytest_recsim.prepare.clock import rfc3339, shift_us
from pytest_recsim.prepare.payload import EventRows, item_row, user_row
from pytest_recsim.prepare.probe import probe_row, probe_source
from pytest_recsim.prepare.skew import skew_note, skew_us
from pytest_recsim.service.api.capabilities import EVERYTHING, Capabilities
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.safety.interlock import (
    Counts,
    Marker,
    NamespaceState,
    crashed,
    guard,
    inspect,
    recognise,
    reset,
    write_marker,
)
from pytest_recsim.service.safety.leftovers import clean_leftovers
from pytest_recsim.service.safety.rows import stamp_of, stamped, strangers


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """What the namespace holds after preparation.

    Attributes:
        shift_us: microseconds added to every event time.
        leak: why the service may have seen holdout events, empty when it cannot have.
        skew_us: microseconds by which the service's clock is ahead of ours; contained in ``shift_us``.
        counts: rows expected in the service, the probe item among them, the marker not.
        held: rows that were there when seeding had ended, the marker not counted.
        sent: rows sent by this run; all zero when an earlier seed was reused.
        probe_id, probe_source: S8's item, None when the fixture offers no pattern for one.
        notes: sentences for the record.
        by: the variant of the same sweep that sent the rows; empty when this one did.
    """

    shift_us: int
    skew_us: int = 0
    newest: str
    oldest: str
    reused: bool
    leak: str
    counts: Counts
    held: Counts
    sent: Counts
    probe_id: str | None
    probe_source: str | None
    notes: tuple[str, ...]
    seconds: float
    by: str = ""


@dataclass(frozen=True)
class Material:
    """A fixture with its time columns and split, as everything here needs them together."""

    fixture: Fixture
    columns: Columns
    split: Split

    @property
    def span_us(self) -> tuple[int, int] | None:
        """Oldest and newest seeded time, None when nothing is seeded."""
        times = self.columns.ts[self.split.seeded]
        return (int(times.min()), int(times.max())) if len(times) else None


def split_name(plan: Plan) -> str:
    """How the marker names a split: two runs share their seed only when this agrees."""
    window = "all" if plan.window_days is None else f"{plan.window_days:g}d"
    return "/".join(filter(None, (str(plan.limit("split").value), window, plan.slice)))


def prepare(
    service: Service,
    plan: Plan,
    material: Material,
    *,
    now: datetime,
    run_id: str,
    holder: str = "",
    can: Capabilities = EVERYTHING,
) -> Seeded:
    """Bring the namespace into the state that the plan describes.

    ``holder`` is who shares the lock that this run holds on the namespace, ``can`` what the service has.

    Raises:
        InputError: the interlock refuses, or the service holds other counts than were sent.
    """
    began = perf_counter()
    if "seed" in plan.skip:
        notes = [] if plan.reads_only else [one.sentence for one in clean_leftovers(service, can)]
        return _reuse(plan, material, inspect(service), began, notes)
    state = _guarded(service, plan, now=now, run_id=run_id, holder=holder)
    cleaned = clean_leftovers(service, can)
    notes = [*_crashed(state.marker, run_id, holder), *(one.sentence for one in cleaned)]
    if cleaned:  # what a reset deletes is held against what is there now
        state = _guarded(service, plan, now=now, run_id=run_id, holder=holder)
    shift = _shift(plan, material, state, now)
    if "reset" not in plan.skip:
        reset(service, state.totals)
    source = probe_source(material.fixture, material.columns, material.split)
    probe_id = f"{PROBE_PREFIX}{run_id}" if source else None
    counts = Counts(
        items=len(material.fixture.items) + (source is not None),
        users=len(material.fixture.users),
        events=len(material.split.seeded),
    )
    fresh = "reset" not in plan.skip or state.empty
    marker = replace(_marker(plan, material, shift, counts, run_id, now), holder=holder)
    skew = _mark(service, marker, fresh=fresh)
    if fresh:
        _still_empty(service)
    shift += skew if fresh else 0
    notes += [skew_note(skew)] if skew else []
    extra = [probe_row(source, probe_id)] if source and probe_id else []
    _send(service, material, shift, extra)
    held = _verify(service, counts, marker, exact=fresh)
    oldest, newest = _moved(material, shift)
    return Seeded(
        shift_us=shift,
        skew_us=skew,
        newest=newest,
        oldest=oldest,
        reused=False,
        leak="",
        counts=counts,
        held=held,
        sent=counts,
        probe_id=probe_id,
        probe_source=source.item_id if source else None,
        notes=tuple(notes),
        seconds=perf_counter() - began,
    )


def _guarded(service: Service, plan: Plan, *, now: datetime, run_id: str, holder: str) -> NamespaceState:
    """Look at the namespace and its rows, and let the run pass when they are ours."""
    state = recognise(service, inspect(service))
    guard(
        state,
        namespace=plan.namespace.value,
        allow_reset=plan.allow_reset or None,
        run_id=run_id,
        now=now,
        holder=holder,
    )
    return state


def _shift(plan: Plan, material: Material, state: NamespaceState, now: datetime) -> int:
    if material.span_us is None:
        return 0
    if "reset" in plan.skip and not state.empty and state.marker is not None:
        if state.marker.fixture_sha256 == plan.fixture.sha256 and state.marker.split == split_name(plan):
            return round(state.marker.shift_seconds * 1e6)  # the events already there keep their place
        raise InputError(
            Problem(
                "--recsim-skip reset",
                f"namespace `{plan.namespace.value}` holds another fixture or split "
                f"({state.marker.fixture_sha256[:12]}, {state.marker.split}); only the same one can be added to",
            )
        )
    return shift_us(material.span_us[1], now)


def _crashed(marker: Marker | None, run_id: str, holder: str) -> list[str]:
    """Say that the run before this one ended without its own ending."""
    if marker is None or not crashed(marker, run_id=run_id, holder=holder):
        return []
    when = marker.written_at.isoformat(timespec="seconds")
    return [
        f"run {marker.run_id}, which marked the namespace at {when}, was killed; what it left is cleaned."
    ]


def _marker(plan: Plan, material: Material, shift: int, counts: Counts, run_id: str, now: datetime) -> Marker:
    return Marker(
        fixture_sha256=material.fixture.sha256,
        split=split_name(plan),
        shift_seconds=shift / 1e6,
        counts=counts,
        run_id=run_id,
        written_at=now,
        stamped=True,
    )


def _mark(service: Service, marker: Marker, *, fresh: bool) -> int:
    """Write the marker and return the skew of clocks; events that are already there keep their place."""
    before = service.clock()
    skew = skew_us(write_marker(service, marker), before, service.clock())
    if skew and fresh:
        write_marker(service, replace(marker, shift_seconds=marker.shift_seconds + skew / 1e6))
    return skew


def _still_empty(service: Service) -> None:
    """Look once more before rows are written: one of somebody else's with an id of ours would be written over unseen."""
    held = inspect(service).held
    if held != Counts(0, 0, 0):
        what = (
            f"somebody else writes to it: {held} have arrived since it was empty; nothing of theirs was changed. "
            "Give the run a namespace that nobody else uses"
        )
        raise InputError(Problem(f"namespace `{service.namespace}`", f"{what}."))


def _send(service: Service, material: Material, shift: int, extra: list[dict[str, Any]]) -> None:
    fixture, stamp = material.fixture, stamp_of(material.fixture.sha256)
    items = [*map(item_row, fixture.items), *extra]
    service.upsert_items([stamped(row, "props", stamp) for row in items])
    service.upsert_users([stamped(user_row(user), "traits", stamp) for user in fixture.users])
    service.send_events(
        EventRows(fixture, material.columns.ts, np.sort(material.split.seeded).astype(np.int64), shift)
    )


def _verify(service: Service, counts: Counts, marker: Marker, *, exact: bool) -> Counts:
    state = inspect(service)
    there = state.held
    kept = Counts(*(max(a, b) for a, b in zip(astuple(there), astuple(counts), strict=True)))
    if state.marker is None or there != (counts if exact else kept):
        if state.marker is None and not state.empty:
            _mark_again(service, state, marker)
        beside = "" if state.marker else " and no marker of ours"
        what = f"the service does not hold what was sent ({counts}) but {there}{beside}"
        why = "was a batch lost, the service restarted, or is somebody else at work in it?"
        raise InputError(Problem(f"namespace `{service.namespace}`", f"{what}; {why}"))
    return there


def _mark_again(service: Service, state: NamespaceState, marker: Marker) -> None:
    """Call a namespace ours again that lost its marker meanwhile, if every row in it is: a service that restarted empty.

    What was sent afterwards would else stop every later run, with nobody but us in the namespace.
    """
    totals = state.totals
    held = (totals.items, totals.users, totals.events)
    if not strangers(service, held, stamp_of(marker.fixture_sha256)):
        write_marker(service, marker)


def _moved(material: Material, shift: int) -> tuple[str, str]:
    if material.span_us is None:
        return "", ""
    oldest, newest = material.span_us
    return rfc3339(from_us(oldest + shift)), rfc3339(from_us(newest + shift))


def _reuse(
    plan: Plan, material: Material, state: NamespaceState, began: float, notes: Sequence[str]
) -> Seeded:
    marker = state.marker
    same = (plan.fixture.sha256, plan.fixture.file_sha256)  # earlier versions marked with the latter
    known = marker is not None and marker.fixture_sha256 in same and marker.split == split_name(plan)
    shift = round(marker.shift_seconds * 1e6) if marker is not None and known else 0
    oldest, newest = _moved(material, shift)
    leak = (
        "" if known else "the namespace was not seeded from this fixture and split: a leak cannot be excluded"
    )
    return Seeded(
        shift_us=shift,
        newest=newest,
        oldest=oldest,
        reused=True,
        leak=leak,
        counts=state.held,
        held=state.held,
        sent=Counts(items=0, users=0, events=0),
        probe_id=None,
        probe_source=None,
        notes=("--recsim-skip seed: the data that was there is used", *notes),
        seconds=perf_counter() - began,
    )
