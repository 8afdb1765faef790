from __future__ import annotations

import pytest
from waiting import LIMIT_S

from pytest_recsim.apply import admin, restart
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.retry import Patience
from pytest_recsim.service.launcher import launch

ORG = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def stand_in():
    with launch(load_profile(packaged_profiles() / "prod.env").environment) as running:
        yield running


@pytest.fixture
def talk():
    """Open a Service at an address; closed with the test."""
    opened = []

    def start(url):
        patience = Patience(tries=2, first_s=0.01)
        opened.append(Service(Endpoint(url, ORG, "ns", timeout=LIMIT_S, trust_env=False, patience=patience)))
        return opened[-1]

    yield start
    for service in opened:
        service.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """What is waited for between two looks at a service, in case it is not yet what it will be; ours are at once."""
    monkeypatch.setattr(admin, "SETTLE_S", 0.01)
    monkeypatch.setattr(restart, "POLL_S", 0.01)
