"""The stand-in's answers over HTTP, beside today's; with a large catalogue; and how soon it answers at all."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from benchmarks.parts import Bench, Part
from benchmarks.rows import Row, Target
from benchmarks.standins import CONNECTIONS, first_answer, questions, rate, running, seed, serve, try_out
from benchmarks.today import here
from benchmarks.worlds import Rows, retail, world

USERS, EVENTS, SMALL, LARGE = 600, 40_000, 1_000, 50_000
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
WHAT = f"answers over HTTP, {CONNECTIONS} connections"
RATE = Target(
    "standin-answers",
    "stand-in",
    f"{WHAT}, {SMALL:,} items",
    2,
    at_most=False,
    unit="per s",
    beside="today's",
)
MANY = Target(
    "standin-catalogue",
    "stand-in",
    f"{WHAT}, {LARGE:,} items",
    600,
    at_most=False,
    unit="per s",
    held="figure",
)
START = Target(
    "standin-start", "stand-in", "first answer after `recsim serve` is spawned", 200, at_most=True, unit="ms",
    held="figure", beside="Python's bare server",
)  # fmt: skip


def now(rows: dict[str, Rows]) -> str:
    """The newest event's time: at the real one, synthetic events would be old."""
    return str(max(event["ts"] for event in rows["events"]))


def measure(bench: Bench) -> Iterator[Row]:
    mine, bare = [], []
    for _ in range(bench.repeat + 1):
        mine.append(first_answer(serve(here()), bench.scratch))
        bare.append(first_answer([sys.executable, "-c", BARE], bench.scratch))
    yield START.row(mine[1:], bare[1:])  # the first turn fills the disk cache
    many = world(LARGE, USERS, EVENTS * 5)
    with running(serve(here(), "--now", now(many)), bench.scratch) as port:
        seed(port, many)
        asked = questions(many)
        try_out(port, asked)
        yield MANY.row([rate(port, asked) for _ in range(bench.repeat)])
    rows = retail(SMALL, USERS, EVENTS)
    asked, pairs = questions(rows), []
    with contextlib.ExitStack() as both:
        ports = [
            both.enter_context(running(serve(checkout, "--now", now(rows)), bench.scratch))
            for checkout in (here(), bench.today())
        ]
        for port in ports:
            seed(port, rows)
            try_out(port, asked)
        pairs = [(rate(ports[0], asked), rate(ports[1], asked)) for _ in range(bench.repeat)]
    yield RATE.row([one for one, _ in pairs], [other for _, other in pairs])


PART = Part("standin", "the embedded service", (RATE, MANY, START), measure)
