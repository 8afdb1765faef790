from __future__ import annotations

import pytest
from service_fakes import Recsys, Server
from waiting import LIMIT_S

from pytest_recsim.service.api.client import Service
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.retry import Patience

ORG = "00000000-0000-0000-0000-000000000001"
QUICK = Patience(first_s=0.01, longest_s=0.05)


@pytest.fixture
def serve():
    """Start a server for a handler, and a Service that talks to it; both end with the test."""
    opened = []

    def start(handle, *, see=None, clock=None, **settings):
        server = Server(handle)
        opened.append(server)
        settings = {"timeout": LIMIT_S, "patience": QUICK, "slow_s": 0.0, "trust_env": False, **settings}
        more = {"clock": clock} if clock else {}
        service = Service(Endpoint(server.url, ORG, "ns", **settings), see=see, **more)
        opened.append(service)
        return server, service

    yield start
    for thing in reversed(opened):
        thing.close()


@pytest.fixture
def recsys():
    return Recsys()


@pytest.fixture
def service(serve, recsys):
    """A Service in front of the in-memory Recsys."""
    return serve(recsys)[1]
