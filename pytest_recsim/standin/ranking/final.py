"""The final order (contract 12.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.standin.ranking.rule_engine import Outcome

_PROMOTED = 3


def final_order(ranked: Sequence[int], outcome: Outcome, injected: Sequence[int], k: int) -> list[int]:
    """Return at most k candidates: pins, then ``ranked``; promoted anchors on top; positive boosts behind the pins.

    Args:
        ranked: unpinned candidates by score descending, ties by id.
        outcome: what the rules did.
        injected: anchors of a sparse or new user, in order.
        k: the length of the list.
    """
    order = [*list(outcome.pins)[:k], *ranked][:k]
    if injected:
        present = set(order)
        promoted = [anchor for anchor in injected if anchor in present][:_PROMOTED]
        order = promoted + [candidate for candidate in order if candidate not in promoted]
    if not outcome.boosts:
        return order
    boosted = [
        candidate for candidate in order if candidate not in outcome.pins and outcome.raises(candidate)
    ]
    if boosted:
        pinned = [candidate for candidate in order if candidate in outcome.pins]
        front = {*pinned, *boosted}
        order = pinned + boosted + [candidate for candidate in order if candidate not in front]
    return order
