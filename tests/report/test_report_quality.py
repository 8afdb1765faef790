"""The quality section: every number with what it was measured on, and why where it could not be."""

from __future__ import annotations

import pytest
from report_rows import figure, lift, quality, tables

from pytest_recsim.record.quality import Exposure, Money, Noise, OwnFigure, SegmentCount
from pytest_recsim.report.quality import overall_lines, quality_section


def lifts_of(*rows):
    """The table of lifts as column -> text, a dict per line."""
    head, lines = tables(quality_section(quality(*rows)))[0]
    return [dict(zip(head, line, strict=True)) for line in lines]


def table_of(found, *head):
    """The lines of the table with this head, None when the section has none."""
    return {tuple(one): lines for one, lines in tables(quality_section(found))}.get(head)


def test_a_run_that_did_not_get_to_its_lists_has_no_section():
    assert list(quality_section(None)) == []


@pytest.mark.parametrize("judged", ["unseen", "all"])
def test_the_section_says_over_whom_and_which_relevance_is_judged(judged):
    lines = list(quality_section(quality(judged_relevance=judged)))
    assert lines[:2] == ["## Quality", ""]
    assert lines[2].startswith("Lists of 1,234 users with holdout against the popularity baseline.")
    assert f"Relevance `{judged}` is the judged one" in lines[2]
    assert lines[3] == ""


def test_a_lift_stands_beside_its_means_and_its_interval():
    assert lifts_of(lift(metric="mrr", relevance="all")) == [
        {
            "segment": "vip",
            "metric": "MRR@10",
            "relevance": "all",
            "users": "40",
            "lists": "0.2",
            "baseline": "0.1",
            "recent items first": "0.15",
            "lift": "+1.000",
            "95 % interval": "0.50 to 1.50",
        }
    ]


@pytest.mark.parametrize(
    ("more", "said", "interval"),
    [
        ({"lift": -0.25, "low": -0.5, "high": 0.0}, "-0.250", "-0.50 to 0.00"),
        ({"low": 0.0, "high": None}, "+1.000", "0.00 to no upper bound"),
        ({"low": None, "high": None}, "+1.000", ""),
        ({"lift": None, "low": None, "reason": "3 users"}, "not measured: 3 users", ""),
        ({"lift": None, "low": None}, "not measured:", ""),
        ({"reason": "other knobs"}, "not measured: other knobs (as it is: +1.000)", "0.50 to 1.50"),
    ],
)
def test_a_lift_without_a_bound_or_that_says_nothing_is_told_with_the_reason(more, said, interval):
    (row,) = lifts_of(lift(**more))
    assert (row["lift"], row["95 % interval"]) == (said, interval)


def test_a_mean_that_nobody_could_measure_is_said_to_be_so():
    (row,) = lifts_of(lift(mean=None, baseline_mean=None, recent_mean=None))
    assert {row[name] for name in ("lists", "baseline", "recent items first")} == {"not measured"}


def test_a_figure_stands_with_its_n_and_its_definition_or_with_the_reason_for_none():
    found = quality(
        figures=[
            figure("gini@20", 0.12345),
            figure("coverage", None, reason="too few"),
            figure("novelty@20", None, reason="other knobs", raw=0.25004),
        ]
    )
    assert table_of(found, "figure", "value", "n", "definition") == [
        ["gini@20", "0.123", "1,200", "d"],
        ["coverage", "not measured: too few", "1,200", "d"],
        ["novelty@20", "not measured: other knobs (as it is: 0.25)", "1,200", "d"],
    ]


def test_figures_of_segments_have_a_line_each_and_no_table_where_there_are_none():
    head = ("segment", "figure", "value", "users")
    own = {"vip": {"a": figure("a", 0.5), "b": figure("b", None, reason="r")}, "new": {"a": figure("a", 1.0)}}
    assert table_of(quality(segment_figures=own), *head) == [
        ["vip", "a", "0.5", "1,200"],
        ["vip", "b", "not measured: r", "1,200"],
        ["new", "a", "1", "1,200"],
    ]
    assert table_of(quality(), *head) is None


def test_custom_metrics_stand_under_their_own_heading_with_their_segments_below():
    own = {
        "fit": OwnFigure(figure=figure("fit", 0.5), segments={"vip": figure("fit", None, n=3, reason="r")})
    }
    found = quality(own=own)
    assert table_of(found, "metric", "segment", "value", "n", "definition") == [
        ["fit", "", "0.5", "1,200", "d"],
        ["fit", "vip", "not measured: r", "3", ""],
    ]
    lines = list(quality_section(found))
    at = lines.index("### Custom metrics")
    assert lines[at + 1] == ""
    assert lines[at + 2].startswith("| metric ")
    assert "### Custom metrics" not in list(quality_section(quality()))


def test_every_segment_says_how_many_of_its_users_count():
    head = ("segment", "users", "with history", "evaluated", "evaluated with history")
    counted = {"vip": SegmentCount(50, 41, 40, 39), "new": SegmentCount(9, 0, 5, 0)}
    assert table_of(quality(segments=counted), *head) == [
        ["vip", "50", "41", "40", "39"],
        ["new", "9", "0", "5", "0"],
    ]


ALIKE = (
    "equal questions", "users asked", "answers each", "users with different lists",
    "items in common", "order in common", "largest move of a score",
)  # fmt: skip
ADDED = ("segment", "metric", "standard deviation of the mean", "share of its sampling variance")
SETTLED = Noise(users=6, times=3, overlap=0.9004, agreement=0.8502, score_drift=1.26e-7, differing=2)


def test_what_equal_questions_give_is_told_per_class_of_users_as_far_as_somebody_asked():
    unknown = Noise(reason="there are no sparse users")
    noise = {"sparse": unknown, "established": SETTLED}
    assert table_of(quality(noise=noise), *ALIKE) == [
        ["established users", "6", "3", "2", "0.9", "0.85", "1e-07"],
        ["sparse and new users", "not measured: there are no sparse users", "", "", "", "", ""],
    ]
    one = table_of(quality(noise={"sparse": unknown}), *ALIKE)
    assert [line[0] for line in one] == ["sparse and new users"]
    assert table_of(quality(), *ALIKE) is None


def test_what_unequal_answers_add_is_told_for_judged_lifts_that_they_move():
    rows = [
        lift("vip", noise_sd=0.0123, noise_share=0.184),
        lift("new", metric="mrr", noise_sd=0.5),
        lift("still", noise_sd=0.0, noise_share=0.0),
        lift("unknown"),
        lift("beside", relevance="all", noise_sd=0.5),
    ]
    found = quality(*rows, noise={"established": SETTLED})
    assert table_of(found, *ADDED) == [["vip", "NDCG@10", "0.012", "18%"], ["new", "MRR@10", "0.5", ""]]
    lines = list(quality_section(found))
    (at,) = (place for place, line in enumerate(lines) if line.startswith("What unequal answers add"))
    assert (lines[at - 1], lines[at + 1]) == ("", "")
    assert table_of(quality(*rows[2:], noise={"established": SETTLED}), *ADDED) is None
    assert table_of(quality(*rows), *ADDED) is None


def test_lengths_and_exposure_are_tables_and_absent_where_nobody_counted_them():
    made = Exposure(items=(2, 1), shown=(5, 3), baseline=(4, 0), elsewhere=2)
    found = quality(lengths=(0, 1, 1999), exposure=made)
    head = ("tenth of the items by popularity", "items", "share of all slots", "of the baseline's")
    assert "Items in a list: 1 (1 lists), 2 (1,999 lists)." in list(quality_section(found))
    assert table_of(found, *head) == [["1", "2", "50.0%", "100.0%"], ["2", "1", "30.0%", "0.0%"]]
    assert table_of(quality(), *head) is None
    assert "Items in a list" not in "\n".join(quality_section(quality()))


def test_the_lift_over_everybody_is_said_in_words_that_need_no_explanation():
    rows = (
        lift("", "ndcg", lift=0.42, low=-0.031, high=None, borderline=True, outcome="not_judged"),
        lift("", "mrr", lift=None, low=None, reason="3 <b>users</b>"),
        lift("", "mrr", "all"),
    )
    said = "\n".join(overall_lines(quality(overall=rows)))
    assert said == (
        "Over all users together: lists 42 % better than the best sellers by NDCG@10 (95 % interval 3 % worse to no upper "
        "bound, 40 users, borderline); the lift of MRR@10 is not measured (3 &lt;b>users&lt;/b>). Reported, not judged: the "
        "guardrails judge every segment.\n"
    )
    assert list(overall_lines(quality(lift()))) == list(overall_lines(None)) == []


def test_the_lift_over_everybody_is_the_first_of_the_lifts():
    found = quality(lift("vip"), overall=(lift(""),))
    head, lines = tables(quality_section(found))[0]
    assert (head[0], lines[0][0], lines[1][0]) == ("segment", "all users together", "vip")


def worth(name="price of hits@10", **more):
    facts = {"total": 1234.5, "mean": 0.125, "baseline_total": None, "baseline_mean": None}
    return Money(name=name, n=9876, known=0.5, definition="d", **facts | more)


def test_what_hits_are_worth_stands_beside_the_baseline_or_with_its_reason():
    found = quality(money=(worth(), worth("margin of hits@10", total=None, mean=None, reason="no <b>")))
    head = (
        "figure",
        "lists",
        "sum",
        "per list",
        "baseline's sum",
        "per list",
        "items that count",
        "definition",
    )
    assert table_of(found, *head) == [
        ["price of hits@10", "9,876", "1,234.50", "0.12", "", "", "50%", "d"],
        ["margin of hits@10", "9,876", "not measured: no &lt;b>", "", "", "", "50%", "d"],
    ]
    assert table_of(quality(), *head) is None
