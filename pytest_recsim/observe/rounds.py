"""In which order users are asked where asking may stop early: at random within every segment, in growing rounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from random import Random

SEED = "stop early"
"""One for everybody, so that the order hangs on the users alone and not on what the customer is called."""
FIRST = 200
GROWTH = 1.2
"""A round is a fifth of what was asked before, so that at most a sixth of the questions came too late to count."""


def shuffled(segments: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return every segment's users in the order of asking.

    Args:
        segments: segment -> its users that may be asked.
    """
    return {
        name: Random(f"{SEED}/{name}").sample(sorted(users), len(users)) for name, users in segments.items()
    }


def next_round(
    left: Mapping[str, int], asked: Mapping[str, int], wanted: Iterable[str] | None = None
) -> dict[str, int]:
    """How many of each segment are next.

    Args:
        left: users of every segment that have not been asked.
        asked: those that have.
        wanted: segments that still need somebody; None for all of them, each with its share, rounded up.
    """
    if wanted is None:
        total, before = sum(left.values()), sum(asked.values())
        size = max(FIRST, math.ceil((GROWTH - 1) * before)) if before else FIRST
        share = min(1.0, size / max(total, 1))
        return {name: min(count, math.ceil(round(share * count, 9))) for name, count in left.items() if count}
    least = max(1, FIRST // max(len(left), 1))
    sizes = {name: max(least, math.ceil((GROWTH - 1) * asked[name])) for name in wanted}
    return {name: min(left[name], size) for name, size in sizes.items() if left[name]}
