"""Loaded when a customer is named: registers the other hook modules and hands plans to workers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pytest_recsim.plugin import collect, fixtures, outcome, suite
from pytest_recsim.plugin.own import announced
from pytest_recsim.plugin.state import STATE, State
from pytest_recsim.simulation import RunContext, Simulation
from pytest_recsim.simulation.landlord import ask

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
    contexts = {
        context.plan.id: context
        for context in msgspec.json.decode(workerinput["recsim"], type=list[RunContext])
    }
    worker = str(workerinput["workerid"])
    config.stash[STATE] = State(
        metrics=announced(config),
        plans={name: context.plan for name, context in contexts.items()},
        contexts=contexts,
        worker=worker,
        find=lambda name: Simulation(ask(contexts[name])),
    )
    scratch = next(iter(contexts.values())).scratch_folder
    config.pluginmanager.register(collect.Census(scratch, worker), "recsim-census")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close connections of this process; the controller ends the stand-ins."""
    state = config.stash.get(STATE, None)
    if state is not None:
        state.close_all()
