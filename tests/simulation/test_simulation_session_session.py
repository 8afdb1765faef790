"""One simulation in one process: where its requests go, what it learns, and what it leaves for the others."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from simulation_town import NOW, URL, context_of

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.record.asked import Chosen
from pytest_recsim.record.metadata import CheckCost
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.contract.records import EventType
from pytest_recsim.service.http.request_counts import RECOMMEND
from pytest_recsim.simulation.session.ledger import entries
from pytest_recsim.simulation.session.session import Session
from pytest_recsim.simulation.truth.dataset import EVENT_TYPES


def on_a_service(**facts):
    """Return what makes a plan one for a running service."""
    base_url = Chosen("https://recsys.example", "--base-url")
    return lambda plan: msgspec.structs.replace(plan, **{"base_url": base_url} | facts)


def session(prepared_once, tmp_path, change=lambda plan: plan, **facts):
    plan = change(prepared_once[0])
    return Session(context_of(plan, tmp_path, **facts))


# --- where requests go ---


def test_the_stand_in_gets_the_runs_token_and_neither_key_nor_proxy(prepared_once, tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_API_KEY", "k3y")
    endpoint = session(prepared_once, tmp_path).endpoint
    assert (endpoint.token, endpoint.api_key, endpoint.trust_env) == ("t0ken", None, False)
    assert endpoint.base_url == URL


def test_a_service_gets_the_key_and_never_the_token(prepared_once, tmp_path, monkeypatch):
    """The token opens the stand-ins of this run; a service that is not ours must not learn it."""
    monkeypatch.setenv("RECSYS_API_KEY", "k3y")
    endpoint = session(prepared_once, tmp_path, on_a_service()).endpoint
    assert (endpoint.token, endpoint.api_key, endpoint.trust_env) == ("", "k3y", True)
    monkeypatch.delenv("RECSYS_API_KEY")
    assert session(prepared_once, tmp_path, on_a_service()).endpoint.api_key is None


def test_requests_are_made_as_patiently_and_on_whose_behalf_the_plan_says(prepared_once, tmp_path):
    change = on_a_service(
        org_id=Chosen("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "--org-id"),
        namespace=Chosen("mine", "--namespace"),
        timeout=3.5,
        concurrency=2,
        warm_up=7.0,
        ca_file="/etc/ours.pem",
    )
    endpoint = session(prepared_once, tmp_path, change).endpoint
    assert (endpoint.org_id, endpoint.namespace) == ("1b4e28ba-2fa1-11d2-883f-0016d3cca427", "mine")
    assert (endpoint.timeout, endpoint.concurrency, endpoint.slow_s) == (3.5, 2, 7.0)
    assert endpoint.ca_file == Path("/etc/ours.pem")
    assert session(prepared_once, tmp_path).endpoint.ca_file is None


def test_the_stand_ins_clock_is_the_runs_and_a_services_runs_on(prepared_once, join):
    assert join().service.clock() == NOW
    running = join(plan=on_a_service())
    assert running.service.clock() - NOW > timedelta(days=1)


def test_the_profiles_knobs_are_sent_with_requests_only_in_the_mode_that_says_so(prepared_once, tmp_path):
    by_request = on_a_service(apply=Chosen("request", "--recsim-apply"))
    sent = session(prepared_once, tmp_path, by_request).overrides
    assert sent["mmr_lambda"] == prepared_once[0].knob("MMR_LAMBDA")
    assert session(prepared_once, tmp_path).overrides == {}


def test_what_the_service_can_do_is_what_the_run_has_found_out(prepared_once, tmp_path):
    able = Capabilities(validates=False)
    assert session(prepared_once, tmp_path, capabilities=able).capabilities is able


# --- data ---


def test_a_data_set_that_is_at_hand_is_not_read_again(prepared_once, tmp_path):
    fixture = load_fixture(Path(prepared_once[0].fixture.file))
    nowhere = msgspec.structs.replace(prepared_once[0].fixture, file="/nowhere.json")
    plan = msgspec.structs.replace(prepared_once[0], fixture=nowhere)
    assert Session(context_of(plan, tmp_path), fixture).fixture is fixture
    assert session(prepared_once, tmp_path).fixture.sha256 == fixture.sha256


def test_the_events_are_split_as_the_plan_says_and_none_is_in_both_parts(prepared_once, tmp_path):
    material = session(prepared_once, tmp_path).material
    seeded, holdout = set(material.split.seeded.tolist()), set(material.split.holdout.tolist())
    assert not seeded & holdout
    assert len(seeded | holdout) == len(material.fixture.events)
    assert len(seeded) == pytest.approx(0.75 * len(material.fixture.events), abs=1)
    assert max(material.columns.ts[list(seeded)]) <= min(material.columns.ts[list(holdout)])


def test_a_window_leaves_old_events_out_of_the_seed(prepared_once, tmp_path):
    change = on_a_service(window_days=20.0)
    assert len(session(prepared_once, tmp_path, change).material.split.seeded) < len(
        session(prepared_once, tmp_path).material.split.seeded
    )


# --- what it learns ---


def test_what_was_learned_first_stays(sim):
    world, prepared = sim.world, sim.prepared
    other = msgspec.structs.replace(prepared.seeded, shift_us=1)
    assert sim.learn(other, {}) is world
    assert world.shift_us == prepared.seeded.shift_us


def test_a_service_whose_clock_is_ahead_is_gone_by(join, prepared_once):
    sim, ahead = join(), timedelta(minutes=5)
    found = join().prepared
    seeded = msgspec.structs.replace(found.seeded, skew_us=round(ahead.total_seconds() * 1e6))
    world = sim.learn(seeded, found.admin)
    assert sim.service.clock() == NOW + ahead
    assert world.now_us == round((NOW + ahead).timestamp() * 1e6)


def test_event_types_are_those_that_the_service_lists_else_its_usual_ones(join):
    found = join().prepared
    mine = (EventType(type=0, weight=5.0),)
    assert join().learn(found.seeded, found.admin, mine).types == mine
    assert join().learn(found.seeded, found.admin).types == EVENT_TYPES


def test_every_answer_is_looked_at_from_then_on(sim, town):
    sim.recommend(["u000"])
    seen = sim.everything_seen().answers
    assert seen == sum(one.watch.answers for one in entries(sim.context.folder) if one.watch)
    before = sim.everything_seen().answers
    assert sim.prepared

    def twice(path, answer):
        if path == "/v1/recommendations":
            answer["items"][1] = answer["items"][0]

    town.twist = twice
    sim.recommend(["u000", "u001"])
    seen = sim.everything_seen()
    assert seen.answers == before + 2
    assert {found.what: found.count for found in seen.of("contract")}["duplicate ids"] == 2


# --- what it leaves for the others ---


def test_what_was_seen_adds_up_over_all_processes(join, town):
    one, other = join(), join()
    assert one.prepared
    assert other.prepared
    before = one.everything_seen().answers
    one.recommend(["u000"])
    other.recommend(["u000", "u001"])
    other.flush()
    assert one.everything_seen().answers == before + 3


def test_answers_that_nobody_asked_for_are_a_breach_of_the_contract(sim):
    assert sim.prepared
    sim.service.tally.strayed()
    assert [found.what for found in sim.everything_seen().of("contract")] == ["answers that nobody asked for"]


def test_a_session_that_has_asked_nothing_leaves_nothing_and_closes_nothing(prepared_once, tmp_path):
    one = session(prepared_once, tmp_path)
    one.flush()
    one.close()
    assert "service" not in one.__dict__
    assert not list(tmp_path.rglob("ledger-*"))


def test_a_ledger_that_cannot_be_written_is_told_and_ends_nothing(sim, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    sim.recommend(["u000"])
    monkeypatch.setattr(sim.ledger, "write", full)
    sim.flush()
    assert sim.trouble.endswith(f"{sim.context.folder.name}: cannot be written: No space left on device")


def test_closing_writes_what_was_counted_and_closes_the_service(sim):
    sim.recommend(["u000"])
    sim.close()
    (path,) = [
        path
        for path in sim.context.folder.glob("ledger-*")
        if path.name.endswith(f"-{sim.ledger.serial}.json")
    ]
    assert json.loads(path.read_bytes())["tally"]["recommendations"] == 1
    with pytest.raises(RuntimeError, match="this Service is closed"):
        sim.recommend(["u000"])


def test_a_session_that_was_told_nothing_yet_has_counts_and_no_opinion(sim):
    """Before preparation nothing is known that an answer could be held against."""
    sim.recommend(["u000"])
    sim.flush()
    mine = [one for one in entries(sim.context.folder) if one.watch is None]
    assert [one.tally["recommendations"] for one in mine] == [1]


# --- what a check costs ---


def test_a_check_costs_what_is_sent_while_it_runs_also_when_it_breaks_off(prepared_once, tmp_path):
    sim = session(prepared_once, tmp_path)
    sent = sim.service.tally.requests
    sent[RECOMMEND] += 5

    def broken() -> None:
        with sim.charged("S3", "a"):
            sent[RECOMMEND] += 2
            sent["GET /health"] += 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    sent[RECOMMEND] += 1
    sim.flush()
    (entry,) = entries(sim.context.folder)
    assert entry.costs == [CheckCost(check="S3", case="a", requests=3, recommendations=2)]


def test_a_check_that_goes_on_is_told_with_what_it_has_cost_so_far(prepared_once, tmp_path):
    """A worker that is killed leaves the ledger that the check itself had written."""
    sim = session(prepared_once, tmp_path)
    with sim.charged("S3"):
        sim.service.tally.requests[RECOMMEND] += 2
        sim.flush()
        (entry,) = entries(sim.context.folder)
        assert entry.costs == [CheckCost(check="S3", requests=2, recommendations=2)]


def test_a_check_that_sends_nothing_opens_no_service(prepared_once, tmp_path):
    sim = session(prepared_once, tmp_path)
    with sim.charged("gini"):
        pass
    assert "service" not in vars(sim)
    sim.flush()
    assert entries(sim.context.folder) == []
