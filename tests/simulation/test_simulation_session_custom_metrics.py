"""Metrics of one's own: means per segment, and every way in which they can come to nothing."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from pytest_recsim import RunMetric, UserMetric
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.checks.custom import own
from pytest_recsim.simulation.session.custom_metrics import measure_once
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

GUARDRAILS = "defaults: {quality: {min_segment_users: 1}}\n"


@pytest.fixture
def sim(make_world, tmp_path):
    """As much of a simulation as measuring needs: users u1 and u3 are vip, u2 is new."""
    (tmp_path / "guardrails.yml").write_text(GUARDRAILS)
    world = make_world()
    folder = tmp_path / "scratch"
    folder.mkdir()
    context = SimpleNamespace(folder=folder, bundle=Bundle(tmp_path / "bundle"))
    return SimpleNamespace(plan=world.plan, fixture=world.fixture, context=context)


def per_user(sim, values):
    return measure_once(sim, [UserMetric("fit", "d", lambda _: values)])["fit"]


def whole_run(sim, returned):
    return measure_once(sim, [RunMetric("share", "d", lambda _: returned)])["share"]


def test_a_metric_per_user_is_its_mean_over_everybody_and_per_segment(sim):
    found = per_user(sim, {"u1": 1, "u2": np.float32(0.25), "u3": np.int64(2)})
    assert (found.figure.value, found.figure.n, found.figure.definition) == (pytest.approx(3.25 / 3), 3, "d")
    assert {name: (one.value, one.n) for name, one in found.segments.items()} == {
        "vip": (1.5, 2),
        "new_users": (0.25, 1),
    }
    assert found.failure == ""


def test_users_without_a_number_are_in_no_mean_and_a_segment_without_any_is_not_measured(sim):
    found = per_user(sim, {"u1": 1.0, "u2": math.nan})
    assert (found.figure.value, found.figure.n) == (1.0, 1)
    assert found.segments["new_users"].value is None
    assert found.segments["new_users"].reason
    assert found.failure == ""


def test_a_segment_with_too_few_users_is_not_measured(sim, make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text(GUARDRAILS.replace("1", "2"))
    sim.plan = make_world().plan
    found = per_user(sim, {"u1": 1.0, "u2": 1.0, "u3": 1.0})
    assert found.segments["vip"].value == 1
    assert found.segments["new_users"].reason == "not enough data: 1 users, at least 2 are needed"


def test_an_infinite_number_is_not_averaged_away(sim):
    found = per_user(sim, {"u1": math.inf, "u2": 1.0})
    assert found.figure.value is None
    assert found.segments["vip"].reason == "the value of user u1 is infinite"
    assert found.segments["new_users"].value == 1


def test_a_metric_of_the_whole_run_has_a_value_and_n(sim):
    found = whole_run(sim, (0.5, 12))
    assert (found.figure.value, found.figure.n, found.segments) == (0.5, 12, {})


@pytest.mark.parametrize("returned", [(math.nan, 5), (math.inf, 5), (0.5, 0)])
def test_no_number_or_nothing_behind_it_is_not_measured_and_no_failure(sim, returned):
    found = whole_run(sim, returned)
    assert (found.figure.value, found.failure) == (None, "")
    assert found.figure.reason


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (None, "`share` returned nothing; must be (number, n)"),
        (0.5, "`share` returned a float; must be (number, n)"),
        ((0.5,), "`share` returned a tuple"),
        (("0.5", 3), "`share` returned a str as number"),
        ((True, 3), "`share` returned a bool as number"),
        ((0.5, 2.5), "`share` returned 2.5 as n"),
        ((0.5, -1), "`share` returned -1 as n"),
        ((0.5, math.inf), "`share` returned inf as n"),
    ],
)
def test_anything_else_of_the_whole_run_is_a_failure_in_one_sentence(sim, returned, sentence):
    found = whole_run(sim, returned)
    assert found.failure.startswith(sentence)
    assert (found.figure.value, found.figure.reason) == (None, found.failure)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ([1.0], "`fit` returned a list; must be a mapping of user id -> number"),
        ({"u9": 1.0}, "`fit` returned a value for `u9`; must be a user of the data set"),
        ({"u1": "1"}, "`fit` returned a str for user u1; must be a number"),
        ({"u1": None}, "`fit` returned nothing for user u1; must be a number"),
    ],
)
def test_anything_else_per_user_is_a_failure_in_one_sentence(sim, returned, sentence):
    assert per_user(sim, returned).failure == sentence


def test_a_metric_that_raises_is_told_with_name_and_place_and_does_not_take_the_others_along(sim):
    def broken(_):
        raise KeyError("no such thing")

    found = measure_once(sim, [UserMetric("fit", "d", broken), RunMetric("share", "d", lambda _: (1, 1))])
    assert found["fit"].failure.startswith(f"`fit` raised KeyError: 'no such thing' ({Path(__file__).name}:")
    assert found["share"].figure.value == 1


def test_metrics_are_measured_once_and_stand_beside_ours(sim):
    calls = []
    metric = RunMetric("share", "d", lambda given: calls.append(given) or (0.5, 3))
    sim.context.bundle.write("quality_metrics.json", {"evaluated": 7})
    first, second = (measure_once(sim, [metric]) for _ in range(2))
    assert first == second
    assert calls == [sim]
    document = sim.context.bundle.read_artifact("quality_metrics.json")
    assert document["evaluated"] == 7
    assert document["own"]["share"]["figure"] == {
        "name": "share",
        "value": 0.5,
        "n": 3,
        "definition": "d",
        "reason": "",
        "raw": None,
        "cause": "",
        "next_step": "",
        "low": None,
        "high": None,
        "out_of": None,
    }


def test_figures_that_cannot_be_written_are_told_in_one_sentence(sim):
    """`evaluate` promises its callers that whatever ends it is a RecsimError."""
    sim.context.bundle.root.write_text("in the way")
    with pytest.raises(InputError, match=r"bundle: cannot be written: (Not a directory|File exists)$"):
        whole_run(sim, (0.5, 12))


def test_without_metrics_nothing_is_written(sim):
    assert measure_once(sim, []) == {}
    assert list(sim.context.folder.iterdir()) == []


def without(*users):
    row = KnobRow("MMR_LAMBDA", "1", "p:1", "0.2", "differs", "admin config", "", ("admin",))
    return Applied(("u1", "u2", "u3"), (Unapplied(("MMR_LAMBDA",), users),), (row,))


def test_metrics_of_users_without_the_profile_are_not_measured_either(sim):
    metrics = [
        UserMetric("fit", "d", lambda _: {"u1": 1.0, "u2": 0.5, "u3": 2.0}),
        RunMetric("share", "d", lambda _: (0.5, 3)),
    ]
    found = measure_once(sim, metrics, without("u2"))
    assert found["fit"].segments["vip"].value == 1.5
    new = found["fit"].segments["new_users"]
    assert (new.value, new.raw) == (None, 0.5)
    assert "MMR_LAMBDA (asked 1, in effect 0.2); --recsim-apply admin carries this knob" in new.reason
    assert (found["share"].figure.value, found["share"].figure.raw) == (None, 0.5)


@pytest.mark.parametrize("ends", [pytest.skip, pytest.fail])
def test_a_metric_that_ends_a_test_has_failed_and_ends_none(sim, ends):
    """`pytest.skip` in a metric would skip every check of the run, which would look green."""
    found = measure_once(
        sim, [UserMetric("fit", "d", lambda _: ends("no")), RunMetric("share", "d", lambda _: (1, 2))]
    )
    assert found["fit"].failure.startswith(
        f"`fit` raised {'Skipped' if ends is pytest.skip else 'Failed'}: no ("
    )
    assert found["share"].figure.value == 1


def test_a_threshold_of_a_metric_that_failed_is_not_measured_in_every_segment(sim):
    """The check `own_metrics` is what fails then."""

    def broken(_):
        raise ValueError("no data")

    metric = UserMetric("fit", "d", broken)
    sim.own, sim.metrics = measure_once(sim, [metric]), [metric]
    sim.limit = lambda key, segment: Limit(key, 0.5, "block", "g.yml:1")
    for segment in ("vip", ""):
        with pytest.raises(NotMeasured, match="`fit` raised ValueError: no data"):
            own(sim, Check(), "own.min_fit", segment)
