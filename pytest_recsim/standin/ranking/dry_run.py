"""Trying the stored rules on a list of ids (contract 8.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request, out_of_range
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.ranking.catalogue import Names
from pytest_recsim.standin.ranking.data import ranking_data
from pytest_recsim.standin.ranking.rule_engine import Outcome, evaluate
from pytest_recsim.standin.ranking.rule_match import matcher

if TYPE_CHECKING:
    from pytest_recsim.standin.state.rulebook import Rule
    from pytest_recsim.standin.state.service import Service

_BODY = wire.Fields(
    "types.RuleDryRunRequest",
    {"namespace": wire.text, "surface": wire.text, "segment_id": wire.text, "items": wire.texts},
)


def dry_run(service: Service, request: Request) -> Answer:
    """Evaluate the stored rules with base score 0, under the tag prefixes that the process started with."""
    body = request.read(_BODY)
    if not service.settings.rules_enable:
        raise bad_request("rules_disabled")
    surface = body.get("surface", "").strip()
    if not surface:
        raise bad_request("invalid_surface", "surface is required")
    namespace = body.get("namespace", "").strip() or "default"
    rules = service.rules.active(
        request.org, namespace, surface, body.get("segment_id", "").strip(), service.clock.now()
    )
    data = ranking_data(service, request.org, namespace)
    names, document = Names(data.catalogue), service.settings.document
    facets = data.facets(tuple(document["brand_tag_prefixes"]), tuple(document["category_tag_prefixes"]))
    asked = [names.position(item_id) for item_id in wire.distinct(body.get("items", []))]
    match = matcher(data, facets, names, np.array(asked, np.int64), service.quirks.rng)
    scores = dict.fromkeys(asked, 0.0)
    outcome = evaluate(rules, match, names.position, scores, service.settings.rules_max_pin_slots)
    return answer(_report(rules, outcome, names, asked))


def _report(rules: list[Rule], outcome: Outcome, names: Names, asked: list[int]) -> dict[str, Any]:
    touched = dict.fromkeys([*asked, *outcome.blocked, *outcome.pins, *outcome.boosts])
    report: dict[str, Any] = {
        "rules_evaluated": [rule.rule_id for rule in rules],
        "rules_matched": [_matched(rule, outcome, names) for rule in rules if outcome.matched[rule.rule_id]],
        "rule_effects_per_item": {names.id(candidate): _effect(outcome, candidate) for candidate in touched},
    }
    if tags := {
        names.id(candidate): found for candidate in touched if (found := _reasons(outcome, candidate))
    }:
        report["reason_tags"] = tags
    if outcome.pins:
        report["pinned_items"] = [
            {"item_id": names.id(candidate), "rule_ids": by, "from_candidates": candidate in asked}
            for candidate, by in outcome.pins.items()
        ]
    return report


def _matched(rule: Rule, outcome: Outcome, names: Names) -> dict[str, Any]:
    named = [names.id(candidate) for candidate in outcome.matched[rule.rule_id]]
    return {
        "rule_id": rule.rule_id,
        "action": rule.action,
        "target_type": rule.target_type,
        "item_ids": named,
    }


def _effect(outcome: Outcome, candidate: int) -> dict[str, Any]:
    change = sum(change for _, change in outcome.boosts.get(candidate, ()))
    if not math.isfinite(change):
        raise out_of_range()
    return {
        "blocked": candidate in outcome.blocked,
        "pinned": candidate in outcome.pins,
        "boost_delta": change,
    }


def _reasons(outcome: Outcome, candidate: int) -> list[str]:
    pins = [f"rule.pin[{rule_id}]" for rule_id in outcome.pins.get(candidate, ())]
    return pins + [
        f"rule.boost:{change:+.2f}[{rule_id}]" for rule_id, change in outcome.boosts.get(candidate, ())
    ]
