"""How a run ends: the exit code says what is true of the service.

Registered before pytest's own main function is called, and asks the controller afterwards.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_recsim.data.input.exitcodes import BY_SIGNAL, INTERRUPTED, NOT_DONE, SERVICE_CHANGED
from pytest_recsim.record.masking import masked

if TYPE_CHECKING:
    from pytest_recsim.plugin.controller import Controller

CONTROLLER = "recsim-controller"


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Let the exit code be true whatever ended the run, pytest's usage errors and a second Ctrl-C among it."""
    try:
        code = yield
    except BaseException as error:
        controller: Controller | None = config.pluginmanager.get_plugin(CONTROLLER)
        if controller is None or controller.idle:
            raise
        changed = exit_code(controller, _code_of(controller, error))
        if changed is None:
            raise
        _say_error(error, late=changed == NOT_DONE)
        return changed
    controller = config.pluginmanager.get_plugin(CONTROLLER)
    if controller is None or controller.idle:
        return code
    return exit_code(controller, code) or code


def _code_of(controller: Controller, error: BaseException) -> int | None:
    """The code for what came out of pytest's main function, None where pytest's own treatment of it is true."""
    if isinstance(error, KeyboardInterrupt) or (
        isinstance(error, Warning) and controller.signals.interrupted
    ):
        return INTERRUPTED  # where warnings are errors, one about a connection that was cut short comes at the end
    return NOT_DONE if controller.wrote and isinstance(error, pytest.UsageError) else None


def exit_code(controller: Controller, code: int | None) -> int | None:
    """Return the code that the run ends with, after one more try to give services back what is theirs."""
    fleet, number = controller.fleet, controller.signals.number
    exec("")  # noqa: S102 - Python would end with SIGINT, whatever the code, had Ctrl-C met it in an exec like that
    if not fleet.restored:  # what was to do it was interrupted
        fleet.restore()
    if fleet.services.pending:
        commands = " and ".join(f"`{one}`" for one in fleet.services.restoring) or "`recsim restore`"
        print(f"recsim: {PENDING} To put it back: {commands}.", file=sys.stderr)  # noqa: T201 - after pytest's terminal
        return SERVICE_CHANGED
    return BY_SIGNAL + number if number else code


PENDING = f"exit code {SERVICE_CHANGED}: a service is not, or may not be, what it was before; a note says what it was."


def _say_error(error: BaseException, *, late: bool) -> None:
    """Say what pytest would have said, and why the code is another one."""
    if isinstance(error, pytest.UsageError):
        for message in (*error.args, *([LATE] if late else [])):
            print(f"ERROR: {message}\n", file=sys.stderr)  # noqa: T201 - after pytest's terminal
    elif not isinstance(
        error, KeyboardInterrupt | Warning
    ):  # nobody's plan: it must not be lost behind a code of ours
        sys.stderr.write(masked("".join(traceback.format_exception(error))))


LATE = (
    "That came up after something had been written to a running service, hence not exit code 4. "
    "Its configuration is what it was; a namespace that was written to carries our marker."
)
