"""The fixtures in git are what their recipes make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.sources.recipes import RECIPES, write_all
from pytest_recsim.sources.writer import render

ROOT = Path(__file__).parents[2]
NAMES = [Path(recipe.path).stem for recipe in RECIPES]


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_a_kept_fixture_is_its_recipe_byte_for_byte(recipe):
    assert render(recipe.document()) == (ROOT / recipe.path).read_bytes()


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_a_kept_fixture_is_compact_and_small_enough_for_git(recipe):
    content = (ROOT / recipe.path).read_bytes()
    assert len(content) <= 8_000_000
    assert content.count(b"\n") == 1
    assert b'": ' not in content


def test_customer_a_is_as_large_as_promised():
    fixture = load_fixture(ROOT / "fixtures/customers/customer_a.json")
    assert len(fixture.items) >= 320
    assert len(fixture.users) >= 1_500
    assert len(fixture.events) >= 40_000


def test_customer_a_has_enough_new_users_with_holdout():
    fixture = load_fixture(ROOT / "fixtures/customers/customer_a.json")
    new = {fixture.users[position].user_id for position in fixture.segments["new_users"]}
    cut = sorted(event.ts for event in fixture.events)[len(fixture.events) * 3 // 4]
    assert len({event.user_id for event in fixture.events if event.ts > cut} & new) >= 150


def test_no_two_recipes_share_a_seed():
    assert len({recipe.seed for recipe in RECIPES}) == len(RECIPES)


def test_write_all_writes_every_recipe_over_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("pytest_recsim.sources.recipes.RECIPES", RECIPES[2:3])
    target = tmp_path / RECIPES[2].path
    target.parent.mkdir(parents=True)
    target.write_text("old")
    write_all(tmp_path)
    assert target.read_bytes() == (ROOT / RECIPES[2].path).read_bytes()


def test_the_sample_shows_every_field_of_the_format_but_the_embedding():
    sample = json.loads((ROOT / "fixtures/sample_customer.json").read_text(encoding="utf-8"))
    fixture = load_fixture(ROOT / "fixtures/sample_customer.json")
    for name, records in (("items", fixture.items), ("users", fixture.users), ("events", fixture.events)):
        shown = {field for record in sample[name] for field in record}
        assert shown == set(type(records[0]).__struct_fields__) - {"embedding"}


def test_the_sample_is_readable_by_hand():
    fixture = load_fixture(ROOT / "fixtures/sample_customer.json")
    assert (len(fixture.items), len(fixture.users), len(fixture.events)) == (6, 4, 12)
    lines = (ROOT / "fixtures/sample_customer.json").read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) < 150
    assert {event.type for event in fixture.events} == {0, 1, 2, 3, 4}
