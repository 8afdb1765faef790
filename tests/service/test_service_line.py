"""A connection that is spoken to directly: an answer is the same however its bytes arrive, and its end is known."""

import asyncio

import aiohttp
import pytest

from pytest_recsim.service.http.line import Line, NotHttp

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SIZED = HEAD + b'Content-Length: 7\r\n\r\n{"a":1}'


class Wire(asyncio.Transport):
    """Remembers what was written and whether it was closed."""

    def __init__(self):
        super().__init__()
        self.sent, self.closed = b"", False

    def write(self, data):
        self.sent += data

    def abort(self):
        self.closed = True

    def is_closing(self):
        return self.closed


def asked(*pieces, end=False, most=1000):
    """What a question is answered with where these pieces arrive one after the other; and the line."""

    async def through():
        line, wire = Line(), Wire()
        line.connection_made(wire)
        question = asyncio.ensure_future(line.ask(b"GET / HTTP/1.1\r\n\r\n", most))
        await asyncio.sleep(0)
        for piece in pieces:
            line.data_received(piece)
        if end:
            line.connection_lost(None)
        return await question, line

    return asyncio.run(through())


@pytest.mark.parametrize(
    ("raw", "end", "stays"),
    [
        (SIZED, False, True),
        (HEAD + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n', False, True),
        (HEAD + b'Connection: close\r\n\r\n{"a":1}', True, False),
        (SIZED.replace(b"Content-Type", b"Connection: close\r\nContent-Type"), False, False),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + SIZED, False, True),
        (SIZED.replace(b"HTTP/1.1", b"HTTP/1.0"), False, False),
    ],
    ids=["by its length", "in chunks", "by the connection's end", "close", "after a hint", "http 1.0"],
)
def test_an_answer_is_the_same_wherever_its_bytes_are_torn(raw, end, stays):
    for at in range(1, len(raw)):
        (status, headers, body), line = asked(raw[:at], raw[at:], end=end)
        assert (status, body) == (200, b'{"a":1}')
        assert headers["content-type"] == "application/json"
        assert "link" not in headers
        assert line.usable is stays
        assert not line.stray


def test_headers_of_one_name_are_joined():
    (_, headers, _), _ = asked(SIZED.replace(b"\r\n", b"\r\nX-A: 1\r\nx-a: 2\r\n", 1))
    assert headers["x-a"] == "1, 2"


def test_a_line_on_which_a_second_answer_lies_is_not_used_again():
    for at in range(1, 20):
        (_, _, body), line = asked(SIZED + SIZED[:at])
        assert body == b'{"a":1}'
        assert not line.usable or at < 5  # so few bytes are not known to be one yet
    _, line = asked(SIZED)
    line.data_received(SIZED)
    assert line.stray
    assert not line.usable


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", aiohttp.ServerDisconnectedError),
        (HEAD, aiohttp.ServerDisconnectedError),
        (SIZED[:-1], aiohttp.ClientPayloadError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", NotHttp),
        (SIZED[:-2] + b"  }", NotHttp),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Long: yes\r\n" * 10_000, NotHttp),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", NotHttp),
    ],
)
def test_what_is_no_whole_answer_ends_the_question_and_the_line(raw, kind):
    with pytest.raises(kind):
        asked(raw, end=True)


@pytest.mark.parametrize("torn", range(len(SIZED) - 7, len(SIZED)))
def test_what_follows_an_answer_that_said_its_length_is_known_as_that_wherever_it_is_torn(torn):
    with pytest.raises(NotHttp) as caught:
        asked(SIZED[:torn], SIZED[torn:] + b',"b":2}')
    assert caught.value.overlong


def test_what_is_no_http_from_its_beginning_follows_nothing():
    with pytest.raises(NotHttp) as caught:
        asked(b"SSH-2.0-OpenSSH\r\n\r\n")
    assert not caught.value.overlong
