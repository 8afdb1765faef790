"""A stand-in with room for a few answers at once: the others wait in the order they came."""

from __future__ import annotations

import asyncio

import pytest

from pytest_recsim.standin.process.app import App

LATENCY = 0.02
SCOPE = {"type": "http", "method": "GET", "path": "/health", "query_string": b"", "headers": []}


@pytest.fixture
def line(start):
    """Send so many requests at once; return when each was answered, in the order they were sent, in latencies.

    ``silent`` is the place of a request whose body does not come until all others are answered.
    """

    def send(many, room, silent=None):
        app = App(start().app.service, latency=LATENCY, room=room)

        async def go():
            loop, done = asyncio.get_running_loop(), {}
            others = asyncio.Event()

            async def one(place):
                async def receive():
                    if place == silent:
                        await others.wait()
                    return {"type": "http.request", "body": b""}

                async def answered(message):
                    done.setdefault(place, loop.time())
                    if len(done) >= many - 1:
                        others.set()

                await app(dict(SCOPE), receive, answered)

            began = loop.time()
            async with asyncio.timeout(20):
                await asyncio.gather(*map(one, range(many)))
            return [(done[place] - began) / LATENCY for place in range(many)]

        return asyncio.run(go())

    return send


def test_no_more_are_in_work_than_there_is_room_for(line):
    answered = line(6, room=2)
    for place, when in enumerate(answered):
        assert when >= 0.95 * (place // 2 + 1), "two latencies never overlap with a third"


def test_who_came_first_is_answered_first(line):
    answered = line(5, room=1)
    assert answered == sorted(answered)


def test_without_a_limit_nobody_waits(line):
    answered = line(40, room=0)
    assert max(answered) < 30, "one after another they would take 40"


def test_a_request_that_is_still_being_sent_takes_up_no_room(line):
    answered = line(4, room=1, silent=0)
    assert max(answered[1:]) < answered[0]
