"""What keeps many checks at once from being measured is told once."""

from __future__ import annotations

import pytest

from pytest_recsim.record.causes import CAUSES, MANY, causes_of
from pytest_recsim.record.model import BLOCKING, STEPS, CheckResult, verdict_of
from pytest_recsim.record.reason import Reason, more_users


def check(label, reason, cause="", next_step="", outcome="not_measured"):
    return CheckResult(
        simulation="a", check=label, outcome=outcome, sentence=reason, cause=cause, next_step=next_step
    )


def unmeasured(*causes, **more):
    return [check(f"c{n}", f"not measured: reason {n}", cause, **more) for n, cause in enumerate(causes)]


def test_a_cause_of_several_checks_is_one_headline_that_counts_them():
    (root,) = causes_of(unmeasured(*["no_holdout"] * MANY, "tags"))
    assert (
        root.headline == f"One cause for 3 of the 4 checks that were not measured: {CAUSES['no_holdout'][0]}"
    )
    assert root.checks == ("c0", "c1", "c2")
    assert root.next_step == CAUSES["no_holdout"][1]


def test_a_cause_of_everything_says_so():
    (root,) = causes_of(unmeasured(*["one_instant"] * 5))
    assert root.headline.startswith(
        "One cause for all 5 checks that were not measured: all events have the same time"
    )


def test_a_cause_of_few_checks_is_no_headline():
    assert causes_of(unmeasured("tags", "tags", "brands", "margins")) == ()


def test_what_all_checks_advise_alike_is_the_headlines_advice_and_else_the_general_one():
    (alike,) = causes_of(unmeasured(*["not_in_effect"] * 3, next_step="run with --recsim-apply admin"))
    assert alike.next_step == "run with --recsim-apply admin"
    mixed = [
        *unmeasured(*["too_few_users"] * 3, next_step="merge a"),
        *unmeasured("too_few_users", next_step="b"),
    ]
    assert causes_of(mixed)[0].next_step == CAUSES["too_few_users"][1]


def test_checks_without_a_named_cause_are_one_where_they_say_the_same():
    same = [check(f"c{n}", "there is no moon") for n in range(3)]
    (root,) = causes_of([*same, check("c9", "it rains")])
    assert (root.cause, root.words, len(root.checks)) == ("", "there is no moon", 3)


def test_the_greatest_cause_comes_first():
    found = causes_of(unmeasured(*["tags"] * 3, *["no_rules"] * 4))
    assert [root.cause for root in found] == ["no_rules", "tags"]


def test_a_verdict_names_causes_and_what_to_do_about_every_check_that_blocks():
    rows = [
        CheckResult(simulation="a", check=f"S{n}", outcome="not_measured", sentence="s", cause="no_rules")
        for n in range(1, 4)
    ]
    rows += [
        CheckResult(simulation="a", check="gini", outcome="failed", next_step="look at A"),
        CheckResult(simulation="a", check="mrr", outcome="passed", next_step="nothing"),
    ]
    verdict = verdict_of(rows, planned=5, left_out=(), finished=True, caveats=())
    assert [root.checks for root in verdict.causes] == [("S1", "S2", "S3")]
    assert verdict.next_steps == {"gini": "look at A"} | dict.fromkeys(
        ("S1", "S2", "S3"), STEPS["not_measured"]
    )


@pytest.mark.parametrize("outcome", sorted(BLOCKING))
def test_whatever_blocks_says_what_to_do(outcome):
    assert CheckResult(simulation="a", check="c", outcome=outcome).step


def test_a_reason_is_its_text_and_keeps_its_values_when_it_is_taken_over():
    first = Reason("no list", "nobody", "add events")
    assert (first, bool(first), bool(Reason())) == ("no list", True, False)
    again = Reason(first, next_step="ask Ann")
    assert (again, again.cause, again.next_step) == ("no list", "nobody", "ask Ann")
    assert type(str(again)) is str


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (-3, "1 more user"),
        (1, "1 more user"),
        (99, "99 more users"),
        (323, "330 more users"),
        (1200, "1,200 more users"),
        (13939, "14,000 more users"),
    ],
)
def test_missing_users_are_counted_in_words(count, words):
    assert more_users(count) == words


def test_checks_that_could_not_run_for_one_cause_are_a_headline_of_their_own():
    failed = [
        check(f"S{n}", "could not be prepared: no service", "unprepared", "ask", "error") for n in range(3)
    ]
    (root,) = causes_of([*failed, check("S9", "not measured: tags", "tags")])
    assert root.headline == "One cause for all 3 checks that could not run: could not be prepared: no service"
    assert causes_of([check(f"S{n}", "TypeError", outcome="error") for n in range(3)]) == ()
