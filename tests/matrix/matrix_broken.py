"""Faults that do not work themselves: their own errors must never pass for a check that noticed, or for one that did not."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from pytest_recsim.standin.http.errors import ApiError
from pytest_recsim.standin.process.app import App

NOTE = "MATRIX_BROKEN"
"""The variable that names the file in which the stand-in leaves the first error of its fault."""


class BrokenFaultError(Exception):
    """A fault whose own code failed, so that nothing can be said about the suite; says which and why."""

    def __init__(self, fault: str, strength: float, reason: str) -> None:
        super().__init__(f"{fault} at strength {strength:g} says nothing about the suite: {reason}")


def noted(action: Callable[[], Any]) -> Any:
    """Do something, and leave a note of the error it ends with, if any that is no answer of the service."""
    try:
        return action()
    except ApiError:
        raise
    except Exception as error:
        note(error)
        raise


def note(error: Exception) -> None:
    """Write down what went wrong and where, unless something has been written before."""
    place = Path(os.environ[NOTE])
    if not place.exists():
        last = traceback.extract_tb(error.__traceback__)[-1]
        place.write_text(f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")


def watch() -> None:
    """Have errors noted that a request ends with; without a fault there are none but the service's own refusals."""
    route, called = App._route, App.__call__

    @wraps(route)
    def routed(self: App, *what: Any) -> Any:
        return noted(lambda: route(self, *what))

    # uvicorn calls an application without arguments first, to see whether it is a factory
    async def call(self: App, scope: Any, receive: Any, send: Any) -> None:
        try:
            await called(self, scope, receive, send)
        except Exception as error:
            note(error)
            raise

    App._route, App.__call__ = routed, call
