"""A check that breaks off with a sentence of ours is told with it, and with nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_recsim.data.input.problems import InputError, Problem, RecsimError
from pytest_recsim.plugin.outcome import _broken_off
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.checks.check import BROKEN, Check, Conclusion
from pytest_recsim.simulation.session.simulation import SimulationFailed


@pytest.mark.parametrize(
    "error",
    [
        InputError(Problem("", "bundle: cannot be written: No space left on device")),
        ServiceError("http://x answered 500"),
        SimulationFailed("the service is down"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_we_say_in_a_sentence_ends_a_check_without_a_traceback(error: RecsimError) -> None:
    assert _broken_off(SimpleNamespace(), SimpleNamespace(), Check(), error) == Conclusion(
        "failed", str(error), next_step=BROKEN
    )
