"""Evaluating rules over a list of candidates (contract 8.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from pytest_recsim.standin.state.rulebook import BLOCK, BOOST, ITEM, PIN, Rule

# Maps a rule that targets tags, brands or categories to the candidates it matches, in the order of their ids.
Matcher = Callable[[Rule], list[int]]


class Outcome(msgspec.Struct):
    """What the rules do, by candidate position.

    ``pins`` are in the order shown. ``boosts`` holds (rule id, score change) in the order applied; ``scores`` the new
    scores of boosted and of pinned outside candidates; ``injected`` the outside candidates that a boost adds;
    ``matched`` what each rule named.
    """

    blocked: dict[int, None] = msgspec.field(default_factory=dict)
    blocked_by: dict[str, list[int]] = msgspec.field(default_factory=dict)
    pins: dict[int, list[str]] = msgspec.field(default_factory=dict)
    boosts: dict[int, list[tuple[str, float]]] = msgspec.field(default_factory=dict)
    scores: dict[int, float] = msgspec.field(default_factory=dict)
    injected: list[int] = msgspec.field(default_factory=list)
    matched: dict[str, list[int]] = msgspec.field(default_factory=dict)

    def raises(self, candidate: int) -> bool:
        """Tell whether the boosts of a candidate add up to more than 0."""
        return sum(change for _, change in self.boosts.get(candidate, ())) > 0


def evaluate(
    rules: Sequence[Rule],
    match: Matcher,
    position: Callable[[str], int],
    scores: dict[int, float],
    slots: int,
) -> Outcome:
    """Apply active rules, in their order, to candidates with these scores; ``position`` names an item id."""
    outcome = Outcome()
    for rule in rules:
        named = [position(item_id) for item_id in rule.item_ids] if rule.target_type == ITEM else match(rule)
        outcome.matched[rule.rule_id] = list(dict.fromkeys(named))
    _block(outcome, (rule for rule in rules if rule.action == BLOCK))
    _pin(outcome, (rule for rule in rules if rule.action == PIN), slots)
    for rule in rules:
        if rule.action == BOOST:
            _boost(outcome, rule, scores)
    return outcome


def _block(outcome: Outcome, rules: Iterable[Rule]) -> None:
    for rule in rules:
        if named := outcome.matched[rule.rule_id]:
            outcome.blocked_by[rule.rule_id] = named
            outcome.blocked.update(dict.fromkeys(named))


def _pin(outcome: Outcome, rules: Iterable[Rule], slots: int) -> None:
    for rule in rules:
        room = slots if rule.max_pins is None else rule.max_pins
        for candidate in outcome.matched[rule.rule_id]:
            if candidate in outcome.blocked:
                continue
            if candidate in outcome.pins:
                outcome.pins[candidate].append(rule.rule_id)
            elif room > 0 and len(outcome.pins) < slots:
                outcome.pins[candidate] = [rule.rule_id]
                room -= 1


def _boost(outcome: Outcome, rule: Rule, scores: dict[int, float]) -> None:
    value = rule.boost_value or 0.0
    for candidate in outcome.matched[rule.rule_id]:
        if candidate in outcome.blocked:
            continue
        if candidate not in scores and candidate not in outcome.pins and candidate not in outcome.boosts:
            outcome.injected.append(candidate)
        score = outcome.scores.get(candidate, scores.get(candidate, 0.0))
        change = score * value or value
        outcome.scores[candidate] = score + change
        outcome.boosts.setdefault(candidate, []).append((rule.rule_id, change))


def leave_nothing_at_nothing(outcome: Outcome, scores: Mapping[int, float]) -> None:
    """Take back the boosts of candidates without score: a multiple of 0 is 0, as the real service is seen to do (contract 18)."""
    for candidate in outcome.boosts:
        if scores.get(candidate) == 0:
            outcome.boosts[candidate] = [(rule_id, 0.0) for rule_id, _ in outcome.boosts[candidate]]
            outcome.scores[candidate] = 0.0
