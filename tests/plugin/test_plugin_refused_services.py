"""Services and namespaces that cannot be used: exit code 4, one plain sentence, reads only."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from plugin_refused import GOOD, is_refusal
from plugin_shop import Project, Served

from pytest_recsim.data.profiles import load_profile, packaged_profiles
from pytest_recsim.service.launcher import launch


def closed_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Blog(BaseHTTPRequestHandler):
    """A web server that is no Recsys; it writes down what it was asked."""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>my blog</html>")

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def blog():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Blog)
    server.asked = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_a_url_that_nobody_answers(acme: Project) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    ran = acme.simulate("--base-url", url)
    is_refusal(ran, acme, (url, "check --base-url"))


def test_a_server_that_is_not_a_recsys(acme: Project, blog: ThreadingHTTPServer) -> None:
    ran = acme.simulate("--base-url", f"http://127.0.0.1:{blog.server_port}")
    is_refusal(ran, acme, ("/health", "like a Recsys"))
    assert blog.asked == ["GET /health"]


class Ailing(Blog):
    """Looks like a Recsys until its users are asked for."""

    GOOD: ClassVar = {
        "/health": {"status": "ok"},
        "/version": {"git_commit": "a", "build_time": "b", "model_version": "c"},
        "/v1/items": {"items": [], "total": 0, "limit": 1, "offset": 0, "has_more": False},
    }

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        found = self.GOOD.get(self.path.partition("?")[0])
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or {"code": "gone", "message": "no such thing"}).encode())


@pytest.mark.long
def test_a_service_that_fails_behind_the_door(acme: Project) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ailing)
    server.asked = []
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        ran = acme.simulate("--base-url", f"http://127.0.0.1:{server.server_port}", "--recsim-timeout", "1")
        is_refusal(ran, acme, ("404", "/v1/"))
        assert {one.partition(" ")[0] for one in server.asked} == {"GET"}
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.long
def test_of_two_customers_one_refused_namespace_stops_both(acme: Project, served: Served) -> None:
    acme.customer("beta", GOOD)
    foreign = {"namespace": "beta", "items": [{"item_id": "x", "available": True}]}
    served.ask("POST", "/v1/items:upsert", foreign)
    served = served.from_here()
    ran = acme.simulate("--customer", "beta", "--base-url", served.url)
    is_refusal(ran, acme, ("namespace `beta`", "carries no marker of ours"))
    assert served.writes == []


def test_two_customers_in_one_namespace_would_wipe_each_other(acme: Project, served: Served) -> None:
    acme.customer("a-b", GOOD)
    words = ("--customer", "a-b", "--customer", "a_b")
    ran = acme.run(*words, "--base-url", served.url)
    is_refusal(ran, acme, ("a-b", "a_b", "the same namespace `a_b`"))
    assert served.requests == []


@pytest.mark.long
def test_a_refused_key(acme: Project) -> None:
    prod = load_profile(packaged_profiles() / "prod.env").values
    knobs = {name: setting.text for name, setting in prod.items()}
    knobs |= {"API_AUTH_ENABLED": "true", "API_KEYS": '{"good": "*"}'}
    with launch(knobs, access_log=acme.folder / "access.jsonl") as keyed:
        ran = acme.simulate("--base-url", keyed.url)
        is_refusal(ran, acme, ("does not accept the API key", "RECSYS_API_KEY"))
        assert Served(keyed.url, acme.folder / "access.jsonl").writes == []
