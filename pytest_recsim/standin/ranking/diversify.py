"""MMR and caps: which candidates make up the list (contract 12.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.arrays import Ints
    from pytest_recsim.standin.ranking.effective import Effective
    from pytest_recsim.standin.ranking.facets import Facets
    from pytest_recsim.standin.ranking.signals import Signals


class Pick(NamedTuple):
    """A selected place with the values at the moment of selection; relevance is lambda x score/maxscore."""

    place: int
    relevance: float
    penalty: float


def diversify(signals: Signals, free: Ints, run: Effective, facets: Facets) -> list[Pick]:
    """Pick up to k of the free places greedily; they are in pool order, and ties go to the earlier one."""
    share = run.knobs.mmr_lambda
    scores = signals.score[free]
    rows = np.minimum(signals.candidates[free], len(facets.group) - 1)
    highest = float(scores.max(initial=0.0))
    base = share * (scores / highest) if highest > 0 else np.zeros(len(scores))
    relevance, groups = base.copy(), facets.group.take(rows)
    held, left = facets.held, _left(facets, run)
    # The penalty grows with the similarity, so the largest penalty is that of the nearest pick.
    penalties, value, nearest = facets.penalties(share), base.copy(), np.zeros(len(scores), np.uint8)
    picked: list[int] = []
    near: list[Any] = []
    most = min(run.k, len(scores))
    while len(picked) < most:
        best = int(value.argmax())
        if value.item(best) == -np.inf:
            break
        mine = held[rows.item(best)]
        # Only a full value that comes first is worth the work of ruling it out: few of them ever do.
        for code in mine:
            if not left[code]:
                full = facets.holding(code).take(rows)
                base[full] = value[full] = -np.inf
                break
        else:
            picked.append(best)
            near.append(nearest[best])
            base[best] = -np.inf
            for code in mine:
                left[code] -= 1
            nearness = facets.nearness(groups.item(best)).take(groups)
            nearest = np.maximum(nearest, nearness, out=nearness)
            np.subtract(base, penalties(nearest), out=value)
    if not picked:
        return []
    return list(
        map(Pick, free[picked].tolist(), relevance[picked].tolist(), penalties(np.array(near)).tolist())
    )


def _left(facets: Facets, run: Effective) -> list[int]:
    """Return how many picks each brand, and behind them each category, takes; without a cap there is no end to them."""
    brands, categories = len(facets.brands.names), len(facets.categories.names)
    return [run.knobs.brand_cap or -1] * brands + [run.knobs.category_cap or -1] * categories
