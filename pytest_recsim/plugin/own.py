"""The user's own metrics: asked of their hooks, once per process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.own import Announced, checked

if TYPE_CHECKING:
    import pytest


def announced(config: pytest.Config) -> Announced:
    """Call every ``pytest_recsim_metrics`` hook.

    Raises:
        InputError: a hook raised, or what it returned cannot be used; names the file of the hook.
    """
    return checked(_returned(config))


def _returned(config: pytest.Config) -> Iterator[tuple[str, object]]:
    """Call the hooks one by one, so that a failing one can be named."""
    for implementation in config.hook.pytest_recsim_metrics.get_hookimpls():
        where = shown(Path(getattr(implementation.plugin, "__file__", None) or implementation.plugin_name))
        try:
            returned = implementation.function()
        except Exception as error:  # noqa: BLE001 - somebody else's code: whatever it raises is told with its name
            what = f"pytest_recsim_metrics raised {type(error).__name__}: {error}"
            raise InputError(Problem(where, what)) from None
        yield where, returned
