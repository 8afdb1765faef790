"""The running services of one run: held against others in one order, changed once, given back whatever happens."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace
from typing import ClassVar

import pytest
from msgspec.structs import replace
from truth_answers import NOW

from pytest_recsim.apply import hold as holding
from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.simulation.controller import services
from pytest_recsim.simulation.controller.opening import place_of, planned
from pytest_recsim.simulation.controller.services import (
    Services,
    check_addresses,
    hold_as_worker,
    quarrel,
    workers_at,
)
from pytest_recsim.simulation.session.run import Secret

HERE, THERE = "http://a.example", "http://b.example"


@pytest.fixture
def plan(plan_of):
    """Return a factory: address, apply mode, namespace and knobs -> a plan; no address is the stand-in."""

    def make(url=HERE, *knobs, apply="request", namespace="shop", **more):
        place = {"base_url": url, "base_url_source": "--base-url"} if url else {}
        return plan_of(*knobs, apply=apply, namespace=namespace, **place, **more)

    return make


@pytest.fixture
def one(plan, tmp_path):
    """Return a factory: the same -> a simulation with its address."""

    def make(*words, **facts):
        made = planned(plan(*words, **facts), None, run_id="r", now=NOW, scratch=tmp_path, token=Secret())
        url = made.plan.base_url.value or f"http://127.0.0.1/{id(made)}"
        made.sim.context = replace(made.sim.context, url=url)
        return made

    return make


class Locks:
    """Stands for `Hold`: who took which lock how, in order; a busy one refuses."""

    def __init__(self):
        self.steps, self.busy = [], ""

    def __call__(self, place, *, alone):
        def acquire(_):
            if place == self.busy:
                raise InputError(Problem(place, "is still in use."))
            self.steps.append(("take", place, alone))

        return SimpleNamespace(acquire=acquire, release=lambda: self.steps.append(("free", place)))

    @property
    def taken(self):
        return [step[1:] for step in self.steps if step[0] == "take"]

    @property
    def freed(self):
        return [step[1] for step in self.steps if step[0] == "free"]


@pytest.fixture
def locks(monkeypatch):
    monkeypatch.setattr(services, "Hold", made := Locks())
    return made


def silent(_):
    raise AssertionError("nobody waits here")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://x", "does not start with"),
        ("http://me:secret@x", "carries a user name"),
        ("http://x:0", "port 0"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_before_anything_waits(plan, locks, tmp_path, url, words):
    with pytest.raises(InputError, match=words) as caught:
        Services([plan(), plan(url)], tmp_path).hold(silent)
    assert locks.steps == []
    assert "secret" not in str(caught.value)
    check_addresses([plan(), plan("")])


def test_a_run_that_leaves_the_configuration_alone_shares_the_service_and_has_the_namespace_alone(
    plan, locks, tmp_path
):
    one = plan()
    Services([one], tmp_path).hold(silent)
    assert locks.taken == [(HERE, False), (place_of(one), True), (workers_at(place_of(one)), True)]


def test_a_run_that_changes_the_configuration_has_the_service_alone_also_where_another_plan_only_uses_it(
    plan, locks, tmp_path
):
    both = [plan(apply="admin"), plan(namespace="shop2")]
    for plans in (both, both[::-1]):
        locks.steps.clear()
        Services(plans, tmp_path).hold(silent)
        assert (HERE, True) in locks.taken
        assert (HERE, False) not in locks.taken


def test_locks_are_taken_in_one_order_whatever_the_order_of_the_plans(plan, locks, tmp_path):
    def taken(*plans):
        locks.steps.clear()
        Services(plans, tmp_path).hold(silent)
        return [place for place, _ in locks.taken if not place.endswith("workers")]

    first, second = plan(THERE), plan(HERE)
    assert taken(first, second) == taken(second, first) == sorted(taken(first, second))
    assert len(taken(first, second)) == 4


def test_a_stand_in_is_held_against_nobody(plan, locks, tmp_path):
    Services([plan("")], tmp_path).hold(silent)
    assert locks.steps == []


def test_workers_of_a_killed_run_are_waited_for_and_their_lock_is_let_go_at_once(plan, locks, tmp_path):
    """Ours need it themselves; what stays is freed at the end."""
    one = plan()
    held = Services([one], tmp_path)
    held.hold(silent)
    assert locks.freed == [workers_at(place_of(one))]
    held.release()
    assert locks.freed == [workers_at(place_of(one)), HERE, place_of(one)]
    held.release()
    assert len(locks.freed) == 3


def test_what_was_taken_before_a_lock_was_refused_is_let_go_with_the_rest(plan, locks, tmp_path):
    one = plan()
    locks.busy = place_of(one)
    held = Services([one], tmp_path)
    with pytest.raises(InputError, match="still in use"):
        held.hold(silent)
    held.release()
    assert HERE in locks.freed


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """Real locks, in a folder of this test, that nobody waits for."""
    (folder := tmp_path / "locks").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(holding, "MEET_S", 0.0)
    monkeypatch.setattr(holding.Hold.acquire, "__defaults__", (0.0,))


@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        ({}, {"namespace": "other"}, False),
        ({}, {}, True),
        ({}, {"namespace": "other", "apply": "admin"}, True),
        ({"apply": "admin"}, {"namespace": "other"}, True),
        ({"apply": "admin"}, {"url": THERE, "apply": "admin"}, False),
    ],
    ids=[
        "other namespaces",
        "one namespace",
        "a change of what is used",
        "a use of what is changed",
        "other services",
    ],
)
@pytest.mark.usefixtures("alone")
def test_two_runs_disturb_each_other_just_where_one_writes_what_the_other_uses(
    plan, tmp_path, first, second, waits
):
    ours, theirs, told = Services([plan(**first)], tmp_path), Services([plan(**second)], tmp_path), []
    ours.hold(silent)
    try:
        if waits:
            with pytest.raises(InputError, match="still in use by other runs"):
                theirs.hold(told.append)
            assert "waiting for the end of that" in told[0]
            theirs.release()
            ours.release()
        theirs.hold(silent)
    finally:
        ours.release()
        theirs.release()


@pytest.mark.usefixtures("alone")
def test_the_next_run_waits_for_a_worker_whose_controller_was_killed(plan, tmp_path):
    worker, second = hold_as_worker(plan()), hold_as_worker(plan())
    after = Services([plan()], tmp_path)
    for left in (worker, second):
        with pytest.raises(InputError, match="workers: is still in use"):
            after.hold(lambda _: None)
        after.release()
        left.release()
    after.hold(silent)
    after.release()


def test_a_worker_holds_no_stand_in(plan, locks):
    assert hold_as_worker(plan("")) is None
    assert locks.steps == []


class Change:
    """Stands for what is done to one service; the class remembers every one that was made."""

    made: ClassVar = []
    fails: ClassVar = {}

    def __init__(self, service, plan, folder):
        self.service, self.plan, self.folder = service, plan, folder
        self.stand_in, self.undone, self.notes, self.strange = (
            plan.stand_in,
            0,
            ["changed it."],
            ["a strange note."],
        )
        self.pending = self.touched = True
        self.restoring = f"recsim restore {plan.base_url.value}" if plan.base_url.value else ""
        Change.made.append(self)

    def make(self, run_id):
        self.run_id = run_id
        if (error := self.fails.get(self.plan.base_url.value)) is not None:
            raise error

    def undo(self):
        self.undone += 1
        return Undone(notes=(f"gave {self.plan.base_url.value} back.",), failed=("a knob stayed.",))


@pytest.fixture
def changes(monkeypatch):
    """All changes that are made, in order; no request is sent."""
    monkeypatch.setattr(Change, "made", [])
    monkeypatch.setattr(Change, "fails", {})
    closed = []
    talk = lambda endpoint: SimpleNamespace(tally=Tally(), close=lambda: closed.append(endpoint.base_url))  # noqa: E731
    monkeypatch.setattr(services, "Change", Change)
    monkeypatch.setattr(services, "Service", talk)
    monkeypatch.setattr(services, "preflight", lambda _: "facts after a restart")
    monkeypatch.setattr(services, "know", lambda one, facts: setattr(one, "facts", facts))
    return SimpleNamespace(made=Change.made, fails=Change.fails, closed=closed)


def test_a_service_is_changed_once_to_what_the_first_simulation_on_it_asks_for(one, changes, tmp_path):
    first, second, other = one(apply="admin"), one(f"{HERE}:80/", "BRAND_CAP=9", apply="admin"), one(THERE)
    held = Services([], tmp_path)
    held.change([first, second, other], "run-7")
    assert [change.plan for change in changes.made] == [first.plan, other.plan]
    assert [change.run_id for change in changes.made] == ["run-7"] * 2
    assert (first.notes, second.notes, other.notes) == (["changed it."], [], ["changed it."])
    assert [len(each.tallies) for each in (first, second, other)] == [1, 0, 1]
    assert second.facts is None


def test_the_note_of_a_change_lies_with_the_reports_and_that_of_a_stand_in_goes_with_it(
    one, changes, tmp_path
):
    running, ours = one(apply="admin"), one("", apply="admin")
    Services([], tmp_path / "reports").change([running, ours], "r")
    assert [change.folder for change in changes.made] == [tmp_path / "reports", ours.sim.context.folder]


def test_every_stand_in_is_changed_for_itself(one, changes, tmp_path):
    Services([], tmp_path).change([one("", apply="admin"), one("", apply="admin")], "r")
    assert len(changes.made) == 2


def test_a_service_that_was_restarted_is_looked_at_again_by_every_simulation_on_it(one, changes, tmp_path):
    (file := tmp_path / "service.env").write_text("")
    restart = {"apply": "env-file", "env_file": str(file), "restart_command": "true"}
    first, second, other = one(**restart), one(namespace="shop2", **restart), one(THERE, apply="admin")
    Services([], tmp_path).change([first, second, other], "r")
    assert [each.facts for each in (first, second, other)] == ["facts after a restart"] * 2 + [None]


def test_simulations_take_turns_and_the_change_before_is_taken_back_first(one, changes, tmp_path):
    first, second = one(apply="admin"), one(HERE, "BRAND_CAP=9", apply="admin")
    held = Services([], tmp_path)
    held.turn_to(first, "r")
    held.turn_to(first, "r")
    assert len(changes.made) == 1, "it is what it should be already"
    held.turn_to(second, "r")
    assert [change.undone for change in changes.made] == [1, 0]
    assert second.notes[0] == f"gave {HERE} back."
    assert second.notes[1].startswith("a knob stayed.")
    assert second.notes[2] == "changed it."
    held.turn_to(first, "r")
    assert [change.plan for change in changes.made] == [first.plan, second.plan, first.plan]


def test_whoever_changes_nothing_leaves_a_service_as_the_one_before_has_it(one, changes, tmp_path):
    held = Services([], tmp_path)
    held.turn_to(one(apply="admin"), "r")
    held.turn_to(one(HERE, "BRAND_CAP=9"), "r")
    assert len(changes.made) == 1
    assert changes.made[0].undone == 0


@pytest.mark.parametrize("error", [InputError(Problem("", "no.")), ServiceError("gone")])
def test_a_change_that_failed_half_way_is_known_so_that_it_can_be_taken_back(one, changes, tmp_path, error):
    changes.fails[HERE] = error
    held = Services([], tmp_path)
    with pytest.raises(type(error)):
        held.change([one(apply="admin"), one(THERE)], "r")
    assert len(changes.made) == 1
    assert held.undo().notes == (f"gave {HERE} back.",)


def test_a_change_that_failed_is_not_taken_for_one_that_was_made_when_the_next_check_asks(
    one, changes, tmp_path
):
    changes.fails[HERE] = ServiceError("busy")
    held, first = Services([], tmp_path), one(apply="admin")
    for _ in range(2):
        with pytest.raises(ServiceError, match="busy"):
            held.turn_to(first, "r")
    changes.fails.clear()
    held.turn_to(first, "r")
    held.turn_to(first, "r")
    assert len(changes.made) == 3
    assert [change.undone for change in changes.made] == [1, 1, 0]


def test_a_stand_in_that_has_ended_is_let_go_of_and_the_next_one_at_its_address_is_changed_for_itself(
    one, changes, tmp_path
):
    first, second, real = one(""), one(""), one(HERE)
    second.sim.context = replace(second.sim.context, url=first.sim.context.url)
    held = Services([each.plan for each in (first, second, real)], tmp_path)
    for each in (first, real):
        held.turn_to(each, "r")
        held.leave(each)
    held.turn_to(second, "r")
    assert [change.service.tally for change in Change.made] == [
        each.tallies[-1] for each in (first, real, second)
    ]
    assert changes.closed == [first.sim.context.url]
    held.release()
    assert sorted(changes.closed[1:]) == sorted([HERE, second.sim.context.url])


def test_every_running_service_is_given_back_and_a_stand_in_is_not(one, changes, tmp_path):
    held = Services([], tmp_path)
    held.change([one(apply="admin"), one(THERE, apply="admin"), one("", apply="admin")], "r")
    undone = held.undo()
    assert undone.notes == (f"gave {HERE} back.", f"gave {THERE} back.")
    assert len(undone.left) == 2
    assert [change.undone for change in changes.made] == [1, 1, 0]


def test_what_the_changes_say_is_said_for_all_of_them(one, changes, tmp_path):
    held = Services([], tmp_path)
    assert (held.pending, held.touched, held.restoring, held.strange) == (False, False, [], [])
    held.change([one(apply="admin"), one(THERE, apply="admin")], "r")
    assert held.restoring == [f"recsim restore {HERE}", f"recsim restore {THERE}"]
    assert held.strange == ["a strange note."] * 2
    for first, second in ((True, False), (False, True), (False, False)):
        changes.made[0].pending = changes.made[0].touched = first
        changes.made[1].pending = changes.made[1].touched = second
        assert held.pending is held.touched is (first or second)
    changes.made[1].restoring = ""
    assert held.restoring == [f"recsim restore {HERE}"]


def test_a_stand_in_is_never_called_touched(one, changes, tmp_path):
    held = Services([], tmp_path)
    held.change([one("", apply="admin")], "r")
    assert not held.touched


def test_the_connections_of_changes_live_until_the_end(one, changes, tmp_path):
    held = Services([], tmp_path)
    held.change([one(apply="admin"), one(THERE)], "r")
    held.undo()
    assert changes.closed == []
    held.release()
    assert changes.closed == [HERE, THERE]


@pytest.mark.parametrize(
    ("first", "second", "turns"),
    [
        ((HERE, "BRAND_CAP=1"), (HERE, "BRAND_CAP=2"), True),
        ((HERE, "BRAND_CAP=1"), ("http://A.example:80", "BRAND_CAP=2"), True),
        ((HERE, "BRAND_CAP=1"), (HERE, "BRAND_CAP=1"), False),
        ((HERE, "BRAND_CAP=1"), (THERE, "BRAND_CAP=2"), False),
        (("", "BRAND_CAP=1"), ("", "BRAND_CAP=2"), False),
    ],
    ids=["two profiles", "two spellings", "one profile", "two services", "stand-ins"],
)
def test_simulations_quarrel_where_they_need_one_running_service_in_two_ways(plan, first, second, turns):
    assert quarrel([plan(*first, apply="admin"), plan(*second, apply="admin")]) is turns
    assert not quarrel([plan(*first), plan(*second)]), "nobody changes it"
    assert not quarrel([plan(*first, apply="admin"), plan(*second)]), (
        "one changes it, the other takes it as it is"
    )
