"""What a tuning slice shows by chance: told by sets from elsewhere, expected to stay as far as it stayed for others, and the same after a kill."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bench import MadeBench, PowerCutError
from made_bench import study as made_bench_study
from made_study import held, measured, replace, study, trial

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.trial import Trial
from pytest_recsim.record.tune import Expected, Learned, Moved
from pytest_recsim.tune.calibrating import calibrated, expecting
from pytest_recsim.tune.expecting import expected_of
from pytest_recsim.tune.study import go_on, without_last_failed

LIFT = "segment_lift_ndcg"


def told(tuning, verdict, check=LIFT, case="vip"):
    by = tuning - verdict
    return Moved(check=check, case=case, label=check, tuning=tuning, verdict=verdict, by=by)


def expected(check=LIFT, case="vip", seen=0.0, stays=0.25):
    return Expected(check=check, case=case, by=seen, seen=seen, error=0.0, spread=0.1, n=9, stays=stays)


def of(check=LIFT, **values):
    """A measurement of a check, segment by segment."""
    made = (
        held(check, case, value, threshold=0.1, margin=None if value is None else 0.1 - value, spread=0.05)
        for case, value in values.items()
    )
    return replace(measured(), held=tuple(made))


def tried(here, there, *what):
    """A study whose first sets measured this here, and that on the verdict slices they come from."""
    learned = Learned(
        studies=("x",), sets=({},) * len(there), there=tuple(there), expected=what or (expected(),)
    )
    trials = tuple(
        trial(number, measured=one if one is None else of(**one)) for number, one in enumerate(here)
    )
    return expecting(study(learned=learned, start=of(vip=0.0), trials=trials))


def vip(*values):
    return [{"vip": value} for value in values]


def elsewhere(*values, case="vip"):
    return [(told(0.5, value, case=case),) for value in values]


def stays(pairs):
    (found,) = {one.stays for one in expected_of([[told(*pair)] for pair in pairs])}
    return found


def test_what_is_on_both_slices_stays_and_what_other_people_do_not_show_does_not():
    dice = random.Random(5)
    shops = [dice.gauss(0.4, 0.2) for _ in range(30)]
    assert stays([(shop, shop - 0.05) for shop in shops]) == pytest.approx(1.0)
    assert stays([(dice.gauss(0.4, 0.2), dice.gauss(0.4, 0.02)) for _ in shops]) < 0.1
    half = [(shop + dice.gauss(0, 0.2), shop + dice.gauss(0, 0.2)) for shop in shops]
    assert 0.3 < stays(half) < 0.8


def test_of_few_studies_less_is_expected_to_go_than_of_many():
    dice = random.Random(6)

    def usual(count):
        shops = ([(dice.gauss(0.4, 0.2), dice.gauss(0.4, 0.2)) for _ in range(count)] for _ in range(99))
        return statistics.median(map(stays, shops))

    few, many = usual(3), usual(30)
    assert many < 0.1
    assert few > 4 * many


@pytest.mark.parametrize("figure", [0.3, 0.95, 0.7, 0.1])
def test_equal_figures_tell_nothing_of_what_stays(figure):
    assert stays([(figure, 0.1), (figure, 0.5), (figure, 0.4)]) == 1.0
    half = [0.2, 0.4, 0.6, 0.8] * 5
    shops = [[told(one, one / 2, case="a"), told(figure, figure, case="b")] for one in half]
    assert {round(one.stays, 9) for one in expected_of(shops)} == {0.5}


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=3, max_size=12))
def test_a_share_that_stays_is_one(pairs):
    assert 0.0 <= stays(pairs) <= 1.0


def test_segments_are_held_against_their_own_means():
    pairs = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]
    shops = [[told(*pair, case="a"), told(pair[0] + 5, pair[1] + 1, case="b")] for pair in pairs]
    assert {one.stays for one in expected_of(shops)} == {1.0}


def test_a_slice_that_flatters_what_came_from_elsewhere_is_expected_to_flatter_all():
    found = calibrated(tried(vip(0.6, 0.5, 0.7, 0.9), elsewhere(0.1, 0.2, 0.3)), 3)
    (one,) = found.learned.expected
    assert (one.here, one.there, one.by) == (
        pytest.approx(0.6),
        pytest.approx(0.2),
        pytest.approx(0.75 * 0.4),
    )
    shifts = [each.measured.held[0].shift for each in found.trials]
    assert [found.start.held[0].shift, *shifts] == pytest.approx([0.3] * 5), "the start and every trial"
    assert found.start.held[0].margin == pytest.approx(0.1), "what was measured stands as it was"


def test_what_is_expected_of_all_customers_counts_as_far_as_figures_stay():
    s7 = expected("S7", seen=-0.2, stays=0.5)
    there = [(told(0.5, 0.5, "S7"),)] * 3
    lower = calibrated(tried([{"check": "S7", "vip": 0.1}] * 3, there, s7), 3)
    assert lower.learned.expected[0].by == pytest.approx(0.5 * -0.2 + 0.5 * -0.4)
    all_stays = calibrated(tried([{"check": "S7", "vip": 0.9}] * 3, there, replace(s7, stays=1.0)), 3)
    assert all_stays.learned.expected[0].by == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (vip(0.6, 0.5), elsewhere(0.2, 0.2)),
        (
            [{"vip": 0.6, "a": 0.5, "b": 0.4}],
            [tuple(told(0.5, 0.2, case=case) for case in ("vip", "a", "b"))],
        ),
        (vip(0.6, 0.5, 0.7), elsewhere(0.2, 0.2, 0.2, case="other")),
        (vip(0.6, 0.5, None), elsewhere(0.2, 0.2, 0.2)),
        ([*vip(0.6, 0.5), None], elsewhere(0.2, 0.2, 0.2)),
        (vip(0.6, 0.5, 0.7), [*elsewhere(0.2, 0.2), ()]),
    ],
    ids=["two sets", "one with three segments", "another segment", "no value", "failed", "not laid in whole"],
)
def test_too_few_sets_that_can_be_held_beside_themselves_change_nothing(here, there):
    both = expected(), expected(case="")
    before = tried(here, there, *both)
    assert calibrated(before, 3) is before


def test_a_set_that_failed_does_not_count_on_the_other_side_either():
    found = calibrated(tried([*vip(0.6, 0.6, 0.6), None], elsewhere(0.2, 0.2, 0.2, 9.0)), 4)
    assert found.learned.expected[0].there == pytest.approx(0.2)


def test_a_segment_that_no_other_customer_has_is_expected_to_be_flattered_as_the_others_are_and_not_by_what_it_is():
    there = [(told(0.5, 0.4, case="a"), told(0.5, 0.6, case="b"))] * 3
    what = expected(case="a"), expected(case="b"), expected(case="")
    same = calibrated(tried([{"a": 0.4, "b": 0.6, "vip": 0.0}] * 3, there, *what), 3)
    shifts = {one.case: one.shift for one in same.trials[0].measured.held}
    assert shifts == pytest.approx({"a": 0.0, "b": 0.0, "vip": 0.0})
    flattered = calibrated(tried([{"a": 0.5, "b": 0.7, "vip": 0.0}] * 3, there, *what), 3)
    shifts = {one.case: one.shift for one in flattered.trials[0].measured.held}
    assert shifts == pytest.approx({"a": 0.075, "b": 0.075, "vip": 0.075})


def test_before_all_sets_were_tried_nothing_is_known_and_what_was_is_forgotten_where_they_are_tried_again():
    whole = tried(vip(0.6, 0.6, 0.6), elsewhere(0.2, 0.2, 0.2))
    assert calibrated(whole, 2) is whole
    once = calibrated(whole, 3)
    assert calibrated(once, 3) is once
    assert calibrated(once, 2) == whole


def test_without_other_studies_nothing_is_expected():
    alone = study()
    assert calibrated(alone, 60) is expecting(alone) is alone


SETS = tuple(
    {"PROFILE_BOOST": boost, "MMR_LAMBDA": "0.6", "BRAND_CAP": "2", "RULE_EXCLUDE_EVENTS": "true"}
    for boost in ("0.5", "0.6", "0.7")
)
COVERAGE = expected("catalog_coverage", "", stays=0.0)
THERE = ((told(0.7, 0.65, "catalog_coverage", ""),),) * 3


def learning(bench, jobs=1, wanted=12):
    """On this bench the three sets have a coverage of 0.75 in the mean, elsewhere of 0.65: a tenth is chance."""
    return replace(
        made_bench_study(bench, sampler="gp", wanted=wanted, jobs=jobs),
        learned=Learned(studies=("x",), sets=SETS, there=THERE, expected=(COVERAGE,)),
    )


def outcome(found):
    return found.trials, found.learned, found.start


@pytest.mark.parametrize("jobs", [1, 2])
def test_later_trials_are_measured_by_it_and_a_study_that_was_cut_off_ends_as_one_that_was_not(jobs):
    bench = MadeBench()
    usual = go_on(learning(bench, jobs), bench, lambda _: None)
    (one,) = usual.learned.expected
    assert one.by == pytest.approx(0.1)
    assert {round(each.measured.held[0].shift, 9) for each in usual.trials} == {0.1}
    assert usual.start.held[0].shift == pytest.approx(0.1)
    for at in (1, 2, 3, 4, 7):
        written = []
        dying = MadeBench(dies_at=at)
        with pytest.raises(PowerCutError):
            go_on(learning(dying, jobs), dying, written.append)
        again = go_on(written[-1] if written else learning(dying, jobs), MadeBench(), lambda _: None)
        assert outcome(again) == outcome(usual)


def test_where_all_trials_are_made_at_once_it_is_known_afterwards():
    bench = MadeBench()
    found = go_on(learning(bench, jobs=8, wanted=8), bench, lambda _: None)
    assert found.learned.expected[0].here == pytest.approx(0.75)
    assert found.trials[7].measured.held[0].shift == pytest.approx(0.1)


class GoneBench(MadeBench):
    """A bench whose service is gone from some trial on."""

    def trial(self, number, values, beat, *, room=True, expected=()):
        if number >= 3:
            return Trial(number=number, values=values, state="failed", reason="no answer")
        return super().trial(number, values, beat, room=room, expected=expected)


def test_a_service_that_was_gone_among_the_first_sets_leaves_nothing_behind_once_they_are_tried_again():
    bench = MadeBench()
    sets = (*SETS, {**SETS[0], "PROFILE_BOOST": "1.5"})
    four = {"sets": sets, "there": (*THERE, THERE[0])}
    begun = learning(bench)
    begun = replace(begun, learned=replace(begun.learned, **four))
    usual = go_on(begun, bench, lambda _: None)
    written = []
    with pytest.raises(InputError, match="could not be measured"):
        go_on(begun, GoneBench(), written.append)
    again = go_on(without_last_failed(written[-1]), MadeBench(), lambda _: None)
    assert outcome(again) == outcome(usual)
