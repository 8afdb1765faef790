"""MMR and caps: which candidates make up the list (contract 12.8)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, Ints
from pytest_recsim.standin.ranking.facets import Facets, Values


class Pick(NamedTuple):
    """A selected candidate with the values at the moment of selection; relevance is lambda x score/maxscore."""

    candidate: int
    relevance: float
    max_sim: float
    penalty: float


class Cap:
    """Counts picks per brand (or category) value and tells which candidates that rules out."""

    def __init__(self, values: Values, rows: Ints, limit: int) -> None:
        self._matrix = values.matrix[:, rows]
        self._values = values
        self._limit = limit
        self.counts: dict[int, int] = {}

    def count(self, row: int, base: Floats) -> None:
        """Count a picked row; candidates of a value that is now full get the lowest possible base."""
        for value in self._values.held_by(row):
            self.counts[value] = self.counts.get(value, 0) + 1
            if self.counts[value] >= self._limit:
                base[(self._matrix == value).any(axis=0)] = -np.inf


def diversify(
    scores: Floats, rows: Ints, k: int, mmr_lambda: float, facets: Facets, brand_cap: int, category_cap: int
) -> list[Pick]:
    """Pick up to k candidates greedily; ``rows`` are their catalogue rows in pool order, ties go to the earlier one."""
    highest = float(scores.max(initial=0.0))
    base = mmr_lambda * (scores / highest) if highest > 0 else np.zeros(len(scores))
    relevance = base.copy()
    caps = [Cap(facets.brands, rows, brand_cap)] if brand_cap > 0 else []
    caps += [Cap(facets.categories, rows, category_cap)] if category_cap > 0 else []
    groups = facets.group[rows]
    closest, penalty = np.zeros(len(scores)), np.zeros(len(scores))
    picks: list[Pick] = []
    for _ in range(min(k, len(scores))):
        best = int(np.argmax(base - penalty))
        if base[best] == -np.inf:
            break
        picks.append(Pick(best, float(relevance[best]), float(closest[best]), float(penalty[best])))
        base[best] = -np.inf
        for cap in caps:
            cap.count(int(rows[best]), base)
        np.maximum(closest, facets.similarity(int(groups[best]))[groups], out=closest)
        np.multiply(closest, 1.0 - mmr_lambda, out=penalty)
    return picks
