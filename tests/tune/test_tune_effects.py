"""What knobs do: dead ones need evidence, importance needs trials, dangers are what the start does not have."""

from __future__ import annotations

import pytest
from made_study import gain, held, measured, replace, study, trial, trials

from pytest_recsim.record.trial import Dimension, Goal
from pytest_recsim.tune.effects import Probe, effects_of, ends, importance_of, probes_of

GOAL = Goal(metric="lift_ndcg", label="lift of NDCG@10")
SPACE = study().space
KNOB = SPACE[1]


def probe(value="0.1", changed=0.5, difference=0.02, **more):
    facts = {"changed": changed, "gains": (gain(difference),), "held": (held(),)}
    return Probe("MMR_LAMBDA", value, replace(measured(), **facts | more))


def effect(*probes, trials=()):
    (found,) = effects_of(GOAL, [KNOB], measured(), trials, probes)
    return found


def test_a_knob_whose_ends_change_not_one_list_has_no_effect():
    found = effect(probe("0.1", 0.0, 0.0), probe("1", 0.0, 0.0))
    assert (found.kind, found.changed) == ("dead", 0.0)
    assert found.sentence == "Moved alone from 0.8 to 0.1 and 1: not one of 400 users' lists changed."


def test_one_end_that_changes_a_list_is_an_effect():
    assert effect(probe("0.1", 0.0, 0.0), probe("1", 0.01, 0.02)).kind == "matters"


def test_without_a_probe_nobody_knows():
    found = effect()
    assert (found.kind, found.changed, found.importance) == ("unknown", None, None)
    assert effect(probe(changed=None)).kind == "unknown"


def test_lists_that_change_while_the_goal_surely_stays_are_a_flat_direction():
    flat = gain(0.0001, low=-0.0005, high=0.0007)
    found = effect(probe(gains=(flat,)))
    assert (found.kind, found.changed) == ("flat", 0.5)
    assert effect(probe(gains=(replace(flat, high=0.002),))).kind == "unknown"
    assert effect(probe(gains=(replace(flat, low=None, high=None),))).kind == "unknown"


def test_a_guardrail_that_the_start_keeps_and_a_probe_breaks_is_a_danger():
    found = effect(probe(held=(held(value=0.5), held("S", "vip", None, margin=None))))
    assert "Dangerous: at 0.1 it breaks catalogue_coverage@20." in found.sentence
    start = replace(measured(), held=(held(value=0.5),))
    (broken_before,) = effects_of(GOAL, [KNOB], start, (), [probe(held=(held(value=0.4),))])
    assert "Dangerous" not in broken_before.sentence


def test_of_a_part_of_the_users_only_what_is_sure_is_a_danger():
    harm = held("no_harm", "vip", 0.3, threshold=0.05, margin=0.25, label="loss")
    start = replace(measured(), held=(held(), replace(harm, value=0.0, margin=-0.05), held("lift", "vip")))

    def told(high, *more):
        gains = (gain(-0.03, "vip", high=high),)
        probes = [probe(users=40, held=(harm, held("lift", "vip", 0.5), *more), gains=gains)]
        return effects_of(GOAL, [KNOB], start, (), probes)[0].sentence

    assert "Dangerous: at 0.1 it breaks loss [vip]." in told(-0.006)
    assert "breaks" not in told(-0.004)
    assert "break" not in told(None)
    assert "on 40 of 400 users, it seems to break catalogue_coverage@20." in told(None, held(value=0.5))


@pytest.mark.long  # Optuna takes seconds to be imported
def test_importance_finds_the_knob_that_decides():
    found = importance_of(GOAL, SPACE, list(trials(60)))
    assert found.keys() == {"PROFILE_BOOST", "MMR_LAMBDA", "BRAND_CAP"}
    assert found["BRAND_CAP"] == min(found.values())
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.long  # Optuna takes seconds to be imported
def test_few_trials_equal_trials_and_values_that_do_not_fit_say_nothing_of_importance():
    assert importance_of(GOAL, SPACE, list(trials(19))) == {}
    assert importance_of(GOAL, SPACE, [trial(number) for number in range(30)]) == {}
    odd = [replace(one, values={"PROFILE_BOOST": "9", "MMR_LAMBDA": "0.5"}) for one in trials(30)]
    assert importance_of(GOAL, SPACE, odd) == {}


@pytest.mark.long  # Optuna takes seconds to be imported
def test_effects_are_told_the_most_important_first():
    found = effects_of(GOAL, SPACE, measured(), tuple(trials(60)), ())
    assert [one.importance for one in found] == sorted((one.importance for one in found), reverse=True)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (Dimension(knob="A", kind="float", start="1", travels=True, low=0.1, high=2.0), ("0.1", "2")),
        (Dimension(knob="A", kind="int", start="1", travels=True, low=1, high=50), ("1", "50")),
        (Dimension(knob="A", kind="int", start="1", travels=True, low=3, high=3), ("3",)),
        (Dimension(knob="A", kind="choice", start="b", travels=True, choices=("a", "b", "c")), ("a", "c")),
        (Dimension(knob="A", kind="float", start="1", travels=True), ()),
    ],
)
def test_a_knob_is_moved_to_its_ends(one, found):
    assert ends(one) == found


class Slice:
    """A bench that notes what it is asked."""

    space = SPACE

    def __init__(self):
        self.asked = []

    def trial(self, number, values, beat, *, room=True, expected=()):
        assert number < 0
        assert beat is None
        self.asked.append(values)
        return trial(number, values=values, measured=None if values["BRAND_CAP"] == "4" else measured())


def test_each_knob_is_moved_alone_and_an_end_that_is_the_start_is_not_asked():
    start = {one.knob: one.start for one in SPACE}
    bench = Slice()
    found = list(probes_of(bench, start))
    moved = [
        {knob: value for knob, value in values.items() if start[knob] != value} for values in bench.asked
    ]
    assert moved == [
        {"PROFILE_BOOST": "0.1"}, {"PROFILE_BOOST": "2"}, {"MMR_LAMBDA": "0.1"}, {"MMR_LAMBDA": "1"}, {"BRAND_CAP": "4"},
    ]  # fmt: skip
    assert len(found) == 4
