"""docs/data.md: the tables of fields are those of the code, and no bound or container has another value there."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pytest_recsim.data.fixtures import fixture_table
from pytest_recsim.data.fixtures.containers import ENDINGS, LISTS, META, SINGLE
from pytest_recsim.data.fixtures.fixture_fields import EVENTS, ITEMS, USERS
from pytest_recsim.data.fixtures.model import Event, Item, User
from pytest_recsim.data.fixtures.weights import WEIGHTS
from pytest_recsim.data.input import files, unpack
from pytest_recsim.record.bounds import MAX_LEVELS
from pytest_recsim.simulation.checks import needs

PAGE = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
REQUIRED = {"traits"}  # has a default in the model for the service's sake, and is required in a fixture


def rows(heading):
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert all(len(row) == 4 for row in cells)
    return {name.strip("`"): more for name, *more in cells}


def left_out(field):
    if field.name in REQUIRED or field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return "{}"
    return json.dumps(field.default)


@pytest.mark.parametrize(
    ("heading", "checks", "struct"),
    [("Items", ITEMS, Item), ("Users", USERS, User), ("Events", EVENTS, Event)],
)
def test_every_field_stands_there_with_what_it_takes_its_default_and_who_reads_it(heading, checks, struct):
    found = rows(heading)
    assert list(found) == list(checks)
    assert {name: row[0] for name, row in found.items()} == {
        name: one.allowed for name, one in checks.items()
    }
    defaults = {field.name: left_out(field) for field in msgspec.structs.fields(struct)}
    assert {name: row[1] for name, row in found.items()} == {name: defaults[name] for name in found}
    assert all(len(row[2]) > 10 for row in found.values())


def test_containers_bounds_and_weights_are_those_of_the_code():
    for name in (*LISTS, *ENDINGS, *SINGLE, META):
        assert f"`{name}`" in PAGE or f"acme{name}`" in PAGE, name
    assert f"{files.MOST_BYTES:,} bytes a file" in PAGE
    assert f"at most {unpack.TIMES} times its size ({unpack.FREE // 2**20} MiB are always" in PAGE
    assert f"{fixture_table.MOST_ROWS:,} rows" in PAGE
    assert f"nest {MAX_LEVELS} levels" in PAGE
    assert ", ".join(f"{name} {weight}" for name, weight in WEIGHTS.items()) in PAGE


def test_what_scenarios_ask_for_is_what_they_hold_themselves_to():
    wanted = (
        f"{needs.PLAIN_USERS} established users with holdout (S4, S9), {needs.BLOCK_USERS} (S2), "
        f"{needs.PROBE_USERS} (S8), {needs.PIN_USERS} (S5), {needs.FILTER_USERS} (S1, S6), {needs.BOOST_USERS} (S3)"
    )
    assert wanted in " ".join(PAGE.split())
