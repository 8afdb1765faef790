"""What xdist's workers get from the controller, and what it keeps of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pytest_recsim.plugin.crashed import outlive
from pytest_recsim.simulation.controller.broker import Broker
from pytest_recsim.simulation.controller.fleet import Fleet

GIVEN = "recsim"
"""The name under which a worker finds its simulations."""


class Workers:
    """Registered on the controller; a run without xdist never calls it."""

    def __init__(self, fleet: Fleet, scratch: Path) -> None:
        self._fleet, self._scratch = fleet, scratch
        self._broker: Broker | None = None
        self._given = ""  # the same for all that are begun at the same time

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        if self._broker is None:
            self._broker = Broker(self._scratch, self._fleet.due)
        outlive(node)
        node.workerinput[GIVEN] = self._given = (
            self._given or msgspec.json.encode(self._fleet.contexts()).decode()
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Let go of what the worker has by now: plans of a thousand customers are much."""
        node.workerinput.pop(GIVEN, None)
        self._given = ""

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Keep the names of tests once, which every worker sends and xdist keeps."""
        ids[:] = map(sys.intern, ids)

    def stop(self) -> None:
        if self._broker is not None:
            self._broker.stop()
