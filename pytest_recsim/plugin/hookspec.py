"""The hooks that a user's conftest.py may define."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # this file is loaded in every run of pytest, also where nobody simulates
    from pytest_recsim.record.model import CheckResult


@pytest.hookspec
def pytest_recsim_metrics() -> list[object]:  # type: ignore[empty-body]  # a specification has none
    """Announce custom metrics: a list of ``pytest_recsim.Metric``, which ``UserMetric`` and ``RunMetric`` are.

    Called once per process, before anything is sent. Each metric is measured once per customer, after the quality
    lists; docs/own-scenarios.md shows one.
    """


@pytest.hookspec
def pytest_recsim_result(item: pytest.Item, result: CheckResult) -> None:
    """Take the result of a check elsewhere: to Allure, to a dashboard.

    Called in the process that ran the check, once for every attempt, while pytest's test is still open; outcome,
    waiver and severity are settled. Nothing that is done here changes the result, but a hook that raises makes the
    check an error. docs/own-scenarios.md shows one for Allure.

    Args:
        item: the test that made the check.
        result: what the record will hold; not to be changed.
    """
