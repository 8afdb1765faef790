"""Faults of status codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from fault_acts import HTML, answers, refuses
from fault_hits import EVENTS, ITEMS, OVERRIDE, PAGE, RECOMMEND, RULE, hit
from fault_model import REFUSED, SURVIVED, TOLD, Fault

if TYPE_CHECKING:
    from fault_proxy import Line
    from fault_wire import Request


async def asks_to_come_back_at(line: Line, request: Request) -> None:
    """429 with a date one second from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    then = format_datetime(now + timedelta(seconds=1), usegmt=True)
    await refuses(429, "rate_limited", Retry_After=then, Date=format_datetime(now, usegmt=True))(
        line, request
    )


STATUS = [
    Fault(
        "500",
        "pre-flight",
        "the first listing answers 500",
        SURVIVED,
        hit(ITEMS, refuses(500, "internal")),
        retries={"500": 1},
    ),
    Fault(
        "500 for good",
        "pre-flight",
        "listings never answer anything else",
        REFUSED,
        hit(ITEMS, refuses(500, "internal"), None),
        "answered 500 internal",
    ),
    Fault(
        "500",
        "seeding",
        "one batch of events answers 500",
        TOLD,
        hit(EVENTS, refuses(500, "internal")),
        "answered 500 internal",
    ),
    Fault(
        "burst of 500",
        "scenarios",
        "5 lists answer 500",
        SURVIVED,
        hit(RECOMMEND, refuses(500, "internal"), 5, phase="scenarios"),
        retries={"500": 5},
    ),
    Fault(
        "500 for good",
        "scenarios",
        "one surface never answers anything else; `--recsim-warm-up 3`",
        TOLD,
        hit(RECOMMEND, refuses(500, "internal"), None, surface="recsim-s2"),
        "answered 500 internal",
        {"500": 4},
        frozenset({"S2"}),
        ("--recsim-warm-up", "3"),
    ),
    Fault(
        "burst of 503",
        "pre-flight",
        "3 reads answer 503",
        SURVIVED,
        hit(ITEMS, refuses(503, "unavailable"), 3),
        retries={"503": 3},
    ),
    Fault(
        "burst of 503",
        "seeding",
        "4 batches answer 503",
        SURVIVED,
        hit(EVENTS, refuses(503, "unavailable"), 4),
        retries={"503": 4},
    ),
    Fault(
        "burst of 503",
        "observing, two workers",
        "5 lists answer 503; the run has two xdist workers",
        SURVIVED,
        hit(RECOMMEND, refuses(503, "unavailable"), 5, phase="observing", skip=3),
        retries={"503": 5},
        words=("-n", "2"),
    ),
    Fault(
        "burst of 503",
        "scenarios",
        "2 changes of a rule and 2 cancellations answer 503",
        SURVIVED,
        hit("PUT /v1/admin/rules/.*", refuses(503, "unavailable"), 2)
        + hit(f"{OVERRIDE}/.*/cancel", refuses(503, "unavailable"), 2),
        retries={"503": 4},
    ),
    Fault(
        "unhealthy",
        "pre-flight",
        "`/health` answers 503 for good",
        REFUSED,
        hit("GET /health", refuses(503, "degraded"), None),
        "is not healthy",
    ),
    Fault(
        "gateway errors",
        "observing",
        "3 lists answer 502 with a page, 3 answer 504 without a body",
        SURVIVED,
        hit(RECOMMEND, answers(502, PAGE, HTML), 3, phase="observing", skip=2)
        + hit(RECOMMEND, answers(504), 3, phase="observing", skip=9),
        retries={"502": 3, "504": 3},
    ),
    Fault(
        "429 with seconds",
        "observing",
        "3 lists answer 429, `Retry-After: 1`",
        SURVIVED,
        hit(RECOMMEND, refuses(429, "rate_limited", Retry_After="1"), 3, phase="observing"),
        retries={"429": 3},
    ),
    Fault(
        "429 with a date",
        "observing",
        "3 lists answer 429, `Retry-After` is a date 1 s ahead",
        SURVIVED,
        hit(RECOMMEND, asks_to_come_back_at, 3, phase="observing"),
        retries={"429": 3},
    ),
    Fault(
        "429 without a header",
        "seeding and scenarios",
        "2 batches, the making of a rule, 4 lists answer 429",
        SURVIVED,
        hit(EVENTS, refuses(429, "rate_limited"), 2)
        + hit(RULE, refuses(429, "rate_limited"))
        + hit(RECOMMEND, refuses(429, "rate_limited"), 4, phase="scenarios", skip=3),
        retries={"429": 7},
    ),
    Fault(
        "429 for good",
        "pre-flight",
        "the first listing never answers anything else",
        REFUSED,
        hit(ITEMS, refuses(429, "rate_limited"), None),
        "turns requests away",
    ),
    Fault(
        "429 for good",
        "scenarios",
        "one surface never answers anything else",
        TOLD,
        hit(RECOMMEND, refuses(429, "rate_limited"), None, surface="recsim-s2"),
        "answered 429 rate_limited",
        {"429": 4},
        frozenset({"S2"}),
        words=("--recsim-concurrency", "2"),
    ),
    Fault(
        "429 for an hour",
        "scenarios",
        "one list answers `Retry-After: 3600`",
        TOLD,
        hit(RECOMMEND, refuses(429, "rate_limited", Retry_After="3600"), None, surface="recsim-s2"),
        "asked us to wait 3600 s",
        failing=frozenset({"S2"}),
    ),
    Fault(
        "401",
        "pre-flight",
        "the key is not known",
        REFUSED,
        hit(ITEMS, refuses(401, "unauthorized"), None),
        "RECSYS_API_KEY",
        quick=True,
    ),
    Fault(
        "403",
        "pre-flight",
        "the key is for another organisation",
        REFUSED,
        hit(ITEMS, refuses(403, "forbidden"), None),
        "RECSYS_API_KEY",
    ),
    Fault(
        "401",
        "scenarios",
        "the key is withdrawn for a while in mid-run",
        TOLD,
        hit(RECOMMEND, refuses(401, "unauthorized"), None, surface="recsim-s2"),
        "answered 401 unauthorized",
        failing=frozenset({"S2"}),
    ),
]
