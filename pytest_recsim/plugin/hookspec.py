"""The hook that a user's conftest.py may define."""

from __future__ import annotations

import pytest


@pytest.hookspec
def pytest_recsim_metrics() -> list[object]:  # type: ignore[empty-body]  # a specification has none
    """Announce metrics of your own: a list of ``pytest_recsim.UserMetric`` and ``pytest_recsim.RunMetric``.

    Called once per process, before anything is sent. Each metric is measured once per customer, after the quality
    lists; docs/own-scenarios.md shows one.
    """
