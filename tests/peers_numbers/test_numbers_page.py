"""The page about other tools' numbers says what was measured, and every reason on it is proven."""

from __future__ import annotations

import importlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from numbers_definition import Definition, measured
from numbers_facts import differs, document, explained
from numbers_page import page
from numbers_reasons import DIFFERS, NEAR, WORDS
from numbers_slates import RANKING, SLATES

ROOT = Path(__file__).parents[2]
FACTS = json.loads((ROOT / "docs" / "other-numbers.json").read_text(encoding="utf-8"))
KEPT = {slate["name"]: slate for slate in FACTS["slates"]}
LIBRARIES = [one["library"] for one in FACTS["libraries"]]
VALUES = [row for row in FACTS["rows"] if row["value"] is not None]


def by(row, **switches):
    """Our formula with some switches on the slate of a row."""
    return measured(SLATES[row["slate"]], row["metric"], replace(Definition(), **switches))


def whole(row):
    return DIFFERS[row["library"], row["call"]]


def test_the_page_is_made_from_its_json():
    assert (ROOT / "docs" / "other-numbers.md").read_text(encoding="utf-8") == page(FACTS)


def test_the_slates_and_our_numbers_are_those_of_today():
    today = json.loads(json.dumps(document({})["slates"]))
    assert [{**slate, "ours": None} for slate in today] == [
        {**slate, "ours": None} for slate in KEPT.values()
    ]
    for slate in today:
        assert slate["ours"] == pytest.approx(KEPT[slate["name"]]["ours"], abs=1e-9), slate["name"]


@pytest.mark.parametrize("name", SLATES)
def test_the_formula_with_no_switch_touched_is_ours(name):
    ours = KEPT[name]["ours"]
    again = {metric: measured(SLATES[name], metric, Definition()) for metric in ours}
    assert again == pytest.approx(ours, abs=1e-9)


def test_every_library_was_asked_for_every_slate_with_every_call():
    asked = [(row["library"], row["call"], row["slate"]) for row in FACTS["rows"]]
    wanted = [
        (library, call.text, slate.name)
        for library in LIBRARIES
        for slate in SLATES.values()
        for call in importlib.import_module(f"numbers_by_{library}").CALLS
        if call.metric in slate.metrics
    ]
    assert asked == wanted
    assert {(library, call) for library, call, _ in asked} == set(DIFFERS)
    assert len(LIBRARIES) == 8


def test_a_number_has_reasons_if_and_only_if_it_is_not_ours():
    for row in FACTS["rows"]:
        assert bool(row["because"]) == differs(row, KEPT), row
        assert bool(row["cannot"]) == (row["value"] is None), row
    assert sum(differs(row, KEPT) for row in FACTS["rows"]) > 100


def test_the_reasons_alone_turn_our_formula_into_theirs_and_none_of_them_can_be_spared():
    for row in VALUES:
        because = row["because"]
        assert by(row, **because) == pytest.approx(row["value"], abs=NEAR), row
        for spared in because:
            fewer = {switch: value for switch, value in because.items() if switch != spared}
            assert by(row, **fewer) != pytest.approx(row["value"], abs=NEAR), (row, spared)


def test_one_definition_of_a_call_gives_all_its_numbers():
    for row in VALUES:
        assert by(row, **whole(row)) == pytest.approx(row["value"], abs=NEAR), row


def test_no_switch_of_a_definition_is_idle():
    """Back in our position, each one changes a number of its call: what a new version mended cannot stay on the page."""
    for call, change in DIFFERS.items():
        rows = [row for row in VALUES if (row["library"], row["call"]) == call]
        for switch in change:
            without = {other: value for other, value in change.items() if other != switch}
            changed = [row for row in rows if by(row, **without) != pytest.approx(row["value"], abs=NEAR)]
            assert changed, (call, switch)


def test_every_switch_has_its_sentence_and_every_sentence_its_switch():
    used = {switch for change in DIFFERS.values() for switch in change.items()}
    assert used == set(WORDS)
    ours = asdict(Definition())
    assert all(ours[name] != value for name, value in used)


def test_a_number_that_nothing_explains_is_refused():
    row = VALUES[0] | {"value": 0.123}
    with pytest.raises(ValueError, match="nothing in numbers_reasons explains"):
        explained(row)


def test_the_recipes_give_our_numbers_on_all_slates_about_ranking():
    assert {row["slate"] for row in FACTS["recipes"]} == {slate.name for slate in RANKING}
    assert {row["library"] for row in FACTS["recipes"]} == set(LIBRARIES)
    for row in FACTS["recipes"]:
        assert row["value"] == pytest.approx(KEPT[row["slate"]]["ours"][row["metric"]], abs=NEAR), row


def test_the_page_names_the_versions_that_the_tests_are_held_to():
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    )
    held = {one["package"]: one["version"] for one in FACTS["libraries"][:4]}
    assert {package: pins.get(package) for package in held} == held
