from __future__ import annotations

import pytest

from pytest_recsim.data.profiles import load_profile, packaged_profiles
from pytest_recsim.service.endpoint import Endpoint
from pytest_recsim.service.face import Service
from pytest_recsim.service.launcher import launch
from pytest_recsim.service.retry import Patience

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
        opened.append(Service(Endpoint(url, ORG, "ns", timeout=2.0, trust_env=False, patience=patience)))
        return opened[-1]

    yield start
    for service in opened:
        service.close()
