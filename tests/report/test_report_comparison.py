"""The comparison in words: what is worse first, how many by chance, hostile text inert."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pytest_recsim.record.comparison import Comparison, Difference, ListsChanged, Moved, Side
from pytest_recsim.report.comparison import comparison_section, headline, knob_rows, row_of, run_words
from pytest_recsim.report.html.compare import comparison_page

SIDE = Side(
    run="20261128T100000Z",
    simulation="acme",
    started_at="",
    profile="prod",
    overrides={"MMR_LAMBDA": "0.9"},
    knobs={},
    service="the embedded stand-in",
    verdict="Ready.",
    users=40,
)


def one(outcome, segment="", **more):
    facts = {"before": 0.4, "now": 0.3, "difference": -0.1, "low": -0.15, "high": -0.05}
    return Difference(
        metric="ndcg",
        label="ndcg@10",
        segment=segment,
        better_when="higher",
        n=40,
        outcome=outcome,
        **(facts if outcome != "not compared" else {}) | more,
    )


def found(*differences, **more):
    facts = {
        "before": SIDE,
        "now": SIDE,
        "notes": (),
        "changes": {},
        "common": 40,
        "only_before": 0,
        "only_now": 0,
        "lists": ListsChanged(users=40, items=0.5, order=0.25, overlap=0.9),
    }
    return Comparison(differences=differences, **facts | more)


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ([one("same"), one("same", "vip")], "The same in all 2 numbers."),
        ([one("not compared", reason="r")], "Nothing can be compared."),
        (
            [one("same"), one("worse", "vip"), one("better", "new"), one("cannot tell", "old")],
            "Of 4 numbers 1 is worse, 1 is better, 1 is the same, 1 cannot be told apart; worse most of all ndcg@10 of vip.",
        ),
    ],
)
def test_the_headline_counts_and_names_the_worst(differences, words):
    assert headline(found(*differences)) == words


def test_what_is_worse_stands_first_and_the_rest_only_when_asked_for():
    comparison = found(one("same", "vip"), one("worse", "new"))
    brief, whole = ("\n".join(comparison_section(comparison, everything=all_)) for all_ in (False, True))
    assert "| new |" in brief
    assert "| vip |" not in brief
    assert whole.index("| new |") < whole.index("| vip |")
    assert "50% hold other items and 25% the same in another order" in brief


def test_a_row_has_interval_and_reason_as_far_as_there_are_any():
    assert row_of(one("worse"))[4:] == ("0.3", "-0.1000 (-25.0%)", "-0.1500 to -0.0500", "worse")
    assert row_of(one("cannot tell", low=None, high=None, reason="why"))[-2:] == ("", "cannot tell: why")
    assert row_of(one("not compared", reason="why"))[-1] == "not compared: why"


def test_many_comparisons_say_how_many_are_worse_by_chance():
    comparison = found(*[one("worse", f"s{n}") for n in range(80)])
    assert "about 2 would be called worse by chance alone" in "\n".join(comparison_section(comparison))


def test_hostile_text_is_inert_on_both_pages():
    evil = "<img src=x onerror=alert(1)>\x1b[2K\u202e|"
    comparison = found(
        one("worse", evil),
        notes=(evil,),
        changes={"X": (evil, None)},
        won=(Moved(item=evil, before=0, now=9),),
    )
    for page in (comparison_page(comparison), "\n".join(comparison_section(comparison))):
        assert "<img" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page


def test_the_page_explains_its_words_and_loads_nothing():
    page = comparison_page(found(one("worse")))
    assert "its 95 % interval leaves 0 out" in page.replace("\n", " ")
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_the_page_says_once_what_came_of_it_and_which_run_is_held_against_which():
    page = comparison_page(found(one("worse"), now=replace(SIDE, run="20261128T200000Z")))
    assert page.partition("<body>")[2].count("worse most of all") == 1
    assert "20261128T200000Z against 20261128T100000Z" in page


def test_an_accepted_run_is_named_with_its_day_and_an_empty_knob_is_called_empty():
    accepted = Side(
        **{name: getattr(SIDE, name) for name in SIDE.__struct_fields__}
        | {"run": "spring", "started_at": "2026-11-28T12:00:00Z"}
    )
    assert run_words(accepted) == "the run `spring` of 2026-11-28"
    assert run_words(SIDE) == "20261128T100000Z"
    assert knob_rows(found(changes={"X": ("", None)})) == [("X", "empty", "not set")]


def test_the_headline_begins_with_what_happened_to_everybody():
    everybody = one("worse", lift_before=0.5, lift_now=0.1)
    assert headline(found(everybody, one("better", "vip"))).startswith(
        "Over everybody ndcg@10 worse (-25%). Of 2 numbers"
    )
