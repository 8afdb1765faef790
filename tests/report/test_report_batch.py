"""The page of a batch: what it amounts to, worst first, and every check of every customer at one look."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_recsim.record import masking
from pytest_recsim.record.batch import BatchRecord, Row, RowStatus
from pytest_recsim.record.model import Outcome
from pytest_recsim.report.batch import batch_page, headline, render_batch


def row(name="acme", status="may_go", **more):
    return Row(id=name, status=status, **{"customer": name} | more)


def with_rows(*rows, **more):
    facts = {
        "name": "pilot",
        "status": "finished",
        "manifest": "b.yaml",
        "manifest_sha256": "s",
        "run_id": "r1",
        "started_at": "2026-11-22T22:15:00Z",
        "seconds": 12.34,
    }
    return BatchRecord(**facts | more, rows=rows)


def page(*rows, **more):
    return list(batch_page(with_rows(*rows, **more)))


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def summary_of(one):
    """The customer's line in the first table, by column."""
    lines = page(one)
    at = lines.index("| customer | verdict | failed or not measured | profile | service | seconds |")
    return dict(zip(cells(lines[at]), cells(lines[at + 2]), strict=True))


def test_passes_that_may_be_chance_stand_beside_the_verdict():
    assert summary_of(row(borderline=4))["verdict"] == "ready, 4 borderline"
    assert summary_of(row())["verdict"] == "ready"
    assert summary_of(row(status="must_not_go", borderline=4))["verdict"] == "**do not go**"


def matrix_of(*rows):
    """Customer -> check -> mark, in the order of the page."""
    lines = page(*rows)
    if "## Customers x checks" not in lines:
        return {}
    head, _, *found = (
        cells(line) for line in lines[lines.index("## Customers x checks") :] if line[:1] == "|"
    )
    return {line[0]: dict(zip(head[1:], line[1:], strict=True)) for line in found}


def test_the_first_line_names_the_batch_and_what_it_amounts_to_the_next_where_it_comes_from():
    lines = page(row())
    assert lines[0] == "# pilot: 1 of 1 customers are ready to go live"
    assert lines[2] == "Manifest b.yaml, run r1, started 2026-11-22T22:15:00Z, 12.3 s."
    assert "Manifest b.yaml, slice 2/3, run r1," in page(row(), shard="2/3")[2]
    assert (lines[1], lines[3]) == ("", "")


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (["may_go", "must_not_go", "may_go"], "2 of 3 customers are ready to go live"),
        (["may_go", "left_out", "elsewhere"], "1 of 1 customers are ready to go live"),
        (["not_run", "incomplete"], "0 of 2 customers are ready to go live"),
        (
            ["may_go", "partial", "seeded", "must_not_go"],
            "1 of 4 customers are ready to go live, 2 ran in part or were only seeded",
        ),
    ],
)
def test_only_those_that_may_go_are_counted_as_ready_of_those_that_this_batch_takes(statuses, said):
    assert headline(with_rows(*(row(f"c{place}", one) for place, one in enumerate(statuses)))) == said


def test_a_batch_that_has_not_finished_promises_nothing():
    cut = with_rows(row("a"), row("b", "not_run"), row("c", "left_out"), status="started")
    assert headline(cut) == "incomplete: this batch has not finished, or was killed (1 of 2 ready so far)"


STATUSES = {
    "may_go": "ready",
    "must_not_go": "**do not go**",
    "incomplete": "**incomplete**",
    "partial": "partial",
    "seeded": "seeded only",
    "not_run": "**did not run**",
    "left_out": "left out by the manifest",
    "elsewhere": "in another slice",
}
SAID = {
    "passed": "· passed",
    "failed": "**F** failed",
    "flaky": "**~** flaky",
    "not_measured": "**?** not measured",
    "error": "**E** error",
    "missing": "**-** never reported",
    "warned": "w warned",
    "waived": "v waived",
    "skipped": "s left out",
}


@pytest.mark.parametrize("status", get_args(RowStatus))
def test_every_status_is_told_in_words_and_bold_where_somebody_has_to_act(status):
    assert summary_of(row(status=status))["verdict"] == STATUSES[status]


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_every_outcome_has_a_mark_of_its_own_that_the_legend_above_the_table_explains(outcome):
    lines = page(row(checks={"gini": outcome}))
    at = lines.index("## Customers x checks")
    assert [line == "" for line in lines[at : at + 5]] == [False, True, False, True, False]
    assert SAID[outcome] in lines[at + 2].split(". ")[0].split(", ")
    ((customer, mark),) = [cells(line) for line in lines[at + 6 :] if line]
    assert (customer, mark) == ("acme", SAID[outcome].partition(" ")[0])
    assert cells(lines[at + 4]) == ["customer", "gini"]


def test_the_legend_says_what_a_blank_and_a_lift_are():
    legend = next(line for line in page(row(checks={"gini": "passed"})) if "blank" in line)
    assert legend.endswith(", blank: not planned. A lift shows the worst of its segments.")


def test_a_customer_is_a_link_to_its_report_as_far_as_there_is_one():
    assert summary_of(row(bundle="acme/2026"))["customer"] == "[acme](../acme/2026/README.md)"
    assert summary_of(row("acme-eu", customer="acme"))["customer"] == "acme-eu (acme)"
    assert summary_of(row("a|<b", customer="<c>"))["customer"] == "a\\|&lt;b (&lt;c>)"
    assert "## Customers" not in "".join(page(row(status="not_run")))


def test_profile_service_and_seconds_stand_beside_the_verdict_as_far_as_it_ran():
    ran = summary_of(row(profile="prod", service="http://x", seconds=3.25, checks={"gini": "passed"}))
    assert (ran["profile"], ran["service"], ran["seconds"]) == ("prod", "http://x", "3.2")
    assert summary_of(row(status="not_run"))["seconds"] == ""


def test_nothing_against_a_customer_is_a_zero_only_where_checks_have_run():
    assert summary_of(row(checks={"gini": "passed"}))["failed or not measured"] == "0"
    assert summary_of(row(status="not_run"))["failed or not measured"] == ""


def test_what_stands_against_a_customer_is_counted_by_outcome_each_check_named_once():
    checks = {
        "lift [new users]": "not_measured",
        "S7": "failed",
        "lift [regulars]": "not_measured",
        "lift [all]": "failed",
        "S1": "missing",
        "S2": "passed",
    }
    failing = tuple(label for label, outcome in checks.items() if outcome != "passed")
    assert (
        summary_of(row(status="must_not_go", checks=checks, failing=failing))["failed or not measured"]
        == "2 failed: S7, lift [all]; 2 not measured: lift [new users, regulars]; 1 never reported: S1"
    )


def test_a_check_that_is_said_to_fail_without_an_outcome_is_an_error():
    told = summary_of(row(status="must_not_go", failing=("S1",)))["failed or not measured"]
    assert told == "1 in error: S1"


def test_lifts_of_several_segments_share_a_column_that_shows_the_worst():
    checks = {"lift [a]": "passed", "lift [b]": "not_measured", "lift [c]": "waived"}
    assert matrix_of(row(checks=checks)) == {"acme": {"lift": "**?**"}}


def test_scenarios_stand_by_number_behind_the_checks_by_name():
    checks = dict.fromkeys(("S10", "S2", "novelty", "S", "gini", "Sx", "T1"), "passed")
    assert list(matrix_of(row(checks=checks))["acme"]) == ["S", "Sx", "T1", "gini", "novelty", "S2", "S10"]


def test_a_check_that_was_not_planned_for_a_customer_is_blank_and_one_without_checks_has_no_line():
    found = matrix_of(
        row("a", checks={"S1": "waived"}), row("b", checks={"S2": "failed"}), row("c", "not_run")
    )
    assert found == {"a": {"S1": "v", "S2": ""}, "b": {"S1": "", "S2": "**F**"}}
    assert matrix_of(row("c", "not_run")) == {}


@settings(max_examples=40)
@example("a](b")
@example("|")
@given(st.text(min_size=1, max_size=20))
def test_no_name_breaks_out_of_the_tables_or_becomes_markup(name):
    lines = page(row(name, bundle="x/1", checks={name: "failed"}, failing=(name,)), name=name, manifest=name)
    assert not any("<" in line or "\n" in line for line in lines)
    assert sum(line.count("](") for line in lines) == 1
    tables = [len(cells(line)) for line in lines if line.startswith("|")]
    assert tables == [6, 6, 6, 2, 2, 2]


def test_the_page_lies_beside_the_record_without_secrets_and_with_one_end_of_line(tmp_path):
    masking.learn(["hunter2hunter2"])
    render_batch(tmp_path / "pilot_1.json", with_rows(row(service="http://hunter2hunter2/")))
    text = (tmp_path / "pilot_1.md").read_text(encoding="utf-8")
    assert text.startswith("# pilot: ")
    assert "hunter2" not in text
    assert text.endswith("|\n")
    assert "\n\n| customer |" in text


def test_configurations_of_one_customer_stand_beside_each_other_with_their_figures():
    rows = [
        row(
            "b",
            customer="shop",
            profile="prod",
            overrides={"MMR_LAMBDA": "0.9"},
            figures={"lift": 0.25, "gini": None},
        ),
        row("a", customer="shop", profile="prod", figures={"lift": 0.5}),
        row("none"),
    ]
    page = "\n".join(batch_page(with_rows(*rows)))
    assert "| a | prod | 0.5 | not measured |\n| b | prod MMR_LAMBDA=0.9 | 0.25 | not measured |" in page
    assert "recsim compare reports/a reports/b" in page
    assert "| none |" not in page.split("## What each configuration gives")[1].split("##")[0]


def test_without_figures_there_is_no_table_of_them_and_one_configuration_is_compared_with_none():
    assert "What each configuration gives" not in "\n".join(batch_page(with_rows(row("a"))))
    assert "recsim compare" not in "\n".join(batch_page(with_rows(row("a", figures={"lift": 0.5}))))


def test_several_configurations_of_one_customer_are_no_customers():
    assert headline(with_rows(row("a", customer="shop"), row("b", customer="shop"))) == (
        "2 of 2 simulations are ready to go live"
    )
