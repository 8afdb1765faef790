"""MMR and caps: which candidates make up the list (contract 12.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.arrays import Floats, Ints
    from pytest_recsim.standin.ranking.effective import Effective
    from pytest_recsim.standin.ranking.facets import Facets, Values
    from pytest_recsim.standin.ranking.signals import Signals


class Pick(NamedTuple):
    """A selected place with the values at the moment of selection; relevance is lambda x score/maxscore."""

    place: int
    relevance: float
    penalty: float


class Cap:
    """Counts picks per brand (or category) value and rules out the candidates of a value that is full."""

    def __init__(self, values: Values, rows: Ints, limit: int) -> None:
        self._columns = list(values.matrix[:, rows])
        self._held = values.held
        self._limit = limit
        self._counts: dict[int, int] = {}

    def count(self, row: int, base: Floats) -> None:
        """Count a picked row; candidates of a value that is now full get the lowest possible base."""
        for value in self._held[row]:
            seen = self._counts[value] = self._counts.get(value, 0) + 1
            if seen == self._limit:
                for column in self._columns:
                    base[column == value] = -np.inf


def diversify(signals: Signals, free: Ints, run: Effective, facets: Facets) -> list[Pick]:
    """Pick up to k of the free places greedily; they are in pool order, and ties go to the earlier one."""
    share = run.knobs.mmr_lambda
    scores = signals.score[free]
    rows = np.minimum(signals.candidates[free], len(facets.group) - 1)
    highest = float(scores.max(initial=0.0))
    base = share * (scores / highest) if highest > 0 else np.zeros(len(scores))
    relevance, groups = base.copy(), facets.group[rows]
    caps = [Cap(facets.brands, rows, run.knobs.brand_cap)] if run.knobs.brand_cap > 0 else []
    caps += [Cap(facets.categories, rows, run.knobs.category_cap)] if run.knobs.category_cap > 0 else []
    penalty_of, penalty, value = facets.penalty(share), np.zeros(len(scores)), base.copy()
    picks: list[Pick] = []
    for _ in range(min(run.k, len(scores))):
        best = int(value.argmax())
        if value.item(best) == -np.inf:
            break
        picks.append(Pick(free.item(best), relevance.item(best), penalty.item(best)))
        base[best] = -np.inf
        for cap in caps:
            cap.count(rows.item(best), base)
        # The penalty grows with the largest similarity, so the largest penalty is that of the largest similarity.
        np.maximum(penalty, penalty_of(groups.item(best))[groups], out=penalty)
        np.subtract(base, penalty, out=value)
    return picks
