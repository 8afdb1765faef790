"""What a fault is: a name, what it imitates, who must notice it, and how it is switched on at a strength."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

SHARE = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Usual ladder for shares, weakest first."""
WHOLE = (1.0,)
"""The ladder of a fault that is there or not."""
ANY = "run"
"""``by`` of a fault that stops the run itself: nothing is judged, everything is red."""

Install = Callable[[float], None]


@dataclass(frozen=True)
class Fault:
    """One way in which a recommender goes wrong.

    Attributes:
        name: the function's name, with hyphens.
        imitates: what really happens when it does.
        by: the check that must notice (``S1``, ``contract``, ``segment_lift_ndcg regulars``, ...); empty if none can.
        because: words that the check's sentence must contain, so that it is red for the right reason.
        of: what the strength counts.
        ladder: strengths tried, weakest first; the last one is full strength.
        why_not: for a fault that nothing can notice, the reason and what would be needed.
        install: switches it on inside the stand-in's process.
    """

    name: str
    imitates: str
    by: str
    because: str
    of: str
    ladder: tuple[float, ...]
    why_not: str
    install: Install

    @property
    def full(self) -> float:
        return self.ladder[-1]


def fault(
    into: list[Fault],
    imitates: str,
    *,
    by: str = "",
    because: str = "",
    of: str = "",
    ladder: Sequence[float] = WHOLE,
    why_not: str = "",
) -> Callable[[Install], Install]:
    """Add the decorated function, which switches the fault on, to a list."""

    def add(install: Install) -> Install:
        name = install.__name__.replace("_", "-")
        into.append(Fault(name, imitates, by, because, of, tuple(ladder), why_not, install))
        return install

    return add


def hit(share: float, *what: object) -> bool:
    """Whether a share of all things has this one in it; always the same, and a larger share has it still."""
    return draw(*what) < share


def draw(*what: object) -> float:
    """A number in [0, 1) that belongs to a thing."""
    digest = blake2b("/".join(map(str, what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
