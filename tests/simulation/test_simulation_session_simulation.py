"""What scenarios see as `sim`: one preparation, and everything that is derived from it."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest
from simulation_town import NOW, URL

from pytest_recsim import RunMetric, UserMetric
from pytest_recsim.clock import utc_now
from pytest_recsim.record.asked import Chosen
from pytest_recsim.record.masking import MASK
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.service.api.capabilities import Capabilities
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety.interlock import read_marker
from pytest_recsim.service.safety.undo import rule
from pytest_recsim.simulation.measure.noise import REPEATS
from pytest_recsim.simulation.session.preparation import OUTCOME, Prepared
from pytest_recsim.simulation.session.simulation import SimulationFailed
from pytest_recsim.simulation.truth.applied import Applied, Unapplied
from pytest_recsim.testing import shop


def prepared_as(sim, **changes):
    """Let the run's preparation have come to something else."""
    found = sim.prepared
    path = sim.context.folder / OUTCOME
    path.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(found, **changes)))


# --- one preparation ---


def test_a_process_that_comes_later_seeds_nothing_and_sees_the_same(join, town):
    one, other = join(), join()
    assert one.prepared == other.prepared
    assert {user: one.ids for user, one in one.lists.items()} == {
        user: one.ids for user, one in other.lists.items()
    }
    assert town.heard == []


def test_a_preparation_that_failed_fails_whoever_asks_with_the_same_sentence(join):
    sim = join()
    (sim.context.folder / OUTCOME).write_bytes(
        msgspec.msgpack.encode(Prepared(failure="the service is down"))
    )
    for look in (
        lambda: sim.prepared,
        lambda: sim.world,
        lambda: sim.quality,
        lambda: sim.lists,
        lambda: sim.own,
        lambda: sim.applied,
        lambda: sim.probe_id,
        sim.changed_namespace,
    ):
        with pytest.raises(SimulationFailed, match=r"^the service is down$"):
            look()


def test_a_preparation_without_a_seed_is_no_preparation(join):
    sim = join()
    (sim.context.folder / OUTCOME).write_bytes(msgspec.msgpack.encode(Prepared()))
    with pytest.raises(SimulationFailed):
        _ = sim.prepared


def test_answers_are_watched_as_soon_as_anything_of_the_preparation_was_looked_at(sim, town):
    assert sim.quality
    before = sim.everything_seen().answers
    sim.recommend(["u000"])
    assert sim.everything_seen().answers == before + 1


# --- lists ---


def test_the_lists_are_those_of_everybody_with_holdout_each_under_their_own_name(sim):
    holdout = {user for user in sim.users if sim.relevance("all").get(user)}
    assert set(sim.lists) == holdout == {f"u{number:03d}" for number in range(12)}
    assert all(exchange.ask.user_id == user for user, exchange in sim.lists.items())


def test_the_profiles_own_lists_are_not_asked_for_again(sim, town):
    found = sim.unchanged(["u003", "u000"], "recsim-s1")
    assert found == {"u003": sim.lists["u003"], "u000": sim.lists["u000"]}
    assert town.questions == 0


def test_where_rules_of_others_may_touch_the_quality_lists_a_free_surface_is_asked(join, town):
    sim = join(influences=("rule `sale` is active and not ours.",))
    found = sim.unchanged(["u003", "u000"], "recsim-s1")
    assert list(found) == ["u003", "u000"]
    assert [body["context"] for body in town.bodies] == 2 * [{"surface": "recsim-s1"}]


# --- repeated questions ---


def test_the_answers_of_repeated_questions_are_led_by_the_quality_list_and_are_the_users_own(sim, town):
    assert set(sim.repeats) == set(sim.prepared.asked_again)
    for user, answers in sim.repeats.items():
        assert len(answers) == 1 + REPEATS
        assert answers[0] is sim.lists[user]
        assert {one.ask.user_id for one in answers} == {user}
    assert town.questions == 0


def test_only_what_is_missing_is_asked_again(sim, town):
    fresh = next(user for user in sim.lists if user not in sim.repeats)
    known = next(iter(sim.repeats))
    found = sim.repeated([known, fresh], 4)
    assert {user: len(answers) for user, answers in found.items()} == {known: 5, fresh: 5}
    assert town.questions == (4 - REPEATS) + 4
    assert all(one.ask.user_id == user for user, answers in found.items() for one in answers)
    assert found[fresh][0] is sim.lists[fresh]


def test_no_more_answers_are_given_than_were_wanted(sim, town):
    known = next(iter(sim.repeats))
    assert [len(answers) for answers in sim.repeated([known], 1).values()] == [2]
    assert len(sim.repeats[known]) == 1 + REPEATS, "what is shared is not shortened"
    assert town.questions == 0


def test_repeating_does_not_lengthen_what_others_look_at(sim):
    known = next(iter(sim.repeats))
    sim.repeated([known], 6)
    assert len(sim.repeats[known]) == 1 + REPEATS


# --- knobs and limits ---


@pytest.mark.parametrize(
    ("knobs", "caps"),
    [(("BRAND_CAP=2", "CATEGORY_CAP=4"), (2, 4)), (("BRAND_CAP=0", "CATEGORY_CAP=0"), (0, 0))],
)
def test_caps_are_brand_and_category_in_that_order_and_zero_is_off(open_town, knobs, caps):
    sim, _ = open_town(shop(users=2, items=24), env_overrides=knobs)
    assert sim.caps == caps


def test_limits_and_knobs_are_those_of_the_plan(sim):
    assert sim.limit("min_catalog_coverage").value == 0.3
    assert sim.limit("min_segment_users", "regulars").value == 1
    assert sim.knob("MMR_LAMBDA") == sim.plan.knobs["MMR_LAMBDA"].value
    assert sim.knob("NO_SUCH_KNOB") is None
    assert sim.rng("a").random() == sim.rng("a").random() != sim.rng("b").random()


def test_it_is_told_for_whom_the_profile_is_in_effect(join):
    group = Applied(("u000", "u001"), (Unapplied(("MMR_LAMBDA",), ("u001",)),), ())
    prepared_as(join(), applied=group)
    assert join().applied.without == {"u001"}


def test_rules_that_are_visibly_off_are_no_ground_for_a_scenario(join):
    off = KnobRow("RULES_ENABLE", "", "", "false", "differs", "the service's dry run")
    prepared_as(join(), knobs=(off,))
    assert join().rules_off.startswith("the service evaluates no rules (RULES_ENABLE=false")


def test_rules_that_are_on_are_tried(sim):
    assert sim.rules_off == ""


# --- the probe and the signals ---


def test_the_probe_is_an_item_of_ours_with_a_pattern_from_the_catalogue(sim):
    assert sim.probe_id == "recsim-probe-run1"
    assert sim.probe_source in sim.items
    assert sim.probe_id not in sim.items


def test_signals_follow_from_the_seeded_events_at_the_services_time(sim):
    assert sim.signals.now_us == round(sim.service.clock().timestamp() * 1e6)
    assert sim.signals.world is sim.world


def test_no_signal_is_expected_where_the_service_may_have_seen_more_than_was_seeded(join):
    seeded = join().prepared.seeded
    prepared_as(join(), seeded=msgspec.structs.replace(seeded, leak="seeded by somebody else"))
    assert join().signals is None


# --- metrics of one's own, traffic ---


def test_own_metrics_get_the_simulation_and_are_measured_once(sim):
    calls = []

    def measure(given):
        calls.append(given)
        return {user: float(len(exchange.ids)) for user, exchange in given.lists.items()}

    sim.metrics = [UserMetric("length", "items", measure), RunMetric("one", "d", lambda _: (1.0, 1))]
    assert (sim.own["length"].figure.value, sim.own["one"].figure.value) == (20.0, 1.0)
    assert sim.own["length"].segments["regulars"].n == 6
    assert calls == [sim]


def test_own_metrics_say_nothing_about_users_without_the_profile(join):
    row = KnobRow("MMR_LAMBDA", "1", "p:1", "0.2", "differs", "admin config", "", ("admin",))
    users = tuple(join().lists)
    prepared_as(join(), applied=Applied(users, (Unapplied(("MMR_LAMBDA",), users[:6]),), (row,)))
    sim = join()
    sim.metrics = [RunMetric("one", "d", lambda _: (1.0, 1))]
    assert (sim.own["one"].figure.value, sim.own["one"].figure.raw) == (None, 1.0)


def test_answer_times_are_those_of_the_quality_lists(sim):
    assert sim.answer_times().n == 12
    assert sim.answer_times("regulars").n == 6
    assert sim.answer_times("regulars").value is None, "six answers have no 95th percentile"


def test_failed_attempts_count_over_all_processes_and_up_to_now(join, town):
    one, other = join(), join()
    before = one.failed_attempts()
    town.refuse = lambda method, path: 400
    for asking in (one, other):
        with pytest.raises(ServiceError):
            asking.recommend(["u000"])
    other.flush()
    after = one.failed_attempts()
    assert (before.value, after.n - before.n) == (0, 2)
    assert after.value == pytest.approx(2 / after.n)
    assert "400 2" in after.definition


# --- what others change meanwhile ---


def test_a_member_of_the_configuration_that_changes_is_named(sim, town):
    assert sim.changed_configuration() == []

    def changed(path, answer):
        if path == "/v1/admin/recommendation/config":
            answer["config"] |= {"mmr_lambda": 0.123, "api_key": "s3cret"}

    town.twist = changed
    assert sim.changed_configuration() == ["api_key", "mmr_lambda"]


def test_a_secret_that_the_service_shows_is_no_change(join, town):
    """Secrets are masked in what is kept, so they are masked in what they are held against."""

    def shows(path, answer):
        if path == "/v1/admin/recommendation/config":
            answer["config"]["api_key"] = "s3cret"

    prepared_as(join(), admin=join().prepared.admin | {"api_key": MASK})
    town.twist = shows
    assert join().changed_configuration() == []


def test_a_namespace_that_nobody_touched_has_not_changed(sim):
    assert sim.changed_namespace() == []


def test_what_was_in_force_before_the_run_is_no_news_and_what_came_is(open_town):
    sim, _ = open_town(shop(users=2, items=24))
    assert sim.prepared
    with rule(sim.service, surface="default", name="recsim:ours", action="BLOCK", item_ids=["i001"]):
        assert sim.changed_namespace() == [], "our own rules are no news"
    sim.service.create_rule(
        surface="default", name="sale", action="BLOCK", target_type="ITEM", item_ids=["i001"], enabled=True
    )
    (came,) = sim.changed_namespace()
    assert came.startswith("since the run began: rule `sale` (BLOCK on surface `default`)")
    sim.context = msgspec.structs.replace(
        sim.context, influences=(came.removeprefix("since the run began: ") + ".",)
    )
    assert sim.changed_namespace() == []


def on_a_service(plan):
    return msgspec.structs.replace(
        plan, base_url=Chosen(URL, "--base-url"), apply=Chosen("request", "--recsim-apply")
    )


def test_single_rows_are_read_again_on_a_service_that_others_reach_and_not_on_the_stand_in(join, town):
    for change, reads in ((lambda plan: plan, False), (on_a_service, True)):
        sim = join(plan=change)
        town.forget()
        assert sim.changed_namespace() == []
        assert (town.asked("/v1/users", "GET") > 2) == reads


def test_what_the_service_does_not_have_is_not_asked_for_again(join, town):
    sim = join(capabilities=Capabilities(rules=False, overrides=False, segments=False, event_types=False))
    town.refuse = lambda method, path: (
        405 if "/rules" in path or "/overrides" in path or "/segments" in path else 0
    )
    assert sim.changed_namespace() == []


def test_the_quality_lists_are_answers_to_the_question_with_the_profiles_overrides(join):
    sim = join(plan=on_a_service)
    assert sim.overrides
    assert {user: dict(one.ask.overrides) for user, one in sim.lists.items()} == dict.fromkeys(
        sim.lists, sim.overrides
    )
    assert all(
        dict(one.ask.overrides) == sim.overrides for answers in sim.repeats.values() for one in answers
    )


def test_a_service_is_prepared_as_the_stand_in_is_by_its_own_clock(open_town):
    """Its clock says February, ours says whatever it is: events are moved to the service's time."""
    sim, town = open_town(shop(users=4, items=30), facts={"now": utc_now()}, base_url=URL, apply="request")
    prepared = sim.prepared
    assert prepared.seeded.skew_us < 0
    assert abs(sim.service.clock() - NOW) < timedelta(hours=1)
    assert prepared.seeded.newest[:10] in ("2026-01-31", "2026-02-01")
    assert {json.dumps(body["overrides"], sort_keys=True) for body in town.bodies if body["k"] == 20} == {
        json.dumps(sim.overrides, sort_keys=True)
    }
    assert town.tokens == {""}


def test_the_marker_says_whose_run_it_is_and_who_shares_its_lock(open_town):
    sim, _ = open_town(shop(users=2, items=24), facts={"holder": "some word"})
    assert sim.prepared
    marker = read_marker(sim.service)
    assert (marker.run_id, marker.holder, marker.finished) == ("run1", "some word", False)
