"""Our ranking metrics against the numbers of pytrec_eval and ranx, which stand in a file for everybody to see."""

from __future__ import annotations

import json
from pathlib import Path

import golden_maker
import numpy as np
import pytest

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge.ranking import OF_SLOTS, gains
from pytest_recsim.judge.relevance import build_relevance

GOLDEN = json.loads((Path(__file__).parent / "golden" / "ranking.json").read_text())
METRICS_OF_RELEVANCE = [metric for metric in METRICS.values() if metric.of_relevance]
NAMES = [metric.label for metric in METRICS_OF_RELEVANCE]


def numbers(users, package):
    return np.array([[user[package][name] for name in NAMES] for user in users])


@pytest.mark.parametrize("package", ["pytrec_eval", "ranx"])
def test_our_metrics_are_those_of_other_people_on_whole_grades(package):
    users = GOLDEN["users"]
    assert len(users) == 60
    lists = np.full((len(users), 20), -1, dtype=np.int32)
    for row, user in enumerate(users):
        lists[row, : len(user["list"])] = user["list"]
    triples = [(row, int(item), g) for row, user in enumerate(users) for item, g in user["grades"].items()]
    rows, items, grades = (np.array(column) for column in zip(*triples, strict=True))
    relevance = build_relevance(rows, items, grades.astype(float), len(users), golden_maker.ITEMS)
    slots = gains(lists, relevance)
    found = np.stack(
        [OF_SLOTS[metric.name](slots, relevance, metric.k) for metric in METRICS_OF_RELEVANCE], axis=1
    )
    np.testing.assert_allclose(found, numbers(users, package), rtol=0, atol=1e-9)


def test_the_golden_cases_are_those_of_the_script_and_tell_the_metrics_apart():
    made = [
        (user["list"], {int(item): grade for item, grade in user["grades"].items()})
        for user in GOLDEN["users"]
    ]
    assert made == golden_maker.cases()
    values = numbers(GOLDEN["users"], "ranx")
    different = {name: len(np.unique(values[:, column])) for column, name in enumerate(NAMES)}
    assert different.pop("hit_rate@10") == 2
    assert min(different.values()) > 8


@pytest.mark.long
@pytest.mark.parametrize(
    ("package", "make"), [("pytrec_eval", golden_maker.by_pytrec_eval), ("ranx", golden_maker.by_ranx)]
)
def test_the_script_makes_the_same_file_again(package, make):
    pytest.importorskip(package)
    again = [{package: one} for one in make(golden_maker.cases())]
    np.testing.assert_allclose(numbers(again, package), numbers(GOLDEN["users"], package), rtol=0, atol=1e-12)
