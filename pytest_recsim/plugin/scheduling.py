"""How pytest and xdist hand out the checks of a run: what their options say, fitted to what a run can stand."""

from __future__ import annotations

import pytest

LOOKING = ("collectonly", "setupplan", "setuponly", "showfixtures", "show_fixtures_per_test", "cacheshow")
"""Options of pytest's with which it shows something and runs no test."""


def fit(config: pytest.Config, *, alone: bool) -> None:
    """Change pytest's and xdist's options to those of this run.

    Args:
        config: whose options are changed; xdist may be missing.
        alone: whether it is a run without workers, whatever was asked for.

    Raises:
        pytest.UsageError: checks would be run several times.
    """
    option = config.option
    if getattr(option, "dist", "no") == "each":
        raise pytest.UsageError(
            "--dist each runs every check once on every worker, and a customer is seeded once: use `-n N` alone"
        )
    if option.setuponly:
        option.setupplan = True  # nothing can be set up without a service
    if alone:
        option.dist, option.tx = "no", []
    if getattr(option, "maxschedchunk", 1) is None:
        option.maxschedchunk = 1  # some checks take seconds: a worker must not be handed several at once
