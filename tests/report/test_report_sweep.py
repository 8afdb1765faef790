"""The table of variants: one line each, its verdict and figures, and what it does against the first."""

from __future__ import annotations

import pytest
from test_report_batch import cells, page, row, with_rows

from pytest_recsim.record.batch import write_batch
from pytest_recsim.record.comparison import Difference
from pytest_recsim.record.sweep import Sweep, SweptKnob, VariantResult
from pytest_recsim.report import sweep as words
from pytest_recsim.report.html import write_batch_page

FIGURES = {"lift of NDCG@10": 0.75, "lift of MRR@10": None, "catalogue_coverage@20": 0.9}


def difference(metric="ndcg", **more):
    facts = {
        "label": f"{metric}@10",
        "segment": "",
        "better_when": "higher",
        "n": 40,
        "outcome": "better",
        "difference": 0.0123,
        "low": 0.004,
        "high": 0.02,
    }
    return Difference(metric=metric, **facts | more)


def variant(text, **more):
    return VariantResult(id=f"acme@A={text}", knobs={"A": text}, **more)


def sweep(*variants, **more):
    return Sweep(simulation="acme", knobs=(SweptKnob(knob="A", values=tuple(one.knobs["A"] for one in variants)),), variants=variants, **more)  # fmt: skip


def lines(*variants, **more):
    """The table's lines by variant, by column."""
    rows = [row(one.id, customer="acme", figures=FIGURES) for one in variants]
    found = page(*rows, sweeps=(sweep(*variants, **more),), manifest="")
    at = found.index("## Variants") + 2
    head = cells(found[at])
    return {
        line[0]: dict(zip(head, line, strict=True))
        for line in map(cells, found[at + 2 : at + 2 + len(variants)])
    }


def test_a_variant_shows_verdict_and_figures_and_its_differences_to_the_first():
    worst = difference(segment="new", outcome="worse", difference=-0.03, low=-0.05, high=-0.01)
    found = lines(variant("0"), variant("1", changed=0.416, lists=40, differences=(difference(), worst)))
    assert found["A=0"]["lists changed"] == "the first"
    assert (found["A=0"]["NDCG lift"], found["A=0"]["MRR lift"]) == ("0.75", "not measured")
    one = found["A=1"]
    assert (one["verdict"], one["lists changed"]) == ("ready", "42%")
    assert one["NDCG@10 against the first"] == "+0.012 [0.004, 0.020] better"
    assert one["NDCG@10 of the worst segment"] == "new: -0.030 [-0.050, -0.010] worse"
    assert one["MRR@10 against the first"] == ""


@pytest.mark.parametrize(
    ("more", "column", "said"),
    [
        ({"changed": 0.0}, "lists changed", "0%: this changed nothing"),
        ({"changed": 0.001}, "lists changed", "below 1%"),
        ({"reason": "it has no numbers"}, "lists changed", "not compared"),
        (
            {
                "changed": 1.0,
                "differences": (difference(outcome="not compared", difference=None, low=None, high=None),),
            },
            "NDCG@10 against the first",
            "not compared",
        ),
        (
            {"changed": 1.0, "differences": (difference(outcome="cannot tell", low=None, high=None),)},
            "NDCG@10 against the first",
            "+0.012 cannot tell",
        ),
    ],
)
def test_what_cannot_be_said_of_a_variant_is_said_in_words(more, column, said):
    assert lines(variant("0"), variant("1", **more))["A=1"][column] == said


def test_a_sweep_says_what_it_was_made_of_and_which_knobs_changed_nothing():
    found = page(
        row("acme@A=0"), sweeps=(sweep(variant("0"), variant("1"), sentences=("A is dead.",)),), manifest=""
    )
    assert found[2].startswith("Sweep of A=0,1, run r1,")
    assert "A is dead." in found
    assert not any("Each difference is judged for itself" in line for line in found)


def test_a_variant_that_is_compared_with_nothing_says_why():
    found = page(sweeps=(sweep(variant("0"), variant("1", reason="it has no numbers")),))
    assert "A=1 is compared with nothing: it has no numbers." in found


@pytest.mark.parametrize(("slice_", "advice"), [("", words.SEEN), ("tuning", words.UNSEEN)])
def test_whoever_chooses_among_several_is_told_what_such_a_choice_is_worth(slice_, advice):
    found = page(sweeps=(sweep(variant("0"), variant("1"), variant("2"), slice=slice_),))
    assert found[2].startswith("Manifest b.yaml, sweep of A=0,1,2, run r1,")
    assert words.MANY in found
    assert advice in found


def test_of_several_sweeps_each_table_names_its_simulation():
    found = page(sweeps=(sweep(variant("0")), Sweep(simulation="beta", knobs=(), variants=())))
    assert {"## Variants of acme", "## Variants of beta"} <= set(found)


def test_the_terminal_has_the_same_in_columns():
    record = with_rows(
        row("acme@A=0", figures=FIGURES), sweeps=(sweep(variant("0"), variant("1", changed=0.5)),)
    )
    title, head, first, second, *_ = words.lines(record, {"acme@A=0": "ready"})
    assert title == "Variants:"
    assert first.split() == ["A=0", "ready", "0.75", "not", "measured", "0.9", "not", "measured", "the", "first"]  # fmt: skip
    assert second.index("50%") == first.index("the first") == head.index("lists changed")


def test_names_of_others_are_inert_on_all_pages(tmp_path):
    odd = "<b>](x)\x1b"
    one = VariantResult(id="acme@1", knobs={odd: odd}, reason=odd)
    record = with_rows(
        row("acme@1"),
        sweeps=(
            Sweep(
                simulation=odd,
                knobs=(SweptKnob(knob=odd, values=(odd,)),),
                variants=(one, one),
                sentences=(odd,),
            ),
        ),
    )
    text = "\n".join(page(row("acme@1"), sweeps=record.sweeps))
    assert not {"<b>", "](x", "\x1b"} & {part for part in ("<b>", "](x", "\x1b") if part in text}
    write_batch(tmp_path / "pilot_1.json", record)
    html = write_batch_page(tmp_path / "pilot_1.json").read_text()
    assert "<b>" not in html
    assert "\x1b" not in html
