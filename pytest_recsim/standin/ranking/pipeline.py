"""One request from candidates to the final list (contract 12), as values that the answer is written from."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from pytest_recsim.standin.ranking.anchors import Anchors, anchors_of
from pytest_recsim.standin.ranking.arrays import Ints, largest
from pytest_recsim.standin.ranking.ask import Ask
from pytest_recsim.standin.ranking.catalogue import Names
from pytest_recsim.standin.ranking.data import RankingData, ranking_data
from pytest_recsim.standin.ranking.diversify import Pick, diversify
from pytest_recsim.standin.ranking.effective import Effective, effective
from pytest_recsim.standin.ranking.facets import Facets
from pytest_recsim.standin.ranking.final import final_order
from pytest_recsim.standin.ranking.history import History
from pytest_recsim.standin.ranking.pool import Pool, prefetched_pool, recommended_pool
from pytest_recsim.standin.ranking.profile import Profiles, profiles_of, starter_of
from pytest_recsim.standin.ranking.restrict import Restricted, restrict
from pytest_recsim.standin.ranking.rule_engine import Outcome, evaluate
from pytest_recsim.standin.ranking.rule_match import matcher
from pytest_recsim.standin.ranking.signals import Signals, signals_of
from pytest_recsim.standin.rulebook import Rule
from pytest_recsim.standin.state import Service


class Ranked(msgspec.Struct):
    """A ranked request with everything that explains it.

    ``final`` lists candidates (positions of ``names``); ``where`` maps a candidate to its place in ``signals``;
    ``picks`` is None when neither MMR nor a cap ran, else the selection with candidates, in the order picked.
    """

    data: RankingData
    names: Names
    run: Effective
    profiles: Profiles
    anchors: Anchors
    pool: Pool
    restricted: Restricted
    rules: list[Rule]
    outcome: Outcome
    signals: Signals
    where: dict[int, int]
    remaining: int
    picks: list[Pick] | None
    facets: Facets
    final: list[int]


class _Setting(NamedTuple):
    """What all steps of one request share."""

    service: Service
    ask: Ask
    data: RankingData
    history: History
    names: Names
    run: Effective
    now: int


def rank(service: Service, org: str, ask: Ask) -> Ranked:
    """Rank one request; raises the 400s of contract 5."""
    now = service.clock.ranking_now()
    data = ranking_data(service, org, ask.namespace)
    history = data.history(ask.user_id)
    run = effective(service, org, ask, history, now)
    step = _Setting(service, ask, data, history, Names(data.catalogue), run, now)
    starter = starter_of(data, service.settings, run)
    profiles = profiles_of(data, history, starter, run, now)
    anchors = anchors_of(data, history, starter, run, now)
    pool, restricted = _candidates(step, profiles, anchors)
    signals = signals_of(data, run, profiles, pool, restricted.kept, anchors.all, now)
    facets = data.facets(run.knobs.brand_tag_prefixes, run.knobs.category_tag_prefixes)
    rules = _active_rules(service, org, ask, run)
    outcome, signals = _apply(step, rules, facets, signals)
    return _finish(step, profiles, anchors, pool, restricted, rules, outcome, signals, facets)


def _candidates(step: _Setting, profiles: Profiles, anchors: Anchors) -> tuple[Pool, Restricted]:
    ask, clock = step.ask, step.service.clock
    most = step.run.knobs.max_exclude_ids
    limits = ask.constraints
    if 0 < most < len(limits.excluded):
        limits = msgspec.structs.replace(limits, excluded=limits.excluded[:most])
    if ask.prefetched is not None:
        pool = prefetched_pool(ask, step.names)
    else:
        pool = recommended_pool(
            step.data, step.history, step.run, profiles, limits, anchors.injected, step.now, clock
        )
    started = clock.stopwatch()
    restricted = restrict(step.data, step.names, step.history, step.run, limits, pool.candidates, step.now)
    pool.sources["post_exclusion"] = (restricted.after_exclusions, clock.stopwatch() - started)
    pool.sources["post_constraints"] = (len(restricted.kept), 0.0)
    return pool, restricted


def _active_rules(service: Service, org: str, ask: Ask, run: Effective) -> list[Rule]:
    if not (service.settings.rules_enable and run.knobs.rules_enabled):
        return []
    segment = run.match.segment.segment_id if run.match else ""
    return service.rules.active(org, ask.namespace, ask.surface, segment, service.clock.now())


def _apply(step: _Setting, rules: list[Rule], facets: Facets, signals: Signals) -> tuple[Outcome, Signals]:
    """Evaluate the rules; the signals come back with outside candidates appended and scores changed."""
    if not rules:
        return Outcome(), signals
    candidates = signals.candidates.tolist()
    scores = dict(zip(candidates, signals.score.tolist(), strict=True))
    match = matcher(step.data, facets, step.names, signals.candidates)
    outcome = evaluate(rules, match, step.names.position, scores, step.service.settings.rules_max_pin_slots)
    outside = [candidate for candidate in (*outcome.pins, *outcome.injected) if candidate not in scores]
    if outside:
        signals = signals.extended(outside)
        candidates += outside
    if outcome.scores:
        where = {candidate: place for place, candidate in enumerate(candidates)}
        places = [where[candidate] for candidate in outcome.scores]
        signals.score[places] = list(outcome.scores.values())
    return outcome, signals


def _finish(
    step: _Setting,
    profiles: Profiles,
    anchors: Anchors,
    pool: Pool,
    restricted: Restricted,
    rules: list[Rule],
    outcome: Outcome,
    signals: Signals,
    facets: Facets,
) -> Ranked:
    """Select, order and collect."""
    gone = [*outcome.pins, *outcome.blocked]
    free = np.flatnonzero(~np.isin(signals.candidates, gone)) if gone else np.arange(len(signals.candidates))
    picks = _picked(step, signals, free, facets)
    chosen = free if picks is None else free[[pick.candidate for pick in picks]]
    ranked = _by_score(step, signals, chosen)
    candidates = signals.candidates.tolist()
    if picks is not None:
        picks = [
            pick._replace(candidate=candidates[place])
            for pick, place in zip(picks, chosen.tolist(), strict=True)
        ]
    return Ranked(
        data=step.data,
        names=step.names,
        run=step.run,
        profiles=profiles,
        anchors=anchors,
        pool=pool,
        restricted=restricted,
        rules=rules,
        outcome=outcome,
        signals=signals,
        where={candidate: place for place, candidate in enumerate(candidates)},
        remaining=len(free),
        picks=picks,
        facets=facets,
        final=final_order(ranked, outcome, anchors.injected, step.run.k),
    )


def _picked(step: _Setting, signals: Signals, free: Ints, facets: Facets) -> list[Pick] | None:
    """Run MMR and caps when lambda or a cap is above 0."""
    knobs = step.run.knobs
    if not (knobs.mmr_lambda > 0 or knobs.brand_cap > 0 or knobs.category_cap > 0):
        return None
    rows = np.minimum(signals.candidates[free], step.data.catalogue.size)
    scores = signals.score[free]
    return diversify(scores, rows, step.run.k, knobs.mmr_lambda, facets, knobs.brand_cap, knobs.category_cap)


def _by_score(step: _Setting, signals: Signals, chosen: Ints) -> list[int]:
    """Return the best k of the chosen places as candidates: score descending, ties by id."""
    candidates, scores = signals.candidates[chosen], signals.score[chosen]
    if len(candidates) and int(candidates.max()) >= step.data.catalogue.size:
        by_id = sorted(range(len(candidates)), key=lambda place: step.names.id(int(candidates[place])))
    else:
        by_id = np.argsort(candidates, kind="stable").tolist()
    candidates, scores = candidates[by_id], scores[by_id]
    ranked: list[int] = candidates[largest(scores, step.run.k)].tolist()
    return ranked
