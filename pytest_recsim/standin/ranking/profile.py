"""Tag profiles: what the user liked, what a starter is assumed to like, and their mixture (contract 12.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, best_set, settle, window_start
from pytest_recsim.standin.ranking.effective import NEW_USERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from pytest_recsim.standin.ranking.context import Context
    from pytest_recsim.standin.ranking.data import RankingData

_DECIMALS = 12
CATEGORY_TAGS = {
    "electronics": ("electronics", "gadgets", "smart"),
    "books": ("books", "reading", "literature"),
    "home": ("home", "decor", "living"),
    "fashion": ("fashion", "style", "apparel"),
    "beauty": ("beauty", "skincare", "wellness"),
    "gourmet": ("food", "gourmet", "kitchen"),
    "fitness": ("fitness", "health", "active"),
    "outdoors": ("outdoors", "adventure", "travel"),
}


class Starter(NamedTuple):
    """The starter profile, tag to weight, and its share in the mixture."""

    tags: dict[str, float]
    share: float


class Profiles(NamedTuple):
    """Weights per folded tag code (blank last, 0): for content retrieval and for the boost, and the starter."""

    content: Floats
    boost: Floats
    starter: Starter | None


def _scaled(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {tag: weight / total for tag, weight in weights.items()}


def by_weight(weights: Mapping[str, float], rng: Random | None = None) -> list[str]:
    """Return tags, heaviest first and equal ones by name or at random."""
    if rng is None:
        return sorted(weights, key=lambda tag: (-round(weights[tag], _DECIMALS), tag))
    tags = list(weights)
    rng.shuffle(tags)
    return sorted(tags, key=lambda tag: -round(weights[tag], _DECIMALS))


def _heaviest(weights: dict[str, float], top: int) -> dict[str, float]:
    """Return the ``top`` heaviest weights scaled to sum 1; 0 keeps all of them."""
    return _scaled(
        {tag: weights[tag] for tag in by_weight(weights)[:top]} if 0 < top < len(weights) else weights
    )


def starter_of(context: Context) -> Starter | None:
    """Return the starter profile if this request gets one."""
    settings, run = context.service.settings, context.run
    if run.hint not in ("", NEW_USERS) and not run.sparse:
        return None
    preset = settings.starter_presets.get(run.hint) or settings.starter_presets.get(NEW_USERS) or {}
    tags = {
        tag: weight / 3.0
        for category, weight in preset.items()
        if weight > 0
        for tag in CATEGORY_TAGS.get(category, ())
    }
    if not tags:
        return None
    floor = min(max(run.knobs.profile_starter_blend_weight, 0.0), 1.0)
    decay = settings.starter_decay_events
    share = floor + (1.0 - floor) * max(0, decay - len(run.recent)) / decay
    tags = _scaled(tags)
    if recent := _recent_tags(context.data, run.recent):
        names = sorted(tags.keys() | recent.keys())
        mixed = {tag: share * tags.get(tag, 0.0) + (1.0 - share) * recent.get(tag, 0.0) for tag in names}
        tags = {tag: weight for tag, weight in mixed.items() if weight > 0}
    return Starter(_heaviest(tags, run.knobs.profile_top_n_tags), share)


def _recent_tags(data: RankingData, recent: list[int]) -> dict[str, float]:
    """Spread one unit per recent item over its tags, scaled to sum 1."""
    weights: dict[str, float] = {}
    for item in recent:
        carried = data.tags.lists[item]
        for tag in carried:
            name = data.tags.names[tag]
            weights[name] = weights.get(name, 0.0) + 1.0 / len(carried)
    return _scaled(weights)


def profiles_of(context: Context) -> Profiles:
    """Return the mixed profiles of the request's user."""
    data, starter = context.data, starter_of(context)
    top = context.run.knobs.profile_top_n_tags
    boost = _mixed(data, _own(data, _raw_weights(context), max(top, 1)), starter)
    content = boost if top > 0 else _mixed(data, np.zeros(data.tags.blank + 1), starter)
    return Profiles(content, boost, starter)


def _raw_weights(context: Context) -> Floats:
    """Sum the user's decayed event weights per raw tag."""
    data, history, days = context.data, context.history, context.run.knobs.profile_window_days
    count = len(history.items) if days == 0 else history.count_since(window_start(context.now, days))
    span = slice(history.span.start, history.span.start + count)
    each = data.weighted.for_profiles(context.now, span)
    return data.tags.raw.totals(data.log.item[span], each)


def _own(data: RankingData, raw: Floats, top: int) -> Floats:
    """Keep the heaviest raw tags, fold their case and scale to sum 1; all zero without any."""
    chosen = (raw > 0).nonzero()[0]
    if len(chosen) > top:
        chosen = chosen[best_set(settle(raw[chosen]), top)]
    own = np.bincount(data.tags.fold_of[chosen], raw[chosen], data.tags.blank + 1)
    own[-1] = 0.0
    total = own.sum()
    return np.asarray(own / total) if total > 0 else np.zeros_like(own)


def _mixed(data: RankingData, own: Floats, starter: Starter | None) -> Floats:
    if starter is None:
        return own
    share = starter.share if own.any() else 1.0
    mixed = (1.0 - share) * own
    for tag, weight in starter.tags.items():
        if (code := data.tags.index.get(tag)) is not None:
            mixed[code] += share * weight
    return mixed
