"""Reasons and explain blocks of the items in an answer (contract 5.4). Zero numbers are left out."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pytest_recsim.standin.ranking.ask import FULL, NUMERIC
from pytest_recsim.standin.ranking.revision_2025 import WORDS as WORDS_2025
from pytest_recsim.standin.ranking.revision_2025 import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_recsim.standin.ranking.arrays import Ints
    from pytest_recsim.standin.ranking.facets import Facets
    from pytest_recsim.standin.ranking.facets import Values as FacetValues
    from pytest_recsim.standin.ranking.pipeline import Ranked
    from pytest_recsim.standin.ranking.signals import Signals
    from pytest_recsim.standin.settings.knobs import Knobs

_NO_ANCHORS = ["(no_recent_activity)"]
_SIGNALS = ("pop", "cooc", "embedding", "content", "session")
_REASONS = (
    "recent_popularity",
    "co_visitation",
    "embedding_similarity",
    "content_similarity",
    "session_sequence",
)
_NORMS = ("pop_norm", "cooc_norm", "similarity")
_WORDS = Words(("pop_norm", "cooc_norm", "similarity_norm"), ("pop", "cooc", "similarity"))
Numbers = tuple[float, ...]


class Values(NamedTuple):
    """The numbers of one item: the five raw signals, the three normalised ones, and the personal boost."""

    signals: Numbers
    norms: Numbers
    overlap: float
    multiplier: float


def nonzero(names: Sequence[str], numbers: Sequence[float]) -> dict[str, Any]:
    return {name: number for name, number in zip(names, numbers, strict=True) if number}


def item_rows(ranked: Ranked) -> list[dict[str, Any]]:
    """Return the items of the answer, best first."""
    names, ask = ranked.context.names, ranked.context.ask
    places = np.array([ranked.where[candidate] for candidate in ranked.final], np.int64)
    scores = ranked.signals.score[places].tolist()
    rows: list[dict[str, Any]] = [
        {"item_id": names.id(candidate), "score": score}
        for candidate, score in zip(ranked.final, scores, strict=True)
    ]
    if ask.reasons or ask.level >= NUMERIC:
        explainer = _Explainer(ranked, ask.level)
        for row, candidate, values in zip(rows, ranked.final, _values(ranked.signals, places), strict=True):
            if ask.reasons and (reasons := explainer.reasons(candidate, values)):
                row["reasons"] = reasons
            if ask.level >= NUMERIC:
                row["explain"] = explainer.block(candidate, values)
    return rows


def _values(signals: Signals, places: Ints) -> Iterator[Values]:
    def columns(*names: str) -> list[list[float]]:
        return [getattr(signals, name)[places].tolist() for name in names]

    raw, norms = zip(*columns(*_SIGNALS), strict=True), zip(*columns(*_NORMS), strict=True)
    return map(Values, raw, norms, *columns("overlap", "multiplier"))


class _Explainer:
    """Writes the blocks of one answer. Whatever is the same for several items is one object in all of them."""

    def __init__(self, ranked: Ranked, level: int) -> None:
        self._ranked = ranked
        self._full = level >= FULL
        self._old = ranked.context.service.quirks.revision_2025
        self._words = WORDS_2025 if self._old else _WORDS
        self._weights = ranked.context.run.weights
        self._weight_block = nonzero(("alpha", "beta", "gamma"), self._weights)
        self._lambda = ranked.context.run.knobs.mmr_lambda
        self._anchors = [ranked.context.names.id(anchor) for anchor in ranked.anchors.all] or _NO_ANCHORS
        self._picked = [int(ranked.signals.candidates[pick.place]) for pick in ranked.picks or ()]
        self._ranks = {candidate: rank for rank, candidate in enumerate(self._picked)}
        self._sources: dict[tuple[bool, ...], list[str]] = {}
        if level >= NUMERIC:
            knobs, uses = ranked.context.run.knobs, cap_uses if self._full else caps_applied
            self._max_sims = max_sims(ranked.facets, self._picked)
            self._caps = uses(ranked.facets, knobs, self._picked)

    def reasons(self, candidate: int, values: Values) -> list[str]:
        outcome = self._ranked.outcome
        pop, cooc, embedding, content, session = values.signals
        key = (pop > 0, cooc > 0, embedding > 0, content > 0, session > 0, values.multiplier > 1)
        reasons = self._sources.get(key)
        if reasons is None:
            reasons = self._sources[key] = self._from_sources(key)
        if candidate not in outcome.pins and candidate not in outcome.boosts:
            return reasons
        pins = [f"rule.pin[{rule_id}]" for rule_id in outcome.pins.get(candidate, ())]
        boosts = [
            f"rule.boost:{change:+.2f}[{rule_id}]" for rule_id, change in outcome.boosts.get(candidate, ())
        ]
        return [*reasons, *pins, *boosts]

    def _from_sources(self, key: tuple[bool, ...]) -> list[str]:
        """Return the reasons of an item with these signals and this personal boost, before rules."""
        *shown, boosted = key
        if self._old:
            shown[0] = self._weights[0] > 0
        reasons = list(compress(_REASONS, shown))
        if self._ranked.picks is not None:
            reasons.append("diversity")
        if boosted:
            reasons.append("personalization")
        return reasons

    def block(self, candidate: int, values: Values) -> dict[str, Any]:
        block: dict[str, Any] = {"blend": self._blend(values)}
        if values.multiplier > 1:
            block["personalization"] = {"overlap": values.overlap, "boost_multiplier": values.multiplier}
        rank = self._ranks.get(candidate)
        if rank is not None:
            block["mmr"] = self._mmr(rank)
            if uses := self._caps[candidate]:
                block["caps"] = uses
        block["anchors"] = self._anchors
        return block

    def _blend(self, values: Values) -> dict[str, Any]:
        block, contrib = self._weight_block.copy(), {}
        for name, part, weight, number in zip(
            self._words.norms, self._words.triple, self._weights, values.norms, strict=True
        ):
            if number:
                block[name] = number
                if share := weight * number:
                    contrib[part] = share
        block["contrib"] = contrib
        if self._full:
            similarity = values.signals[2] if self._old else values.norms[2]
            block["raw"] = nonzero(self._words.triple, (*values.signals[:2], similarity))
        return block

    def _mmr(self, rank: int) -> dict[str, Any]:
        pick = (self._ranked.picks or ())[rank]
        block = nonzero(("lambda", "max_sim", "penalty"), (self._lambda, self._max_sims[rank], pick.penalty))
        return block | nonzero(("relevance", "rank"), (pick.relevance, rank + 1)) if self._full else block


def max_sims(facets: Facets, picked: list[int]) -> list[float]:
    """Return the largest similarity of every picked candidate to the ones picked before it."""
    if not picked:
        return []
    rows = facets.among(facets.group[np.minimum(picked, len(facets.group) - 1)])
    earlier: list[float] = np.tril(rows, -1).max(axis=1).tolist()
    return earlier


def caps_applied(facets: Facets, knobs: Knobs, picked: list[int]) -> dict[int, dict[str, Any]]:
    """Return, per picked candidate, to which active caps it has a value."""
    kinds = (("brand", facets.brands, knobs.brand_cap), ("category", facets.categories, knobs.category_cap))
    active = [(kind, values.held) for kind, values, limit in kinds if limit > 0]
    last = len(facets.group) - 1
    made: dict[tuple[bool, ...], dict[str, Any]] = {}
    found = {}
    for candidate in picked:
        row = min(candidate, last)
        key = tuple([bool(held[row]) for _, held in active])
        if key not in made:
            made[key] = {kind: {"applied": has} for (kind, _), has in zip(active, key, strict=True)}
        found[candidate] = made[key]
    return found


def cap_uses(facets: Facets, knobs: Knobs, picked: list[int]) -> dict[int, dict[str, Any]]:
    """Return, per picked candidate, what each active cap saw when it was picked."""
    kinds = (("brand", facets.brands, knobs.brand_cap), ("category", facets.categories, knobs.category_cap))
    active = [(kind, values, limit, dict[int, int]()) for kind, values, limit in kinds if limit > 0]
    last = len(facets.group) - 1
    return {
        candidate: {
            kind: _cap_use(values, min(candidate, last), limit, counts)
            for kind, values, limit, counts in active
        }
        for candidate in picked
    }


def _cap_use(facet: FacetValues, row: int, limit: int, counts: dict[int, int]) -> dict[str, Any]:
    held = facet.held[row]
    for value in held:
        counts[value] = counts.get(value, 0) + 1
    use: dict[str, Any] = {"applied": bool(held), "limit": limit}
    if len(held) == 1:
        use |= {"count": counts[held[0]], "value": facet.names[held[0]]}
    return use
