"""How the service behaved while it was asked: answer times of the quality lists, and failed attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge.quantile import nearest_rank
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.metadata import AnswerTimes
from pytest_recsim.record.quality import Figure
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.simulation.measure.figures import enough, figure

P95_LEAST = 20
"""Fewer answers have no 95th percentile: it would be their maximum."""


def answer_times(segments: Mapping[str, str], exchanges: Sequence[Exchange]) -> dict[str, AnswerTimes]:
    """Return answer times per segment, and of everybody under "".

    Args:
        segments: user id -> segment.
        exchanges: the quality lists as they were first asked for.
    """
    groups: dict[str, list[float]] = {"": [exchange.seconds * 1000 for exchange in exchanges]}
    for exchange in exchanges:
        groups.setdefault(segments[exchange.ask.user_id], []).append(exchange.seconds * 1000)
    return {
        name: AnswerTimes(
            n=len(times),
            p50_ms=round(nearest_rank(times, 0.5), 3) if times else None,
            p95_ms=round(nearest_rank(times, 0.95), 3) if times else None,
            longest_ms=round(max(times), 3) if times else None,
        )
        for name, times in groups.items()
    }


def p95_figure(plan: Plan, times: Mapping[str, AnswerTimes], segment: str) -> Figure:
    """Return the 95th percentile of a segment's answer times in ms."""
    found = times.get(segment)
    value = found.p95_ms if found is not None and found.p95_ms is not None else float("nan")
    definition = (
        "95 % of the quality lists came within this many ms (nearest rank): client side, from sending to the last "
        f"byte, up to {plan.concurrency} requests in flight; of a repeated request the attempt that was answered"
    )
    one = figure(METRICS["p95_ms"].shown(), value, found.n if found else 0, definition, "")
    return enough(one, plan, segment, P95_LEAST)


def error_figure(tally: Tally) -> Figure:
    """Return failed attempts / attempts, over the recommendation requests of all processes so far."""
    attempts, failed = tally.recommendation_requests, tally.failed.total()
    causes = ", ".join(f"{cause} {count}" for cause, count in sorted(tally.failed.items()))
    definition = (
        "attempts at a recommendation request without a usable answer (no connection, time-out, dropped, refused, "
        f"5xx, unreadable) / all attempts, repeated ones included{f'; causes: {causes}' if causes else ''}"
    )
    value = failed / attempts if attempts else float("nan")
    return figure(METRICS["error_rate"].shown(), value, attempts, definition, "")
