"""What changed since the previous run: everything that differs then and now, and nothing that does not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_rows import figure, lift, quality, result, tables

from pytest_recsim.record.previous import Change, Previous, chance
from pytest_recsim.report.changes import changes_section

TITLE = "## What changed since the previous run"


def since(changes=(), outcomes=None, numbers=None, **more):
    facts = {"bundle": "20261121T100000Z", "verdict": "Ready to go live: all 2 checks."} | more
    previous = Previous(**facts, changes=changes, outcomes=outcomes or {}, quality=numbers or {})
    return {"previous": msgspec.to_builtins(previous)}


def test_a_record_that_knows_nothing_of_a_run_before_has_no_section():
    assert list(changes_section({}, [result("S1")], quality())) == []


def test_a_first_run_is_said_to_be_one():
    said = "This is the first finished run of this customer in this reports folder."
    assert list(changes_section({"previous": None}, [], None)) == [TITLE, "", said, ""]


def test_the_run_before_is_linked_with_its_verdict():
    facts = since(bundle="2026 1", verdict="Do not go live: <b>")
    lines = list(changes_section(facts, [], None))
    assert lines[:4] == [
        TITLE,
        "",
        "Compared with [2026 1](../2026%201/README.md): Do not go live: &lt;b>",
        "",
    ]


def test_nothing_changed_is_a_sentence():
    lines = list(changes_section(since(), [], None))
    assert lines[4:] == ["No knob, threshold, data set, option or service version has changed.", ""]


def test_what_was_set_or_is_no_longer_set_is_told_as_such():
    changes = (Change("MMR_LAMBDA", "0.35", "0.9"), Change("BRAND_CAP", "2", ""), Change("window", "", "30"))
    lines = list(changes_section(since(changes), [], None))
    assert tables(lines) == [
        (
            ["changed", "then", "now"],
            [["MMR_LAMBDA", "0.35", "0.9"], ["BRAND_CAP", "2", "not set"], ["window", "not set", "30"]],
        )
    ]
    assert not any("has changed" in line for line in lines)


def test_checks_that_end_otherwise_than_then_stand_in_order_and_no_others():
    then = {"S8": "passed", "lift [vip]": "not_measured", "S1": "failed", "gone": "failed"}
    now = [
        result("lift", case="vip"),
        result("S8", "not_measured"),
        result("S1", "failed"),
        result("new", "failed"),
    ]
    assert tables(changes_section(since(outcomes=then), now, None)) == [
        (
            ["check", "then", "now"],
            [["S8", "passed", "not measured"], ["lift [vip]", "not measured", "passed"]],
        )
    ]


def test_numbers_that_there_are_then_and_now_are_compared():
    then = {"gini@20": 0.5, "novelty@20": None, "coverage": 1.0, "gone@20": 1.0}
    now = [
        figure("gini@20", 0.25),
        figure("novelty@20", 6.0),
        figure("coverage", None),
        figure("new@20", 1.0),
    ]
    assert tables(changes_section(since(numbers=then), [], quality(figures=now))) == [
        (
            ["number", "then", "now", "difference"],
            [
                ["gini@20", "0.5", "0.25", "-0.250"],
                ["novelty@20", "not measured", "6", ""],
                ["coverage", "1", "not measured", ""],
            ],
        )
    ]


def test_a_difference_without_a_number_on_either_side_is_blank():
    then, now = {"novelty@20": None}, [figure("novelty@20", None)]
    assert "| novelty@20 | not measured | not measured |  |" in list(
        changes_section(since(numbers=then), [], quality(figures=now))
    )


def test_a_figure_that_moved_by_little_is_not_laid_to_unequal_answers():
    then, now = {"gini@20": 0.5}, [figure("gini@20", 0.5625)]
    ((_, ((*_, said),)),) = tables(changes_section(since(numbers=then), [], quality(figures=now)))
    assert said == "+0.062"


def difference(then, now):
    facts = since(numbers={"lift of NDCG@10, vip": then})
    ((_, ((*_, said),)),) = tables(changes_section(facts, [], quality(now)))
    return said


@pytest.mark.parametrize(
    ("then", "more", "said"),
    [
        (1.0, {"noise_sd": 0.01}, "+0.200; unequal answers alone make up to 0.277"),
        (1.4, {"noise_sd": 0.01}, "-0.200; unequal answers alone make up to 0.277"),
        (0.5, {"noise_sd": 0.01}, "+0.700"),
        (1.0, {"noise_sd": 0.0}, "+0.200"),
        (1.0, {}, "+0.200"),
        (1.2, {"noise_sd": 0.01}, "+0.000"),
    ],
)
def test_a_difference_says_whether_unequal_answers_alone_explain_it(then, more, said):
    """1.96 x sqrt(2) x 0.01 / 0.1 = 0.277."""
    assert difference(then, lift(lift=1.2, **more)) == said


def test_a_difference_as_large_as_unequal_answers_make_is_still_explained_by_them():
    noisy = lift(noise_sd=0.01)
    (most,) = chance(quality(noisy)).values()
    assert "unequal answers alone" in difference(0.0, msgspec.structs.replace(noisy, lift=most))


@settings(max_examples=40)
@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_whatever_a_knob_or_a_value_is_called_the_tables_keep_their_columns(text, name):
    facts = since((Change(name, text, text),), {name: "passed"}, {name: 1.0}, bundle=text, verdict=text)
    lines = list(changes_section(facts, [result(name, "failed")], quality(figures=[figure(name, 2.0)])))
    widths = [{len(row) for row in [head, *rows]} for head, rows in tables(lines)]
    assert widths == [{3}, {3}, {4}]
    assert sum(line.count("](") for line in lines) == 1
    assert not any("<" in line for line in lines)


def test_the_lift_over_everybody_is_among_the_numbers():
    now = quality(overall=(lift("", "ndcg", lift=0.5),))
    rows = tables(changes_section(since(numbers={"lift of NDCG@10, all users together": 0.25}), [], now))
    assert rows == [
        (
            ["number", "then", "now", "difference"],
            [["lift of NDCG@10, all users together", "0.25", "0.5", "+0.250"]],
        )
    ]
