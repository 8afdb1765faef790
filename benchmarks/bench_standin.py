"""How fast the stand-in starts, ranks and answers: medians and ratios, JSON with ``--json FILE``.

    python benchmarks/bench_standin.py [--json out.json]

* start: from spawning a process to its first answer on /health, for `recsim serve` (two interpreter starts), for
  `python -m pytest_recsim.standin`, and for Python's own bare HTTP server as the reference, in turn.
* ranking: recommendations per second of processor time (one core), computed in this process without HTTP under the `prod` profile (MMR, caps, rules
  and personalisation on). Every user is asked in turn and nothing of an answer is kept, but what derives from the
  data alone is, as in a running service. "first" is the round in which a user is asked for the first time.
* scoring: the same with MMR and caps off: candidates, signals, blend and final order.
* http: the same questions to a stand-in process over keep-alive connections of this process.

The world is the project's own retail template. Goals: design, section 11.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pytest_recsim.data.profiles.profiles import find_profile, load_profile, packaged_profiles  # noqa: E402
from pytest_recsim.service.launcher import launch  # noqa: E402
from pytest_recsim.sources.generator import generate  # noqa: E402
from pytest_recsim.standin.process.app import App, build  # noqa: E402

ORG = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
EVENTS, USERS, K, CONNECTIONS, ROUNDS = 40_000, 600, 20, 4, 5
GOALS = {"start_ms": 300.0, "answers_per_s_1000": 2000.0, "answer_ms_10000": 1.0}
BARE = """
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps({"port": server.server_address[1]}), flush=True)
server.serve_forever()
"""
Figures = dict[str, float]


def profile() -> dict[str, str]:
    return load_profile(find_profile("prod", (packaged_profiles(),))).environment


# --- start ---


def first_answer(command: Sequence[str], environment: dict[str, str]) -> float:
    """Milliseconds from spawn to the first answer."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["port"]
            with Connection(port) as connection:
                connection.send(request("GET", "/health"))
            return (time.perf_counter() - start) * 1000
        finally:
            process.terminate()


def bench_start(rounds: int) -> Figures:
    """Several starts of each kind, in turn, so that a busy moment hits all of them."""
    recsim = shutil.which("recsim", path=str(Path(sys.executable).parent))
    serve = [recsim, "serve"] if recsim else [sys.executable, "-m", "pytest_recsim.cli", "serve"]
    commands = {
        "bare": [sys.executable, "-c", BARE],
        "standin": [sys.executable, "-P", "-m", "pytest_recsim.standin"],
        "recsim_serve": serve,
    }
    environment = {**os.environ, **profile(), "PYTHONPATH": str(ROOT)}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            took = first_answer(command, environment)
            if turn:  # the first turn fills the disk cache
                times[name].append(took)
    found = {f"{name}_ms": statistics.median(values) for name, values in times.items()}
    return found | {
        "standin_over_bare": found["standin_ms"] / found["bare_ms"],
        "recsim_serve_over_bare": found["recsim_serve_ms"] / found["bare_ms"],
        "recsim_serve_over_goal": found["recsim_serve_ms"] / GOALS["start_ms"],
    }


# --- worlds ---


def world(items: int) -> tuple[dict[str, list[dict[str, Any]]], datetime]:
    made = generate("retail", 1, items=items, users=USERS, events=EVENTS, days=60)
    for item in made["items"]:
        item.setdefault("available", True)
    for event in made["events"]:
        event.setdefault("value", 1.0)
    newest = max(event["ts"] for event in made["events"])
    return {name: made[name] for name in ("items", "users", "events")}, datetime.fromisoformat(newest)


def writes(rows: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, bytes]]:
    for name, path in (("items", "items:upsert"), ("users", "users:upsert"), ("events", "events:batch")):
        for start in range(0, len(rows[name]), 5000):
            body = {"namespace": "bench", name: rows[name][start : start + 5000]}
            yield f"/v1/{path}", json.dumps(body).encode()


def questions(rows: dict[str, list[dict[str, Any]]], **more: Any) -> list[bytes]:
    return [
        json.dumps({"namespace": "bench", "user_id": user["user_id"], "k": K} | more).encode()
        for user in rows["users"]
    ]


# --- ranking alone ---


def ask(app: App, path: str, body: bytes) -> None:
    scope = {"method": "POST", "path": path, "query_string": b"", "headers": [(b"x-org-id", ORG.encode())]}
    reply = app.reply(scope, body)
    assert reply.status < 300, reply


def rate(app: App, bodies: list[bytes]) -> float:
    """Answers per second of processor time: what one core computes, whoever else uses the machine."""
    start = time.process_time()
    for body in bodies:
        ask(app, "/v1/recommendations", body)
    return len(bodies) / (time.process_time() - start)


def bench_ranking(rows: dict[str, list[dict[str, Any]]], now: datetime) -> Figures:
    app = build(profile(), int(now.timestamp() * 1e6))
    for path, body in writes(rows):
        ask(app, path, body)
    full = questions(rows)
    plain = questions(rows, overrides={"mmr_lambda": 0, "brand_cap": 0, "category_cap": 0})
    ask(app, "/v1/recommendations", full[0])
    first = rate(app, full)
    answers = statistics.median(rate(app, full) for _ in range(ROUNDS))
    scoring = statistics.median(rate(app, plain) for _ in range(ROUNDS))
    return {
        "items": len(rows["items"]),
        "events": len(rows["events"]),
        "first_per_s": first,
        "answers_per_s": answers,
        "answer_ms": 1000 / answers,
        "scoring_ms": 1000 / scoring,
    }


# --- over HTTP ---


def request(method: str, path: str, body: bytes = b"") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Org-ID: {ORG}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Connection(contextlib.AbstractContextManager["Connection"]):
    """One keep-alive connection, as little client as possible."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, message: bytes) -> None:
        """Send a request and read its answer to the end; anything but a success fails."""
        self._socket.sendall(message)
        data = self._socket.recv(1 << 16)
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        assert b" 20" in head[:12], head
        size = next(
            (line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"0"
        )
        missing = int(size) - len(body)
        while missing > 0:
            missing -= len(self._more())

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 16)
        assert data, "the connection was closed"
        return data


def http_rate(port: int, messages: list[bytes]) -> float:
    """Requests a second over a few connections at once."""

    def work(mine: list[bytes]) -> None:
        with Connection(port) as connection:
            for message in mine:
                connection.send(message)

    shares = [messages[place::CONNECTIONS] for place in range(CONNECTIONS)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(messages) / (time.perf_counter() - start)


def bench_http(rows: dict[str, list[dict[str, Any]]], now: datetime) -> Figures:
    with launch(profile(), now) as service:
        port = int(service.url.rsplit(":", 1)[1])
        with Connection(port) as connection:
            for path, body in writes(rows):
                connection.send(request("POST", path, body))
        asked = [request("POST", "/v1/recommendations", body) for body in questions(rows)]
        http_rate(port, asked)
        answers = statistics.median(http_rate(port, asked) for _ in range(ROUNDS))
        health = statistics.median(http_rate(port, [request("GET", "/health")] * 2000) for _ in range(3))
    return {
        "connections": CONNECTIONS,
        "answers_per_s": answers,
        "health_per_s": health,
        "answers_over_health": answers / health,
    }


# --- report ---


def show(report: dict[str, Any], name: str, work: Callable[[], Figures]) -> Figures:
    figures: Figures = work()
    report[name] = figures
    print(name, *(f"{key}={value:.4g}" for key, value in figures.items()), sep="  ", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--starts", type=int, default=11, help="starts of each kind")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    report: dict[str, Any] = {"python": sys.version.split()[0], "cores": os.cpu_count(), "load_average": load}
    print(f"load average {load:.1f} (above the number of cores, times are inflated)")
    start = show(report, "start", lambda: bench_start(options.starts))
    rows, now = world(1000)
    small = show(report, "ranking_1000", lambda: bench_ranking(rows, now))
    show(report, "http_1000", lambda: bench_http(rows, now))
    many, then = world(9999)  # the most that the generator makes
    large = show(report, "ranking_10000", lambda: bench_ranking(many, then))
    report["goals"] = {
        "recsim_serve_start": GOALS["start_ms"] / start["recsim_serve_ms"],
        "answers_at_1000": small["answers_per_s"] / GOALS["answers_per_s_1000"],
        "scoring_at_10000": GOALS["answer_ms_10000"] / large["scoring_ms"],
        "answer_at_10000": GOALS["answer_ms_10000"] / large["answer_ms"],
    }
    print(
        "times the goal (1 or more meets it)", *(f"{k}={v:.2f}" for k, v in report["goals"].items()), sep="  "
    )
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
