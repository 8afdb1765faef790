"""Loaded when a customer is named: registers the other hook modules and hands plans to workers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pytest_recsim.plugin import collect, fixtures, html, masks, outcome, suite
from pytest_recsim.plugin.own import announced
from pytest_recsim.plugin.state import STATE, State
from pytest_recsim.simulation import RunContext, Simulation
from pytest_recsim.simulation.controller import scratch
from pytest_recsim.simulation.controller.broker import ask
from pytest_recsim.simulation.controller.services import hold_as_worker
from pytest_recsim.simulation.session.notes import Notes

MARKERS = (
    "scenario(id): a behaviour of the recommender that must hold, S1 to S10",
    "guardrail(name, when=None): a threshold that must hold; `when` names one that may be off, and then there is no check",
    "customer(name, ...): a check that is made for these customers only",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    if config.option.help or config.option.version:
        return
    masks.learn_from(config)
    config.pluginmanager.register(masks)
    suite.steer_collection(config)
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is None:
        from pytest_recsim.plugin.controller import Controller

        controller = Controller(config)
        config.pluginmanager.register(controller, "recsim-controller")
        from pytest_recsim.plugin.progress import Progress

        config.pluginmanager.register(Progress(config, controller), "recsim-progress")
        if controller.job is not None:
            from pytest_recsim.plugin.tasked import Tasked

            config.pluginmanager.register(Tasked(config, controller, *controller.job), "recsim-tasked")
        if controller.options.engine:
            from pytest_recsim.plugin.engine import Engine

            config.pluginmanager.register(Engine(config, controller), "recsim-engine")
        if controller.options.upload:
            from pytest_recsim.plugin.uploading import Uploading

            config.pluginmanager.register(Uploading(config, controller), "recsim-upload")
    else:
        _become_worker(config, workerinput)
    for module in (suite, collect, outcome, fixtures, html):
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
        find=lambda name: _opened(contexts[name], config, worker),
    )
    folder = next(iter(contexts.values())).scratch_folder
    config.add_cleanup(scratch.hold(folder).close)
    config.pluginmanager.register(collect.Census(folder, worker), "recsim-census")


def _opened(context: RunContext, config: pytest.Config, worker: str) -> Simulation:
    """Open a simulation on this worker, which the next run in its namespace has to outlive."""
    if (hold := hold_as_worker(context.plan)) is not None:
        config.add_cleanup(hold.release)
    simulation = Simulation(ask(context))
    simulation.progress = Notes(context.scratch_folder, worker)
    return simulation


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close connections of this process; the controller ends the stand-ins."""
    state = config.stash.get(STATE, None)
    if state is not None:
        state.close_all()
