"""What has to hold whatever is judged: the profile in effect, the contract kept, only available items shown."""

from __future__ import annotations

import msgspec
import pytest
from simulation_town import URL

from pytest_recsim.record.asked import Chosen
from pytest_recsim.service.watch.violations import Violation, WatchSummary
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.checks.standing import availability, contract, profile
from pytest_recsim.simulation.session.preparation import OUTCOME

CONFIG = "/v1/admin/recommendation/config"


def checked(what, sim):
    check = Check()
    what(sim, check)
    return check


def with_rows(join, rows):
    """A process that finds these knobs in the run's preparation."""
    found = join().prepared
    path = join().context.folder / OUTCOME
    path.write_bytes(msgspec.msgpack.encode(msgspec.structs.replace(found, knobs=tuple(rows))))
    return join()


@pytest.fixture
def seen(sim, monkeypatch):
    """Let the watch have seen something."""

    def have(**facts):
        monkeypatch.setattr(sim, "everything_seen", lambda: WatchSummary(**facts))
        return sim

    return have


# --- profile ---


def test_a_profile_in_effect_passes_with_how_many_knobs_show_it(sim):
    check = checked(profile, sim)
    judged = [row for row in sim.prepared.knobs if row.status in ("in effect", "not in effect")]
    assert check.conclude().outcome == "passed"
    assert [measure.name for measure in check.measures] == [
        "knobs in effect",
        "the service's configuration while we measured",
    ]
    assert (check.measures[0].n, check.measures[0].got) == (
        len(judged),
        f"{len(judged)} of {len(judged)} match the profile",
    )
    assert check.shown["knobs"] == sim.prepared.knobs


def test_a_knob_that_was_sent_and_is_not_in_effect_fails_with_both_values_and_where_it_was_seen(join):
    rows = list(join().prepared.knobs)
    place = next(place for place, row in enumerate(rows) if row.knob == "MMR_LAMBDA")
    rows[place] = msgspec.structs.replace(
        rows[place], status="not in effect", in_effect="0.9", seen_in="explain"
    )
    check = checked(profile, with_rows(join, rows))
    assert check.conclude().outcome == "failed"
    (measure,) = [one for one in check.measures if not one.ok]
    assert measure.got == f"MMR_LAMBDA={rows[place].asked} asked, 0.9 seen in explain"
    assert measure.knobs == ("MMR_LAMBDA",)
    assert check.measures[1].ok, "the configuration is another matter"


@pytest.mark.parametrize("status", ["started with it", "differs"])
def test_knobs_that_nobody_can_see_or_that_were_not_sent_decide_nothing(join, status):
    rows = [msgspec.structs.replace(row, status=status) for row in join().prepared.knobs]
    with pytest.raises(NotMeasured, match="the service shows none of the knobs that were sent"):
        checked(profile, with_rows(join, rows))


def test_where_no_knob_is_sent_the_profile_is_not_measured(join):
    def nothing_sent(plan):
        base_url, none = Chosen(URL, "--base-url"), Chosen("none", "--recsim-apply")
        return msgspec.structs.replace(plan, base_url=base_url, apply=none)

    with pytest.raises(NotMeasured, match="apply mode `none` sends no knob, so none can be in effect"):
        checked(profile, join(plan=nothing_sent))


def test_a_configuration_that_somebody_changes_meanwhile_fails_with_its_members(sim, town):
    def changed(path, answer):
        if path == CONFIG:
            answer["config"] |= {"mmr_lambda": 0.123, "brand_cap": 9}

    assert sim.prepared
    town.twist = changed
    check = checked(profile, sim)
    assert [measure.ok for measure in check.measures] == [True, False]
    assert check.measures[1].got == "changed by somebody else: brand_cap, mmr_lambda"


# --- contract ---


def test_answers_within_the_contract_pass_with_what_was_checked(sim):
    assert sim.prepared
    sim.recommend(["u000", "u001"])
    check = checked(contract, sim)
    assert check.conclude().outcome == "passed"
    seen = sim.everything_seen()
    assert (check.measures[0].got, check.measures[0].n) == (f"{seen.answers} of {seen.answers}", seen.answers)
    assert "availability (" in check.measures[0].definition
    assert check.shown["checked"] == seen.checked


def test_every_sort_of_breach_is_a_measure_of_its_own_and_shows_how_to_ask_again(sim, town):
    assert sim.prepared

    def twice(path, answer):
        if path == "/v1/recommendations":
            answer["items"] += [answer["items"][0]] * 2

    town.twist = twice
    sim.recommend(["u001"])
    town.forget()
    check = checked(contract, sim)
    broken = [measure for measure in check.measures if not measure.ok]
    assert {measure.name for measure in broken} >= {"duplicate ids", "more than k items"}
    assert {measure.who for measure in broken} == {"user u001"}
    assert all(measure.curl.startswith("curl ") for measure in broken)
    assert broken[0].got.startswith(f"1 of {broken[0].n} answers; first: ")
    assert "answers within the contract" not in {measure.name for measure in check.measures}


def test_items_that_are_not_available_are_no_breach_of_the_contract(seen):
    """They have a threshold of their own, and `availability` judges it."""
    gone = Violation("availability", "unavailable item", 1, "`i1`", "u1", "curl x")
    check = checked(contract, seen(answers=3, slots=60, unavailable_slots=1, violations=(gone,)))
    assert check.conclude().outcome == "passed"


def test_a_namespace_that_others_have_changed_fails_in_their_words(seen, monkeypatch):
    sim = seen(answers=3)
    monkeypatch.setattr(sim, "changed_namespace", lambda: ["our marker is gone", "since the run began: x"])
    check = checked(contract, sim)
    assert [measure.ok for measure in check.measures] == [True, False]
    assert check.measures[1].got == "our marker is gone; since the run began: x"


def test_without_an_answer_nothing_is_said_of_the_contract(seen):
    with pytest.raises(NotMeasured, match="no answer passed through the client"):
        checked(contract, seen())


# --- availability ---


def test_the_share_of_unavailable_items_is_held_against_its_threshold(seen):
    first = Violation(
        "availability", "unavailable item", 2, "`i9` at rank 3, 2 of 20 slots", "u007", "curl x"
    )
    later = Violation("availability", "unknown item", 1, "`i8` at rank 1", "u008", "curl y")
    sim = seen(answers=3, slots=60, unavailable_slots=3, violations=(first, later))
    check = checked(availability, sim)
    (measure,) = check.measures
    assert (measure.ok, measure.got, measure.n, measure.threshold) == (False, 0.05, 60, 0.0)
    assert (measure.who, measure.curl) == ("`i9` at rank 3, 2 of 20 slots, user u007", "curl x")
    assert measure.origin == sim.limit("max_unavailable_share").origin


def test_nothing_but_available_items_passes_and_other_breaches_are_not_its_affair(seen):
    twice = Violation("contract", "duplicate ids", 2, "`i9` twice", "u007", "curl x")
    check = checked(availability, seen(answers=3, slots=60, violations=(twice,)))
    assert check.conclude().outcome == "passed"
    assert check.measures[0].who == ""


def test_empty_lists_alone_say_nothing_of_availability(seen):
    with pytest.raises(NotMeasured, match="no slot of any list passed through the client"):
        checked(availability, seen(answers=3))
