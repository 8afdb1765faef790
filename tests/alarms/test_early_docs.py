"""The page about stopping early says what was counted, and what was counted can be counted again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from early_count import count_world
from early_page import fill
from early_worlds import asked, draw_world

DOCS = Path(__file__).parents[2] / "docs"
FACTS = json.loads((DOCS / "early.json").read_text(encoding="utf-8"))
ROWS = {(row["rule"], row["clear"]): row for row in FACTS["rows"]}


def test_the_page_of_stopping_early_is_made_from_its_json():
    page = (DOCS / "stop-early.md").read_text(encoding="utf-8")
    assert fill(page, FACTS) == page


def test_a_page_without_a_place_for_the_table_is_refused():
    with pytest.raises(ValueError, match="0 places"):
        fill("no marks here", FACTS)


def test_verdicts_are_wrong_no_more_often_and_take_two_fifths_of_the_questions_where_lifts_are_clear():
    assert FACTS["worlds"] >= 200
    for row in ROWS.values():
        assert row["early_wrong"] <= row["full_wrong"]
    assert ROWS["point", True]["median"] <= 0.4


@pytest.mark.parametrize("seed", [4, 5])
def test_a_world_counted_again_has_no_verdict_that_differs(seed):
    counted = count_world(seed, most=6_000)
    assert counted.differing == 0
    assert counted.asked < counted.users


def test_a_catalogue_that_is_shown_too_little_of_fails_before_everybody_was_asked():
    for seed in range(0, 40, 2):
        world = draw_world(seed, most=20_000)
        shown, items = len(set(world.lists.ravel().tolist())), len(world.population.available)
        if shown < 0.5 * items:
            break
    checks = world.checks()
    stopping = asked(world, checks, seed)
    place = [one.kind for one in checks].index("coverage")
    assert stopping.outcome(place).state == "failed"
    assert stopping.outcome(place).asked < len(world.population.strata)
    assert shown / items <= stopping.interval(place)[1] < 0.6
