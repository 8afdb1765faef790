"""Reasons and explain blocks of the items in an answer (contract 5.4). Zero numbers are left out."""

from __future__ import annotations

from typing import Any

from pytest_recsim.standin.ranking.ask import FULL, NUMERIC, Ask
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
_COLUMNS = "pop cooc embedding content session pop_norm cooc_norm similarity overlap multiplier score".split()


def nonzero(**numbers: Any) -> dict[str, Any]:
    return {name: number for name, number in numbers.items() if number}


def item_rows(ranked: Ranked, ask: Ask) -> list[dict[str, Any]]:
    """Return the items of the answer, best first."""
    places = [ranked.where[candidate] for candidate in ranked.final]
    columns = {name: getattr(ranked.signals, name)[places].tolist() for name in _COLUMNS}
    caps = _cap_counts(ranked) if ask.level >= NUMERIC else {}
    picked = {pick.candidate: (rank, pick) for rank, pick in enumerate(ranked.picks or (), 1)}
    anchors = [ranked.names.id(anchor) for anchor in ranked.anchors.all] or _NO_ANCHORS
    rows = []
    for place, candidate in enumerate(ranked.final):
        values = {name: column[place] for name, column in columns.items()}
        row: dict[str, Any] = {"item_id": ranked.names.id(candidate), "score": values["score"]}
        if ask.reasons and (reasons := _reasons(ranked, candidate, values)):
            row["reasons"] = reasons
        if ask.level >= NUMERIC:
            row["explain"] = _explain(
                ranked, values, picked.get(candidate), caps.get(candidate), ask.level, anchors
            )
        rows.append(row)
    return rows


def _reasons(ranked: Ranked, candidate: int, values: dict[str, float]) -> list[str]:
    reasons = [reason for name, reason in _SIGNAL_REASONS if values[name] > 0]
    if ranked.picks is not None:
        reasons.append("diversity")
    if values["multiplier"] > 1:
        reasons.append("personalization")
    reasons += [f"rule.pin[{rule_id}]" for rule_id in ranked.outcome.pins.get(candidate, ())]
    reasons += [
        f"rule.boost:{change:+.2f}[{rule_id}]" for rule_id, change in ranked.outcome.boosts.get(candidate, ())
    ]
    return reasons


def _explain(
    ranked: Ranked,
    values: dict[str, float],
    picked: tuple[int, Pick] | None,
    caps: dict[str, Any] | None,
    level: int,
    anchors: list[str],
) -> dict[str, Any]:
    block: dict[str, Any] = {"blend": _blend(ranked, values, level)}
    if values["multiplier"] > 1:
        block["personalization"] = {"overlap": values["overlap"], "boost_multiplier": values["multiplier"]}
    if picked is not None:
        rank, pick = picked
        block["mmr"] = nonzero(
            **{"lambda": ranked.run.knobs.mmr_lambda}, max_sim=pick.max_sim, penalty=pick.penalty
        )
        if level >= FULL:
            block["mmr"] |= nonzero(relevance=pick.relevance, rank=rank)
        if caps:
            kept = ("applied", "limit", "count", "value") if level >= FULL else ("applied",)
            block["caps"] = {
                kind: {name: cap[name] for name in kept if name in cap} for kind, cap in caps.items()
            }
    block["anchors"] = anchors
    return block


def _blend(ranked: Ranked, values: dict[str, float], level: int) -> dict[str, Any]:
    alpha, beta, gamma = ranked.run.weights
    pop, cooc, similarity = values["pop_norm"], values["cooc_norm"], values["similarity"]
    block = nonzero(
        alpha=alpha, beta=beta, gamma=gamma, pop_norm=pop, cooc_norm=cooc, similarity_norm=similarity
    )
    block["contrib"] = nonzero(pop=alpha * pop, cooc=beta * cooc, similarity=gamma * similarity)
    if level >= FULL:
        block["raw"] = nonzero(pop=values["pop"], cooc=values["cooc"], similarity=similarity)
    return block


def _cap_counts(ranked: Ranked) -> dict[int, dict[str, Any]]:
    """Return, per picked candidate, what each active cap saw when it was picked."""
    knobs = ranked.run.knobs
    active = [
        (kind, values, limit, dict[int, int]())
        for kind, values, limit in (
            ("brand", ranked.facets.brands, knobs.brand_cap),
            ("category", ranked.facets.categories, knobs.category_cap),
        )
        if limit > 0
    ]
    seen: dict[int, dict[str, Any]] = {}
    for pick in ranked.picks or ():
        row = min(pick.candidate, ranked.data.catalogue.size)
        seen[pick.candidate] = {
            kind: _cap_use(values, row, limit, counts) for kind, values, limit, counts in active
        }
    return seen


def _cap_use(values: Values, row: int, limit: int, counts: dict[int, int]) -> dict[str, Any]:
    held = values.held_by(row)
    for value in held:
        counts[value] = counts.get(value, 0) + 1
    use: dict[str, Any] = {"applied": bool(held), "limit": limit}
    if len(held) == 1:
        use |= {"count": counts[held[0]], "value": values.names[held[0]]}
    return use
