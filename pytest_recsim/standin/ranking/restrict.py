"""Filters before scoring: exclusions, recent purchases, constraints (contract 12.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import Bools, Ints, window_start
from pytest_recsim.standin.ranking.tags import fold

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.ask import Constraints
    from pytest_recsim.standin.ranking.context import Context
    from pytest_recsim.standin.ranking.data import RankingData


class Restricted(NamedTuple):
    """Which pool positions survive, and what removed the others.

    ``leaks`` maps a candidate that the constraints removed to the reason, in pool order; ``tags`` are the include tags
    as compared.
    """

    kept: Ints
    excluded: int
    recently_touched: int
    after_exclusions: int
    leaks: dict[int, str]
    tags: tuple[str, ...]


def restrict(context: Context, candidates: Ints) -> Restricted:
    """Filter pool candidates."""
    limits, size = context.limits, context.data.catalogue.size
    kept = np.arange(len(candidates))
    if ids := [
        context.names.position(trimmed) for item_id in limits.excluded if (trimmed := item_id.strip())
    ]:
        kept = kept[~np.isin(candidates, ids)]
    excluded = len(candidates) - len(kept)
    touched = _recently_touched(context)
    if touched is not None:
        kept = kept[~touched[np.minimum(candidates[kept], size)]]
    after = len(kept)
    tags = tuple(dict.fromkeys(folded for tag in limits.tags or () if (folded := fold(tag))))
    leaks = _violations(context.data, limits, tags, candidates[kept])
    if leaks:
        kept = kept[~np.isin(candidates[kept], list(leaks))]
    return Restricted(kept, excluded, len(candidates) - excluded - after, after, leaks, tags)


def _recently_touched(context: Context) -> Bools | None:
    """Mark the items that the purchase exclusion hides; None when it is off or finds nothing."""
    knobs, history = context.run.knobs, context.history
    if not knobs.rule_exclude_events or knobs.purchased_window_days <= 0:
        return None
    count = history.count_since(window_start(context.now, knobs.purchased_window_days))
    types = knobs.exclude_event_types
    items = [
        item
        for item, kind in zip(history.items[:count], history.types[:count], strict=True)
        if not types or kind in types
    ]
    if not items:
        return None
    touched = np.zeros(context.data.catalogue.size + 1, np.bool_)
    touched[items] = True
    return touched


def _violations(
    data: RankingData, limits: Constraints, tags: tuple[str, ...], candidates: Ints
) -> dict[int, str]:
    """Return the candidates that break a constraint, each with the first reason."""
    if not tags and limits.low is None and limits.created_after is None:
        return {}
    catalogue = data.catalogue
    rows = np.minimum(candidates, catalogue.size)
    checks: list[tuple[str, Bools]] = [("unknown", ~catalogue.known[rows])]
    if tags:
        checks.append(("missing_tags", data.tags.count[rows] == 0))
        checks.append(("include_tags", ~data.tags.with_folded(tags)[rows]))
    price = catalogue.price[rows]
    if limits.low is not None:
        checks += [("price_missing", np.isnan(price)), ("price_below_min", price < limits.low)]
    if limits.high is not None:
        checks.append(("price_above_max", price > limits.high))
    if limits.created_after is not None:
        checks.append(("stale_item", catalogue.created[rows] < limits.created_after))
    found: dict[int, str] = {}
    for reason, failed in checks:
        for candidate in candidates[failed].tolist():
            found.setdefault(candidate, reason)
    return {candidate: found[candidate] for candidate in candidates.tolist() if candidate in found}
