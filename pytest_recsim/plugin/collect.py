"""Parametrisation, order and selection of the checks.

A check marked ``guardrail("novelty", when="min_novelty")`` exists only for customers, and segments, for whom that
optional threshold is on. ``when="own"`` stands for "metrics of one's own are announced", ``when="own.*"`` for "and
have thresholds".
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pytest_recsim.data.files import unwritable
from pytest_recsim.plan.model import Plan
from pytest_recsim.plugin.identity import identify, named
from pytest_recsim.plugin.state import STATE
from pytest_recsim.record.jsonio import write_atomic

METRICS = ("ndcg", "mrr")
CLOSING = (
    "profile",
    "contract",
    "availability",
    "error_rate",
)  # they judge what held while all other checks ran
PARAMETERS = ("sim", "own_threshold", "segment", "metric")


def _places(plan: Plan, when: str) -> list[tuple[str, str]]:
    """Return (threshold, segment) of what an optional check is made for; the segment is empty for the whole run."""
    if when == "own":
        return [("", "")] if plan.own else []
    keys = [key for key in plan.limits if key.startswith("own.")] if when == "own.*" else [when]
    return [(key, segment) for key in keys for segment in plan.scopes(key)]


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Leave out checks that exist for nobody; parametrised with no case they would be reported as skipped."""
    for mark in getattr(obj, "pytestmark", ()):
        when = mark.kwargs.get("when") if getattr(mark, "name", "") == "guardrail" else None
        if when and not any(_places(plan, when) for plan in collector.config.stash[STATE].plans.values()):
            return []
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One case per customer, per segment and per metric, as far as the test asks for them."""
    if "sim" not in metafunc.fixturenames:
        return
    plans = metafunc.config.stash[STATE].plans
    names = [name for name in PARAMETERS if name in metafunc.fixturenames]
    mark = metafunc.definition.get_closest_marker("guardrail")
    when = str(mark.kwargs.get("when", "")) if mark else ""
    cases = [case for name, plan in plans.items() for case in _cases(name, plan, names, when)]
    ids = ["-".join(filter(None, case)) for case in cases]
    metafunc.parametrize(names, cases, ids=ids, indirect=["sim"])


def _cases(simulation: str, plan: Plan, names: list[str], when: str) -> list[tuple[str, ...]]:
    """One row per customer, times segment and metric as far as the test asks for them."""
    if when:
        found = [{"own_threshold": key, "segment": segment} for key, segment in _places(plan, when)]
    elif "segment" in names:
        found = [{"segment": segment} for segment in plan.fixture.segments]
    else:
        found = [{}]
    if "metric" in names:
        found = [row | {"metric": metric} for row in found for metric in METRICS]
    return [tuple(({"sim": simulation} | row)[name] for name in names) for row in found]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k S7`, `-k segment_lift_ndcg` and `-m "scenario(id='S7')"` find checks; `-m` compares keyword arguments only."""
    if (identity := identify(item)) is not None:
        item.extra_keyword_matches.add(identity.check)
    for name, key in (("scenario", "id"), ("guardrail", "name")):
        if word := named(item, name):
            item.extra_keyword_matches.add(word)
            item.add_marker(getattr(pytest.mark, name)(**{key: word}))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Interleave customers, put the closing checks last, and mark what an option leaves out."""
    state = config.stash[STATE]
    items[:] = _in_waves(items, list(state.plans), _wave(config))
    for item in items:
        identity = identify(item)
        if identity is None:
            continue
        step = "scenarios" if identity.scenario else "quality"
        if step in state.plans[identity.simulation].skip:
            item.add_marker(pytest.mark.skip(reason=f"left out by --recsim-skip {step}"))


def _wave(config: pytest.Config) -> int:
    """How many customers are due at a time: with workers enough to keep them off one lock, alone a single one."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    return 1 if workerinput is None else 2 * int(workerinput["workercount"])


def _in_waves(items: list[pytest.Item], names: list[str], wave: int) -> list[pytest.Item]:
    """Order customers in waves, interleaved within one, so that services and memory are needed for a few at a time."""
    waves = {name: place // wave for place, name in enumerate(names)}
    turns: dict[str, int] = {}
    keyed = []
    for position, item in enumerate(items):
        identity = identify(item)
        name = identity.simulation if identity else ""
        turns[name] = turns.get(name, -1) + 1
        closing = identity is not None and identity.check in CLOSING
        keyed.append(((waves.get(name, -1), closing, turns[name], position), item))
    return [item for _, item in sorted(keyed, key=lambda entry: entry[0])]


class PlannedChecks(msgspec.Struct):
    """What one process was told to run, and how many checks of the suite were deselected."""

    planned: list[tuple[str, str, str]]
    deselected: list[str]


class Census:
    """Writes down what will run, so that the controller notices what never reported."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._path = folder / f"planned-{worker or 'main'}.json"
        self._deselected: list[str] = []

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        self._deselected += [found.simulation for found in map(identify, items) if found is not None]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        planned = [found.key for found in map(identify, session.items) if found is not None]
        try:
            write_atomic(self._path, msgspec.json.encode(PlannedChecks(planned, self._deselected)))
        except OSError as error:
            raise pytest.UsageError(unwritable(self._path.parent, error)) from None


def read_census(folder: Path) -> PlannedChecks:
    """Return the plan that the processes of this run agree on (xdist insists that they do)."""
    for path in sorted(folder.glob("planned-*.json")):
        return msgspec.json.decode(path.read_bytes(), type=PlannedChecks)
    return PlannedChecks([], [])
