from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from service_fakes import Reply, answer, refusal

from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety import undo
from pytest_recsim.service.safety.leftovers import clean_leftovers
from pytest_recsim.service.safety.undo import await_effect, override, overrides, rule

NOW = datetime(2026, 11, 22, 22, tzinfo=UTC)
BOOST = {"action": "BOOST", "item_ids": ["a"], "boost_value": 0.1}


@pytest.fixture
def service(serve, recsys):
    return serve(recsys, clock=lambda: NOW)[1]


def only(stored):
    (found,) = stored.values()
    return found


def test_a_rule_is_named_bounded_in_time_and_off_afterwards(service, recsys):
    with rule(service, surface="recsim-s9", name="margin", **BOOST):
        held = only(recsys.rules)
        assert (held["name"], held["enabled"], held["target_type"]) == ("recsim:margin", True, "ITEM")
        assert datetime.fromisoformat(held["valid_until"]) == NOW + timedelta(hours=2)
    assert only(recsys.rules)["enabled"] is False


def test_a_rule_is_used_again_by_name_instead_of_created_again(service, recsys):
    for value in (0.1, 0.2):
        with rule(service, surface="recsim-s9", name="recsim:margin", **{**BOOST, "boost_value": value}):
            assert only(recsys.rules)["boost_value"] == value


def test_a_handle_changes_disables_and_enables(service, recsys):
    with rule(service, surface="recsim-s9", name="margin", **BOOST) as handle:
        handle.set(boost_value=0.8)
        assert (only(recsys.rules)["boost_value"], only(recsys.rules)["item_ids"]) == (0.8, ["a"])
        handle.disable()
        handle.set(boost_value=0.4)
        assert (only(recsys.rules)["enabled"], only(recsys.rules)["boost_value"]) == (False, 0.4)
        handle.enable()
        assert only(recsys.rules)["enabled"] is True
        assert handle.rule_id == only(recsys.rules)["rule_id"]
    assert only(recsys.rules)["enabled"] is False


def test_a_rule_whose_time_is_over_stays_enabled_until_it_is_taken_back(service, recsys):
    with rule(service, surface="recsim-s2", name="block", **BOOST) as handle:
        before = only(recsys.rules)["valid_until"]
        handle.expire()
        assert only(recsys.rules)["enabled"] is True
        assert only(recsys.rules)["valid_until"] < before
    assert only(recsys.rules)["enabled"] is False


@pytest.mark.parametrize("thrown", [AssertionError, KeyboardInterrupt])
def test_whatever_happens_inside_rule_and_override_are_taken_back(service, recsys, thrown):
    with (
        pytest.raises(thrown),
        rule(service, surface="s", name="n", **BOOST),
        override(service, surface="s", item_id="a"),
    ):
        raise thrown
    assert only(recsys.rules)["enabled"] is False
    assert only(recsys.overrides)["status"] == "cancelled"


RULE, OVERRIDE = "POST /v1/admin/rules", "POST /v1/admin/manual_overrides"


def lose_answers(recsys, key, *, acts, replies):
    """The service acts or not, and its answers to this request are replaced, one after the other."""
    steer, left = recsys._steer, list(replies)

    def acting(request, name):
        if f"{request.method} {request.path}" != key or not left:
            return steer(request, name)
        if acts:
            steer(request, name)
        return left.pop(0)

    recsys._steer = acting


LOST = [Reply(drop=True), Reply(delay=60), refusal(502, "bad_gateway"), refusal(504, "gateway_timeout")]
HURRIED = {"timeout": 1.0}
"""Where a request must time out; long enough that no other one does."""
LOST_IDS = ["dropped", "timeout", "502", "504"]


@pytest.mark.parametrize(("reply", "cause"), list(zip(LOST, LOST_IDS, strict=True)), ids=LOST_IDS)
def test_a_rule_that_was_made_although_the_answer_was_lost_is_found_and_held(serve, recsys, reply, cause):
    _, service = serve(recsys, clock=lambda: NOW, **(HURRIED if cause == "timeout" else {}))
    lose_answers(recsys, RULE, acts=True, replies=[reply])
    with rule(service, surface="s", name="n", **BOOST) as handle:
        assert handle.rule_id == only(recsys.rules)["rule_id"]
        assert only(recsys.rules)["enabled"] is True
    assert only(recsys.rules)["enabled"] is False
    assert service.tally.retries == {cause: 1}


def test_a_rule_that_was_not_made_is_made_again(service, recsys):
    lose_answers(recsys, RULE, acts=False, replies=[Reply(drop=True)])
    with rule(service, surface="s", name="n", **BOOST) as handle:
        assert handle.rule_id == only(recsys.rules)["rule_id"]
    assert only(recsys.rules)["enabled"] is False
    assert service.tally.retries == {"dropped": 1}


def test_a_twin_that_comes_into_being_late_is_switched_off_with_every_change(service, recsys):
    """The first creation is stored only after we have looked, found nothing, and made another one."""
    lose_answers(recsys, RULE, acts=False, replies=[Reply(drop=True)])
    with rule(service, surface="s", name="n", **BOOST) as handle:
        recsys.rules["late"] = {**only(recsys.rules), "rule_id": "late"}
        handle.set(boost_value=0.7)
        assert [(one["rule_id"], one["enabled"]) for one in recsys.rules.values()] == [
            (handle.rule_id, True),
            ("late", False),
        ]
        recsys.rules["later"] = {**recsys.rules[handle.rule_id], "rule_id": "later"}
    assert not any(one["enabled"] for one in recsys.rules.values())


@pytest.mark.parametrize(
    "reply", [refusal(400, "invalid_rule"), refusal(500, "internal"), refusal(401, "unauthorized")]
)
def test_a_refused_rule_is_refused_once(service, recsys, reply):
    lose_answers(recsys, RULE, acts=False, replies=[reply])
    with pytest.raises(ServiceError), rule(service, surface="s", name="n", **BOOST):
        pytest.fail("the creation has failed")
    assert recsys.rules == {}
    assert service.tally.requests[RULE] == 1


def test_creating_is_given_up_after_three_answers_that_never_came(service, recsys):
    lose_answers(recsys, RULE, acts=False, replies=[Reply(drop=True)] * 3)
    with pytest.raises(ServiceError, match="recsim:n"), rule(service, surface="s", name="n", **BOOST):
        pytest.fail("the creation has failed")
    assert service.tally.requests[RULE] == 3


def test_a_rule_whose_creation_was_interrupted_is_found_by_name_and_disabled(service, recsys, monkeypatch):
    create = service.create_rule

    def acts_then_interrupts(**fields):
        create(**fields)
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "create_rule", acts_then_interrupts)
    with pytest.raises(KeyboardInterrupt), rule(service, surface="s", name="n", **BOOST):
        pytest.fail("the creation has failed")
    assert only(recsys.rules)["enabled"] is False


def test_a_rule_that_the_service_has_forgotten_needs_no_switching_off(service, recsys):
    with rule(service, surface="s", name="n", **BOOST):
        recsys.rules.clear()
    with rule(service, surface="s", name="n", **BOOST) as handle:
        recsys.rules.clear()
        with pytest.raises(ServiceError, match="rule_not_found"):
            handle.set(boost_value=0.3)


@pytest.mark.parametrize(("reply", "cause"), list(zip(LOST, LOST_IDS, strict=True)), ids=LOST_IDS)
@pytest.mark.parametrize("acts", [True, False], ids=["made", "not made"])
def test_an_override_whose_answer_was_lost_is_held_once_and_cancelled(serve, recsys, reply, cause, acts):
    _, service = serve(recsys, clock=lambda: NOW, **(HURRIED if cause == "timeout" else {}))
    lose_answers(recsys, OVERRIDE, acts=acts, replies=[reply])
    with override(service, surface="s", item_id="a", boost_value=2.0) as handle:
        assert handle.override_id == only(recsys.overrides)["override_id"]
    assert only(recsys.overrides)["status"] == "cancelled"
    assert service.tally.retries == {cause: 1}


def test_an_override_of_somebody_else_on_the_same_item_is_neither_taken_nor_cancelled(service, recsys):
    theirs = service.create_override(surface="s", item_id="a", boost_value=2.0, created_by="sam")
    lose_answers(recsys, OVERRIDE, acts=True, replies=[Reply(drop=True)])
    with override(service, surface="s", item_id="a", boost_value=2.0) as handle:
        assert handle.override_id != theirs.override_id
    assert recsys.overrides[theirs.override_id]["status"] == "active"
    assert recsys.overrides[handle.override_id]["status"] == "cancelled"


def test_an_override_that_comes_into_being_late_is_cancelled_too(service, recsys):
    lose_answers(recsys, OVERRIDE, acts=False, replies=[Reply(drop=True)])
    with override(service, surface="s", item_id="a", boost_value=2.0):
        recsys.overrides["late"] = {**only(recsys.overrides), "override_id": "late"}
    assert [one["status"] for one in recsys.overrides.values()] == ["cancelled", "cancelled"]


def test_an_override_whose_creation_was_interrupted_is_found_and_cancelled(service, recsys, monkeypatch):
    create = service.create_override

    def acts_then_interrupts(**fields):
        create(**fields)
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "create_override", acts_then_interrupts)
    with pytest.raises(KeyboardInterrupt), override(service, surface="s", item_id="a"):
        pytest.fail("the creation has failed")
    assert only(recsys.overrides)["status"] == "cancelled"


THREE = [{"surface": f"s{place}", "item_id": place, "boost_value": 2.0} for place in "abc"]


def held(recsys):
    """Item -> status of its overrides."""
    found = {}
    for one in recsys.overrides.values():
        found.setdefault(one["item_id"], []).append(one["status"])
    return found


def test_several_overrides_are_held_together_each_with_a_note_of_its_own(service, recsys):
    with overrides(service, THREE) as handles:
        assert held(recsys) == {place: ["active"] for place in "abc"}
        assert [recsys.overrides[handle.override_id]["surface"] for handle in handles] == ["sa", "sb", "sc"]
        assert len({one["notes"] for one in recsys.overrides.values()}) == 3
    assert held(recsys) == {place: ["cancelled"] for place in "abc"}


@pytest.mark.parametrize("acts", [True, False], ids=["made", "not made"])
def test_of_several_overrides_one_whose_answer_was_lost_is_held_once_and_all_are_cancelled(
    service, recsys, acts
):
    lose_answers(recsys, OVERRIDE, acts=acts, replies=[Reply(drop=True)])
    with overrides(service, THREE) as handles:
        assert held(recsys) == {place: ["active"] for place in "abc"}
        assert {recsys.overrides[handle.override_id]["item_id"] for handle in handles} == set("abc")
        recsys.overrides["late"] = {**recsys.overrides[handles[0].override_id], "override_id": "late"}
    assert held(recsys) == {"a": ["cancelled", "cancelled"], "b": ["cancelled"], "c": ["cancelled"]}
    assert service.tally.retries["dropped"] >= 1


def test_of_several_overrides_none_stays_where_one_is_refused(service, recsys):
    lose_answers(recsys, OVERRIDE, acts=False, replies=[refusal(400, "bad_boost")])
    with pytest.raises(ServiceError, match="bad_boost"), overrides(service, THREE):
        pytest.fail("one was refused")
    assert all(status == ["cancelled"] for status in held(recsys).values())


def test_several_overrides_whose_creation_was_interrupted_are_found_and_cancelled(
    service, recsys, monkeypatch
):
    create = service.create_overrides

    def acts_then_interrupts(wanted):
        create(wanted)
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "create_overrides", acts_then_interrupts)
    with pytest.raises(KeyboardInterrupt), overrides(service, THREE):
        pytest.fail("the creation has failed")
    assert held(recsys) == {place: ["cancelled"] for place in "abc"}


def test_of_several_overrides_all_others_are_cancelled_where_one_cannot_be(service, recsys):
    made = service.create_overrides(THREE)
    first = f"POST /v1/admin/manual_overrides/{made[0].override_id}/cancel"
    lose_answers(recsys, first, acts=False, replies=[refusal(400, "not_now")])
    with pytest.raises(ServiceError, match="not_now"):
        service.cancel_overrides([one.override_id for one in made])
    assert held(recsys) == {"a": ["active"], "b": ["cancelled"], "c": ["cancelled"]}


def test_an_enabling_that_was_interrupted_counts_as_enabled(service, recsys, monkeypatch):
    with rule(service, surface="s", name="n", **BOOST) as handle:
        handle.disable()
        put = service.put_rule

        def acts_then_interrupts(*args, **fields):
            put(*args, **fields)
            monkeypatch.undo()
            raise KeyboardInterrupt

        monkeypatch.setattr(service, "put_rule", acts_then_interrupts)
        with pytest.raises(KeyboardInterrupt):
            handle.enable()
        assert only(recsys.rules)["enabled"] is True
    assert only(recsys.rules)["enabled"] is False


def test_an_override_says_who_made_it_and_expires(service, recsys):
    with override(service, surface="recsim-s3", item_id="a", boost_value=3.0) as handle:
        held = only(recsys.overrides)
        assert (held["created_by"], held["boost_value"], held["surface"]) == ("recsim", 3.0, "recsim-s3")
        assert datetime.fromisoformat(held["expires_at"]) == NOW + timedelta(hours=2)
        handle.cancel()
        assert held["status"] == "cancelled"


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only by sleeping."""
    slept = []
    monkeypatch.setattr(undo, "sleep", slept.append)
    monkeypatch.setattr(undo, "monotonic", lambda: sum(slept))


def test_an_effect_counts_only_when_three_questions_in_a_row_show_it_and_none_is_asked_merely_to_wait(
    service, recsys, clock
):
    asked, told = [], iter([False, True, True, False, True, True, True])

    def recommend(body):
        asked.append(body["user_id"])
        return answer(["yes" if len(asked) > 7 or next(told) else "no"])

    recsys.recommend = recommend
    asks = [Ask(f"u{number}") for number in range(1, 6)]
    found, waited = await_effect(service, asks, lambda exchange: exchange.rank("yes") == 1)
    assert [one.ask for one in found] == asks
    assert [one.ids for one in found] == [("yes",)] * 5
    assert asked[:7] == ["u1", "u1", "u2", "u3", "u1", "u2", "u3"]
    assert sorted(asked[7:]) == ["u4", "u5"]
    assert waited == pytest.approx(undo.POLL_S + 2 * undo.POLL_S)


def test_an_effect_that_shows_at_once_costs_no_question_of_its_own(service):
    asks = [Ask(f"u{number}") for number in range(5)]
    await_effect(service, asks, lambda _: True)
    await_effect(service, asks[:1], lambda _: True)
    assert service.tally.recommendations == 5 + 1


def test_an_effect_that_never_shows_ends_the_wait_and_leaves_the_verdict_to_the_caller(service, clock):
    found, waited = await_effect(service, [Ask("u1"), Ask("u2")], lambda _: False, limit_s=0.5)
    assert [one.ids for one in found] == [("a", "b")] * 2
    assert waited == pytest.approx(0.6)
    assert service.tally.recommendations == 3 + 1


def test_leftovers_of_a_killed_run_are_taken_back_and_told_and_others_stay(service, recsys):
    terms = {"surface": "home", "action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    ours = service.create_rule(name="recsim:old", priority=7, **terms)
    stray = service.create_rule(name="old", **{**terms, "surface": "recsim-s2"})
    theirs = service.create_rule(name="spring sale", **terms)
    mine = service.create_override(item_id="a", created_by="recsim", surface="recsim-s3")
    other = service.create_override(item_id="a", created_by="sam", surface="home")
    service.upsert_items(
        [{"item_id": "recsim-probe-1", "available": True}, {"item_id": "a", "available": True}]
    )
    found = clean_leftovers(service)
    assert [(one.kind, one.name, one.surface) for one in found] == [
        ("override", "a", "recsim-s3"),
        ("rule", "recsim:old", "home"),
        ("rule", "old", "recsim-s2"),
        ("probe", "recsim-probe-1", ""),
    ]
    assert [recsys.rules[one.rule_id]["enabled"] for one in (ours, stray, theirs)] == [False, False, True]
    assert (recsys.rules[ours.rule_id]["target_key"], recsys.rules[ours.rule_id]["priority"]) == ("t", 7)
    assert [recsys.overrides[one.override_id]["status"] for one in (mine, other)] == ["cancelled", "active"]
    assert set(recsys.rows["items"]) == {"a"}
    assert clean_leftovers(service) == []


@pytest.mark.parametrize("lacking", ["rules", "overrides"])
def test_what_a_service_does_not_have_is_not_looked_for(service, lacking):
    assert clean_leftovers(service, Capabilities(**{lacking: False})) == []
    asked = {f"GET /v1/admin/{path}" for path in ("rules", "manual_overrides")} & set(service.tally.requests)
    assert asked == {"GET /v1/admin/manual_overrides" if lacking == "rules" else "GET /v1/admin/rules"}


def test_leftovers_are_taken_back_whatever_the_clocks_say(service, recsys):
    """A service whose clock is behind keeps a rule in force that by our clock has ended."""
    terms = {"surface": "recsim-s2", "action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    service.create_rule(name="recsim:old", valid_until=NOW - timedelta(hours=1), **terms)
    service.create_override(item_id="a", created_by="recsim", expires_at=NOW - timedelta(hours=1))
    assert len(clean_leftovers(service)) == 2
    assert only(recsys.rules)["enabled"] is False
    assert only(recsys.overrides)["status"] == "cancelled"


@pytest.mark.parametrize("kept", ["rule", "override", "probe"])
def test_what_cannot_be_taken_back_does_not_keep_the_rest(service, recsys, kept):
    terms = {"surface": "recsim-s2", "action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    rules = [service.create_rule(name=f"recsim:{n}", **terms).rule_id for n in "ab"]
    overrides = [service.create_override(item_id=n, created_by="recsim").override_id for n in "ab"]
    service.upsert_items([{"item_id": f"recsim-probe-{n}", "available": True} for n in "ab"])
    key = {
        "rule": f"PUT /v1/admin/rules/{rules[0]}",
        "override": f"POST /v1/admin/manual_overrides/{overrides[0]}/cancel",
        "probe": "POST /v1/items:delete",
    }[kept]
    recsys.fail[key] = refusal(500, "internal")
    with pytest.raises(ServiceError, match="500"):
        clean_leftovers(service)
    active = {
        "rule": sum(one["enabled"] for one in recsys.rules.values()),
        "override": sum(one["status"] == "active" for one in recsys.overrides.values()),
        "probe": len(recsys.rows["items"]),
    }
    assert active == {"rule": 0, "override": 0, "probe": 0, kept: 1}
