"""The candidate pool: sources, their order and its size (contract 12.3)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import Bools, Extra, Floats, Ints, best_counts, best_set, shuffled
from pytest_recsim.standin.ranking.revision_2025 import merged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.standin.ranking.ask import Ask
    from pytest_recsim.standin.ranking.catalogue import Names
    from pytest_recsim.standin.ranking.context import Context
    from pytest_recsim.standin.ranking.data import RankingData
    from pytest_recsim.standin.ranking.popularity import Popular

_MOST_RESERVED = 20


class Pool(NamedTuple):
    """Candidates in pool order (positions of ``Names``) with their raw signals; ``sources`` maps a source to (count, ms)."""

    candidates: Ints
    pop: Floats
    content: Floats
    session: Floats
    sources: dict[str, tuple[int, float]]

    def only(self, kept: Ints) -> Pool:
        """Return the same with some of the candidates."""
        return Pool(
            self.candidates[kept], self.pop[kept], self.content[kept], self.session[kept], self.sources
        )


def prefetched_pool(ask: Ask, names: Names) -> Pool:
    """Return the pool of a rerank: the request's own list, its scores in the place of popularity."""
    rows = ask.prefetched or ()
    candidates = np.array([names.position(item_id) for item_id, _ in rows], np.int64)
    scores = np.array([score for _, score in rows])
    empty = np.zeros(len(rows))
    return Pool(
        candidates, scores, empty, empty, {"prefetched": (len(rows), 0.0), "merged": (len(rows), 0.0)}
    )


def popular_items(context: Context) -> tuple[Popular, Ints]:
    """Return popularity and its best candidates within the constraints that are pushed down to it."""
    data, limits = context.data, context.limits
    catalogue = data.catalogue
    popular = data.weighted.popular(context.now, context.run.knobs.half_life_days, limits.created_after)
    order = popular.drawn(context.service.quirks.rng)
    if limits.tags is not None:
        order = order[data.tags.with_raw(limits.tags)[order]]
    if limits.low is not None:
        order = order[catalogue.price[order] >= limits.low]
    if limits.high is not None:
        order = order[catalogue.price[order] <= limits.high]
    if limits.created_after is not None:
        order = order[catalogue.created[order] >= limits.created_after]
    if excluded := [catalogue.index[item_id] for item_id in limits.excluded if item_id in catalogue.index]:
        order = order[~np.isin(order, excluded)]
    return popular, order[: context.run.fanout]


def recommended_pool(context: Context, profile: Floats, injected: list[int]) -> Pool:
    """Gather the pool of a recommendation; ``injected`` are the anchors of sparse and new users."""
    data, run, stopwatch = context.data, context.run, context.service.clock.stopwatch
    watch = [stopwatch()]
    popular, offered = popular_items(context)
    watch.append(stopwatch())
    items, pop = _with_anchors(offered, popular.value[offered], injected)
    taken = np.zeros(data.catalogue.size + 1, np.bool_)
    taken[items] = True
    content = _content(context, profile, taken)
    watch.append(stopwatch())
    session = _session(context, taken)
    watch.append(stopwatch())
    merge = merged if context.service.quirks.revision_2025 else _merge
    candidates, merged_pop = merge(items, pop, (content, session), max(run.k, run.fanout))
    watch.append(stopwatch())
    laps = [later - earlier for earlier, later in itertools.pairwise(watch)]
    return Pool(
        candidates,
        merged_pop,
        _spread(data, content).take(candidates),
        _spread(data, session).take(candidates),
        {
            "popularity": (len(offered), laps[0]),
            "collaborative": (0, 0.0),
            "content": (len(content.items), laps[1]),
            "session": (len(session.items), laps[2]),
            "merged": (len(candidates), laps[3]),
        },
    )


def _with_anchors(items: Ints, pop: Floats, injected: list[int]) -> tuple[Ints, Floats]:
    """Append the anchors that popularity misses, with the highest popularity of the pool."""
    present = set(items.tolist()) if injected else set()
    missing = [anchor for anchor in injected if anchor not in present]
    if not missing:
        return items, pop
    highest = max(float(pop.max(initial=0.0)), 0.0) or 1.0
    return np.concatenate([items, missing]), np.concatenate([pop, np.full(len(missing), highest)])


def _content(context: Context, profile: Floats, taken: Bools) -> Extra:
    """Score available items by how many profile tags they carry, spelled in lower case."""
    data, quirks = context.data, context.service.quirks
    spelled = data.tags.exact[profile[:-1] > 0]
    counts = data.tags.count_raw(spelled[spelled >= 0])
    counts *= data.catalogue.available
    if quirks.spread or quirks.revision_2025:
        counts[taken] = 0
    items = best_counts(counts, context.run.fanout)
    return _unoffered(items, counts[items], taken).drawn(quirks.chance)


def _session(context: Context, taken: Bools) -> Extra:
    counts, quirks = context.history.session(), context.service.quirks
    if not (quirks.ghosts or quirks.revision_2025):
        available = context.data.catalogue.available
        counts = {item: count for item, count in counts.items() if available[item]}
    items = shuffled(np.array(sorted(counts), np.int64), quirks.chance)
    signal = np.array([counts[item] for item in items.tolist()], np.int64)
    return _best(items, signal, context.run.fanout, taken)


def _best(items: Ints, counts: NDArray[np.signedinteger], fanout: int, taken: Bools) -> Extra:
    """Cut items to the fanout, of equal counts the first ones, and drop those that popularity offers."""
    if len(items) > fanout:
        chosen = best_set(counts, fanout)
        items, counts = items[chosen], counts[chosen]
    return _unoffered(items, counts, taken)


def _unoffered(items: Ints, counts: NDArray[np.integer], taken: Bools) -> Extra:
    free = ~taken[items]
    return Extra(items[free], counts[free].astype(np.float64))


def _spread(data: RankingData, extra: Extra) -> Floats:
    signal = np.zeros(data.catalogue.size + 1)
    signal[extra.items] = extra.signal
    return signal


def _merge(items: Ints, pop: Floats, extras: tuple[Extra, Extra], least: int) -> tuple[Ints, Floats]:
    """Fill the pool: popularity up to the reserve, the other sources, the rest of popularity."""
    content, session = extras
    others = content.items
    if len(session.items):
        offered = np.zeros(int(max(others.max(initial=0), session.items.max())) + 1, np.bool_)
        offered[others] = True
        others = np.concatenate([others, session.items[~offered[session.items]]])
    if not len(others):
        return items, pop
    limit = max(len(items), least)
    first = min(len(items), limit - min(max(len(items) // 4, 1), _MOST_RESERVED, len(items)))
    others = others[: limit - first]
    rest = slice(first, limit - len(others))
    merged_pop = np.concatenate([pop[:first], np.zeros(len(others)), pop[rest]])
    return np.concatenate([items[:first], others, items[rest]]), merged_pop
