"""Signals and their blend, and the personal boost (contract 12.6, 12.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pytest_recsim.standin.ranking.arrays import Floats, Ints, saturate, settle, window_start
from pytest_recsim.standin.ranking.effective import DEFAULT_WINDOW_DAYS, Effective
from pytest_recsim.standin.ranking.revision_2025 import share_of_largest

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.context import Context
    from pytest_recsim.standin.ranking.pool import Pool
    from pytest_recsim.standin.ranking.profile import Profiles


class Signals(msgspec.Struct):
    """Per candidate, in pool order: raw signals, normalised ones, the personal overlap and the score.

    ``multiplier`` is 1 for candidates without a personal boost.
    """

    candidates: Ints
    pop: Floats
    cooc: Floats
    embedding: Floats
    content: Floats
    session: Floats
    pop_norm: Floats
    cooc_norm: Floats
    similarity: Floats
    overlap: Floats
    multiplier: Floats
    score: Floats

    def extended(self, strangers: list[int]) -> Signals:
        """Return these signals with candidates appended that no source offered: everything 0."""
        more = np.zeros(len(strangers))
        columns = {name: np.concatenate([getattr(self, name), more]) for name in self.__struct_fields__[1:]}
        columns["multiplier"][len(self.candidates) :] = 1.0
        return Signals(candidates=np.concatenate([self.candidates, np.array(strangers, np.int64)]), **columns)


def signals_of(context: Context, profiles: Profiles, pool: Pool, kept: Ints, anchors: list[int]) -> Signals:
    """Score the kept pool positions."""
    data, run = context.data, context.run
    alpha, beta, gamma = run.weights
    if len(kept) < len(pool.candidates):
        pool = pool.only(kept)
    candidates = pool.candidates
    rows = np.minimum(candidates, data.catalogue.size)
    content, session, pop = pool.content, pool.session, pool.pop
    cooc = _co_visits(context, anchors).take(rows) if beta > 0 else np.zeros(len(rows))
    embedding = data.embeddings.strongest(anchors).take(rows) if gamma > 0 else np.zeros(len(rows))
    if context.service.quirks.revision_2025:
        pop_norm, cooc_norm, similarity = map(share_of_largest, (pop, cooc, embedding))
    else:
        pop_norm, cooc_norm = saturate(pop), saturate(cooc)
        similarity = np.maximum(np.maximum(embedding, saturate(content)), saturate(session))
    overlap = data.tags.folded.sums(rows, profiles.boost)
    multiplier = 1.0 + _boost_factor(run, len(anchors)) * overlap
    score = settle((alpha * pop_norm + beta * cooc_norm + gamma * similarity) * multiplier)
    return Signals(
        candidates,
        pop,
        cooc,
        embedding,
        content,
        session,
        pop_norm,
        cooc_norm,
        similarity,
        overlap,
        multiplier,
        score,
    )


def _co_visits(context: Context, anchors: list[int]) -> Floats:
    since = window_start(context.now, context.run.knobs.co_vis_window_days or DEFAULT_WINDOW_DAYS)
    return context.data.covisits.strongest(anchors, since)


def _boost_factor(run: Effective, anchors: int) -> float:
    """Return what the overlap is multiplied by: the boost, damped for users with few events."""
    knobs = run.knobs
    seen = run.reported or anchors
    if anchors:
        seen = min(seen, anchors)
    damped = seen < knobs.profile_min_events_for_boost
    return knobs.profile_boost * (knobs.profile_cold_start_multiplier if damped else 1.0)
