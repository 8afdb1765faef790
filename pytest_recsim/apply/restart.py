"""Restarting a service with its owner's command, and waiting until it is well."""

from __future__ import annotations

import shlex
import subprocess
from time import sleep

from pytest_recsim.clock import monotonic
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.masking import masked
from pytest_recsim.record.secrets import odd_words
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError

RESTART_S, HEALTHY_S, POLL_S = 120.0, 60.0, 0.2
IN_A_ROW = 6
"""Answers a poll apart: a process that is told to end may still answer for a while before its successor does."""
TOLD = 200


def restart_service(service: Service, command: str) -> None:
    """Run the command and wait until the service answers that it is well, several times in a row.

    Raises:
        InputError: the command fails, or the service does not come back.
    """
    odd = list(odd_words(command))  # a password may be any word, so none that is odd is shown or repeated
    shown = masked(command, odd)
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, no shell
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us: a restart that is cut in half may leave no service
        )
    except OSError as error:
        raise _failed(shown, f"cannot be run ({error.strerror})") from None
    try:
        said = _ended(process)
    except subprocess.TimeoutExpired:
        raise _failed(shown, f"did not end within {RESTART_S:g} s") from None
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise _failed(shown, f"ended with code {process.returncode} ({masked(last, odd)[:TOLD]})")
    _await_health(service)


def _ended(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for the command's end, also while we are told to end ourselves; return what it said last."""
    try:
        return process.communicate(timeout=RESTART_S)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    except BaseException:
        process.communicate(timeout=RESTART_S)
        raise


def _failed(command: str, what: str) -> InputError:
    return InputError(Problem("--recsim-restart-command", f"`{command}` {what}."))


def _await_health(service: Service) -> None:
    end, healthy = monotonic() + HEALTHY_S, 0
    while True:
        try:
            healthy = healthy + 1 if service.health().status == "ok" else 0
            last = "it says it is not ok"
        except ServiceError as error:
            healthy, last = 0, error.sentence
        if healthy >= IN_A_ROW:
            return
        if monotonic() >= end:
            what = f"is not healthy {HEALTHY_S:g} s after it was restarted: {last}"
            raise InputError(Problem(service.endpoint.base_url, what))
        sleep(POLL_S)
