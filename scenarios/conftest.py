"""Guard: the scenarios speak about a customer, so one has to be named."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to run without a customer."""
    if not any(config.getoption(name, default=None) for name in ("recsim_customer", "recsim_batch_file")):
        raise pytest.UsageError(
            "the scenarios need --customer NAME (or --batch-file PATH), e.g. `pytest --customer customer-a`; "
            "`pytest` alone, without the scenarios folder, runs the project's own tests"
        )
