"""What the stand-in's connections make of HTTP: in any pieces, one request behind another, to the end."""

from __future__ import annotations

import asyncio
import json

import pytest

from pytest_recsim.standin.process.app import App
from pytest_recsim.standin.process.connection import Connection, Lines

ORG = b"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
MOST = 1000
ITEM = b'{"namespace": "n", "items": [{"item_id": "a"}]}'


def asked(target=b"GET /health", *fields, body=b"", version=b"1.1"):
    lines = [target + b" HTTP/" + version, b"Host: localhost", b"X-Org-ID: " + ORG, *fields]
    lines += [b"Content-Length: %d" % len(body)] if body else []
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.fixture
def spoken(start):
    """Send these pieces on one connection, wait after each; return all that came back, and whether it was closed.

    ``then`` is called with the lines when everything is sent.
    """

    def speak(*pieces, latency=0.0, then=lambda lines: None):
        app = App(start().app.service, latency=latency, max_body=MOST)

        async def go():
            loop, lines, made = asyncio.get_running_loop(), Lines(), []
            lines.date = b"date: now\r\n"

            def connection():
                made.append(Connection(app, lines))
                return made[0]

            async with await loop.create_server(connection, "127.0.0.1", 0) as server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                for piece in pieces:
                    writer.write(piece)
                    await asyncio.sleep(0.002)
                then(lines)
                while not made[0].idle:  # noqa: ASYNC110 - there is no event for it
                    await asyncio.sleep(0.002)
                closed = made[0].closing
                if not closed:
                    writer.write_eof()
                back = await reader.read()
                writer.close()
                await writer.wait_closed()
                return back, closed

        return asyncio.run(go())

    return speak


def codes(back):
    return [int(part[:3]) for part in back.split(b"HTTP/1.1 ")[1:]]


def test_one_request_behind_another_is_answered_in_the_order_they_came(spoken):
    back, closed = spoken(asked() + asked(b"GET /nonsense") + asked(b"GET /version"))
    assert (codes(back), closed) == ([200, 405, 200], False)
    assert b'"git_commit"' in back.rpartition(b"\r\n\r\n")[2] or b"build_time" in back


def test_so_they_are_when_answers_take_time(spoken):
    back, _ = spoken(asked() + asked(b"GET /nonsense"), asked(), latency=0.01)
    assert codes(back) == [200, 405, 200]


@pytest.mark.parametrize("size", [1, 7, 40])
def test_a_request_may_come_in_any_pieces(spoken, size):
    whole = asked(b"POST /v1/items:upsert", body=ITEM)
    back, _ = spoken(
        *[whole[place : place + size] for place in range(0, len(whole), size)][:20], whole[20 * size :]
    )
    assert codes(back) == [202]


def test_a_body_may_come_in_chunks(spoken):
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, ITEM[:9], len(ITEM) - 9, ITEM[9:])
    back, closed = spoken(asked(b"POST /v1/items:upsert", b"Transfer-Encoding: chunked") + chunks, asked())
    assert (codes(back), closed) == ([202, 200], False)


def test_chunks_that_grow_too_large_are_refused_and_the_connection_goes_on(spoken):
    chunks = b"258\r\n" + b" " * 600 + b"\r\n"
    head = asked(b"POST /v1/items:upsert", b"Transfer-Encoding: chunked")
    back, closed = spoken(head + chunks + chunks, chunks + b"0\r\n\r\n" + asked())
    assert (codes(back), closed) == ([413, 200], False)


def test_whoever_asks_first_whether_to_send_a_body_is_told_to_or_refused(spoken):
    head = (b"POST /v1/items:upsert", b"Expect: 100-continue")
    whole = asked(*head, body=ITEM)
    back, _ = spoken(whole[: -len(ITEM)], ITEM)
    assert codes(back) == [100, 202]
    back, _ = spoken(asked(*head, b"Content-Length: 1001"))
    assert codes(back) == [413]


def test_a_head_request_gets_no_body(spoken):
    back, _ = spoken(asked(b"HEAD /v1/items") + asked())
    assert codes(back) == [405, 200]
    assert back.count(b"\r\n\r\n") == 2
    assert back.count(b"{") == 1


@pytest.mark.parametrize(
    ("fields", "version"),
    [((b"Connection: close",), b"1.1"), ((), b"1.0"), ((b"Connection: keep-alive",), b"1.0")],
)
def test_it_closes_behind_the_answer_where_it_is_asked_to(spoken, fields, version):
    back, closed = spoken(asked(b"GET /health", *fields, version=version))
    assert (codes(back), closed) == ([200], True)
    assert b"\r\nconnection: close\r\n" in back


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00", b"GET /\xff HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_what_is_no_http_is_said_to_be_none_behind_the_answers_that_are_due(spoken, noise):
    back, closed = spoken(asked() + noise)
    assert (codes(back), closed) == ([200, 400], True)
    assert back.endswith(b"\r\n\r\nInvalid HTTP request received.")


def test_a_wish_for_another_protocol_is_answered_in_this_one(spoken):
    wish = asked(b"GET /health", b"Connection: Upgrade", b"Upgrade: h2c")
    back, _ = spoken(wish + asked(), asked())
    assert codes(back) == [200, 200, 200]


def test_an_encoded_path_is_told_decoded_and_a_query_is_read(spoken):
    back, _ = spoken(
        asked(b"GET /v1/items%3Fx?namespace=n&limit=1"), asked(b"GET /v1/items?namespace=n&limit=1")
    )
    assert codes(back) == [405, 200]
    assert json.loads(back.rpartition(b"\r\n\r\n")[2])["total"] == 0


def test_at_the_end_idle_connections_are_closed_and_others_after_their_answer(spoken):
    assert spoken(asked(), then=Lines.end)[1]
    back, closed = spoken(asked(), latency=0.05, then=Lines.end)
    assert (codes(back), closed) == ([200], True)
    assert b"\r\nconnection: close\r\n" in back


def test_a_connection_that_nobody_uses_is_closed_and_one_that_waits_for_its_answer_is_not(spoken):
    assert spoken(asked(), then=lambda lines: lines.close_idle(float("inf")))[1]
    back, closed = spoken(asked(), latency=0.05, then=lambda lines: lines.close_idle(float("inf")))
    assert (codes(back), closed) == ([200], False)


def test_who_does_not_fetch_answers_is_not_read_any_further(start):
    """The rest waits in the kernel, not in our memory."""
    app = App(start().app.service)

    class Slow(asyncio.Transport):
        def __init__(self):
            self.reading, self.sent = True, 0

        def get_extra_info(self, name, default=None):
            return default

        def write(self, data):
            self.sent += 1

        def is_closing(self):
            return False

        def pause_reading(self):
            self.reading = False

        def resume_reading(self):
            self.reading = True

    async def go():
        connection, transport = Connection(app, Lines()), Slow()
        connection.connection_made(transport)
        connection.pause_writing()
        connection.data_received(asked() * 3)
        assert (transport.reading, transport.sent) == (False, 0)
        connection.resume_writing()
        assert (transport.reading, transport.sent) == (True, 3)

    asyncio.run(go())
