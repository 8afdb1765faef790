"""The questions that a scenario may ask: what is sent, how often, and what becomes of a change that is waited for."""

from __future__ import annotations

import msgspec
import pytest
from filelock import FileLock
from waiting import LIMIT_S

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.asked import Chosen
from pytest_recsim.service.api.capabilities import Capabilities, NotOffered
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.session import asking
from pytest_recsim.testing import shop

USERS = ["u000", "u001", "u002", "u004"]


def on_a_service(plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, base_url=Chosen("http://standin", "--base-url"))


@pytest.fixture
def own_town(open_town):
    """A town of the test's own, for rules and boosts."""
    sim, town = open_town(shop(users=2))
    assert sim.prepared
    town.forget()
    return sim, town


# --- one question per user ---


def test_a_user_who_is_named_twice_is_asked_for_once(sim, town):
    found = sim.recommend(["u002", "u000", "u002"])
    assert list(found) == ["u002", "u000"]
    assert sorted(body["user_id"] for body in town.bodies) == ["u000", "u002"]
    assert all(exchange.ask.user_id == user for user, exchange in found.items())


def test_a_question_carries_what_the_scenario_asks_and_nothing_else(sim, town):
    sim.recommend(
        ["u000"],
        k=7,
        surface="recsim-mine",
        constraints={"include_tags_any": ["red"]},
        overrides={"mmr_lambda": 1.0},
        explain="full",
        blend={"pop": 1.0},
    )
    assert town.bodies == [
        {
            "namespace": sim.plan.namespace.value,
            "user_id": "u000",
            "k": 7,
            "context": {"surface": "recsim-mine"},
            "include_reasons": True,
            "explain_level": "full",
            "constraints": {"include_tags_any": ["red"]},
            "overrides": {"mmr_lambda": 1.0},
            "blend": {"pop": 1.0},
        }
    ]


def test_a_bare_question_is_the_one_behind_the_quality_lists(sim):
    (exchange,) = sim.recommend(["u000"]).values()
    assert exchange.ask == sim.lists["u000"].ask
    assert exchange.ids == sim.lists["u000"].ids


def test_the_profiles_overrides_travel_along_and_the_scenarios_own_come_before_them(sim, town):
    sim.overrides = {"mmr_lambda": 0.5, "brand_cap": 2}
    sim.recommend(["u000"], overrides={"mmr_lambda": 1.0})
    sim.recommend(["u000"])
    assert [body["overrides"] for body in town.bodies] == [
        {"mmr_lambda": 1.0, "brand_cap": 2},
        {"mmr_lambda": 0.5, "brand_cap": 2},
    ]
    assert sim.overrides == {"mmr_lambda": 0.5, "brand_cap": 2}


def test_an_empty_surface_is_one_too(sim, town):
    """It is not the same as none: a scenario that asks for it must not be given the plan's."""
    sim.recommend(["u000"], surface="")
    assert town.bodies[0]["context"] == {"surface": ""}


def test_answers_are_everybodys_own_however_many_are_asked(sim):
    users = list(sim.lists)
    assert {user: exchange.ids for user, exchange in sim.recommend(reversed(users)).items()} == {
        user: exchange.ids for user, exchange in sim.lists.items()
    }


# --- once per run ---


def test_lists_that_several_checks_want_are_asked_for_once_in_all_processes(sim, join, town):
    first = sim.once("plain", USERS, overrides={"mmr_lambda": 1.0})
    asked = town.questions
    again = join().once("plain", USERS, overrides={"mmr_lambda": 1.0})
    assert town.questions == asked == len(USERS)
    assert list(first) == list(again) == USERS
    assert [one.answer for one in again.values()] == [one.answer for one in first.values()]
    assert {one.ask.surface for one in again.values()} == {sim.surface("plain")} == {"recsim-plain"}


@pytest.mark.parametrize(
    ("name", "users", "overrides"),
    [("other", USERS, {"mmr_lambda": 1.0}), ("plain", USERS[:3], {"mmr_lambda": 1.0}), ("plain", USERS, {})],
    ids=["name", "users", "question"],
)
def test_lists_of_another_name_other_users_or_another_question_are_others(sim, town, name, users, overrides):
    sim.once("plain", USERS, overrides={"mmr_lambda": 1.0})
    town.forget()
    assert list(sim.once(name, users, overrides=overrides)) == users
    assert town.questions == len(users)


@pytest.mark.parametrize("name", ["women/shoes", "n" * 300, ".."])
def test_lists_are_shared_whatever_they_are_called(sim, join, town, name):
    """Names are the scenarios' own; one that makes no file name must not have every check ask anew."""
    for one in (sim, join()):
        assert list(one.once(name, USERS)) == USERS
    assert town.questions == len(USERS)


def test_lists_that_cannot_be_shared_are_asked_for_and_kept(sim, town, monkeypatch):
    """The record says that the disk is full; the scenario still gets its answers, and the service no second question."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(asking, "save", full)
    assert list(sim.once("plain", USERS)) == USERS
    assert town.questions == len(USERS)


def test_lists_are_asked_for_where_not_even_the_lock_can_be_had(sim, town, monkeypatch):
    class Broken(FileLock):
        def acquire(self, *_, **__):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(asking, "FileLock", Broken)
    assert list(sim.once("plain", USERS)) == USERS
    assert town.questions == len(USERS)


def test_a_question_that_fails_leaves_nothing_behind_that_others_would_read(sim, town):
    town.refuse = lambda method, path: 400
    with pytest.raises(ServiceError):
        sim.once("plain", USERS)
    town.forget()
    assert list(sim.once("plain", USERS)) == USERS


def test_shared_lists_say_how_to_ask_again_with_a_key_where_one_was_sent(join, monkeypatch):
    monkeypatch.setenv("RECSYS_API_KEY", "k3y")
    keyed = join(plan=on_a_service).once("plain", USERS)["u000"]
    assert "X-API-Key: $RECSYS_API_KEY" in keyed.curl()
    unkeyed = join().once("plain", USERS)["u000"]
    assert "X-API-Key" not in unkeyed.curl()
    assert unkeyed.curl().startswith("curl -sS -X POST http://standin/v1/recommendations ")


# --- until a change shows ---


def test_a_change_that_shows_is_not_waited_for_and_everybody_is_asked_once(sim, town):
    found = sim.settled(USERS, "recsim-s5", lambda exchange: True, k=5)
    assert list(found) == USERS
    assert (town.questions, {body["k"] for body in town.bodies}) == (len(USERS), {5})
    ((surface, seconds),) = sim.ledger.waits
    assert surface == "recsim-s5"
    assert 0 <= seconds < LIMIT_S


def test_a_change_that_shows_late_is_waited_for_by_the_first_three_users(sim, monkeypatch):
    monkeypatch.setattr("pytest_recsim.service.safety.undo.POLL_S", 0.01)
    seen = []

    def third_time(exchange):
        seen.append(exchange.ask.user_id)
        return len(seen) > 2

    assert list(sim.settled(USERS, "recsim-s5", third_time)) == USERS
    assert seen == ["u000", "u000", "u000", "u001", "u002"]


def test_users_with_questions_of_their_own_are_asked_together(sim, town):
    questions = {"u000": {"surface": "recsim-a", "k": 5}, "u001": {"surface": "recsim-b", "k": 7}}
    found = sim.recommend_each(questions)
    assert {user: len(shown.ids) for user, shown in found.items()} == {"u000": 5, "u001": 7}
    assert {body["user_id"]: body["context"]["surface"] for body in town.bodies} == {
        "u000": "recsim-a",
        "u001": "recsim-b",
    }
    assert sim.recommend_each({}) == {}


def test_of_users_with_changes_of_their_own_only_those_who_do_not_see_it_yet_are_asked_again(
    sim, town, monkeypatch
):
    monkeypatch.setattr("pytest_recsim.service.safety.undo.POLL_S", 0.01)
    seen = []

    def third_time(exchange):
        seen.append(exchange.ask.user_id)
        return len(seen) > 2

    questions = {"u000": {"surface": "recsim-a"}, "u001": {"surface": "recsim-b"}}
    found = sim.settled_each(questions, {"u000": lambda exchange: True, "u001": third_time})
    assert {user: shown.ask.surface for user, shown in found.items()} == {
        "u000": "recsim-a",
        "u001": "recsim-b",
    }
    assert seen == ["u001"] * 3
    assert [body["user_id"] for body in town.bodies].count("u000") == 1
    assert sorted(surface for surface, _ in sim.ledger.waits) == ["recsim-a", "recsim-b"]


@pytest.mark.parametrize(
    ("where", "short", "other"),
    [(lambda plan: plan, "STAND_IN_LIMIT_S", "LIMIT_S"), (on_a_service, "LIMIT_S", "STAND_IN_LIMIT_S")],
    ids=["stand-in", "service"],
)
def test_a_change_that_never_shows_is_given_up_with_the_last_answers(
    join, town, monkeypatch, where, short, other
):
    """A service has caches, so ten seconds; the stand-in has none, so that a red run does not wait for each rule."""
    assert (asking.STAND_IN_LIMIT_S, asking.LIMIT_S) == (0.5, 10.0)
    monkeypatch.setattr(asking, short, 0.0)
    monkeypatch.setattr(asking, other, 1e9)
    sim = join(plan=where)
    town.forget()
    found = sim.settled(USERS, "recsim-s5", lambda exchange: False)
    assert (list(found), town.questions) == (USERS, len(USERS))
    assert len(sim.ledger.waits) == 1


# --- rules and boosts ---


def test_a_rule_is_in_force_on_its_surface_for_the_length_of_a_block_and_off_after_it(own_town):
    sim, _ = own_town
    red = {item for item in sim.items if "red" in sim.items[item].tags}
    mine = sim.surface("mine")

    def shows_red(surface):
        return bool(red & set(sim.recommend(["u000"], surface=surface)["u000"].ids))

    def breaks_off():
        with sim.rule(mine, "no-red", action="BLOCK", target_type="TAG", target_key="red"):
            assert (shows_red(mine), shows_red(sim.surface("others"))) == (False, True)
            raise RuntimeError("a scenario that breaks off")

    with pytest.raises(RuntimeError):
        breaks_off()
    assert shows_red(mine)


def test_a_boost_is_in_force_for_the_length_of_a_block_and_cancelled_after_it(own_town):
    sim, _ = own_town
    last, mine = sim.popularity[-1], sim.surface("mine")

    def rank():
        return sim.recommend(["u000"], surface=mine)["u000"].rank(last)

    before = rank()

    def breaks_off():
        with sim.boost(mine, last, 50.0) as held:
            assert rank() == 1
            (kept,) = sim.service.list_overrides(status="active")
            assert (kept.item_id, kept.surface, kept.override_id) == (last, mine, held.override_id)
            raise RuntimeError("a scenario that breaks off")

    with pytest.raises(RuntimeError):
        breaks_off()
    assert rank() == before
    assert sim.service.list_overrides(status="active") == []


def test_boosts_are_in_force_together_each_on_its_surface_and_cancelled_after_the_block(own_town):
    sim, _ = own_town
    surfaces, items = [sim.surface("one"), sim.surface("other")], sim.popularity[-2:]

    def breaks_off():
        with sim.boosts([(surface, item, 50.0) for surface, item in zip(surfaces, items, strict=True)]):
            for surface, item in zip(surfaces, items, strict=True):
                assert sim.recommend(["u000"], surface=surface)["u000"].rank(item) == 1
            raise RuntimeError("a scenario that breaks off")

    with pytest.raises(RuntimeError):
        breaks_off()
    assert sim.service.list_overrides(status="active") == []


def test_where_the_service_has_neither_rules_nor_overrides_none_is_sent(join, town):
    """The reason is that of the check, which is not measured then."""
    sim = join(capabilities=Capabilities(rules=False, overrides=False))
    town.forget()
    with pytest.raises(NotOffered, match="rule"):
        sim.rule("recsim-mine", "no-red", action="BLOCK", item_ids=["i001"])
    with pytest.raises(NotOffered, match="override"):
        sim.boost("recsim-mine", "i001", 1.0)
    with pytest.raises(NotOffered, match="override"):
        sim.boosts([("recsim-mine", "i001", 1.0)])
    assert town.heard == []
