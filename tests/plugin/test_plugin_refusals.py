"""Everything that can be wrong on paper: exit code 4, one plain sentence, nothing sent, nothing left behind."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from plugin_shop import Project, Ran, Served, environment

EVENT = {"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-10-01T00:00:00Z"}
GOOD = {
    "items": [{"item_id": "i1", "tags": ["red"], "price": 3}, {"item_id": "i2"}],
    "users": [{"user_id": "u1", "traits": {"segment": "regulars"}}],
    "events": [EVENT],
}


@dataclass(frozen=True)
class Wrong:
    """One mistake: how it is made, what is typed, which words the sentence must hold."""

    make: Callable[[Project], object]
    words: tuple[str, ...]
    says: tuple[str, ...]


def nothing(project: Project) -> None:
    """The project is sound; the words are wrong."""


def fixture(**changes: object) -> Callable[[Project], object]:
    return lambda project: project.customer("acme", GOOD | changes)


def file(name: str, text: str) -> Callable[[Project], object]:
    return lambda project: project.write(name, text)


FIXTURE = "fixtures/customers/acme.json"
ON_PAPER = {
    "missing fixture": Wrong(nothing, ("--fixture-path", "no.json"), ("no.json", "fixture not found")),
    "broken JSON": Wrong(file(FIXTURE, '{"items": [],\n"users" []}'), (), (f"{FIXTURE}:2",)),
    "duplicate item": Wrong(
        fixture(items=[*GOOD["items"], {"item_id": "i1"}]), (), (f"{FIXTURE}#/items/2/item_id", "i1")
    ),
    "unknown user": Wrong(
        fixture(events=[EVENT | {"user_id": "nobody"}]), (), (f"{FIXTURE}#/events/0/user_id", "nobody")
    ),
    "time without offset": Wrong(
        fixture(events=[EVENT | {"ts": "2026-10-01T00:00:00"}]), (), ("#/events/0/ts", "offset")
    ),
    "no segment": Wrong(fixture(users=[{"user_id": "u1"}]), (), ("#/users/0", "segment")),
    "unknown guardrail": Wrong(
        file("guardrails.yml", "defaults:\n  quality:\n    min_segment_lift_ncdg: 1\n"),
        (),
        ("guardrails.yml:3", "min_segment_lift_ncdg", "did you mean `min_segment_lift_ndcg`?"),
    ),
    "threshold of the wrong type": Wrong(
        file("guardrails.yml", "defaults:\n  quality:\n    min_catalog_coverage: lots\n"),
        (),
        ("guardrails.yml:3", "lots", "number"),
    ),
    "knob out of range": Wrong(nothing, ("--env-override", "MMR_LAMBDA=1.7"), ("MMR_LAMBDA", "1.7")),
    "unknown knob": Wrong(
        nothing, ("--env-override", "MMR_LAMDA=0.7"), ("MMR_LAMDA", "did you mean `MMR_LAMBDA`?")
    ),
    "unknown profile": Wrong(nothing, ("--env-profile", "prot"), ("prot", "did you mean `prod`?")),
    "unknown customer": Wrong(
        nothing, ("--customer", "acne"), ("--customer", "acne", "did you mean `acme`?")
    ),
    "empty customer": Wrong(nothing, ("--customer", ""), ("--customer", "lower-case")),
    "bad namespace": Wrong(nothing, ("--namespace", "a/b"), ("--namespace", "a/b")),
    "zero org": Wrong(nothing, ("--org-id", "0" * 32), ("--org-id", "UUID")),
    "unknown step": Wrong(nothing, ("--recsim-skip", "sead"), ("--recsim-skip", "did you mean `seed`?")),
    "unknown apply mode": Wrong(nothing, ("--recsim-apply", "emv"), ("--recsim-apply", "env")),
    "no number": Wrong(nothing, ("--recsim-sample-users", "few"), ("--recsim-sample-users", "few")),
    "one namespace for two": Wrong(
        lambda project: project.customer("other", GOOD),
        ("--customer", "other", "--namespace", "x"),
        ("--namespace", "exactly one --customer"),
    ),
    "clashing file name": Wrong(
        file("scenarios/test_s07_cold_start.py", "def test_mine():\n    pass\n"),
        (),
        ("scenarios/test_s07_cold_start.py", "rename yours"),
    ),
    "env with a running service": Wrong(
        nothing,
        ("--base-url", "http://127.0.0.1:1", "--recsim-apply", "env"),
        ("--recsim-apply", "request, none"),
    ),
    "not a URL": Wrong(nothing, ("--base-url", "recsys.example"), ("--base-url", "http://")),
}


def is_refusal(ran: Ran, project: Project, says: tuple[str, ...]) -> None:
    assert ran.code == 4, ran.text
    for words in says:
        assert words in ran.err
    lines = [line for line in ran.err.splitlines() if line.strip()]
    assert lines[0].startswith("ERROR: ")
    assert len(lines) == 1, "one problem, one line"
    assert "Traceback" not in ran.text
    assert "INTERNALERROR" not in ran.text
    assert "recsim" not in ran.out.replace("pytest-recsim", "").partition("plugins:")[0]
    assert not project.left_behind


@pytest.mark.parametrize("name", ON_PAPER)
def test_wrong_on_paper(acme: Project, name: str, pytester, monkeypatch) -> None:
    """In this process, for speed; nothing of ours outlives a refusal."""
    wrong = ON_PAPER[name]
    wrong.make(acme)
    monkeypatch.chdir(acme.folder)
    monkeypatch.setattr(pytester, "chdir", lambda: None)
    monkeypatch.setattr(pytester, "_path", acme.folder)
    for variable, value in environment().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("RECSYS_ORG_ID", raising=False)
    done = pytester.runpytest_inprocess("--customer", "acme", *wrong.words)
    is_refusal(Ran(int(done.ret), done.stdout.str(), done.stderr.str()), acme, wrong.says)


@pytest.mark.long
@pytest.mark.parametrize("name", ON_PAPER)
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_wrong_on_paper_in_a_process_of_its_own(
    acme: Project, name: str, workers: tuple[str, ...]
) -> None:
    wrong = ON_PAPER[name]
    wrong.make(acme)
    is_refusal(acme.simulate(*wrong.words, *workers), acme, wrong.says)


def test_several_problems_are_listed_together(acme: Project, served: Served) -> None:
    acme.write("fixtures/customers/acme.json", json.dumps(GOOD | {"items": [{"item_id": "i1", "price": -1}]}))
    ran = acme.simulate("--base-url", served.url, "--env-profile", "prot", "--org-id", "x")
    assert ran.code == 4
    assert "prot" in ran.err
    assert "--org-id: `x`" in ran.err
    assert "#/items/0/price" in ran.err
    assert "Traceback" not in ran.text
    assert served.requests == []
    assert not acme.left_behind


# --- the service ---


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

    do_POST = do_PUT = do_DELETE = do_GET

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


def test_a_url_that_nobody_answers(acme: Project) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    ran = acme.simulate("--base-url", url)
    is_refusal(ran, acme, (url, "check --base-url"))


def test_a_server_that_is_not_a_recsys(acme: Project, blog: ThreadingHTTPServer) -> None:
    ran = acme.simulate("--base-url", f"http://127.0.0.1:{blog.server_port}")
    is_refusal(ran, acme, ("/health", "like a Recsys"))
    assert blog.asked == ["GET /health"]


@pytest.mark.long
def test_a_refused_key(acme: Project) -> None:
    from pytest_recsim.service.launcher import launch

    knobs = {"API_AUTH_ENABLED": "true", "API_KEYS": '{"good": "*"}'}
    with launch(knobs, access_log=acme.folder / "access.jsonl") as keyed:
        ran = acme.simulate("--base-url", keyed.url)
        is_refusal(ran, acme, ("does not accept the API key", "RECSYS_API_KEY"))
        assert Served(keyed.url, acme.folder / "access.jsonl").writes == []
