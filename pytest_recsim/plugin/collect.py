"""Parametrisation, order and selection of the checks.

A check marked ``guardrail("metrics", when="metrics")`` exists once for each threshold of the registry, and segment, that
is on for a customer. ``when="own"`` stands for "custom metrics are announced", ``when="own.*"`` for "and have thresholds". One
marked ``customer("acme")`` is made for that customer only.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

import msgspec
import pytest

from pytest_recsim.data.input.files import unwritable
from pytest_recsim.plugin.identity import identify, named
from pytest_recsim.plugin.state import STATE
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.model import Key
from pytest_recsim.simulation.checks.cases import PARAMETERS, cases, check_of, places
from pytest_recsim.simulation.controller.judging import CLOSING

T = TypeVar("T")
THREADS = "_run-parallel"
"""The name under which pytest-run-parallel registers itself; it knows the mark that is set for it."""


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
    """Leave out checks that exist for nobody; parametrised with no case they would be reported as skipped."""
    if inspect.isfunction(obj) and (customers := _customers(obj, collector)):
        plans = collector.config.stash[STATE].plans.values()
        if not any(plan.customer in customers for plan in plans):
            return []
    for mark in getattr(obj, "pytestmark", ()):
        when = mark.kwargs.get("when") if getattr(mark, "name", "") == "guardrail" else None
        if when and not any(places(plan, when) for plan in collector.config.stash[STATE].plans.values()):
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
    customers = _customers(metafunc.function, metafunc.definition.parent)
    mine = {name: plan for name, plan in plans.items() if not customers or plan.customer in customers}
    rows = [row for name, plan in mine.items() for row in cases(name, plan, names, when)]
    values = [tuple(row[name] for name in names) for row in rows]
    ids = ["-".join(filter(None, map(check_of, case))) for case in values]
    metafunc.parametrize(names, values, ids=ids, indirect=["sim"])


def _customers(function: Any, parent: pytest.Collector | None) -> set[str]:
    """Return for whom a check is made; empty for everybody. The function's own mark goes before that of its class or module."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "customer"]
    if not marks and parent is not None:
        marks = list(itertools.islice(parent.iter_markers("customer"), 1))
    return {str(name) for mark in marks for name in mark.args}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k S7`, `-k segment_lift_ndcg` and `-m "scenario(id='S7')"` find checks; `-m` compares keyword arguments only."""
    if (identity := identify(item)) is not None:
        item.extra_keyword_matches.add(identity.check)
        if item.config.pluginmanager.has_plugin(THREADS):
            item.add_marker(pytest.mark.thread_unsafe(reason="a check changes what the service serves"))
    for name, key in (("scenario", "id"), ("guardrail", "name")):
        if word := named(item, name):
            word = identity.check if identity and name == "guardrail" else word
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


class Counted(msgspec.Struct):
    """What one process was told to run, and what it had collected before anything was removed.

    Attributes:
        tests: node id of each test that makes a check, and the check.
        collected: checks.
    """

    tests: list[tuple[str, Key]] = []
    collected: list[Key] = []


class PlannedChecks:
    """The same, sorted out by simulation: a batch asks for every simulation's.

    Attributes:
        planned, nodes: checks that are run, and the test that makes each.
        found: checks that were collected.
    """

    def __init__(self, counted: Counted) -> None:
        once: dict[Key, Key] = {}
        keys = [once.setdefault(key, key) for _, key in counted.tests]
        self.planned = _by_simulation((key, key) for key in keys)
        self.nodes = _by_simulation((key, intern(nodeid)) for nodeid, key in counted.tests)
        self.found = _by_simulation((key, once.setdefault(key, key)) for key in counted.collected)

    def forget(self, name: str) -> None:
        """Let go of the checks of a simulation that is finished; which tests made them stays."""
        self.planned.pop(name, None)
        self.found.pop(name, None)


def _by_simulation(pairs: Iterable[tuple[Key, T]]) -> dict[str, list[T]]:
    """Sort what belongs to checks by the simulation that each check is of."""
    sorted_out: dict[str, list[T]] = {}
    for key, thing in pairs:
        sorted_out.setdefault(key[0], []).append(thing)
    return sorted_out


class Census:
    """Writes down what will run, so that the controller notices what never reported and what was left out."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._path = folder / f"planned-{worker or 'main'}.json"
        self._collected: list[Key] = []

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if (found := identify(item)) is not None:
            self._collected.append(found.key)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        tests = [(item.nodeid, found.key) for item in session.items if (found := identify(item)) is not None]
        checks = Counted(tests, self._collected)
        try:
            write_atomic(self._path, msgspec.json.encode(checks))
        except OSError as error:
            raise pytest.UsageError(unwritable(self._path.parent, error)) from None


def read_census(folder: Path) -> PlannedChecks:
    """Return the plan that the processes of this run agree on (xdist insists that they do)."""
    for path in sorted(folder.glob("planned-*.json")):
        return PlannedChecks(msgspec.json.decode(path.read_bytes(), type=Counted))
    return PlannedChecks(Counted())
