"""A scriptable HTTP server on a real socket, and a small in-memory Recsys to stand behind it."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from waiting import LIMIT_S

POLICY = [
    "total_candidates",
    "explicit_exclude_hits",
    "recent_event_exclude_hits",
    "after_exclusions",
    "constraint_filtered_count",
    "after_constraint_filters",
    "rule_block_count",
    "rule_pin_count",
    "rule_boost_count",
    "rule_boost_injected",
    "rule_block_exposure",
    "rule_boost_exposure",
    "rule_pin_exposure",
    "after_rules",
    "final_count",
    "constraint_leak_count",
]


class Request(NamedTuple):
    method: str
    path: str
    query: dict
    headers: dict
    body: object


@dataclass
class Reply:
    """What the server does with a request.

    delay: seconds before the answer; cut: close after that many body bytes; drop: close without an answer;
    raw: these bytes instead of an HTTP answer; drip: seconds between single bytes of the body;
    until: no answer before this is true; again: the same answer once more when this is true, without having been asked.
    """

    status: int = 200
    body: object = None
    headers: dict = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    drop: bool = False
    raw: bytes | None = None
    drip: float = 0.0
    until: Callable[[], object] | None = None
    again: Callable[[], object] | None = None


class Server:
    """Calls ``handle(request) -> Reply`` for every request; remembers the requests and what was in flight.

    ``repeated`` counts the answers that were sent once more.
    """

    def __init__(self, handle, ssl=None):
        self.handle = handle
        self._ssl = ssl
        self.seen: list[Request] = []
        self.in_flight = self.peak = self.connections = self.repeated = 0
        self._tasks, self._writers = set(), set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(LIMIT_S)
        scheme = "https" if ssl else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(LIMIT_S)

    def hang_up(self):
        """Close every connection that is open now; it is closed when this returns."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(LIMIT_S)

    async def _hang_up(self):
        tasks, writers = list(self._tasks), list(self._writers)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, ssl=self._ssl)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*list(self._tasks), return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _client(self, reader, writer):
        self.connections += 1
        self._tasks.add(asyncio.current_task())
        self._writers.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                self.seen.append(request)
                self.in_flight += 1
                self.peak = max(self.peak, self.in_flight)
                try:
                    stays = await self._answer(writer, self.handle(request))
                finally:
                    self.in_flight -= 1
                if not stays:
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())
            self._writers.discard(writer)

    async def _answer(self, writer, reply):
        await asyncio.sleep(reply.delay)
        if reply.until is not None:
            await _true(reply.until)
        if reply.drop:
            return False
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        first = f"HTTP/1.1 {reply.status} X\r\n{head}\r\n".encode()
        writer.write(first)
        if reply.drip:
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(reply.drip)
        else:
            writer.write(body[: reply.cut])
        await writer.drain()
        if reply.again is not None:
            await _true(reply.again)
            writer.write(first + body)
            await writer.drain()
            self.repeated += 1
        return reply.cut is None


async def _true(question):
    while not question():  # noqa: ASYNC110 - what makes it true may be in another thread
        await asyncio.sleep(0.005)


async def _read(reader):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    return Request(
        method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, json.loads(body) if body else None
    )


def answer(ids=("a", "b"), *, scores=None, recent=6, final=None, **extra):
    """A sound recommendation answer as JSON."""
    scores = scores or [1.0 - place / 100 for place in range(len(ids))]
    policy = {**dict.fromkeys(POLICY, 0), "final_count": len(ids) if final is None else final}
    items = [{"item_id": item, "score": score} for item, score in zip(ids, scores, strict=True)]
    extras = {"policy": policy, "recent_event_count": recent, "candidate_sources": {}, "signal_status": {}}
    return {"model_version": "popularity_v1", "items": items, "trace": {"extras": extras}, **extra}


def refusal(status, code, message="", **extra):
    return Reply(status, {"error": code, "message": message, "timestamp": "2026-11-22T22:00:00Z", **extra})


class Recsys:
    """Just enough of the contract for the room's own steps: rows, deletes, rules, overrides, lists."""

    def __init__(self):
        self.rows = {"items": {}, "users": {}, "events": []}
        self.rules, self.overrides, self.segments, self.types = {}, {}, [], []
        self.health = Reply(200, {"status": "ok"})
        self.version = Reply(200, {"git_commit": "abc", "build_time": "t", "model_version": "blend_v1"})
        self.validates = True
        self.fail = {}  # "METHOD path" -> Reply, taken once
        self.recommend = lambda body: answer()

    def __call__(self, request):
        key = f"{request.method} {request.path}"
        if key in self.fail:
            return self.fail.pop(key)
        if request.path in {"/health", "/version"}:
            return getattr(self, request.path[1:])
        name = request.path.removeprefix("/v1/")
        if request.method == "GET" and name in self.rows:
            return self._page(name, request.query)
        for verb in ("upsert", "batch", "delete"):
            if name.endswith(f":{verb}"):
                return getattr(self, f"_{verb}")(name.partition(":")[0], request.body)
        return self._steer(request, name)

    def _page(self, name, query):
        rows = list(self.rows[name].values()) if name != "events" else self.rows[name]
        one = {"items": "item_id", "users": "user_id"}.get(name)
        if one and one in query:
            rows = [row for row in rows if row[one] == query[one]]
        limit, offset = int(query["limit"]), int(query["offset"])
        part = [self._listed(name, row) for row in rows[offset : offset + limit]]
        more = offset + limit < len(rows)
        page = {"items": part, "total": len(rows), "limit": limit, "offset": offset, "has_more": more}
        return Reply(200, page)

    @staticmethod
    def _listed(name, row):
        held = {"items": "props", "users": "traits", "events": "meta"}[name]
        return {**row, held: json.dumps(row.get(held, {}))}

    def _upsert(self, name, body):
        key = "item_id" if name == "items" else "user_id"
        self.rows[name].update({row[key]: row for row in body[name]})
        return Reply(202, {"status": "accepted"})

    def _batch(self, name, body):
        self.rows[name].extend(body[name])
        return Reply(202, {"status": "accepted"})

    def _delete(self, name, body):
        rows = self.rows[name]
        filters = {key: value for key, value in body.items() if key != "namespace"}
        listed = list(rows.items()) if name != "events" else list(enumerate(rows))
        hit = [key for key, row in listed if all(row.get(field) == value for field, value in filters.items())]
        for key in reversed(hit):
            del rows[key]
        return Reply(200, {"deleted_count": len(hit), "message": "deleted"})

    def _steer(self, request, name):
        body = request.body
        if name == "recommendations":
            refused = body["k"] < 0 and self.validates
            return refusal(400, "invalid_request") if refused else Reply(200, self.recommend(body))
        if name.startswith("admin/rules"):
            return self._rule(request, name.removeprefix("admin/rules").strip("/"))
        if name.startswith("admin/manual_overrides"):
            return self._override(request, name.removeprefix("admin/manual_overrides").strip("/"))
        if name == "segments":
            return Reply(200, {"namespace": "ns", "segments": self.segments})
        if name == "event-types":
            return Reply(200, self.types, {"Content-Type": "text/plain; charset=utf-8"})
        return Reply(405, b"", {"Allow": "OPTIONS"})

    def _rule(self, request, rule_id):
        if request.method == "GET":
            surface = request.query.get("surface")
            return Reply(200, {"rules": [r for r in self.rules.values() if surface in (None, r["surface"])]})
        if rule_id and rule_id not in self.rules:
            return refusal(404, "rule_not_found")
        new = rule_id or str(uuid.uuid4())
        self.rules[new] = {"rule_id": new, "priority": 0, "enabled": True, **request.body}
        return Reply(200 if rule_id else 201, self.rules[new])

    def _override(self, request, rest):
        if request.method == "GET":
            status = request.query.get("status")
            return Reply(200, [o for o in self.overrides.values() if status in (None, o["status"])])
        if not rest:
            new, rule = str(uuid.uuid4()), str(uuid.uuid4())
            self.overrides[new] = {"override_id": new, "status": "active", "rule_id": rule, **request.body}
            return Reply(201, self.overrides[new])
        found = self.overrides.get(rest.removesuffix("/cancel"))
        if found is None or found["status"] != "active":
            return refusal(404, "override_not_found")
        found["status"] = "cancelled"
        return Reply(200, found)
