"""Reasons and explain blocks of the items in an answer (contract 5.4). Zero numbers are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.ranking.ask import FULL, NUMERIC

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.diversify import Pick
    from pytest_recsim.standin.ranking.facets import Values
    from pytest_recsim.standin.ranking.pipeline import Ranked

_NO_ANCHORS = ["(no_recent_activity)"]
_SIGNAL_REASONS = (
    ("pop", "recent_popularity"),
    ("cooc", "co_visitation"),
    ("embedding", "embedding_similarity"),
    ("content", "content_similarity"),
    ("session", "session_sequence"),
)
_COLUMNS = (
    *(name for name, _ in _SIGNAL_REASONS),
    "pop_norm",
    "cooc_norm",
    "similarity",
    "overlap",
    "multiplier",
)


def nonzero(**numbers: Any) -> dict[str, Any]:
    return {name: number for name, number in numbers.items() if number}


def item_rows(ranked: Ranked) -> list[dict[str, Any]]:
    """Return the items of the answer, best first."""
    names, ask = ranked.context.names, ranked.context.ask
    places = [ranked.where[candidate] for candidate in ranked.final]
    scores = ranked.signals.score[places].tolist()
    rows: list[dict[str, Any]] = [
        {"item_id": names.id(candidate), "score": score}
        for candidate, score in zip(ranked.final, scores, strict=True)
    ]
    if ask.reasons or ask.level >= NUMERIC:
        explainer = _Explainer(ranked, ask.level)
        columns = [getattr(ranked.signals, name)[places].tolist() for name in _COLUMNS]
        for row, candidate, *numbers in zip(rows, ranked.final, *columns, strict=True):
            values = dict(zip(_COLUMNS, numbers, strict=True))
            if ask.reasons and (reasons := explainer.reasons(candidate, values)):
                row["reasons"] = reasons
            if ask.level >= NUMERIC:
                row["explain"] = explainer.block(candidate, values)
    return rows


class _Explainer:
    """Writes the blocks of one answer; ``values`` are an item's signals by column name."""

    def __init__(self, ranked: Ranked, level: int) -> None:
        self._ranked = ranked
        self._full = level >= FULL
        self._weights = ranked.context.run.weights
        self._lambda = ranked.context.run.knobs.mmr_lambda
        self._anchors = [ranked.context.names.id(anchor) for anchor in ranked.anchors.all] or _NO_ANCHORS
        candidates = ranked.signals.candidates
        self._picks = {
            int(candidates[pick.place]): (rank, pick) for rank, pick in enumerate(ranked.picks or (), 1)
        }
        self._caps = _cap_uses(ranked, list(self._picks)) if level >= NUMERIC else {}

    def reasons(self, candidate: int, values: dict[str, float]) -> list[str]:
        outcome = self._ranked.outcome
        reasons = [reason for name, reason in _SIGNAL_REASONS if values[name] > 0]
        if self._ranked.picks is not None:
            reasons.append("diversity")
        if values["multiplier"] > 1:
            reasons.append("personalization")
        reasons += [f"rule.pin[{rule_id}]" for rule_id in outcome.pins.get(candidate, ())]
        return reasons + [
            f"rule.boost:{change:+.2f}[{rule_id}]" for rule_id, change in outcome.boosts.get(candidate, ())
        ]

    def block(self, candidate: int, values: dict[str, float]) -> dict[str, Any]:
        block: dict[str, Any] = {"blend": self._blend(values)}
        if values["multiplier"] > 1:
            block["personalization"] = {
                "overlap": values["overlap"],
                "boost_multiplier": values["multiplier"],
            }
        if candidate in self._picks:
            block["mmr"] = self._mmr(*self._picks[candidate])
            if uses := self._caps[candidate]:
                block["caps"] = (
                    uses if self._full else {kind: {"applied": use["applied"]} for kind, use in uses.items()}
                )
        block["anchors"] = self._anchors
        return block

    def _blend(self, values: dict[str, float]) -> dict[str, Any]:
        alpha, beta, gamma = self._weights
        pop, cooc, similarity = values["pop_norm"], values["cooc_norm"], values["similarity"]
        block = nonzero(
            alpha=alpha, beta=beta, gamma=gamma, pop_norm=pop, cooc_norm=cooc, similarity_norm=similarity
        )
        block["contrib"] = nonzero(pop=alpha * pop, cooc=beta * cooc, similarity=gamma * similarity)
        if self._full:
            block["raw"] = nonzero(pop=values["pop"], cooc=values["cooc"], similarity=similarity)
        return block

    def _mmr(self, rank: int, pick: Pick) -> dict[str, Any]:
        block = nonzero(**{"lambda": self._lambda}, max_sim=pick.max_sim, penalty=pick.penalty)
        return block | nonzero(relevance=pick.relevance, rank=rank) if self._full else block


def _cap_uses(ranked: Ranked, picked: list[int]) -> dict[int, dict[str, Any]]:
    """Return, per picked candidate, what each active cap saw when it was picked."""
    knobs, facets = ranked.context.run.knobs, ranked.facets
    kinds = (("brand", facets.brands, knobs.brand_cap), ("category", facets.categories, knobs.category_cap))
    active = [(kind, values, limit, dict[int, int]()) for kind, values, limit in kinds if limit > 0]
    last = ranked.context.data.catalogue.size
    return {
        candidate: {
            kind: _cap_use(values, min(candidate, last), limit, counts)
            for kind, values, limit, counts in active
        }
        for candidate in picked
    }


def _cap_use(values: Values, row: int, limit: int, counts: dict[int, int]) -> dict[str, Any]:
    held = values.held[row]
    for value in held:
        counts[value] = counts.get(value, 0) + 1
    use: dict[str, Any] = {"applied": bool(held), "limit": limit}
    if len(held) == 1:
        use |= {"count": counts[held[0]], "value": values.names[held[0]]}
    return use
