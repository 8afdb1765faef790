"""Opening a simulation: reads first, nothing of ours left when it fails, and what the service said of itself is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from truth_answers import NOW

from pytest_recsim.apply.hold import holder
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.safety.interlock import Counts, NamespaceState
from pytest_recsim.service.safety.preflight import ServiceFacts
from pytest_recsim.simulation.controller import opening
from pytest_recsim.simulation.session.run import Secret

REAL = {"base_url": "http://Service.example:80/recsys/", "base_url_source": "--base-url"}
EMPTY = NamespaceState(empty=True, marker=None, totals=Counts(0, 0, 0))
FACTS = ServiceFacts("v1", "m1", "c1", "ok", ("somebody's rule is active.",), Capabilities())


class StandIn:
    """A stand-in that was started, as its owner sees it."""

    url, last_words = "http://127.0.0.1:4711", ""

    def __init__(self):
        self.stopped = 0

    def ended(self):
        return self.last_words

    def stop(self):
        self.stopped += 1


class Client:
    """A service whose clock is not ours."""

    def __init__(self, door):
        self.tally, self._door = Tally(), door

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._door.steps.append("closed")

    def clock(self):
        return "the service's clock"


class Door:
    """What is behind the door of `open_service`, written down in the order in which it is asked; steps may fail."""

    def __init__(self):
        self.steps, self.started, self.guarded, self.endpoints = [], [], [], []
        self.stand_in, self.fails = StandIn(), {}

    def launch(self, knobs, **facts):
        self.started.append((knobs, facts))
        return self.stand_in

    def client(self, endpoint):
        self.endpoints.append(endpoint)
        return Client(self)

    def step(self, name, result):
        def take(*_, **facts):
            self.steps.append(name)
            if name in self.fails:
                raise self.fails[name]
            if name == "guard":
                self.guarded.append(facts)
            return result

        return take


@pytest.fixture
def door(monkeypatch):
    behind = Door()
    monkeypatch.setattr(opening, "Service", behind.client)
    monkeypatch.setattr(opening, "launch", behind.launch)
    for name, result in {"preflight": FACTS, "inspect": EMPTY, "recognise": EMPTY, "guard": None}.items():
        monkeypatch.setattr(opening, name, behind.step(name, result))
    return behind


@pytest.fixture
def one(plan_of, tmp_path):
    """Return a factory: knobs and options -> a simulation of which nothing is open."""

    def make(*knobs, **options):
        plan = plan_of(*knobs, **options)
        token = Secret("word")
        return opening.planned(plan, None, run_id="run-1", now=NOW, scratch=tmp_path / "scratch", token=token)

    return make


def test_run_ids_fit_into_names_and_no_two_are_alike():
    first, second = opening.new_run_id(), opening.new_run_id()
    assert re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{6}", first)
    assert first != second


def test_tokens_are_long_different_and_never_shown():
    first, second = opening.new_token(), opening.new_token()
    assert first != second
    assert len(first.text) >= 32
    assert first.text not in repr(first)


def test_a_planned_simulation_knows_its_run_and_has_nothing_open(one, tmp_path):
    opened = one()
    context = opened.sim.context
    assert (context.run_id, context.now, context.url, context.bundle_dir) == ("run-1", NOW, "", "")
    assert (context.scratch_folder, context.token) == (tmp_path / "scratch", Secret("word"))
    assert (opened.facts, opened.found, opened.stand_in, opened.tallies) == (None, None, None, [])


def test_the_lock_of_a_namespace_has_one_name_however_the_address_is_typed(one):
    plain = one(**REAL, namespace="shop").plan
    typed = one(base_url="http://service.example/recsys", base_url_source="x", namespace="shop").plan
    other = one(**REAL, namespace="shop2").plan
    assert opening.place_of(plain) == opening.place_of(typed) != opening.place_of(other)
    assert plain.org_id.value in opening.place_of(plain)


def test_a_stand_in_is_started_with_the_plans_knobs_its_clock_and_the_runs_token(one, door):
    opened = one("BRAND_CAP=7", latency_ms="5")
    opening.open_service(opened)
    ((knobs, facts),) = door.started
    assert knobs["BRAND_CAP"] == "7"
    assert facts == {"now": NOW, "latency_ms": 5.0, "token": "word"}
    assert opened.stand_in is door.stand_in
    assert (opened.sim.context.url, opened.sim.context.holder) == ("http://127.0.0.1:4711", "")
    assert door.endpoints[0].base_url == "http://127.0.0.1:4711"
    assert door.stand_in.stopped == 0


@pytest.mark.parametrize("mode", ["request", "admin", "none"])
def test_in_every_other_apply_mode_a_stand_in_starts_with_other_knobs_so_that_the_mode_has_to_bring_them(
    one, door, mode
):
    opening.open_service(one("BRAND_CAP=7", apply=mode))
    assert door.started[0][0]["BRAND_CAP"] != "7"


def test_what_the_service_said_is_kept_for_this_process_and_for_all_that_get_the_context(one, door):
    opened = one()
    opening.open_service(opened)
    assert (opened.facts, opened.found) == (FACTS, EMPTY)
    assert opened.sim.context.influences == FACTS.warnings
    assert opened.sim.context.capabilities == FACTS.capabilities
    assert len(opened.tallies) == 1


def test_how_long_opening_took_is_counted_from_before_the_start(one, door, monkeypatch):
    clock = iter([100.0, 102.5])
    monkeypatch.setattr(opening, "monotonic", lambda: next(clock))
    opened = one()
    opening.open_service(opened)
    assert opened.seconds == 2.5


def test_a_running_service_is_reached_at_its_address_and_guarded_by_its_own_clock(one, door):
    opened = one(**REAL, namespace="shop")
    opening.open_service(opened)
    assert door.started == []
    assert opened.sim.context.url == "http://Service.example:80/recsys"
    (facts,) = door.guarded
    assert facts["now"] == "the service's clock"
    assert (facts["namespace"], facts["run_id"], facts["allow_reset"]) == ("shop", "run-1", None)
    assert facts["holder"] == holder(opening.place_of(opened.plan)) != ""


def test_a_stand_in_is_guarded_by_the_runs_clock_and_has_no_holder(one, door):
    opening.open_service(one())
    assert (door.guarded[0]["now"], door.guarded[0]["holder"]) == (NOW, "")


def test_the_name_that_was_typed_to_allow_a_reset_reaches_the_interlock(one, door):
    opening.open_service(one(**REAL, namespace="shop", allow_reset="shop"))
    assert door.guarded[0]["allow_reset"] == "shop"


def test_rows_are_recognised_before_the_interlock_decides_and_the_connection_is_closed(one, door):
    opening.open_service(one(**REAL))
    assert door.steps == ["preflight", "inspect", "recognise", "guard", "closed"]


def test_a_run_that_only_reads_asks_no_interlock(one, door):
    opened = one(**REAL, skip=("reset", "seed", "scenarios"))
    opening.open_service(opened)
    assert door.steps == ["preflight", "inspect", "closed"]
    assert opened.found == EMPTY


def test_a_stand_in_that_has_ended_is_told_with_its_last_words(one, door):
    door.fails["preflight"] = ServiceError("no answer", None, "unreachable")
    door.stand_in.last_words = "the embedded service ended with code 3: no memory"
    opened = one()
    with pytest.raises(InputError, match="stand-in: the embedded service ended with code 3: no memory"):
        opening.open_service(opened)
    assert door.stand_in.stopped == 1
    assert (opened.stand_in, opened.facts) == (None, None)


@pytest.mark.parametrize("error", [ServiceError("sick", 500), InputError(Problem("n", "not ours."))])
def test_a_stand_in_that_still_runs_is_ended_and_the_error_told_as_it_is(one, door, error):
    door.fails["guard"] = error
    with pytest.raises(type(error)) as caught:
        opening.open_service(one())
    assert caught.value is error
    assert door.stand_in.stopped == 1


def test_a_ctrl_c_ends_the_stand_in_and_stays_a_ctrl_c(one, door):
    door.fails["inspect"] = KeyboardInterrupt()
    door.stand_in.last_words = "the embedded service ended by signal 2"
    with pytest.raises(KeyboardInterrupt):
        opening.open_service(one())
    assert door.stand_in.stopped == 1


def test_an_error_of_a_running_service_is_told_as_it_is_and_knows_no_facts(one, door):
    door.fails["recognise"] = ServiceError("sick", 500)
    opened = one(**REAL)
    with pytest.raises(ServiceError, match="sick"):
        opening.open_service(opened)
    assert opened.facts is None
    assert len(opened.tallies) == 1, "what was sent all the same is counted"


def test_a_record_gets_a_folder_of_its_own_and_the_context_knows_it(one, tmp_path):
    first, second = one(), one()
    opening.open_record(first, tmp_path / "reports")
    opening.open_record(second, tmp_path / "reports")
    places = [Path(opened.sim.context.bundle_dir) for opened in (first, second)]
    assert [place.name for place in places] == ["20261122T000000Z", "20261122T000000Z-2"]
    assert all(place.parent == tmp_path / "reports" / "acme" and place.is_dir() for place in places)


def test_a_folder_that_takes_no_report_is_one_sentence(one, tmp_path):
    (tmp_path / "reports").write_text("a file")
    opened = one()
    with pytest.raises(InputError, match="no report can be written there: Not a directory"):
        opening.open_record(opened, tmp_path / "reports")
    assert opened.sim.context.bundle_dir == ""
