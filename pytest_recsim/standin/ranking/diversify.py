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
        self._rows = rows
        self._values = values
        self._held = values.held
        self._limit = limit
        self._counts: dict[int, int] = {}
        self._full: set[int] = set()

    def full(self, row: int) -> int | None:
        """Return a value of the row that may not be picked any more."""
        if self._full:
            for held in self._held[row]:
                if held in self._full:
                    return held
        return None

    def rule_out(self, held: int, *choices: Floats) -> None:
        """Make the candidates that hold a value the last choice."""
        shared = self._values.rows.holding(held).take(self._rows)
        for choice in choices:
            choice[shared] = -np.inf

    def count(self, row: int) -> None:
        for held in self._held[row]:
            seen = self._counts[held] = self._counts.get(held, 0) + 1
            if seen >= self._limit:
                self._full.add(held)


def diversify(signals: Signals, free: Ints, run: Effective, facets: Facets) -> list[Pick]:
    """Pick up to k of the free places greedily; they are in pool order, and ties go to the earlier one."""
    share = run.knobs.mmr_lambda
    scores = signals.score[free]
    rows = np.minimum(signals.candidates[free], len(facets.group) - 1)
    highest = float(scores.max(initial=0.0))
    base = share * (scores / highest) if highest > 0 else np.zeros(len(scores))
    relevance, groups = base.copy(), facets.group.take(rows)
    caps = [Cap(facets.brands, rows, run.knobs.brand_cap)] if run.knobs.brand_cap > 0 else []
    caps += [Cap(facets.categories, rows, run.knobs.category_cap)] if run.knobs.category_cap > 0 else []
    penalty_of, penalty, value = facets.penalty(share), np.zeros(len(scores)), base.copy()
    picked: list[int] = []
    penalties: list[float] = []
    most = min(run.k, len(scores))
    while len(picked) < most:
        best = int(value.argmax())
        if value.item(best) == -np.inf:
            break
        row = rows.item(best)
        # Only a full value that comes first is worth the work of ruling it out: few of them ever do.
        for cap in caps:
            held = cap.full(row)
            if held is not None:
                cap.rule_out(held, base, value)
                break
        else:
            picked.append(best)
            penalties.append(penalty.item(best))
            base[best] = -np.inf
            for cap in caps:
                cap.count(row)
            # The penalty grows with the largest similarity, so the largest penalty is that of the largest similarity.
            np.maximum(penalty, penalty_of(groups.item(best)).take(groups), out=penalty)
            np.subtract(base, penalty, out=value)
    return list(map(Pick, free[picked].tolist(), relevance[picked].tolist(), penalties)) if picked else []
