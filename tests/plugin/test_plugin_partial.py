"""Whatever removes a check from a run, the verdict is partial and names it; only a whole run is ready to go live."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_recsim.plugin import inventory

if TYPE_CHECKING:
    from plugin_shop import Project

SHARD = """\
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    items[:] = items[::2]
"""
MINE = "def test_mine(sim, check):\n    check.at_least('x', 1, 0)\n"


def verdict(acme: Project) -> dict:
    return json.loads((acme.bundles()[-1] / "simulation_metadata.json").read_text())["verdict"]


@pytest.mark.long
def test_a_suite_that_is_collected_whole_leaves_nothing_out(acme: Project) -> None:
    acme.scenario("mine", MINE)
    ran = acme.simulate()
    assert ran.code == 0, ran.text
    assert (verdict(acme)["status"], verdict(acme)["left_out"]) == ("may_go", 0)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("-k", "S10"), ["S1", "catalog_coverage", "test_mine.py::test_mine"]),
        pytest.param(
            ("scenarios/test_s10_explainability.py",),
            ["S1", "catalog_coverage", "test_mine.py::test_mine"],
            marks=pytest.mark.long,
        ),
        pytest.param(("-m", "scenario(id='S10')"), ["segment_lift_ndcg [new_users]"], marks=pytest.mark.long),
    ],
)
def test_checks_that_were_not_selected_are_named(
    acme: Project, words: tuple[str, ...], named: list[str]
) -> None:
    acme.scenario("mine", MINE)
    ran = acme.simulate(*words)
    assert ran.code == 0, ran.text
    found = verdict(acme)
    assert found["status"] == "partial"
    assert found["left_out"] == len(found["not_run"]) == 25
    assert set(named) <= set(found["not_run"])
    assert "S10" not in found["not_run"]
    assert "25 were left out (" in ran.out


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_checks_that_another_plugin_takes_away_without_a_word_are_named(
    acme: Project, workers: tuple[str, ...]
) -> None:
    """As pytest-shard and pytest-test-groups do it."""
    acme.write("conftest.py", SHARD)
    ran = acme.simulate(*workers)
    assert ran.code == 0, ran.text
    found = verdict(acme)
    assert (found["status"], found["left_out"]) == ("partial", 12)


@pytest.mark.long
def test_an_ignored_file_of_ones_own_and_one_of_the_suite_are_named(acme: Project) -> None:
    acme.scenario("mine", MINE)
    own = acme.folder / "scenarios/test_mine.py"
    ran = acme.simulate("--ignore", str(own), "-k", "not S1")
    assert ran.code == 0, ran.text
    assert verdict(acme)["not_run"] == ["S1", "S10", "test_mine.py::test_mine"]


@pytest.mark.long
def test_failed_ones_alone_are_no_whole_run_even_when_they_pass(acme: Project) -> None:
    acme.write("pytest.ini", "[pytest]\n")
    first = acme.simulate("--env-override", "RULES_ENABLE=false")
    assert first.code == 1
    again = acme.simulate("--lf")
    assert again.code == 0, again.text
    assert verdict(acme)["status"] == "partial"


@pytest.mark.long
@pytest.mark.parametrize("words", [("-x",), ("--maxfail", "1"), ("--sw",), ("-x", "-n", "2")])
def test_a_failure_that_stops_the_run_is_a_no(acme: Project, words: tuple[str, ...]) -> None:
    ran = acme.simulate("--env-override", "RULES_ENABLE=false", *words)
    assert ran.code != 0
    found = verdict(acme)
    assert found["status"] == "must_not_go"
    assert "did not report" in found["sentence"]


def test_a_file_that_cannot_be_parsed_has_no_checks(tmp_path) -> None:
    broken = tmp_path / "test_broken.py"
    broken.write_text("def test_x(sim:\n")
    assert inventory.written(broken) == ()


def test_checks_in_classes_and_functions_without_a_simulation_are_told_apart(tmp_path) -> None:
    path = tmp_path / "test_own.py"
    path.write_text(
        "class TestMine:\n    def test_in(self, sim, check): ...\n    def test_unit(self): ...\n"
        "def helper(sim): ...\nasync def test_out(check, *, sim): ...\n"
    )
    assert [one.name for one in inventory.written(path)] == [
        "test_own.py::TestMine::test_in",
        "test_own.py::test_out",
    ]


def test_the_customers_of_a_check_are_read_from_its_mark_or_that_of_its_class_or_file(tmp_path) -> None:
    path = tmp_path / "test_mine.py"
    path.write_text(
        "import pytest\npytestmark = [pytest.mark.slow, pytest.mark.customer('a', 'b')]\n"
        "def test_file(sim): ...\n"
        "@pytest.mark.customer('c')\ndef test_own(sim): ...\n"
        "@pytest.mark.customer('d')\nclass TestClass:\n    def test_in(self, sim): ...\n"
    )
    assert [one.customers for one in inventory.written(path)] == [("a", "b"), ("c",), ("d",)]


@pytest.mark.long
def test_a_check_of_another_customer_does_not_exist_and_is_not_left_out(acme: Project) -> None:
    acme.scenario("other", f"import pytest\npytestmark = pytest.mark.customer('other')\n{MINE}")
    acme.scenario("mine", f"import pytest\n@pytest.mark.customer('b', 'acme')\n{MINE}")
    ran = acme.simulate()
    assert ran.code == 0, ran.text
    assert (verdict(acme)["status"], verdict(acme)["left_out"]) == ("may_go", 0)
    assert "test_other.py" not in ran.text
    assert "test_mine.py" in ran.text
