"""Whether somebody else was at work in the namespace while it was measured, said in sentences."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest
from simulation_town import NOW

from pytest_recsim.service.safety.interlock import Counts, Marker, NamespaceState
from pytest_recsim.simulation.session import drift as module
from pytest_recsim.simulation.session.drift import drift
from pytest_recsim.testing import shop

HELD = Counts(items=4, users=3, events=9)
MARKER = Marker("sha", "0.75/all", 0.0, HELD, "run1", NOW)


@pytest.fixture
def look(monkeypatch):
    """Return the sentences for what is found there; the clocks that were asked for are kept."""
    clocks, looked = [], []

    def recognise(_, state):
        looked.append(state)
        return msgspec.structs.replace(state) if isinstance(state, msgspec.Struct) else state

    def after(state, *, reused=False, before=(), now=(), rows=True, skew_us=0):
        monkeypatch.setattr(module, "inspect", lambda _: state)
        monkeypatch.setattr(module, "recognise", recognise)
        monkeypatch.setattr(module, "influences", lambda _, instant, can: clocks.append(instant) or now)
        seeded = SimpleNamespace(held=HELD, reused=reused, skew_us=skew_us)
        return drift(SimpleNamespace(clock=lambda: NOW), seeded, run_id="run1", before=before, rows=rows)

    after.clocks, after.looked = clocks, looked
    return after


def state(*, marker=MARKER, strangers="", empty=False, **counts):
    held = Counts(**{"items": 4, "users": 3, "events": 9} | counts)
    totals = Counts(held.items, held.users + (marker is not None), held.events)
    return NamespaceState(empty, marker, totals, strangers)


def test_nothing_has_changed_where_everything_is_as_it_was_left(look):
    assert look(state()) == []


@pytest.mark.parametrize("more", [{"items": 5}, {"users": 4}, {"events": 8}])
def test_rows_that_came_or_went_are_told_with_both_counts(look, more):
    (told,) = look(state(**more))
    held = Counts(**{"items": 4, "users": 3, "events": 9} | more)
    assert told == f"it holds {held} and held 4 items, 3 users, 9 events: somebody else writes to it"


def test_an_empty_namespace_has_lost_everything_and_that_is_all_there_is_to_say(look):
    gone = NamespaceState(empty=True, marker=None, totals=Counts(0, 0, 0))
    (told,) = look(gone)
    assert told.startswith("it is empty and held 4 items, 3 users, 9 events: the service has lost its data")


def test_a_marker_that_is_gone_or_another_runs_is_told(look):
    assert look(state(marker=None)) == ["our marker is gone"]
    theirs = Marker("sha", "0.75/all", 0.0, HELD, "run2", NOW)
    assert look(state(marker=theirs)) == ["run run2 has seeded it meanwhile"]


def test_rows_that_were_replaced_by_others_are_told_though_the_counts_agree(look):
    assert look(state(strangers="item `x`")) == ["others have written to it: item `x`"]


def test_of_a_namespace_that_was_seeded_earlier_only_the_counts_are_held_against_it(look):
    theirs = Marker("sha", "0.75/all", 0.0, HELD, "run0", NOW)
    assert look(state(marker=theirs, strangers="item `x`"), reused=True) == []
    assert look(state(marker=None), reused=True) == []
    assert len(look(state(marker=theirs, items=5), reused=True)) == 1


@pytest.mark.parametrize(("rows", "reused", "reads"), [(True, False, 1), (False, False, 0), (True, True, 0)])
def test_single_rows_are_read_only_where_others_may_have_replaced_ours(look, rows, reused, reads):
    look(state(), rows=rows, reused=reused)
    assert len(look.looked) == reads


def test_what_steers_ranking_is_told_when_it_came_and_when_it_went(look):
    assert look(
        state(), before=("rule `a` is active.", "rule `b` is active."), now=("rule `b` is active.",)
    ) == ["no longer true: rule `a` is active"]
    assert look(state(), now=("z came.", "a came.")) == [
        "since the run began: a came",
        "since the run began: z came",
    ]
    assert look(state(), before=("a.",), now=("a.",)) == []


def test_what_is_in_force_is_judged_by_the_clock_that_judged_it_before_the_run(look):
    """The pre-flight went by this machine's clock; by the service's, a rule that ends soon would have gone meanwhile."""
    look(state(), skew_us=60_000_000)
    assert look.clocks == [NOW - timedelta(minutes=1)]


def test_both_kinds_of_change_are_told_together(look):
    told = look(state(items=5), now=("rule `a` is active.",))
    assert [one.partition(" ")[0] for one in told] == ["it", "since"]


# --- on a service ---


def test_everything_that_others_did_to_a_seeded_namespace_is_seen(open_town):
    sim, _ = open_town(shop(users=4))
    seeded = sim.prepared.seeded

    def told(**how):
        return drift(sim.service, seeded, run_id="run1", before=(), **how)

    assert told(rows=True) == told(rows=False) == []
    sim.service.upsert_items([{"item_id": "i001", "available": True, "tags": ["theirs"]}])
    assert told(rows=False) == [], "the counts agree"
    assert [one.partition(":")[0] for one in told(rows=True)] == ["others have written to it"]
    sim.service.upsert_items([{"item_id": "new", "available": True}])
    assert told(rows=False)[0].startswith("it holds 62 items")
    sim.service.wipe_events()
    sim.service.wipe_items()
    sim.service.wipe_users()
    assert [one.partition(" and ")[0] for one in told(rows=True)] == ["it is empty"]
