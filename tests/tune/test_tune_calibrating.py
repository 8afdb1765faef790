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

from pytest_recsim.record.tune import Expected, Learned, Moved
from pytest_recsim.tune.calibrating import calibrated, expecting
from pytest_recsim.tune.expecting import expected_of
from pytest_recsim.tune.study import go_on

LIFT = "segment_lift_ndcg"


def told(tuning, verdict, check=LIFT, case="vip"):
    by = tuning - verdict
    return Moved(check=check, case=case, label=check, tuning=tuning, verdict=verdict, by=by)


def expected(check=LIFT, case="vip", by=0.0, stays=0.25, verdict=0.3, **more):
    facts = {"seen": by, "error": 0.01, "spread": 0.1, "n": 9}
    return Expected(check=check, case=case, by=by, stays=stays, verdict=verdict, **facts | more)


def of(value, check=LIFT, case="vip"):
    one = held(check, case, value, threshold=0.1, margin=0.1 - value, spread=0.05)
    return replace(measured(), held=(one,))


def after_first_sets(*values, sets=3, **more):
    learned = Learned(studies=("x",), sets=({},) * sets, expected=(expected(**more),))
    trials = tuple(trial(number, measured=of(value)) for number, value in enumerate(values))
    return expecting(study(learned=learned, start=of(0.0), trials=trials))


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
    assert stays([(0.3, 0.1), (0.3, 0.5), (0.3, 0.4)]) == 1.0, "equal figures tell nothing of a slope"


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=3, max_size=12))
def test_a_share_that_stays_is_one(pairs):
    assert 0.0 <= stays(pairs) <= 1.0


def test_segments_are_held_against_their_own_means():
    pairs = [(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)]
    shops = [[told(*pair, case="a"), told(pair[0] + 5, pair[1] + 1, case="b")] for pair in pairs]
    assert {one.stays for one in expected_of(shops)} == {1.0}


def test_a_slice_that_flatters_what_came_from_elsewhere_is_expected_to_flatter_all():
    found = calibrated(after_first_sets(0.6, 0.5, 0.7, 0.9, verdict=0.2))
    (one,) = found.learned.expected
    assert (one.here, one.by) == (pytest.approx(0.6), pytest.approx(0.75 * 0.4))
    shifts = [each.measured.held[0].shift for each in found.trials]
    assert [found.start.held[0].shift, *shifts] == pytest.approx([0.3] * 5), "the start and every trial"
    assert found.start.held[0].margin == pytest.approx(0.1), "what was measured stands as it was"


def test_what_is_expected_of_all_customers_counts_as_far_as_figures_stay():
    lower = calibrated(after_first_sets(0.1, 0.1, 0.1, by=-0.2, stays=0.5, verdict=0.5))
    assert lower.learned.expected[0].by == pytest.approx(0.5 * -0.2 + 0.5 * -0.4)
    same = calibrated(after_first_sets(0.9, 0.9, 0.9, by=-0.2, stays=1.0))
    assert same.learned.expected[0].by == pytest.approx(-0.2)


@pytest.mark.parametrize(
    ("values", "more"),
    [((0.6, 0.5), {"sets": 2}), ((0.6, 0.5, 0.7), {"verdict": None}), ((0.6, 0.5, 0.7), {"case": "other"})],
)
def test_too_few_sets_or_none_of_that_segment_change_nothing(values, more):
    before = after_first_sets(*values, **more)
    assert calibrated(before) == before


def test_it_is_done_once_and_without_other_studies_never():
    once = calibrated(after_first_sets(0.6, 0.5, 0.7))
    assert calibrated(once) is once
    alone = study()
    assert calibrated(alone) is expecting(alone) is alone


SETS = tuple(
    {"PROFILE_BOOST": boost, "MMR_LAMBDA": "0.6", "BRAND_CAP": "2", "RULE_EXCLUDE_EVENTS": "true"}
    for boost in ("0.5", "0.6", "0.7")
)
COVERAGE = expected("catalog_coverage", "", stays=0.0, verdict=0.65)


def learning(bench, jobs):
    """On this bench the three sets have a coverage of 0.75 in the mean, elsewhere of 0.65: a tenth is chance."""
    return replace(
        made_bench_study(bench, sampler="gp", wanted=12, jobs=jobs),
        learned=Learned(studies=("x",), sets=SETS, expected=(COVERAGE,)),
    )


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
        assert (again.trials, again.learned, again.start) == (usual.trials, usual.learned, usual.start)
