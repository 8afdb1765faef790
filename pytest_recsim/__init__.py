"""pytest-recsim: may this recommender configuration go live, and what is the evidence?

What users import stands here, whatever room it lives in; nothing is loaded before it is asked for.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_recsim.data.input.problems import RecsimError
    from pytest_recsim.plan.keywords import plan_for
    from pytest_recsim.plan.model import Plan
    from pytest_recsim.plan.own import Metric, RunMetric, UserMetric
    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation import Simulation
    from pytest_recsim.simulation.checks.check import Check
    from pytest_recsim.simulation.controller.evaluate import evaluate
    from pytest_recsim.simulation.controller.run_record import RunRecord
    from pytest_recsim.sources.importing.dataframes import fixture_from

__all__ = [
    "Check",
    "Exchange",
    "Metric",
    "Plan",
    "RecsimError",
    "RunMetric",
    "RunRecord",
    "Simulation",
    "UserMetric",
    "__version__",
    "evaluate",
    "fixture_from",
    "plan_for",
]
__version__ = "0.1.0"

_ROOMS = {
    "Check": "simulation.checks.check",
    "Exchange": "service.contract.ask",
    "Metric": "plan.own",
    "Plan": "plan.model",
    "RecsimError": "data.input.problems",
    "RunMetric": "plan.own",
    "RunRecord": "simulation.controller.run_record",
    "Simulation": "simulation",
    "UserMetric": "plan.own",
    "evaluate": "simulation.controller.evaluate",
    "fixture_from": "sources.importing.dataframes",
    "plan_for": "plan.keywords",
}

# Only under pytest, and without importing it: the stand-in imports this package too and must start fast.
if (_pytest := sys.modules.get("pytest")) is not None:
    _pytest.register_assert_rewrite("pytest_recsim.plugin.fixtures")


def __getattr__(name: str) -> Any:
    """Import what is asked for, and only that: pytest imports this package on every start."""
    from importlib import import_module

    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
