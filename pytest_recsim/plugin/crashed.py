"""A worker that has just died: the run goes on without it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any


def outlive(node: Any) -> None:
    """Let work that is sent to a worker which died a moment ago be lost instead of ending the whole run.

    xdist hears of a death from a thread of its own. Between the death and that moment it still hands out work, the
    pipe is broken, and the error goes up through the session as an internal one (exit code 3, nobody's fault is
    named). Nothing is lost by keeping quiet: the report of the death follows, names the check that the worker was at,
    and gives the rest of its work to others.
    """
    send = node.sendcommand

    def send_to_the_living(name: str, **values: Any) -> None:
        with suppress(OSError):
            send(name, **values)

    node.sendcommand = send_to_the_living
