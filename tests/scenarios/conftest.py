from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def marker(pytestconfig):
    """The plugin, which is silent here, would register it."""
    pytestconfig.addinivalue_line("markers", "scenario(id): a scenario of the suite")
