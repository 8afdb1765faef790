"""From a starting plan to that of a trial: other knobs, the tuning slice, and nothing that changes a service."""

from __future__ import annotations

import pytest

from pytest_recsim import plan_for
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.trial import Dimension
from pytest_recsim.testing import shop
from pytest_recsim.tune.trials import laid_over, slices_of, tryable, tuning_plan

SERVICE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shop")
    shop().settle(place)
    return place


def dimension(knob, **facts):
    return Dimension(
        knob=knob, **{"kind": "float", "low": 0.0, "high": 1.0, "start": "", "travels": False} | facts
    )


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({}, "env"),
        ({"apply": "request"}, "request"),
        ({"base_url": SERVICE}, "request"),
        ({"base_url": SERVICE, "apply": "request"}, "request"),
    ],
)
def test_a_service_is_never_configured_and_a_stand_in_is_started_with_every_knob(folder, options, mode):
    plan = tuning_plan(plan_for("acme", root=folder, **options))
    assert (plan.apply.value, plan.slice) == (mode, "tuning")


@pytest.mark.parametrize(
    ("options", "possible"),
    [
        ({"apply": "admin"}, "`admin` is no mode that trials can travel with; must be request or env"),
        ({"apply": "none"}, "`none` is no mode that trials can travel with; must be request or env"),
        ({"base_url": SERVICE, "apply": "admin"}, "`admin` is no mode that .* must be request$"),
        ({"base_url": SERVICE, "apply": "none"}, "`none` is no mode that .* must be request$"),
    ],
)
def test_a_mode_that_was_named_is_heeded_or_refused(folder, options, possible):
    with pytest.raises(InputError, match=possible):
        tuning_plan(plan_for("acme", root=folder, **options))


@pytest.mark.parametrize("skip", ["seed", "reset", "quality"])
def test_what_tuning_cannot_do_without_is_told(folder, skip):
    with pytest.raises(InputError, match="leave out neither"):
        tuning_plan(plan_for("acme", root=folder, skip=[skip]))


def test_only_the_values_of_a_trial_are_other_ones(folder):
    plan = plan_for("acme", root=folder)
    trial = laid_over(plan, {"PROFILE_BOOST": "0.25", "MMR_LAMBDA": plan.knobs["MMR_LAMBDA"].text})
    assert {name for name in trial.knobs if trial.knobs[name] != plan.knobs.get(name)} == {"PROFILE_BOOST"}
    assert (trial.knob("PROFILE_BOOST"), list(trial.overrides)) == (0.25, ["PROFILE_BOOST"])


@pytest.mark.parametrize("values", [{"PROFILE_BOOST": "much"}, {"PROFILE_BOST": "1"}, {"MMR_LAMBDA": "2"}])
def test_a_value_that_no_profile_may_have_is_told(folder, values):
    with pytest.raises(InputError, match=next(iter(values))):
        laid_over(plan_for("acme", root=folder), values)


def test_knobs_that_cannot_travel_are_left_out_on_a_service_only(folder):
    space = [
        dimension("PROFILE_BOOST"),
        dimension("NEW_USER_MMR_LAMBDA"),
        dimension("POPULARITY_HALFLIFE_DAYS", low=2.0, high=40.0),
        dimension("COVIS_WINDOW_DAYS", low=2.0, high=40.0, step=2.0),
        dimension("PROFILE_TOP_N", kind="int", low=4.0, high=64.0),
        dimension("PURCHASED_WINDOW_DAYS", kind="choice", low=None, high=None, choices=("30", "60.5")),
    ]
    here, nothing = tryable(tuning_plan(plan_for("acme", root=folder)), space)
    there, left_out = tryable(tuning_plan(plan_for("acme", root=folder, base_url=SERVICE)), space)
    assert [one.knob for one in here] == [one.knob for one in space]
    assert nothing == {}
    assert [one.knob for one in here if one.travels] == [one.knob for one in there]
    assert [one.knob for one in there] == ["PROFILE_BOOST", "COVIS_WINDOW_DAYS", "PROFILE_TOP_N"]
    assert "configuration only" in left_out["NEW_USER_MMR_LAMBDA"]
    assert "whole" in left_out["POPULARITY_HALFLIFE_DAYS"]
    assert "whole" in left_out["PURCHASED_WINDOW_DAYS"]


def test_the_slices_follow_each_other_and_hold_every_event(folder):
    plan = plan_for("acme", root=folder)
    fixture = load_fixture(folder / "fixtures/customers/acme.json")
    seeded, tuning, verdict = slices_of(fixture, plan)
    assert [one.name for one in (seeded, tuning, verdict)] == ["seeded", "tuning", "verdict"]
    assert (seeded.after, seeded.until, tuning.until, verdict.until) == (
        None,
        tuning.after,
        verdict.after,
        None,
    )
    assert seeded.until < tuning.until
    assert seeded.events + tuning.events + verdict.events == len(fixture.events)
    assert all(0 < one.users <= len(fixture.users) for one in (seeded, tuning, verdict))
