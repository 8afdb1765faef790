"""Who is let in by a stand-in process: the run that started it, by a name of this machine, with bodies of a bounded size."""

from __future__ import annotations

import asyncio

import pytest

from pytest_recsim.standin.http.door import Door
from pytest_recsim.standin.http.errors import ApiError
from pytest_recsim.standin.process.app import App

MOST = 1000
ORG = b"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"


@pytest.fixture
def guarded(start):
    """Send a request, body in parts, to a stand-in with a token and a small limit; says what it answered and then holds."""
    app = App(start().app.service, door=Door("127.0.0.1", "open sesame"), max_body=MOST)

    async def send(method, path, headers, parts):
        sent, messages = [], iter(parts)

        async def receive():
            part, more = next(messages)
            return {"type": "http.request", "body": part, "more_body": more}

        async def answer(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
        await app(scope, receive, answer)
        return sent[0]["status"], sent[1]["body"].decode(), len(list(messages))

    def ask(method="GET", path="/health", host=b"127.0.0.1:80", token=b"open sesame", more=(), parts=()):
        headers = [(b"host", host), (b"x-org-id", ORG), *more]
        headers += [(b"x-recsim-token", token)] if token else []
        return asyncio.run(send(method, path, headers, parts or [(b"", False)]))

    return ask


@pytest.mark.parametrize("token", [b"", b"open", b"open sesame!", b"\xff"])
@pytest.mark.parametrize("path", ["/health", "/v1/items", "/v1/nonsense"])
def test_without_the_token_of_its_run_it_answers_nothing_but_one_sentence(guarded, token, path):
    status, body, unread = guarded("POST", path, token=token)
    assert (status, unread) == (401, 1)
    assert "answers only the test run that started it" in body


def test_with_the_token_it_answers(guarded):
    assert guarded()[0] == 200
    assert guarded("GET", "/v1/items", parts=[(b"", False)])[0] == 400


NAMES = [
    "localhost",
    "localhost:80",
    "LOCALHOST:8080",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.9.9.9:1",
    "[::1]:80",
    "[::1]",
]


@pytest.mark.parametrize("host", NAMES)
def test_names_of_this_machine_are_let_in(host):
    Door("127.0.0.1").check([(b"host", host.encode())])


OTHERS = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "10.0.0.1",
    "",
    "127.0.0.1.evil.example",
    "[fe80::1]:80",
    "\x1b[2J",
]


@pytest.mark.parametrize("host", OTHERS)
def test_a_name_that_was_made_to_point_here_is_not(guarded, host):
    status, body, _ = guarded(host=host.encode())
    assert status == 403
    assert "the Host header must name this machine" in body
    assert "\x1b" not in body


def test_one_good_host_among_several_is_not_enough(guarded):
    assert guarded(more=[(b"host", b"evil.example")])[0] == 403


@pytest.mark.parametrize(
    ("bound", "host", "good"),
    [
        ("shop.internal", "shop.internal:80", True),
        ("10.0.0.1", "10.0.0.1:80", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("0.0.0.0", "10.0.0.2:80", True),
        ("::", "[fe80::1]:80", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_who_binds_another_address_may_be_asked_by_it(bound, host, good):
    door = Door(bound)
    if good:
        door.check([(b"host", host.encode())])
    else:
        with pytest.raises(ApiError, match="host_not_allowed"):
            door.check([(b"host", host.encode())])


@pytest.mark.parametrize("length", [b"1001", b"9" * 5000])
def test_a_body_that_is_said_to_be_too_large_is_not_read(guarded, length):
    status, body, unread = guarded("POST", "/v1/items:upsert", more=[(b"content-length", length)])
    assert (status, unread) == (413, 1)
    assert "a request body must have at most 1,000 bytes" in body


def test_a_body_that_grows_too_large_is_read_no_further(guarded):
    parts = [(b"x" * 600, True), (b"x" * 600, True), (b"x" * 600, False)]
    assert guarded("POST", "/v1/items:upsert", parts=parts)[::2] == (413, 1)


def test_a_body_of_the_largest_size_is_taken(guarded):
    body = b'{"namespace": "n", "items": [{"item_id": "i1"}]}'.ljust(MOST)
    parts = [(body[:500], True), (body[500:], False)]
    assert guarded("POST", "/v1/items:upsert", parts=parts)[0] == 202
    assert (
        guarded("POST", "/v1/items:upsert", more=[(b"content-length", b"1000")], parts=[(body, False)])[0]
        == 202
    )
