"""Anchors: the items that co-visitation and embeddings start from (contract 12.3, 12.6)."""

from __future__ import annotations

from typing import NamedTuple

from pytest_recsim.standin.ranking.arrays import window_start
from pytest_recsim.standin.ranking.data import RankingData
from pytest_recsim.standin.ranking.effective import DEFAULT_WINDOW_DAYS, Effective
from pytest_recsim.standin.ranking.history import History
from pytest_recsim.standin.ranking.profile import Starter

ANCHORS = 10
_STARTER_ANCHORS = 5


class Anchors(NamedTuple):
    """Catalogue positions of all anchors, and those of them that are injected into the pool and promoted."""

    all: list[int]
    injected: list[int]


def anchors_of(
    data: RankingData, history: History, starter: Starter | None, run: Effective, now: int
) -> Anchors:
    injected = _injected(data, starter, run, now) if run.cold else []
    if injected:
        return Anchors(injected, injected)
    since = window_start(now, run.knobs.co_vis_window_days or DEFAULT_WINDOW_DAYS)
    return Anchors(history.recent(since, ANCHORS), [])


def _injected(data: RankingData, starter: Starter | None, run: Effective, now: int) -> list[int]:
    injected = [item for item in run.recent if data.catalogue.available[item]]
    if run.new and not injected and starter is not None:
        injected = _starter_anchors(data, starter, run, now)
    most = run.knobs.max_anchors_injected
    return injected[:most] if most > 0 else injected


def _starter_anchors(data: RankingData, starter: Starter, run: Effective, now: int) -> list[int]:
    """Return the most popular items of the starter tags, taking turns from the heaviest tag on."""
    wanted = min(run.k, _STARTER_ANCHORS)
    order = data.weighted.popular(now, run.knobs.half_life_days, None).order
    lists = [order[data.tags.with_raw((tag,))[order]][:wanted].tolist() for tag in starter.tags]
    found: dict[int, None] = {}
    for turn in range(wanted):
        for best in lists:
            if turn < len(best):
                found.setdefault(best[turn])
    return list(found)[:wanted]
