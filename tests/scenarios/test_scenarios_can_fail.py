"""Every scenario passes on a healthy toy shop, fails on a shop with the defect it looks for, and takes its rules back."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from toy_shop import ToyShop

from pytest_recsim.plugin.check import Check, NotMeasured

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "scenarios"
BUDGET = {1: 60, 2: 55, 3: 90, 4: 95, 5: 30, 6: 30, 7: 0, 8: 85, 9: 165, 10: 25}


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
    """Run one scenario; returns the check, its outcome and its sentence."""
    check = Check()
    try:
        scenario(number)(shop, check)
    except NotMeasured as reason:
        return check, "not_measured", str(reason)
    conclusion = check.conclude()
    return check, conclusion.outcome, conclusion.sentence


@pytest.mark.parametrize("number", range(1, 11))
def test_passes_on_a_healthy_shop_within_its_request_budget(number):
    shop = ToyShop()
    check, outcome, sentence = run(number, shop)
    assert outcome == "passed", sentence
    assert shop.asked <= BUDGET[number]
    assert shop.rules == []
    assert all(measure.n and measure.definition for measure in check.measures)


@pytest.mark.parametrize(
    ("number", "defect", "complaint"),
    [
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
    ],
)
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


def test_s1_knows_the_price_of_the_probe_item_that_the_service_may_list():
    shop = ToyShop(frozenset({"everybody finds it"}))
    shop.probe_source = "i30"  # in the middle of all prices
    _, _, sentence = run(1, shop)
    assert "without the tag: probe" in sentence, "it is listed everywhere, whatever is asked for"
    assert "outside the price range" not in sentence, sentence
