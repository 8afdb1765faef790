"""What users import from `pytest_recsim` itself: there, typed, and loaded only when asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_recsim

NAMES = {
    "Check",
    "Exchange",
    "Metric",
    "Plan",
    "RecsimError",
    "RunMetric",
    "RunRecord",
    "Simulation",
    "UserMetric",
}
NAMES |= {"__version__", "evaluate", "fixture_from", "plan_for"}
LOADED = """\
import sys
import pytest_recsim
assert {names!r} <= set(dir(pytest_recsim))
early = [name for name in sys.modules if name.startswith("pytest_recsim.") or name in ("numpy", "httpx", "msgspec")]
from pytest_recsim import Check, Exchange, Metric, Simulation
print(early, "pytest" in sys.modules, Check.__module__, Simulation.__module__)
"""
SCENARIO = """\
from collections.abc import Mapping

from pytest_recsim import Check, Exchange, Metric, RunRecord, Simulation, evaluate, plan_for
from pytest_recsim.testing import item, shop


def novel(sim: Simulation) -> Mapping[str, float]:
    return {user: float(len(shown.ids)) for user, shown in sim.lists.items()}


def pytest_recsim_metrics() -> list[Metric]:
    return [Metric("novel", "length of the list", novel)]


def sweep() -> float | None:
    record = evaluate(plan_for("acme", env_overrides={"MMR_LAMBDA": 0.5}, skip=["reset"]))
    return record.quality.lift("vip", "ndcg").lift


def values(folder: str) -> dict[str, float | str | None]:
    record: RunRecord = RunRecord.load(folder)
    found = {one.label: measure.got for one in record.guardrails for measure in one.measures}
    return found | {"profile": record.metadata.profile.name.value, "verdict": record.verdict.status}


def test_notices() -> None:
    assert shop(users=3).with_popular(item("x")).run("test_mine.py").outcomes == {"test_mine": "failed"}


def test_mine(sim: Simulation, check: Check) -> None:
    lists: dict[str, Exchange] = sim.recommend(sim.established(3))
    check.at_least("users", len(lists), 1)
    reveal_type(check.conclude().outcome)
    check.at_least("users", "many", 1)
"""


def test_the_front_door_has_these_names_and_no_other():
    assert set(pytest_recsim.__all__) == NAMES
    assert all(getattr(pytest_recsim, name) for name in NAMES)
    with pytest.raises(AttributeError, match="no attribute 'UsrMetric'"):
        _ = pytest_recsim.UsrMetric


def test_nothing_is_loaded_before_it_is_asked_for_and_pytest_never():
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(names=NAMES)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        "[]",
        "False",
        "pytest_recsim.simulation.checks.check",
        "pytest_recsim.simulation.session.simulation",
    ]


@pytest.mark.long
def test_a_users_scenario_is_checked_against_the_types(tmp_path):
    (tmp_path / "test_mine.py").write_text(SCENARIO)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "Found 1 error in 1 file" in done.stdout, done.stdout
    assert 'incompatible type "str"; expected "float | None"' in done.stdout
    assert "Literal['passed']" in done.stdout
