"""One request from candidates to the final list (contract 12), as values that the answer is written from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from pytest_recsim.standin.ranking.anchors import Anchors, anchors_of
from pytest_recsim.standin.ranking.arrays import Ints, largest
from pytest_recsim.standin.ranking.context import Context, context_of
from pytest_recsim.standin.ranking.diversify import Pick, diversify
from pytest_recsim.standin.ranking.final import final_order
from pytest_recsim.standin.ranking.pool import Pool, prefetched_pool, recommended_pool
from pytest_recsim.standin.ranking.profile import Profiles, profiles_of
from pytest_recsim.standin.ranking.restrict import Restricted, restrict
from pytest_recsim.standin.ranking.rule_engine import Outcome, evaluate, leave_nothing_at_nothing
from pytest_recsim.standin.ranking.rule_match import matcher
from pytest_recsim.standin.ranking.signals import Signals, signals_of

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.ask import Ask
    from pytest_recsim.standin.ranking.facets import Facets
    from pytest_recsim.standin.state.rulebook import Rule
    from pytest_recsim.standin.state.service import Service


class Ranked(msgspec.Struct):
    """A ranked request with everything that explains it.

    ``final`` lists candidates (positions of the request's ``Names``); ``where`` maps them to their places in
    ``signals``; ``remaining`` counts the unpinned candidates after rules; ``picks`` is None when neither MMR nor a cap
    ran, else the selection in the order picked.
    """

    context: Context
    profiles: Profiles
    anchors: Anchors
    pool: Pool
    restricted: Restricted
    rules: list[Rule]
    outcome: Outcome
    signals: Signals
    facets: Facets
    remaining: int
    picks: list[Pick] | None
    where: dict[int, int]
    final: list[int]


def rank(service: Service, org: str, ask: Ask) -> Ranked:
    """Rank one request; raises the 400s of contract 5."""
    context = context_of(service, org, ask)
    knobs = context.run.knobs
    profiles = profiles_of(context)
    anchors = anchors_of(context, profiles.starter)
    pool, restricted = _candidates(context, profiles, anchors)
    facets = context.data.facets(knobs.brand_tag_prefixes, knobs.category_tag_prefixes)
    rules = _active_rules(context, org)
    outcome, signals = _apply(
        context, rules, facets, signals_of(context, profiles, pool, restricted.kept, anchors.all)
    )
    free = _unpinned(signals, outcome)
    picks = (
        diversify(signals, free, context.run, facets)
        if knobs.mmr_lambda > 0 or knobs.brand_cap > 0 or knobs.category_cap > 0
        else None
    )
    chosen = free if picks is None else np.array([pick.place for pick in picks], np.int64)
    ranked = _by_score(context, signals, chosen)
    return Ranked(
        context=context,
        profiles=profiles,
        anchors=anchors,
        pool=pool,
        restricted=restricted,
        rules=rules,
        outcome=outcome,
        signals=signals,
        facets=facets,
        remaining=len(free),
        picks=picks,
        where=_places(signals, ranked, outcome),
        final=final_order(list(ranked), outcome, anchors.injected, context.run.k),
    )


def _candidates(context: Context, profiles: Profiles, anchors: Anchors) -> tuple[Pool, Restricted]:
    clock = context.service.clock
    if context.ask.prefetched is not None:
        pool = prefetched_pool(context.ask, context.names)
    else:
        pool = recommended_pool(context, profiles.content, anchors.injected)
    started = clock.stopwatch()
    restricted = restrict(context, pool.candidates)
    pool.sources["post_exclusion"] = (restricted.after_exclusions, clock.stopwatch() - started)
    pool.sources["post_constraints"] = (len(restricted.kept), 0.0)
    return pool, restricted


def _active_rules(context: Context, org: str) -> list[Rule]:
    service, ask, run = context.service, context.ask, context.run
    if not (service.settings.rules_enable and run.knobs.rules_enabled):
        return []
    segment = run.match.segment.segment_id if run.match else ""
    return service.served.active(org, ask.namespace, ask.surface, segment, service.clock.now())


def _apply(context: Context, rules: list[Rule], facets: Facets, signals: Signals) -> tuple[Outcome, Signals]:
    """Evaluate the rules; the signals come back with outside candidates appended and scores changed."""
    if not rules:
        return Outcome(), signals
    candidates = signals.candidates.tolist()
    scores = dict(zip(candidates, signals.score.tolist(), strict=True))
    quirks = context.service.quirks
    match = matcher(context.data, facets, context.names, signals.candidates, quirks.rng)
    slots = context.service.settings.rules_max_pin_slots
    outcome = evaluate(rules, match, context.names.position, scores, slots)
    if quirks.boosts:
        leave_nothing_at_nothing(outcome, scores)
    outside = [candidate for candidate in (*outcome.pins, *outcome.injected) if candidate not in scores]
    if outside:
        signals = signals.extended(outside)
        candidates += outside
    if outcome.scores:
        where = {candidate: place for place, candidate in enumerate(candidates)}
        places = [where[candidate] for candidate in outcome.scores]
        signals.score[places] = list(outcome.scores.values())
    return outcome, signals


def _unpinned(signals: Signals, outcome: Outcome) -> Ints:
    """Return the places of the candidates that rules leave to compete."""
    gone = [*outcome.pins, *outcome.blocked]
    if not gone:
        return np.arange(len(signals.candidates))
    return np.flatnonzero(~np.isin(signals.candidates, gone))


def _by_score(context: Context, signals: Signals, chosen: Ints) -> dict[int, int]:
    """Return the best k of the chosen places as candidate -> place: score descending, ties by id."""
    if len(chosen) > context.run.k:
        # Whoever ties with the last of the best k has to be compared by id as well.
        scores = signals.score[chosen]
        chosen = chosen[scores >= scores[largest(scores, context.run.k)[-1]]]
    scores, candidates = (-signals.score[chosen]).tolist(), signals.candidates[chosen].tolist()
    # A catalogue is in the order of its ids; strangers are behind it in the order they were named.
    names = list(map(context.names.id, candidates)) if context.names.strangers else candidates
    ranked = sorted(zip(scores, names, candidates, chosen.tolist(), strict=True))
    return {candidate: place for _, _, candidate, place in ranked[: context.run.k]}


def _places(signals: Signals, ranked: dict[int, int], outcome: Outcome) -> dict[int, int]:
    pinned = {
        candidate: int(np.flatnonzero(signals.candidates == candidate)[0]) for candidate in outcome.pins
    }
    return ranked | pinned
