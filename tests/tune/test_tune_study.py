"""Studies go on where they were cut off, never try anything twice, and never recommend what was not measured."""

from __future__ import annotations

import sys

import pytest
from made_bench import SPACE, MadeBench, PowerCutError, study
from msgspec.structs import replace

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.trial import Dimension, Held, Measured, Trial
from pytest_recsim.tune.sampling import UNKNOWN, Proposer, shortfall
from pytest_recsim.tune.study import candidates, go_on, incumbent, nearest_to_holding, without_last_failed
from pytest_recsim.tune.values import canonical


def whole(bench=None, **how):
    bench = bench or MadeBench()
    return go_on(study(bench, **how), bench, lambda _: None)


def cut_off(at, **how):
    """A study that the power left after ``at`` measurements, resumed with what was on disk by then."""
    written = []
    bench = MadeBench(dies_at=at)
    with pytest.raises(PowerCutError):
        go_on(study(bench, **how), bench, written.append)
    again = MadeBench()
    left = written[-1] if written else study(again, **how)
    return left, again, go_on(left, again, lambda _: None)


@pytest.mark.parametrize(("sampler", "jobs"), [("gp", 3), ("nsga2", 1)])
def test_a_study_that_was_cut_off_ends_as_one_that_was_not(sampler, jobs):
    usual = whole(sampler=sampler, jobs=jobs)
    assert [one.number for one in usual.trials] == list(range(16))
    assert len({canonical(SPACE, one.values) for one in usual.trials}) == 16
    for at in (0, 7, 13):
        left, again, resumed = cut_off(at, sampler=sampler, jobs=jobs)
        assert resumed.trials == usual.trials
        assert len(again.asked) == 16 - len(left.trials), "what was kept is not measured again"
        assert resumed.requests["total"] == 10 * 16, "none is counted twice"
    assert candidates(usual), "something can be recommended, else this shows nothing"


@pytest.mark.long
@pytest.mark.parametrize(("sampler", "jobs"), [("gp", 2), ("tpe", 2), ("random", 1)])
def test_a_study_may_be_cut_off_after_any_trial(sampler, jobs):
    usual = whole(sampler=sampler, jobs=jobs)
    for at in range(16):
        assert cut_off(at, sampler=sampler, jobs=jobs)[2].trials == usual.trials


def test_other_seeds_make_other_studies():
    assert whole(seed=1, wanted=3).trials != whole(seed=2, wanted=3).trials


@pytest.mark.long
@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_a_sampler_that_learns_draws_better_ones_in_the_end_than_chance(sampler):
    def late(sampler):
        trials = whole(sampler=sampler, wanted=40).trials[24:]
        return sum(sum(one.measured.goals.values()) for one in trials)

    assert late(sampler) > late("random")


def test_what_could_not_be_measured_is_never_recommended():
    blind = MadeBench(blind=lambda values: float(values["PROFILE_BOOST"]) > 0.6)
    found = whole(blind)
    unseen = {one.number for one in found.trials if one.measured.held[0].margin is None}
    assert unseen
    assert not unseen & {one.number for one in candidates(found)}
    assert all(beat is None or beat.measured.held[0].margin is not None for beat in blind.beats.values())


UNMEASURED = Held(check="a", case="", label="a", threshold=0.6)


@pytest.mark.parametrize(
    "measured",
    [
        None,
        Measured(users=1, of=1, goals={"lift": 9.0, "coverage": 9.0}, held=()),
        Measured(users=1, of=1, goals={"lift": 9.0, "coverage": 9.0}, held=(UNMEASURED,)),
        Measured(users=1, of=1, goals={"lift": 9.0, "coverage": 9.0}, held=(replace(UNMEASURED, margin=float("nan")),)),
        Measured(users=1, of=1, goals={"lift": None, "coverage": None}, held=(UNMEASURED,)),
    ],
    ids=["nothing", "no guardrail", "unknown", "not a number", "no goal"],
)  # fmt: skip
def test_optuna_is_told_that_an_unmeasured_trial_is_infeasible(measured):
    bench = MadeBench()
    trial = replace(whole(wanted=1).trials[0], measured=measured)
    proposer = Proposer(SPACE, bench.goals, sampler="tpe", seed=1, start=bench.start)
    start, told = proposer._known([trial])
    assert start.constraints == {"shortfall": 0.0}
    assert told.constraints["shortfall"] > 0
    assert candidates(replace(study(bench), trials=(trial,))) == []


def test_what_misses_by_more_standard_errors_falls_shorter():
    def missing(lift, coverage):
        rows = (("lift", 0.1, lift), ("coverage", 0.6, coverage))
        held = tuple(
            Held(check=name, case="", label=name, threshold=t, value=0, margin=m) for name, t, m in rows
        )
        return Measured(users=1, of=1, goals={}, held=held)

    assert shortfall(missing(-1.0, 0.0)) == 0
    assert shortfall(missing(0.015, -0.3)) == pytest.approx(1.5)
    assert shortfall(missing(0.015, 0.06)) == pytest.approx(2.5)
    assert shortfall(missing(0.05, 0.3)) > shortfall(missing(0.04, 0.3))
    assert shortfall(missing(0.01, None)) == pytest.approx(1 + UNKNOWN)
    assert shortfall(missing(0.1, 0.1)) < UNKNOWN, "what nobody measured is no better than a bad miss"


def test_a_space_that_is_used_up_ends_the_study_and_says_so():
    bench = MadeBench()
    few = replace(
        study(bench),
        space=(
            Dimension(knob="BRAND_CAP", kind="int", start="2", travels=True, low=0, high=2),
            replace(SPACE[3], start="true"),
        ),
    )
    bench.trial = lambda number, values, **_: replace(whole(wanted=1).trials[0], number=number, values=values)
    found = go_on(few, bench, lambda _: None)
    assert len(found.trials) == 5, "six sets, and the start is one of them"
    assert "all 5 sets" in found.notes[0]


def test_of_equal_trials_the_one_that_changes_fewer_knobs_comes_first():
    bench = MadeBench()
    one = whole(wanted=1).trials[0]
    many = replace(one, number=0, values={"PROFILE_BOOST": "0.9", "MMR_LAMBDA": "0.5", "BRAND_CAP": "2"})
    fewer = replace(one, number=1, values={"PROFILE_BOOST": "0.9", "MMR_LAMBDA": "0.80", "BRAND_CAP": "2"})
    later = replace(fewer, number=2, values={"PROFILE_BOOST": "0.7"})
    found = candidates(replace(study(bench), trials=(many, fewer, later)))
    assert [trial.number for trial in found] == [1, 2, 0]


def test_the_next_trial_has_to_beat_the_start_until_something_is_better():
    bench = MadeBench()
    begun = study(bench)
    assert incumbent(begun, []).measured == bench.start
    short = MadeBench(threshold=0.99).start
    assert incumbent(replace(begun, start=short), []).measured == short
    found = whole()
    best = candidates(found)[0]
    assert incumbent(found, found.trials) == best
    assert best.measured.goals["lift"] > bench.start.goals["lift"]


def test_what_is_safer_but_no_better_than_a_start_that_holds_is_not_what_has_to_be_beaten():
    bench = MadeBench()
    one = whole(wanted=1).trials[0]
    lift = bench.start.goals["lift"]

    def made(number, slack, more):
        held = replace(one.measured.held[0], margin=-slack, spread=0.1)
        goals = {**bench.start.goals, "lift": lift + more}
        measured = replace(one.measured, held=(held,) * 4, goals=goals)
        return replace(one, number=number, state="complete", measured=measured)

    worse, better = made(0, 0.9, -0.1), made(1, 0.01, 0.1)
    begun = replace(study(bench), trials=(worse, better))
    assert bench.start.feasible
    assert candidates(begun) == [worse, better]
    assert incumbent(begun, begun.trials) == better


def test_while_nothing_holds_whatever_misses_least_has_to_be_beaten_and_what_was_not_measured_never_is_it():
    bench = MadeBench(threshold=0.99)
    one = whole(wanted=1).trials[0]

    def missing(number, margin):
        held = replace(one.measured.held[0], value=0.9, margin=margin)
        return replace(one, number=number, measured=replace(one.measured, held=(held,)))

    far, near, unknown = missing(0, 0.2), missing(1, 0.1), missing(2, None)
    begun = replace(
        study(bench), start=replace(bench.start, held=far.measured.held), trials=(far, near, unknown)
    )
    assert candidates(begun) == []
    assert nearest_to_holding(begun) == [near]
    assert incumbent(begun, begun.trials) == near


def test_a_service_that_is_gone_ends_the_study_and_what_failed_at_the_end_is_tried_again():
    bench, written = MadeBench(), []
    works = bench.trial

    def gone(number, values, beat, **_):
        if number < 4:
            return works(number, values, beat)
        return Trial(number=number, values=values, state="failed", reason="no answer")

    bench.trial = gone
    with pytest.raises(InputError, match=r"the last 5 trials could not be measured \(no answer\)"):
        go_on(study(bench), bench, written.append)
    left = without_last_failed(written[-1])
    assert len(written[-1].trials) == 9
    assert go_on(left, MadeBench(), lambda _: None).trials == whole().trials


def test_without_optuna_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    bench = MadeBench()
    with pytest.raises(
        InputError, match=r"needs Optuna, which is not installed: `pip install 'pytest-recsim\[tune\]'`"
    ):
        go_on(study(bench), bench, lambda _: None)
