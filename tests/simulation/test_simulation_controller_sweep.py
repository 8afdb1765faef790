"""The table of a sweep: every variant against the first one, user by user, and knobs that changed nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from compared_runs import people, write_run

from pytest_recsim.plan.model import Variant
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.simulation.controller.sweep import SweepTables

NDCG = [0.1, 0.2, 0.3, 0.4, 0.5] * 8
LISTS = {"0": ("i1", "i2"), "1": ("i2", "i1"), "2": ("i3", "i1")}


class Ended:
    """What the controller keeps of the variants of a sweep whose records lie in a folder."""

    def __init__(self, folder):
        self.folder, self.writers = folder, {}

    def variant(self, lines, **knobs):
        """Add one with these users' lines; without any its run did not get so far."""
        name = "acme@" + ",".join(f"{knob}={text}" for knob, text in knobs.items())
        first = next(iter(self.writers), name)
        root = self.folder / f"{len(self.writers)}"
        root.mkdir()
        if lines:
            write_run(root, lines)
        plan = SimpleNamespace(
            id=name,
            slice="",
            variant=Variant(first, len(self.writers) + 1, 9, knobs),
            limit=lambda key, segment: SimpleNamespace(value=10),
        )
        self.writers[name] = SimpleNamespace(opened=SimpleNamespace(plan=plan), bundle=Bundle(root))
        return name


@pytest.fixture
def ended(tmp_path):
    return Ended(tmp_path)


def sweep_of(ended, but=()):
    (found,) = SweepTables().of(ended.writers, set(ended.writers) - set(but))
    return found


def test_a_variant_is_held_against_the_first_over_everybody_and_its_worst_segment(ended):
    vip = {"segment": "vip"}
    ended.variant([*people(NDCG, **vip), *people(NDCG, segment="new")], A="0")
    better = [value + 0.1 + value / 50 for value in NDCG]
    ended.variant([*people(better, **vip), *people(NDCG, segment="new")], A="1")
    first, second = sweep_of(ended).variants
    assert (first.differences, first.changed, first.reason) == ((), None, "")
    whole, worst = second.difference("ndcg"), second.difference("ndcg", worst=True)
    assert (whole.n, whole.outcome, whole.segment) == (80, "better", "")
    assert 0.04 < whole.low < whole.difference < whole.high < 0.07
    assert (worst.segment, worst.outcome, worst.difference) == ("new", "same", 0.0)
    assert second.difference("mrr") is None


def test_the_share_of_lists_that_changed_counts_other_items_and_another_order(ended):
    ended.variant(people(NDCG, items=LISTS["0"]), A="0")
    half = [
        *people(NDCG[:10], items=LISTS["1"]),
        *people(NDCG[10:20], items=LISTS["2"], start=10),
        *people(NDCG[20:], start=20),
    ]
    ended.variant(half, A="1")
    second = sweep_of(ended).variants[1]
    assert (second.changed, second.lists) == (0.5, 40)


def test_a_knob_that_changed_no_list_is_named_and_one_that_did_is_not(ended):
    for a in ("0", "1"):
        for b in ("x", "y", "z"):
            ended.variant(people(NDCG, items=LISTS[a]), Z=a, B=b)
    found = sweep_of(ended)
    assert [(one.knob, one.values) for one in found.knobs] == [("Z", ("0", "1")), ("B", ("x", "y", "z"))]
    assert found.sentences == ("B changed nothing: with x, y and z all 40 lists are the same.",)
    assert [one.changed for one in found.variants] == [None, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_a_knob_that_works_beside_one_value_of_another_is_not_called_dead(ended):
    for a, b, items in (("0", "x", "0"), ("0", "y", "0"), ("1", "x", "0"), ("1", "y", "1")):
        ended.variant(people(NDCG, items=LISTS[items]), A=a, B=b)
    assert sweep_of(ended).sentences == ()


def test_before_the_first_one_has_ended_nothing_is_compared_and_afterwards_all_that_have(ended):
    names = [ended.variant(people(NDCG), A=text) for text in ("0", "1", "2")]
    tables = SweepTables()
    (found,) = tables.of(ended.writers, {names[1]})
    assert [one.changed for one in found.variants] == [None, None, None]
    assert "has not ended" in found.variants[1].reason
    (found,) = tables.of(ended.writers, {names[0], names[1]})
    assert [one.changed for one in found.variants] == [None, 0.0, None]
    assert "has not ended" in found.variants[2].reason


@pytest.mark.parametrize(
    ("first", "second"), [([], people(NDCG)), (people(NDCG), [])], ids=["first", "second"]
)
def test_a_run_without_numbers_is_compared_with_nothing_and_says_so(ended, first, second):
    ended.variant(first, A="0")
    ended.variant(second, A="1")
    found = sweep_of(ended).variants[1]
    assert found.changed is None
    assert "is no report folder" in found.reason
    assert str(ended.folder) not in found.reason


def test_a_run_without_variants_has_no_sweep(ended):
    ended.variant(people(NDCG), A="0")
    for writer in ended.writers.values():
        writer.opened.plan.variant = None
    assert SweepTables().of(ended.writers, set(ended.writers)) == ()
