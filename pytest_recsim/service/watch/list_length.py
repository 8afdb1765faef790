"""Whether a short list had to be short (contract 12.3, 12.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.service.watch.expectations import Expectations

DEFAULT_K = 20
Cap = tuple[int | None, Mapping[str, tuple[str, ...]]]


def left_out(exchange: Exchange, expected: Expectations, caps: Sequence[Cap], hidden: frozenset[str]) -> str:
    """Say what a list on a surface without rules could have held besides; empty when it is as long as it can be.

    Args:
        exchange: the list.
        expected: what is known of the service, its own limit of k among it.
        caps: each cap in effect (0 is off) with item -> the values that it counts.
        hidden: items that the user's own events exclude, so that no list of theirs holds them.
    """
    length = len(exchange.ids)
    most = min(exchange.ask.k or DEFAULT_K, expected.max_k or DEFAULT_K * 1000)
    if length >= most:
        return ""
    candidates = exchange.answer.trace.extras.policy.after_rules
    if not any(cap for cap, _ in caps):
        return f"{candidates} candidates were left" if candidates > length else ""
    return _free(exchange, expected, caps, hidden)


def _free(exchange: Exchange, expected: Expectations, caps: Sequence[Cap], hidden: frozenset[str]) -> str:
    """Name a popular item that no cap keeps out, where popularity offered all of them and the pool kept them."""
    sources = exchange.answer.trace.extras.candidate_sources or {}
    offered = sources["popularity"].count if "popularity" in sources else 0
    merged = sources["merged"].count if "merged" in sources else 0
    named = ("popularity", "collaborative", "content", "session")
    if (
        expected.popular is None
        or exchange.ask.constraints
        or offered < max(expected.offerable, len(expected.popular))
    ):
        return ""
    if merged < sum(sources[name].count for name in named if name in sources):
        return ""
    held = [Counter(value for id_ in exchange.ids for value in values.get(id_, ())) for _, values in caps]
    for id_ in sorted(expected.popular - hidden - set(exchange.ids)):
        if not any(
            cap and any(counts[value] >= cap for value in values.get(id_, ()))
            for (cap, values), counts in zip(caps, held, strict=True)
        ):
            return f"`{id_}` was a candidate and no cap keeps it out"
    return ""
