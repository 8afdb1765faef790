"""Ready is said only when every check of the suite has one final result that passed, whatever was done to the run."""

from __future__ import annotations

import json
import random

import pytest
from plugin_shop import Project, Ran

pytestmark = pytest.mark.long
MINE = "def test_mine(sim, check):\n    check.at_least('x', 1, 0)\n"
HOOK = """\
import os
import pytest

@pytest.hookimpl({when})
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if not item.name.startswith({dropped!r})]

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.name.startswith({killed!r}) and os.environ.get("PYTEST_XDIST_WORKER"):
        os._exit(9)

def pytest_runtest_protocol(item, nextitem):
    if item.name.startswith({again!r}):
        from _pytest.runner import runtestprotocol
        for attempt in ("first", "second"):
            if attempt == "second":
                item._initrequest()
            for report in runtestprotocol(item, nextitem=nextitem, log=False):
                if report.when == "call" and attempt == {red!r}:
                    report.outcome, report.longrepr = "failed", "red by an own hook"
                item.ihook.pytest_runtest_logreport(report=report)
        return True
"""
NOBODY = ("nobody",)
NAMES = [f"test_s{number:02}" for number in range(1, 11)] + ["test_mine", "test_contract", "test_profile"]
FILES = [
    "scenarios/test_s01_strict_include.py",
    "scenarios/test_s10_explainability.py",
    "scenarios/test_mine.py",
]


def drawn(chance: random.Random) -> tuple[str, list[str]]:
    """A conftest and words that may take checks away, run them twice, turn them red or kill who runs them."""

    def some(share: float) -> tuple[str, ...]:
        return tuple(chance.sample(NAMES, chance.randint(1, 3))) if chance.random() < share else NOBODY

    conftest = HOOK.format(
        when=chance.choice(["tryfirst=True", "trylast=True"]),
        dropped=some(0.3),
        killed=some(0.2),
        again=some(0.4),
        red=chance.choice(["first", "second", "neither"]),
    )
    words = chance.choice(
        [
            [],
            [],
            [],
            ["-k", f"not {chance.choice(NAMES)[5:]}"],
            chance.sample(FILES, 2),
            ["--ignore", FILES[2]],
        ]
    )
    words = [*words, *chance.choice([[], [], ["-n", "2"], ["-x"], ["--lf"], ["--deselect", FILES[1]]])]
    return conftest, words


def finals(acme: Project) -> dict[str, str]:
    """Each check with its outcome, as the events say it in the end; a later one of the same check replaces it."""
    lines = (acme.bundles()[-1] / "events.jsonl").read_text().splitlines()
    return {f"{row['check']} {row['case']}": row["outcome"] for row in map(json.loads, lines)}


def says_ready(acme: Project) -> bool:
    metadata = json.loads((acme.bundles()[-1] / "simulation_metadata.json").read_text())
    return metadata["verdict"]["status"] == "may_go"


def judged(acme: Project, whole: set[str], ran: Ran, told: str) -> bool:
    results = finals(acme)
    passed = {name for name, outcome in results.items() if outcome in ("passed", "waived")}
    every = whole == results.keys() == passed
    ready = says_ready(acme)
    assert not ready or every, f"ready without {whole - passed}: {told}"
    assert not ready or ran.code == 0, f"ready, and pytest fails: {told}\n{ran.text}"
    assert ready or not every or ran.code != 0, f"all passed, and neither ready nor red: {told}\n{ran.text}"
    return ready


@pytest.mark.parametrize("part", range(2))
def test_ready_is_said_only_when_every_check_passed_in_the_end(acme: Project, part: int) -> None:
    acme.scenario("mine", MINE)
    assert acme.simulate().code == 0
    whole = set(finals(acme))
    chance, seen = random.Random(part), set()
    for _ in range(6):
        conftest, words = drawn(chance)
        acme.write("conftest.py", conftest)
        ran = acme.simulate(*words, "-p", "no:randomly")
        assert ran.code in (0, 1), ran.text
        seen.add(judged(acme, whole, ran, f"{words}\n{conftest}"))
    acme.write("conftest.py", "")
    assert acme.simulate().code == 0
    assert judged(acme, whole, Ran(0, "", ""), "plain"), "a plain run is ready again"
    assert False in seen, "what was drawn took nothing away"
