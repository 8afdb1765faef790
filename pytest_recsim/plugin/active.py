"""Loaded when a customer is named: registers the other hook modules and hands plans to workers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pytest_recsim.plugin import collect, fixtures, outcome, suite
from pytest_recsim.plugin.own import announced
from pytest_recsim.plugin.state import STATE, State
from pytest_recsim.simulation import RunContext

MARKERS = (
    "scenario(id): a behaviour of the recommender that must hold, S1 to S10",
    "guardrail(name, when=None): a threshold that must hold; `when` names one that may be off, and then there is no check",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if config.option.help or config.option.version:
        return
    suite.steer_collection(config)
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is None:
        from pytest_recsim.plugin.controller import Controller

        config.pluginmanager.register(Controller(config), "recsim-controller")
    else:
        _become_worker(config, workerinput)
    for module in (suite, collect, outcome, fixtures):
        config.pluginmanager.register(module)


def _become_worker(config: pytest.Config, workerinput: dict[str, Any]) -> None:
    contexts = msgspec.json.decode(workerinput["recsim"], type=list[RunContext])
    state = State(
        metrics=announced(config),
        plans={context.plan.id: context.plan for context in contexts},
        contexts={context.plan.id: context for context in contexts},
        worker=str(workerinput["workerid"]),
    )
    config.stash[STATE] = state
    config.pluginmanager.register(collect.Census(contexts[0].scratch_folder, state.worker), "recsim-census")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close connections of this process; the controller ends the stand-ins."""
    state = config.stash.get(STATE, None)
    for simulation in state.opened() if state else ():
        simulation.close()
