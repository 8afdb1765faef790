"""Anchors: the items that co-visitation and embeddings start from (contract 12.3, 12.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_recsim.standin.ranking.arrays import window_start
from pytest_recsim.standin.ranking.effective import DEFAULT_WINDOW_DAYS
from pytest_recsim.standin.ranking.profile import by_weight

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.context import Context
    from pytest_recsim.standin.ranking.profile import Starter

ANCHORS = 10
_STARTER_ANCHORS = 5


class Anchors(NamedTuple):
    """Catalogue positions of all anchors, and those of them that are injected into the pool and promoted."""

    all: list[int]
    injected: list[int]


def anchors_of(context: Context, starter: Starter | None) -> Anchors:
    injected = _injected(context, starter) if context.run.cold else []
    if injected:
        return Anchors(injected, injected)
    since = window_start(context.now, context.run.knobs.co_vis_window_days or DEFAULT_WINDOW_DAYS)
    return Anchors(context.history.recent(since, ANCHORS), [])


def _injected(context: Context, starter: Starter | None) -> list[int]:
    run, available = context.run, context.data.catalogue.available
    injected = [item for item in run.recent if available[item]]
    if run.new and not injected and starter is not None:
        injected = _starter_anchors(context, starter)
    most = run.knobs.max_anchors_injected
    return injected[:most] if most > 0 else injected


def _starter_anchors(context: Context, starter: Starter) -> list[int]:
    """Return the most popular items of the starter tags, taking turns from the heaviest tag on."""
    data, run = context.data, context.run
    wanted = min(run.k, _STARTER_ANCHORS)
    quirks = context.service.quirks
    order = data.weighted.popular(context.now, run.knobs.half_life_days, None).drawn(quirks.rng)
    index = data.tags.raw_index
    codes = [index[tag] for tag in by_weight(starter.tags, quirks.chance) if tag in index]
    lists = [order[data.tags.raw.holding(code)[order]][:wanted].tolist() for code in codes]
    found: dict[int, None] = {}
    for turn in range(wanted):
        for best in lists:
            if turn < len(best):
                found.setdefault(best[turn])
    return list(found)[:wanted]
