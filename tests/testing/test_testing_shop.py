"""A small shop to try a scenario on: a value, and a real run with its outcomes and sentences."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest
from plugin.plugin_shop import HERE, QUIET, Project

from pytest_recsim.record.model import CheckResult
from pytest_recsim.testing import Ran, Shop, environment, event, item, shop, user

PAGE = HERE / "docs" / "own-scenarios.md"
APART = [word for name in QUIET for word in ("-p", f"no:{name}")]
THREE = """\
import pytest
from limits import LEAST


def test_lists_are_full(sim, check):
    check.at_least("shortest list", min(len(shown.ids) for shown in sim.lists.values()), LEAST)


def test_nothing_is_red(sim, check):
    check.need(sim.established(3), "nobody is established")
    red = {item_id for item_id, row in sim.items.items() if "red" in row.tags}
    check.need(red, "nothing is red")
    shown = red.intersection(*(exchange.ids for exchange in sim.lists.values()))
    check.that("red for everybody", not shown, expected="none", got=", ".join(sorted(shown)))


def test_a_segment_is_asked(sim, check, segment):
    check.at_least("users", len(sim.sample(1, segments=[segment])), 1)
    check.that("lambda", sim.knob("MMR_LAMBDA") == 0.9, expected="0.9", got=str(sim.knob("MMR_LAMBDA")))
"""


def test_a_shop_is_a_value_and_every_change_makes_another():
    first = shop()
    more = (
        first.with_items(item("x", price=1)).with_users(user("me", "vip")).with_events(event("me", "x", 2, 3))
    )
    assert (len(more.items), len(more.users), len(more.events)) == (61, 13, len(first.events) + 1)
    assert first == shop() != more
    assert more.with_items(item("x", price=2)).items[-1] == {"item_id": "x", "price": 2, "tags": []}
    assert Shop.of(more.document) == more
    assert first.with_knobs(MMR_LAMBDA=1).with_knobs(BRAND_CAP=0).knobs == {
        "MMR_LAMBDA": "1",
        "BRAND_CAP": "0",
    }
    assert (first.knobs, first.files) == ({}, {})
    assert len(first.with_popular(item("x"), item("y")).events) == len(first.events) + 2 * len(first.users)
    assert {row["traits"]["segment"] for row in shop(users=3, segments=["vip"]).users} == {"vip"}
    assert shop(guardrails="defaults: {}").guardrails == "defaults: {}"


def test_a_scenario_of_ones_own_runs_on_it_and_says_what_it_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = Project(tmp_path / "mine")
    scenario = place.write("scenarios/test_three.py", THREE)
    place.write(
        "scenarios/conftest.py", "import sys, types\nsys.modules['limits'] = types.SimpleNamespace(LEAST=20)"
    )
    ran = (
        shop(tags=["green"])
        .with_popular(item("x", tags=["red"]))
        .with_knobs(MMR_LAMBDA=0.9)
        .run(scenario, *APART)
    )
    assert ran.outcomes == {
        "test_lists_are_full": "passed",
        "test_nothing_is_red": "failed",
        "test_a_segment_is_asked [new_users]": "passed",
        "test_a_segment_is_asked [regulars]": "passed",
    }, ran.text
    assert ran.sentences["test_nothing_is_red"] == "red for everybody: expected none, got x"
    assert ran.result("test_lists_are_full").measures[0].got == 20
    assert ran.code == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_a_run_without_a_check_says_what_pytest_said():
    with pytest.raises(LookupError, match="ended with code 4 and said:\nit is broken"):
        _ = Ran(4, "", "it is broken").outcomes
    one = CheckResult(simulation="acme", check="test_mine.py::TestMine::test_it", outcome="passed")
    with pytest.raises(LookupError, match="no check `test_that` reported; there are TestMine::test_it"):
        Ran(0, "", "", (one,)).result("test_that")
    with pytest.raises(FileNotFoundError, match=r"test_none\.py: must be a file"):
        shop().run("test_none.py")


@pytest.mark.long
def test_the_documented_three_lines_pass_in_a_project_with_the_documented_scenario(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    place = Project(tmp_path / "mine")
    place.write("scenarios/test_families.py", blocks[0])
    (trial,) = (block for block in blocks if "pytest_recsim.testing" in block)
    place.write("tests/test_scenarios.py", trial)
    ran = place.run("tests")
    assert ran.code == 0, ran.text
    assert f"{trial.count('def test_')} passed" in ran.out
    assert sys.executable in place.command()


def test_a_nested_run_is_not_told_that_it_runs_in_ci(monkeypatch):
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.setenv(name, "1")
    assert not {"CI", "BUILD_NUMBER"} & set(environment())
    assert environment({"CI": "1"})["CI"] == "1"  # whoever wants to know how it looks there says so
