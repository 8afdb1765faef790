"""Every scenario passes on a healthy toy shop, fails on a shop with the defect it looks for, and takes its rules back."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toy_shop import ToyShop

from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.reason import Reason, reason_of
from pytest_recsim.simulation.checks.check import Check, NotMeasured
from pytest_recsim.simulation.truth.applied import Applied, Unapplied

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "scenarios"
BUDGET = {1: 49, 2: 66, 3: 35, 4: 90, 5: 15, 6: 28, 7: 0, 8: 60, 9: 150, 10: 25}
"""Of a scenario alone; together they share lists, see tests/plugin."""


@cache
def scenario(number: int) -> Callable[[ToyShop, Check], None]:
    (path,) = FOLDER.glob(f"test_s{number:02}_*.py")
    spec = importlib.util.spec_from_file_location(f"scenario_under_test_{number}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    (function,) = [value for name, value in vars(module).items() if name.startswith("test_")]
    return function


def run(number: int, shop: ToyShop) -> tuple[Check, str, str]:
    """Run one scenario; returns the check, its outcome and its sentence. Whatever blocks says what to do about it."""
    check = Check()
    try:
        scenario(number)(shop, check)
    except NotMeasured as reason:
        conclusion = Check().conclude(reason_of(reason))
        assert conclusion.cause
    else:
        conclusion = check.conclude()
    assert conclusion.outcome == "passed" or conclusion.next_step, conclusion
    return check, conclusion.outcome, conclusion.sentence


@pytest.mark.parametrize("number", range(1, 11))
def test_passes_on_a_healthy_shop_within_its_request_budget(number):
    shop = ToyShop()
    check, outcome, sentence = run(number, shop)
    assert outcome == "passed", sentence
    assert shop.asked <= BUDGET[number]
    assert shop.rules == []
    assert all(measure.n and measure.definition for measure in check.measures)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("number", [2, 3, 5, 8])
def test_passes_on_a_shop_whose_long_lists_sparse_users_and_fresh_items_vary_by_chance(number, seed):
    _, outcome, sentence = run(number, ToyShop(whims=seed))
    assert outcome == "passed", sentence


DEFECTS = [
    (1, "filter ignored", "with other items"),
    (1, "filter after the cut", "too short"),
    (1, "excluded ids ignored", "excluded by id"),
    (1, "price ignored", "outside the price range"),
    (2, "rules off", "show the blocked tag"),
    (2, "block empties the list", "the block empties"),
    (2, "disable ignored", "after the rule is disabled"),
    (2, "time ignored", "after the rule's time is over"),
    (2, "block takes others", "other items that vanish"),
    (3, "rules off", "not lifted"),
    (3, "boost moves others", "other items whose score changes"),
    (3, "boost added", "scores that are off"),
    (3, "boost untold", "without their reason"),
    (3, "boost backwards", "rank gets worse"),
    (3, "cancel ignored", "still show"),
    (4, "lambda ignored", "similarity at lambda 0.5"),
    (4, "profile ruins relevance", "loss of NDCG@10"),
    (5, "rules off", "pins out of place, established"),
    (5, "pin in third place", "pins out of place, sparse and new"),
    (5, "pin untold", "pins without their reason"),
    (5, "rules everywhere", "pins that show on another surface"),
    (6, "filter ignored", "with other items"),
    (6, "filter after the cut", "too short"),
    (7, "short lists", "too short"),
    (7, "nothing fits", "MRR@10"),
    (7, "one category", "categories in the first 10"),
    (8, "rules off", "exposure rises"),
    (8, "no injection", "exposure at the highest boost"),
    (8, "boost shrinks", "falls of exposure"),
    (8, "miscounted exposure", "count the exposure wrongly"),
    (8, "fresh items dropped", "add the item and do not list it"),
    (9, "rules off", "span of mean margin"),
    (9, "boost backfires", "largest fall of mean margin"),
    (9, "value ignored", "boosts that do not show"),
    (9, "rule cut off", "boosted items without the boost"),
    (10, "penalty off", "penalties of diversity"),
    (10, "signals off", "popularity that does not follow"),
    (10, "contribution off", "not weight x signal"),
    (10, "factor off", "does not add up to"),
    (10, "other weights", "other weights than the profile's"),
    (10, "only diversity", "without a reason"),
    (10, "no version", "without a model version"),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("number", "defect"), [one[:2] for one in DEFECTS if one[0] in {2, 3, 5, 8}])
def test_finds_the_defect_among_differences_that_are_chance(number, defect, seed):
    _, outcome, sentence = run(number, ToyShop(frozenset({defect}), whims=seed))
    assert outcome == "failed", sentence


@pytest.mark.parametrize(("number", "defect", "complaint"), DEFECTS)
def test_fails_on_the_defect_it_looks_for(number, defect, complaint):
    shop = ToyShop(frozenset({defect}))
    check, outcome, sentence = run(number, shop)
    assert outcome == "failed", sentence
    assert complaint in sentence
    failing = [measure for measure in check.measures if measure.ok is False]
    assert all(measure.knob for measure in failing)
    assert any("curl" in measure.curl for measure in failing)


@pytest.mark.parametrize(
    ("number", "defect", "reason"),
    [
        (4, "few people", "12 established users"),
        (4, "one kind of item", "cannot be varied: by the contract's own selection lists would be 1.00 x"),
        (4, "one tag each", "cannot be varied"),
        (7, "nothing seeded", "no event was seeded"),
        (6, "no brands", "no available item carries a brand tag"),
        (7, "few people", "10 new users with relevant"),
        (7, "no categories", "the available items have 0 categories, an average of 4 is asked for"),
        (8, "everybody finds it", "without any boost"),
        (9, "few people", "12 established users"),
        (9, "no margins", "0 of 57 available items"),
    ],
)
def test_is_not_measured_where_it_could_prove_nothing(number, defect, reason):
    _, outcome, sentence = run(number, ToyShop(frozenset({defect})))
    assert (outcome, reason in sentence) == ("not_measured", True), sentence


@pytest.mark.parametrize("size", [5, 10, 15, 20, 21])
def test_s4_is_not_measured_in_a_catalogue_that_is_no_longer_than_the_list(size):
    """And neither when the knob is broken: nobody could see it there."""
    for defects in (frozenset[str](), frozenset({"lambda ignored"})):
        _, outcome, sentence = run(4, ToyShop(defects, size=size))
        assert (outcome, "cannot be varied" in sentence) == ("not_measured", True), sentence


def test_s7_is_not_measured_with_fewer_items_than_a_list_must_hold():
    _, outcome, sentence = run(7, ToyShop(size=4))
    assert (outcome, "4 items are available" in sentence) == ("not_measured", True), sentence


class Noting(ToyShop):
    """Notes for whom lists are asked that several scenarios share."""

    def once(self, name, users, **question):
        self.shared = [*getattr(self, "shared", []), tuple(users)]
        return super().once(name, users, **question)


@pytest.mark.parametrize("without", [0, 3, 40], ids=["everybody", "a few without", "too many without"])
def test_s2_s4_and_s9_share_the_lists_of_the_same_users_whoever_has_the_profile_in_effect(without):
    """Otherwise whoever comes first decides what the others get."""
    shop = Noting()
    users = tuple(user for user in shop.users if shop.is_established(user))[:without]
    shop.applied = Applied(tuple(shop.users), (Unapplied(("MMR_LAMBDA",), users),) if users else ())
    for number in (2, 4, 9):
        run(number, shop)
    assert len(shop.shared) >= 3
    assert len(set(shop.shared)) == 1


def test_s1_knows_the_price_of_the_probe_item_that_the_service_may_list():
    shop = ToyShop(frozenset({"everybody finds it"}))
    shop.probe_source = "i30"  # in the middle of all prices
    _, _, sentence = run(1, shop)
    assert "without the tag: probe" in sentence, "it is listed everywhere, whatever is asked for"
    assert "outside the price range" not in sentence, sentence


@pytest.mark.parametrize("number", [2, 3, 5, 8, 9])
def test_rules_that_the_service_visibly_does_not_evaluate_are_not_tried(number):
    shop = ToyShop(frozenset({"rules off"}))
    shop.rules_off = Reason(
        "the service evaluates no rules (RULES_ENABLE=false)", "no_rules", "switch them on"
    )
    check, outcome, sentence = run(number, shop)
    assert (outcome, sentence) == ("not_measured", shop.rules_off)
    assert check.measures == []


@pytest.mark.parametrize(
    ("number", "defect", "measured"),
    [(4, "profile ruins relevance", 1), (7, "nothing fits", 0), (9, "", 3)],
)
def test_what_users_get_without_the_profile_is_no_failure_of_the_profile(number, defect, measured):
    shop = ToyShop(frozenset({defect} - {""}))
    row = KnobRow("MMR_LAMBDA", "1", "p:1", "0.2", "differs", "admin config", "", ("request",))
    shop.applied = Applied(tuple(shop.users), (Unapplied(("MMR_LAMBDA",), tuple(shop.users)),), (row,))
    check, outcome, sentence = run(number, shop)
    assert outcome == "not_measured"
    assert "MMR_LAMBDA (asked 1, in effect 0.2); --recsim-apply request carries this knob" in sentence
    assert len(check.measures) == measured


def test_scenarios_are_read_by_people_in_lines_of_at_most_110_columns():
    lines = [(path.name, line) for path in FOLDER.glob("*.py") for line in path.read_text().splitlines()]
    assert [line for line in lines if len(line[1]) > 110] == []
    assert len(lines) > 1000
