"""Learning from other customers' studies: what counts, what is refused, and how little a chance mean moves."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bench import SPACE, MadeBench
from made_bench import study as made_bench_study
from made_study import held, measured, replace, study, suite, trial, verdict

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.keywords import plan_for
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.tune import Expected, Learned, Moved, write_study
from pytest_recsim.report.tune import study_page
from pytest_recsim.testing import shop
from pytest_recsim.tune.decide import against, chosen
from pytest_recsim.tune.expecting import expected_of
from pytest_recsim.tune.learning import learn, note_of, teachers
from pytest_recsim.tune.moving import moved_of, shifted
from pytest_recsim.tune.racing import has_room
from pytest_recsim.tune.study import go_on


def moved(by, check="recall", case="new_users"):
    return Moved(check=check, case=case, label=check, tuning=0.1, verdict=0.1 - by, by=by)


def result(check, case, *measures):
    made = [
        Measure(name=name, ok=True, got=got, expected="", threshold=limit) for name, got, limit in measures
    ]
    return CheckResult(simulation="acme", check=check, case=case, outcome="passed", measures=tuple(made))


def test_figures_of_both_slices_are_held_against_each_other_check_by_check_and_better_is_less_than_nothing():
    what = measured(coverage=0.7)
    lists = (
        held("segment_lift_ndcg", "new_users", 0.05, threshold=0.1, margin=0.05),
        held("short_lists", "", 0.2, threshold=0.1, margin=0.1),
        held("S7", "new_users", 0.15, threshold=0.2, margin=0.05),
    )
    results = [
        result("segment_lift_ndcg", "new_users", ("lift of NDCG@10", 0.3, 0.1)),
        result("short_lists", "", ("short_lists@20", 0.05, 0.1)),
        result("S7", "", ("lists that are too short", 0.0, 0.0), ("MRR@10 of new users", 0.25, 0.2)),
        result("catalog_coverage", "", ("catalogue_coverage@20", 0.65, 0.6)),
    ]
    found = {one.check: one.by for one in moved_of(replace(what, held=(*what.held, *lists)), results)}
    assert found == pytest.approx(
        {"segment_lift_ndcg": -0.25, "short_lists": -0.15, "S7": -0.1, "catalog_coverage": 0.05}
    )


def test_what_was_not_measured_on_either_slice_tells_nothing_nor_does_what_rests_on_a_few_lists():
    other = (
        held("segment_lift_ndcg", "vip", None, threshold=0.1, margin=None),
        held("segment_lift_mrr", "vip", 0.3, threshold=0.1),
        held("S4", "", 0.1, threshold=0.3),
        held("no_harm", "vip", 0.0, threshold=0.05),
    )
    results = [
        result("segment_lift_ndcg", "vip", ("lift of NDCG@10", 0.3, 0.1)),
        result("segment_lift_mrr", "vip", ("lift of MRR@10", None, 0.1)),
        result("S4", "", ("loss of NDCG@10", 0.2, 0.3)),
    ]
    assert moved_of(replace(measured(), held=other), results) == ()
    assert moved_of(None, results) == ()


def test_of_two_studies_nothing_is_expected():
    assert expected_of([[moved(-0.2)]] * 2) == ()
    assert [one.n for one in expected_of([[moved(-0.2)]] * 3)] == [3, 3], "the segment, and any other one"


def test_a_mean_that_all_studies_agree_on_is_expected_and_one_that_may_be_chance_hardly():
    def expected(*by):
        return {one.case: one for one in expected_of([[moved(value)] for value in by])}["new_users"]

    sure = expected(-0.2, -0.21, -0.19, -0.2)
    assert sure.by == pytest.approx(-0.2, rel=0.01)
    chance = expected(-0.5, 0.4, -0.4, 0.45)
    assert abs(chance.by) < 0.01


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=12))
def test_what_is_expected_lies_between_nothing_and_the_mean(values):
    for one in expected_of([[moved(value)] for value in values]):
        assert one.n == len(values)
        assert math.isclose(one.seen, sum(values) / len(values), abs_tol=1e-9)
        assert min(0.0, one.seen) <= one.by <= max(0.0, one.seen)


def test_of_lifts_no_move_is_expected_for_popularity_moves_with_them():
    found = expected_of([[moved(-0.2, check="segment_lift_ndcg")]] * 9)
    assert {one.by for one in found} == {0.0}


def test_a_segment_that_no_other_shop_has_is_expected_to_move_as_the_others_did():
    found = expected_of([[moved(-0.2, case="a"), moved(-0.4, case="b")]] * 3)
    by_case = {(one.check, one.case): one for one in found}

    def shift(check, case):
        return shifted(held(check, case), by_case).shift

    assert shift("recall", "a") == pytest.approx(-0.2)
    assert shift("recall", "vip") == pytest.approx(-0.3)
    assert shift("long_tail_share", "") == 0.0


def test_what_moved_is_told_no_surer_than_shops_differ():
    found = {("recall", ""): expected_of([[moved(by, case="")] for by in (-0.1, -0.2, -0.3)])[0]}
    near, far, unknown = (shifted(held("recall", spread=spread), found) for spread in (0.01, 0.5, None))
    assert (near.spread, far.spread, unknown.spread) == (pytest.approx(0.1), 0.5, None)
    late = shifted(held("recall", value=0.5, threshold=0.6, margin=0.1, spread=0.01), found)
    assert late.expected < 0 < late.margin
    assert late.holds


@pytest.fixture
def plan(tmp_path):
    shop(users=20).settle(tmp_path)
    return plan_for("acme", root=tmp_path)


def told(folder, name="other", **more):
    """A complete study of another customer below a reports folder."""
    place = folder / name / "tune_20261128T221500Z"
    place.mkdir(parents=True)
    facts = {"customer": name, "data_sha256": name, "verdict": verdict(moved=(moved(-0.2),))}
    write_study(place, study(**facts | more))
    return place


def test_studies_are_named_one_by_one_or_by_the_folder_above_and_each_counts_once(plan, tmp_path):
    reports = tmp_path / "theirs"
    one, two = told(reports, "one"), told(reports, "two", verdict=verdict("keep", moved=(moved(-0.2),)))
    told(reports, "three")
    found = teachers([reports, one, reports / "two"], plan)
    assert [folder.parent.name for folder, _ in found][-1] == two.parent.name, (
        "those that ended in a change come first"
    )
    learned = learn(found, SPACE, 60)
    assert len(found) == len(learned.studies) == 3
    assert {one.case for one in learned.expected} == {"new_users", ""}
    assert teachers([], plan) == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"customer": "acme"}, "is of the same customer or data"),
        ({"verdict": None}, "sent nothing to its verdict slice"),
        ({"winner": None}, "sent nothing to its verdict slice"),
        ({"verdict": verdict()}, "is of an earlier version"),
    ],
)
def test_a_study_that_nothing_can_be_learned_from_is_refused_with_the_reason(plan, tmp_path, more, words):
    place = told(tmp_path / "theirs", **more)
    for named in (place, tmp_path / "theirs"):
        with pytest.raises(InputError, match=words):
            teachers([named], plan)


def test_the_same_data_under_another_name_are_refused(plan, tmp_path):
    place = told(tmp_path / "theirs", data_sha256=plan.fixture.sha256)
    with pytest.raises(InputError, match="same customer or data"):
        teachers([place], plan)


def test_a_folder_without_studies_and_one_that_is_not_there_are_refused(plan, tmp_path):
    with pytest.raises(InputError, match=r"--learn-from .*no study to learn from; must be"):
        teachers([tmp_path], plan)
    (tmp_path / "reports").mkdir()
    with pytest.raises(InputError, match=r"--learn-from .*is no folder; must be .*did you mean `reports`"):
        teachers([tmp_path / "report"], plan)


def theirs(values, **more):
    """Another customer's study whose winner has these values."""
    facts = {"verdict": verdict(moved=(moved(-0.2),))} | more
    return Path("theirs"), study(trials=(trial(3, values=values),), winner=3, **facts)


def laid(*sets, trials=60):
    return learn([theirs(values) for values in sets], SPACE, trials).sets


def test_values_from_elsewhere_are_laid_into_the_space():
    (found,) = laid({"PROFILE_BOOST": "7", "MMR_LAMBDA": "0.5", "RULE_EXCLUDE_EVENTS": "maybe", "OTHER": "1"})
    assert found == {
        "PROFILE_BOOST": "2",
        "MMR_LAMBDA": "0.5",
        "BRAND_CAP": "2",
        "RULE_EXCLUDE_EVENTS": "true",
    }


def test_only_a_set_that_is_laid_in_as_it_was_stands_beside_its_own_figures():
    whole = {"PROFILE_BOOST": "0.5", "MMR_LAMBDA": "0.50", "BRAND_CAP": "2", "RULE_EXCLUDE_EVENTS": "true"}
    fewer = {knob: value for knob, value in whole.items() if knob != "BRAND_CAP"} | {"MMR_LAMBDA": "0.4"}
    sets = (whole, whole | {"PROFILE_BOOST": "7"}, whole | {"MMR_LAMBDA": "0.3", "OTHER": "1"}, fewer)
    found = learn([theirs(values) for values in sets], SPACE, 60)
    assert list(map(len, found.there)) == [1, 0, 0, 0]


def test_what_is_equal_here_is_tried_once_the_start_never_and_no_more_than_a_sixth_of_the_trials():
    start = {one.knob: one.start for one in SPACE}
    assert laid(start) == ()
    assert len(laid({"MMR_LAMBDA": "0.5"}, {"MMR_LAMBDA": "0.50", "OTHER": "1"})) == 1
    many = [{"MMR_LAMBDA": str(number / 100)} for number in range(20, 60)]
    assert len(laid(*many, trials=60)) == 10
    assert len(laid(*many, trials=3)) == 1


SETS = ({"PROFILE_BOOST": "1.1", "MMR_LAMBDA": "0.6", "BRAND_CAP": "2", "RULE_EXCLUDE_EVENTS": "true"},)


@pytest.mark.parametrize("sampler", ["gp", "tpe"])
def test_sets_from_elsewhere_are_tried_first_and_the_samplers_own_first_ones_come_after_them(sampler):
    bench = MadeBench()
    alone = go_on(made_bench_study(bench, sampler=sampler), bench, lambda _: None)
    learned = Learned(studies=("x",), sets=SETS)
    wanted = replace(made_bench_study(bench, sampler=sampler, wanted=17), learned=learned)
    found = go_on(wanted, bench, lambda _: None)
    assert found.trials[0].values == SETS[0]
    if sampler == "gp":
        spread = [one.values for one in alone.trials[:12]]
        assert [one.values for one in found.trials[1:13]] == spread


def test_a_set_from_elsewhere_may_be_looked_at_for_long():
    assert has_room([], 12, learned=2)
    assert has_room([trial(0)], 12, learned=2)
    assert not has_room([trial(0), trial(1)], 12, learned=2)


def test_a_finalist_is_not_held_to_what_is_expected_to_hold_in_a_run():
    late = held("S7", "new_users", 0.15, threshold=0.2, margin=0.05, shift=-0.1)
    short = held("segment_lift_ndcg", "vip", 0.05, threshold=0.1, margin=0.05, shift=-0.01)
    one = trial(3, measured=replace(measured(), held=(late, short)))
    two = trial(4)
    failing = {"who": "3", "where": "tuning", "ready": False}
    both = suite(**failing | {"failing": ("S7", "segment_lift_ndcg [vip]")})
    hopeful = suite(**failing | {"failing": ("S7",)})
    found = study(trials=(one, two))
    assert against(found, both) == ("segment_lift_ndcg [vip]",)
    assert against(found, hopeful) == ()
    assert against(found, suite("4", "tuning", ready=False, failing=("S7",))) == ("S7",), (
        "nothing was learned of it"
    )
    worse = replace(short, margin=-0.05, shift=0.01)
    disagree = replace(found, trials=(trial(3, measured=replace(measured(), held=(worse,))), two))
    only = suite(**failing | {"failing": ("segment_lift_ndcg [vip]",)})
    assert against(disagree, only) == ("segment_lift_ndcg [vip]",), "nobody expects a run to do better in it"
    cut_short = suite("3", "tuning", ready=False, failing=(), verdict="Incomplete.")
    assert against(found, cut_short) == ("Incomplete.",)
    assert chosen(replace(found, finalists=(both, hopeful))) == hopeful


def test_the_page_says_what_was_learned_from_whom_and_how_it_turned_out():
    expected = Expected(check="S7", case="new_users", seen=-0.11, error=0.01, spread=0.03, n=9, by=-0.109)
    together = replace(expected, case="")
    learned = Learned(studies=("reports/other/tune_1",), sets=SETS * 2, expected=(together, expected))
    page = study_page(study(learned=learned, verdict=verdict(moved=(moved(-0.2),))))
    assert "2 sets of values that came furthest there were tried first, as trials 0 to 1" in page
    assert page.count("better by 0.109") == 1, "what the only segment says is not said twice"
    assert "| better by 0.11 | 0.01 | 9 | not measured | not measured | 100% | better by 0.109 |" in page
    assert "was measured twice" not in page, "what was tried first is not measured yet"
    assert "## What has to hold, on both slices" in page
    calibrated = replace(expected, by=-0.09, stays=0.75, there=0.25, here=0.21)
    page = study_page(study(learned=replace(learned, expected=(calibrated,)), verdict=verdict()))
    assert "| better by 0.11 | 0.01 | 9 | 0.25 | 0.21 | 75% | better by 0.09 |" in page
    assert "was measured twice" in page
    lift = replace(expected, check="segment_lift_ndcg", seen=0.1, by=0.0)
    assert "| the same |" in study_page(study(learned=replace(learned, expected=(lift,))))
    many = replace(learned, studies=tuple(f"reports/{place}/tune_1" for place in range(9)))
    named = "9 studies (reports/0/tune_1, reports/1/tune_1, reports/2/tune_1 and 6 more; all of them are in `study.json`)"
    assert f"Learned from {named}: 2 sets" in study_page(study(learned=many))
    share = replace(calibrated, check="long_tail_share", case="")
    assert "| long_tail_share | everybody |" in study_page(study(learned=replace(learned, expected=(share,))))
    assert "9" in note_of(replace(learned, studies=("x",) * 9))
    assert "fewer than 3 studies" in note_of(replace(learned, expected=()))
