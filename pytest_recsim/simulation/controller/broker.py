"""Stand-ins on demand: a worker writes down whom it needs, the controller opens the door, both through files.

Files need neither a port nor the worker to be alive when the answer comes, and a killed worker leaves nothing open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.session.run import RunContext, Secret
from pytest_recsim.simulation.session.simulation import SimulationFailed

POLL_S, LIMIT_S = 0.02, 180.0
"""Longer than a stand-in may take to start, so that the worker hears why it did not."""


class Reply(msgspec.Struct, frozen=True):
    """The context with its URL and without its token, or why there is none."""

    context: RunContext | None = None
    failure: str = ""


def _asked(scratch: Path) -> Path:
    return scratch / "wanted"


def _reply(scratch: Path, name: str) -> Path:
    return scratch / "opened" / f"{name}.json"


class Broker:
    """The controller's side: a thread that opens what workers ask for."""

    def __init__(self, scratch: Path, due: Callable[[str], RunContext]) -> None:
        self._scratch, self._due = scratch, due
        _asked(scratch).mkdir()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="recsim-broker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.wait(POLL_S):
            for wanted in sorted(_asked(self._scratch).iterdir()):
                if not _reply(self._scratch, wanted.name).exists():
                    write_atomic(
                        _reply(self._scratch, wanted.name), msgspec.json.encode(self._open(wanted.name))
                    )
                wanted.unlink(missing_ok=True)

    def _open(self, name: str) -> Reply:
        try:
            context = self._due(name)
            plan = msgspec.structs.replace(context.plan, restart_command="")  # no worker restarts anything
            return Reply(msgspec.structs.replace(context, plan=plan, token=Secret()))
        except (InputError, ServiceError) as error:
            return Reply(failure=str(error))
        except Exception as error:  # noqa: BLE001 - told to the worker, which would wait in vain otherwise
            return Reply(failure=f"internal error in pytest-recsim: {type(error).__name__}: {error}")


def ask(context: RunContext) -> RunContext:
    """Return the context with the URL of its service, a worker's view; waits until the controller has opened it.

    Raises:
        SimulationFailed: it could not be opened, or nobody answers.
    """
    if context.url:
        return context
    scratch, name = context.scratch_folder, context.plan.id
    answer, end = _reply(scratch, name), monotonic() + LIMIT_S
    if not answer.exists():
        (_asked(scratch) / name).touch()
    while not answer.exists():
        if monotonic() > end:
            raise SimulationFailed(f"its service was not opened within {LIMIT_S:g} s")
        time.sleep(POLL_S)
    found = msgspec.json.decode(answer.read_bytes(), type=Reply)
    if found.context is None:
        raise SimulationFailed(found.failure)
    return msgspec.structs.replace(found.context, token=context.token)
