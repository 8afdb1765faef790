"""What can happen to a request or its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fault_proxy import Act, HangUp, Line, Proxy
from fault_wire import Reply, Request

Edit = Callable[[Any], Any]
JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html"),)


def answers(status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = JSON) -> Act:
    """The service never sees it; this is the answer."""

    async def act(line: Line, request: Request) -> None:
        await line.say(Reply(status, headers, body))

    return act


def refuses(status: int, code: str, **headers: str) -> Act:
    """An error as the service itself would tell it."""
    body = f'{{"error":"{code}","message":"told by the proxy","timestamp":"2026-11-22T22:00:00Z"}}'
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return answers(status, body.encode(), JSON + more)


async def resets(line: Line, request: Request) -> None:
    """The connection breaks before the service has seen the request."""
    line.reset()


async def acts_then_resets(line: Line, request: Request) -> None:
    """The service acts, and the connection breaks before its answer."""
    await line.ask(request)
    line.reset()


async def breaks_off(line: Line, request: Request) -> None:
    """The connection breaks in the middle of the body."""
    raw = (await line.ask(request)).raw()
    await line.send(raw[: len(raw) - 10])
    await asyncio.sleep(0.02)  # what is still in the socket's buffer would be thrown away by the reset
    line.reset()


def acts_then_answers(status: int, code: str) -> Act:
    """The service acts, and somebody on the way says that it failed."""
    refusal = refuses(status, code)

    async def act(line: Line, request: Request) -> None:
        await line.ask(request)
        await refusal(line, request)

    return act


def waits(seconds: float) -> Act:
    """The answer comes late."""

    async def act(line: Line, request: Request) -> None:
        reply = await line.ask(request)
        await asyncio.sleep(seconds)
        await line.say(reply)

    return act


class Sluggish:
    """A database that has no statistics of what was just seeded: for a while every question takes long.

    Args:
        seconds: from the first question on; what is asked until then is answered at their end.
        gives_up_s: the service's own time-out: a question that would take longer is answered 500 after it.
        silent: what is asked until then is never answered.
    """

    def __init__(self, seconds: float, gives_up_s: float | None = None, *, silent: bool = False) -> None:
        self.seconds, self.gives_up_s, self.silent = seconds, gives_up_s, silent
        self._until: float | None = None

    async def __call__(self, line: Line, request: Request) -> None:
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self.seconds
        left = self._until - now
        if self.silent and left > 0:
            await asyncio.Event().wait()
        if self.gives_up_s is not None and left > self.gives_up_s:
            await asyncio.sleep(self.gives_up_s)
            await refuses(500, "internal")(line, request)
            return
        await asyncio.sleep(max(0.0, left))
        await line.say(await line.ask(request))


async def swallows(line: Line, request: Request) -> None:
    """Nobody ever answers."""
    await asyncio.Event().wait()


async def swallows_after_acting(line: Line, request: Request) -> None:
    """The service acts, and nobody hears of it."""
    await line.ask(request)
    await asyncio.Event().wait()


def shuts(seconds: float) -> Act:
    """Open connections break and new ones are refused for a while."""

    async def act(line: Line, request: Request) -> None:
        await line.proxy.shut(seconds)
        raise HangUp

    return act


def replaced(body: bytes | Callable[[bytes], bytes], headers: tuple[tuple[str, str], ...] = JSON) -> Act:
    """The service acts, its status stays, the body is another."""

    async def act(line: Line, request: Request) -> None:
        reply = await line.ask(request)
        new = body(reply.body) if callable(body) else body
        await line.say(Reply(reply.status, headers, new))

    return act


def edited(edit: Edit) -> Act:
    """The answer's JSON is changed."""

    async def act(line: Line, request: Request) -> None:
        reply = await line.ask(request)
        await line.say(reply.saying(edit(reply.document)))

    return act


def asks_instead(**changes: Any) -> Act:
    """The service is asked something else, e.g. on behalf of another user."""

    async def act(line: Line, request: Request) -> None:
        await line.say(await line.ask(request.saying(**changes)))

    return act


def answers_twice(pause_s: float) -> Act:
    """The same bytes come twice on the connection."""

    async def act(line: Line, request: Request) -> None:
        raw = (await line.ask(request)).raw()
        if not pause_s:
            await line.send(raw + raw)
            return
        await line.send(raw)
        await asyncio.sleep(pause_s)
        await line.send(raw)

    return act


def answers_previous() -> Act:
    """Every answer is the one to the request before, whoever asked."""
    kept: list[Reply] = []

    async def act(line: Line, request: Request) -> None:
        kept.append(await line.ask(request))
        await line.say(kept[max(0, len(kept) - 2)])

    return act


async def delivers_twice(line: Line, request: Request) -> None:
    """The service gets the request two times and the client the second answer."""
    await line.ask(request)
    await line.say(await line.ask(request))


def meanwhile(do: Callable[[Proxy, Request], None]) -> Act:
    """Something else happens first; then the request passes."""

    async def act(line: Line, request: Request) -> None:
        await asyncio.to_thread(do, line.proxy, request)
        await line.say(await line.ask(request))

    return act


def relabelled(content_type: str) -> Act:
    """The body is right, what it is said to be is not."""

    async def act(line: Line, request: Request) -> None:
        await line.say(replace(await line.ask(request), headers=(("Content-Type", content_type),)))

    return act


async def babbles(line: Line, request: Request) -> None:
    """What comes back is not HTTP."""
    await line.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    line.reset()
