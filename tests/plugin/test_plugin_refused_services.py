"""Services and namespaces that cannot be used: exit code 4, one plain sentence, reads only."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from kept_port import kept_port
from plugin_refused import GOOD, is_refusal
from plugin_shop import Project, Served

from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.service.launcher import launch


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
    with kept_port() as port:
        url = f"http://127.0.0.1:{port}"
        ran = acme.simulate("--base-url", url)
    is_refusal(ran, acme, (url, "check --base-url"))


def test_a_server_that_is_not_a_recsys(acme: Project, blog: ThreadingHTTPServer) -> None:
    ran = acme.simulate("--base-url", f"http://127.0.0.1:{blog.server_port}")
    is_refusal(ran, acme, ("/health", "like a Recsys"))
    assert blog.asked == ["GET /health"]


COUNTERS = ("total_candidates", "after_rules", "final_count", "rule_boost_injected", "rule_boost_exposure")


class Ailing(Blog):
    """Looks like a Recsys until its users are asked for."""

    GOOD: ClassVar = {
        "/health": {"status": "ok"},
        "/version": {"git_commit": "a", "build_time": "b", "model_version": "c"},
        "/v1/items": {"items": [], "total": 0, "limit": 1, "offset": 0, "has_more": False},
        "/v1/recommendations": {
            "model_version": "c",
            "items": [],
            "trace": {"extras": {"policy": dict.fromkeys(COUNTERS, 0), "recent_event_count": 0}},
        },
    }

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        found = self.GOOD.get(self.path.partition("?")[0])
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or {"code": "gone", "message": "no such thing"}).encode())

    do_POST = do_GET  # noqa: N815 - the name is http.server's


@pytest.mark.long
def test_a_service_that_fails_behind_the_door(acme: Project) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ailing)
    server.asked = []
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        ran = acme.simulate("--base-url", f"http://127.0.0.1:{server.server_port}", "--recsim-timeout", "1")
        is_refusal(ran, acme, ("404", "/v1/"))
        asked = {one for one in server.asked if not one.startswith("GET ")}
        assert asked == {"POST /v1/recommendations"}, "a question for a list is a read"
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


DYING = """\
import os
from pytest_recsim.simulation.controller import opening
started = opening.launch
def launch(*words, **names):
    found = started(*words, **names)
    os.kill(found.pid, 9)
    return found
opening.launch = launch
"""


def test_a_stand_in_that_ends_before_it_is_asked_is_told_and_nobody_is_sent_to_look_at_a_url(acme) -> None:
    acme.write("conftest.py", DYING)
    ran = acme.simulate("-k", "coverage")
    assert ran.code != 0
    assert "the embedded service ended by signal 9: it wrote nothing" in ran.text
    assert "--base-url" not in ran.text
    assert "Traceback" not in ran.text
