"""What a run leaves behind, and what it says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.api.capabilities import EVERYTHING
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety.interlock import Counts, Marker
from pytest_recsim.simulation.controller import closing
from pytest_recsim.simulation.session.simulation import SimulationFailed

RUN = "20261127T235000-abcdef"


class Left:
    """A service in which scenarios of this run have left overrides, and our probe item stands."""

    def __init__(self, *overridden):
        self.overrides = [
            SimpleNamespace(override_id=f"o{n}", item_id=item, created_by="recsim", surface="recsim-s8")
            for n, item in enumerate(overridden)
        ]
        self.items = [SimpleNamespace(item_id=f"recsim-probe-{RUN}"), SimpleNamespace(item_id="lamp-1")]
        self.cancelled, self.deleted = [], []

    def list_overrides(self, status):
        return self.overrides

    def cancel_override(self, override_id):
        self.cancelled.append(override_id)

    def list_rules(self):
        return []

    def all_items(self):
        return self.items

    def delete_items(self, item_id):
        self.deleted.append(item_id)


@pytest.mark.parametrize(
    "item", [f"recsim-probe-{RUN}", "probe-thermometer-7", "lamp-1", "deleted the leftover"]
)
def test_an_override_that_a_scenario_left_behind_is_noted_whatever_its_item_is_called(monkeypatch, item):
    """The run's own probe item, which is always there at the end, is no news; an override on it is."""
    monkeypatch.setattr(closing, "read_marker", lambda service: None)
    service = Left(item)
    plan = SimpleNamespace(stand_in=False, reads_only=False, id="acme")
    context = SimpleNamespace(run_id=RUN)
    sim = SimpleNamespace(service=service, context=context, plan=plan, capabilities=EVERYTHING)
    opened = SimpleNamespace(plan=plan, sim=sim, notes=[], away=False)
    assert closing.leave_clean(opened) == []
    assert opened.notes == [f"cancelled a leftover override of `{item}` on surface `recsim-s8`."]
    assert (service.cancelled, service.deleted) == (["o0"], [f"recsim-probe-{RUN}"])


MARKER = Marker("sha", "0.25", 0.0, Counts(1, 1, 1), RUN, datetime(2026, 11, 27, tzinfo=UTC))

NOWHERE = Path("nowhere")


@pytest.fixture
def markers(monkeypatch):
    """The marker that stands in the namespace, and those that were finished."""
    seen = SimpleNamespace(there=MARKER, finished=[])
    monkeypatch.setattr(closing, "read_marker", lambda _: seen.there)
    monkeypatch.setattr(closing, "finish_marker", lambda _, marker: seen.finished.append(marker))
    return seen


def opened(service=None, *, stand_in=False, reads_only=False, away=False, folder=NOWHERE, changed=list):
    """A simulation at its end; `changed` says what others have changed."""
    plan = SimpleNamespace(stand_in=stand_in, reads_only=reads_only, id="acme")
    context = SimpleNamespace(run_id=RUN, folder=folder)
    sim = SimpleNamespace(service=service, context=context, plan=plan, changed_namespace=changed)
    sim.capabilities = EVERYTHING
    return SimpleNamespace(plan=plan, sim=sim, notes=[], stand_in=None, away=away)


@pytest.fixture
def prepared(tmp_path):
    """The folder of a simulation that was prepared."""
    (tmp_path / closing.OUTCOME).touch()
    return tmp_path


def test_what_others_changed_is_one_sentence_and_nothing_is_none(prepared):
    both = opened(folder=prepared, changed=lambda: ["it is empty", "our marker is gone"])
    assert (
        closing.last_look(both)
        == "the namespace changed while it was measured: it is empty; our marker is gone"
    )
    assert closing.last_look(opened(folder=prepared)) == ""


@pytest.mark.parametrize(
    "facts", [{"stand_in": True}, {"folder": NOWHERE}, {"away": True}], ids=["stand-in", "unprepared", "away"]
)
def test_nobody_is_asked_about_a_stand_in_or_what_was_never_prepared_or_is_done_elsewhere(prepared, facts):
    asked = []
    one = opened(**{"folder": prepared} | facts, changed=lambda: asked.append(1) or ["x"])
    assert closing.last_look(one) == ""
    assert asked == []


@pytest.mark.parametrize(
    "error", [SimulationFailed("seeding failed"), ServiceError("gone", None, "unreachable")]
)
def test_a_last_look_that_cannot_be_had_accuses_nobody(prepared, error):
    def fail():
        raise error

    assert closing.last_look(opened(folder=prepared, changed=fail)) == ""


@pytest.mark.parametrize("facts", [{"stand_in": True}, {"reads_only": True}, {"away": True}])
def test_nothing_is_sent_to_a_stand_in_or_to_a_namespace_that_is_only_read_or_closed_elsewhere(
    markers, facts
):
    service = Left("lamp-1")
    assert closing.leave_clean(opened(service, **facts)) == []
    assert (service.cancelled, service.deleted, markers.finished) == ([], [], [])


def test_the_marker_of_this_run_is_finished_after_everything_was_taken_back(markers):
    service = Left("lamp-1")
    one = opened(service)
    assert closing.leave_clean(one) == []
    assert service.deleted == [f"recsim-probe-{RUN}"]
    assert markers.finished == [MARKER]


@pytest.mark.parametrize(
    "there", [None, replace(MARKER, run_id="another-run")], ids=["none", "another run's"]
)
def test_a_marker_that_is_not_ours_is_left_alone(markers, there):
    markers.there = there
    assert closing.leave_clean(opened(Left())) == []
    assert markers.finished == []


def test_our_own_probe_item_is_no_news_and_that_of_an_earlier_run_is(markers):
    service = Left()
    service.items.append(SimpleNamespace(item_id="recsim-probe-earlier"))
    one = opened(service)
    closing.leave_clean(one)
    assert one.notes == ["deleted the leftover probe item `recsim-probe-earlier`."]
    assert service.deleted == [f"recsim-probe-{RUN}", "recsim-probe-earlier"]


@pytest.mark.parametrize(
    "error", [ServiceError("GET /v1/items: no answer."), InputError(Problem("n", "another run."))]
)
def test_what_could_not_be_cleaned_up_is_told_with_when_it_ends_by_itself(markers, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(closing, "clean_leftovers", fail)
    (sentence,) = closing.leave_clean(opened(Left()))
    assert sentence.startswith(f"acme: could not clean up: {str(error).rstrip('.')}. A rule or override")
    assert "two hours" in sentence
    assert markers.finished == [], "the next run has to look after it"


def test_stopping_closes_connections_and_ends_the_stand_in_where_there_is_one():
    steps = []
    one = opened()
    one.sim.close = lambda: steps.append("closed")
    closing.stop(one)
    one.stand_in = SimpleNamespace(stop=lambda: steps.append("ended"))
    closing.stop(one)
    assert steps == ["closed", "closed", "ended"]
