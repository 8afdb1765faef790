"""``trace.extras``: what happened on the way to the list (contract 5.5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.state.rulebook import BLOCK, Rule

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.pipeline import Ranked

_SHOWN = 20
_AVAILABLE = {"available": True}


def extras(ranked: Ranked) -> dict[str, Any]:
    found: dict[str, Any] = {
        "policy": _policy(ranked),
        "recent_event_count": ranked.context.run.reported,
        "candidate_sources": {
            name: {"count": count, "duration_ms": lap} for name, (count, lap) in ranked.pool.sources.items()
        },
    }
    if not ranked.context.service.quirks.revision_2025:
        found["signal_status"] = _signal_status(ranked)
    starter = ranked.profiles.starter
    if starter is not None:
        found["starter_profile"] = starter.tags
        if starter.share > 0:
            found["starter_profile_weight"] = starter.share
    if overrides := [_override(ranked, rule) for rule in ranked.rules if rule.override_id]:
        found["manual_overrides"] = overrides
    return found


def _signal_status(ranked: Ranked) -> dict[str, Any]:
    names = ["popularity"]
    if ranked.context.ask.prefetched is None:
        names += ["collaborative", "content", "session"]
    _, beta, gamma = ranked.context.run.weights
    if ranked.anchors.all:
        names += ["cooc"] * (beta > 0) + ["embedding"] * (gamma > 0)
    return dict.fromkeys(names, _AVAILABLE)


def _policy(ranked: Ranked) -> dict[str, Any]:
    restricted, outcome, names = ranked.restricted, ranked.outcome, ranked.context.names
    leaked = [candidate for candidate in ranked.final if candidate in restricted.leaks]
    blocked = len(outcome.blocked)
    policy: dict[str, Any] = {
        "total_candidates": len(ranked.pool.candidates),
        "explicit_exclude_hits": restricted.excluded,
        "recent_event_exclude_hits": restricted.recently_touched,
        "after_exclusions": restricted.after_exclusions,
        "constraint_filtered_count": len(restricted.leaks),
        "after_constraint_filters": len(restricted.kept),
        "rule_block_count": blocked,
        "rule_pin_count": len(outcome.pins),
        "rule_boost_count": len(outcome.boosts),
        "rule_boost_injected": len(outcome.injected),
        "rule_block_exposure": blocked,
        "rule_boost_exposure": sum(candidate in outcome.boosts for candidate in ranked.final),
        "rule_pin_exposure": sum(candidate in outcome.pins for candidate in ranked.final),
        "after_rules": ranked.remaining,
        "final_count": len(ranked.final),
        "constraint_leak_count": len(leaked),
    }
    optional = {
        "constraint_include_tags": restricted.tags,
        "constraint_filtered_ids": [names.id(candidate) for candidate in list(restricted.leaks)[:_SHOWN]],
        "constraint_leak_ids": [names.id(candidate) for candidate in leaked[:_SHOWN]],
        "constraint_leak_by_reason": Counter(restricted.leaks[candidate] for candidate in leaked),
        "rule_block_exposure_by_rule": {rule_id: len(named) for rule_id, named in outcome.blocked_by.items()},
    }
    return policy | {name: value for name, value in optional.items() if value}


def _override(ranked: Ranked, rule: Rule) -> dict[str, Any]:
    """Report a manual override; it names one item and so always matches."""
    outcome, names = ranked.outcome, ranked.context.names
    matched = outcome.matched[rule.rule_id]
    boosted = [
        candidate
        for candidate in matched
        if any(rule.rule_id == by for by, _ in outcome.boosts.get(candidate, ()))
    ]
    served = [candidate for candidate in boosted if candidate in ranked.final]
    found: dict[str, Any] = {
        "override_id": rule.override_id,
        "rule_id": rule.rule_id,
        "action": "block" if rule.action == BLOCK else "boost",
        "matched": len(matched),
        "matched_items": [names.id(candidate) for candidate in matched],
    }
    lists = {"blocked": matched if rule.action == BLOCK else [], "boosted": boosted, "served": served}
    for name, candidates in lists.items():
        if candidates:
            found[name] = found[f"{name}_items"] = [names.id(candidate) for candidate in candidates]
    return found
