"""Worlds whose true lift is known, to see how often the judge is right.

`Shop` has the shape of a real run: pairs of metric values of customer_a's users (most are zero, the lists of one user
are correlated), with probabilities tilted, by as little as possible, until the ratio of the means is exactly 1 + lift
under both metrics. `Invented` worlds are drawn from formulas, to see beyond that one shape.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SHAPE = Path(__file__).with_name("shape_customer_a.json")
METRICS = ("ndcg", "mrr")


class World(Protocol):
    """Where users come from; ``truth`` is the lift of infinitely many."""

    @property
    def truth(self) -> float: ...

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        """Metric values of the service's and of the baseline's lists, ``float64[users, worlds]`` each."""


@cache
def observed_rows() -> Floats:
    """NDCG and MRR of the service, then of the baseline, one row per user of customer_a, ``float64[U, 4]``."""
    return rows_of(SHAPE)


def rows_of(path: Path) -> Floats:
    shape = json.loads(path.read_text(encoding="utf-8"))
    return np.vstack([np.array(shape["rows"]) / 1000, np.zeros((shape["zero_users"], 4))])


def shape_facts() -> dict[str, float]:
    """What the page says of customer_a's run; ``no_hit``: share of users without a hit in either list."""
    rows = observed_rows()
    lifts = rows[:, :2].mean(axis=0) / rows[:, 2:].mean(axis=0) - 1
    return {
        "users": len(rows),
        "no_hit": round(float((~rows.any(axis=1)).mean()), 3),
        "ndcg_correlation": round(float(np.corrcoef(rows[:, 0], rows[:, 2])[0, 1]), 2),
        "ndcg_lift": round(float(lifts[0]), 3),
        "mrr_lift": round(float(lifts[1]), 3),
    }


@cache
def tilted(lift: float) -> Floats:
    """Probability of every observed row so that both true lifts are exactly ``lift``, by Newton's method.

    Weights exp(t . gap) with gap = service - (1 + lift) x baseline are those nearest to equal ones (in
    Kullback-Leibler distance) under which the mean gap is 0.
    """
    rows = observed_rows()
    gaps = rows[:, :2] - (1 + lift) * rows[:, 2:]
    t = np.zeros(2)
    for _ in range(100):
        weights = np.exp(gaps @ t)
        weights /= weights.sum()
        mean = weights @ gaps
        if np.abs(mean).max() < 1e-13:
            break
        t -= np.linalg.solve((gaps * weights[:, None]).T @ gaps - np.outer(mean, mean), mean)
    return weights


def draw_users(rng: np.random.Generator, lift: float, shape: int | tuple[int, int]) -> Floats:
    """Users of a shop with this true lift, ``float64[*shape, 4]``."""
    rows = observed_rows()
    place = np.searchsorted(np.cumsum(tilted(lift)), rng.random(shape))
    return rows[np.minimum(place, len(rows) - 1)]


@dataclass(frozen=True)
class Shop:
    """customer_a's users under one metric, tilted to a true lift."""

    metric: str
    truth: float

    @property
    def name(self) -> str:
        return f"customer_a's {self.metric.upper()}, lift {self.truth:+.1f}"

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        users, column = draw_users(rng, self.truth, shape), METRICS.index(self.metric)
        return users[..., column], users[..., 2 + column]


def _reciprocal(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return 1 / rng.integers(1, 11, shape)


def _rounded(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return rng.beta(1.2, 2.5, shape)


def _heavy(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    return np.minimum(1, 0.02 + 0.05 * rng.pareto(1.1, shape))


SIZES: dict[str, Callable[[np.random.Generator, tuple[int, int]], Floats]] = {
    "like MRR": _reciprocal,
    "like NDCG": _rounded,
    "heavy-tailed": _heavy,
}


@dataclass(frozen=True)
class Invented:
    """Hit or miss, and a size of the hit, for both lists of a user.

    Attributes:
        size: a key of ``SIZES``.
        rate: share of users for whom the baseline hits.
        times: how much more often the service does.
        together: share of users whose two lists hit or miss on the same throw.
        alike: share of users whose hits have the same size in both lists.
    """

    size: str
    rate: float
    times: float
    together: float
    alike: float = 0.0

    @property
    def truth(self) -> float:
        return self.times - 1

    @property
    def name(self) -> str:
        return (
            f"{self.size}, baseline hits {self.rate:.0%}, service {self.times:g} x, together {self.together:.0%}"
            f", same size {self.alike:.0%}"
        )

    def draw(self, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        shared, own = rng.random(shape), rng.random(shape)
        base, mine = SIZES[self.size](rng, shape), SIZES[self.size](rng, shape)
        mine = np.where(rng.random(shape) < self.alike, base, mine)
        throw = np.where(rng.random(shape) < self.together, shared, own)
        return (throw < self.rate * self.times) * mine, (shared < self.rate) * base
