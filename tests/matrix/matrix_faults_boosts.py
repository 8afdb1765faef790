"""Faults of boosts, manual ones and those of rules."""

from __future__ import annotations

import re

from matrix_answers import Said, around, on_answers
from matrix_fault import SHARE, Fault, fault, hit
from msgspec.structs import replace

from pytest_recsim.standin.ranking import pipeline, rule_engine
from pytest_recsim.standin.state.rulebook import BOOST, Rule, RuleBook

FAULTS: list[Fault] = []
ADDED = re.compile(r"rule\.boost:([+-]\d+\.\d+)")


def valued(change) -> None:
    """Have every boost applied with another value."""

    @around(rule_engine, "_boost")
    def boost(original, outcome, rule, scores):
        original(outcome, replace(rule, boost_value=change(rule.boost_value)), scores)


@fault(
    FAULTS,
    "a sign error: boosted items are demoted",
    by="S3",
    because="subjects whose rank gets worse",
)
def boost_with_the_sign_flipped(_: float) -> None:
    valued(lambda value: -value)


@fault(
    FAULTS,
    "the boost is applied in retrieval and again in ranking",
    by="S3",
    because="boosted scores that are off",
    of="the boost that is added a second time",
    ladder=(0.0003, 0.001, 0.003, 0.01, 0.1, 1.0),
)
def boost_applied_twice(part: float) -> None:
    valued(lambda value: value * (1 + part))


@fault(
    FAULTS,
    "a safety limit cuts off boosts above a value, silently",
    by="S3",
    because="boosted scores that are off",
    of="the highest boost that counts",
    ladder=(8, 4, 2.9, 1.5, 0.5),
)
def boost_ignored_above_a_value(most: float) -> None:
    valued(lambda value: min(value, most))


@fault(
    FAULTS,
    "the boost is added to the score in place of multiplying it",
    by="S3",
    because="boosted scores that are off",
)
def boost_added(_: float) -> None:
    @around(rule_engine, "_boost")
    def boost(original, outcome, rule, scores):
        for candidate in outcome.matched[rule.rule_id]:
            score = scores.get(candidate, 0.0)
            if candidate not in scores:
                outcome.injected.append(candidate)
            outcome.scores[candidate] = score + rule.boost_value
            outcome.boosts.setdefault(candidate, []).append((rule.rule_id, rule.boost_value))


@fault(
    FAULTS,
    "a boost on one item lifts items like it too",
    by="S3",
    because="other items whose score changes",
    of="the boost that its neighbours get",
    ladder=SHARE,
)
def boost_moves_neighbours(part: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        outcome = original(rules, match, position, scores, slots)
        value = max((rule.boost_value or 0.0 for rule in rules if rule.action == BOOST), default=0.0)
        for candidate, score in scores.items():
            if value and candidate not in outcome.scores and hit(0.05, "neighbour", candidate):
                outcome.scores[candidate] = score * (1 + part * value)
        return outcome


@fault(
    FAULTS,
    "the score is raised after sorting: it shows, but the item stays where it was",
    by="S3",
    because="not lifted by the highest boost",
)
def boost_changes_the_score_only(_: float) -> None:
    def added(row) -> float:
        return sum(float(told[1]) for told in map(ADDED.match, row.get("reasons", ())) if told)

    def change(said: Said) -> None:
        said.put(sorted(said.rows, key=lambda row: added(row) - row["score"]))

    on_answers(change)


@fault(
    FAULTS,
    "boosted items come without the reason that says so",
    by="S3",
    because="boosts without their reason",
    of="answers with a boost",
    ladder=SHARE,
)
def boost_without_reason(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "boost reason", said.user, said.ids):
            for row in said.rows:
                row["reasons"] = [one for one in row.get("reasons", ()) if not ADDED.match(one)]

    on_answers(change)


@fault(
    FAULTS,
    "a boost only reorders candidates: a product without history cannot be brought in",
    by="S8",
    because="exposure at the highest boost",
)
def boost_of_strangers_ignored(_: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        outcome = original(rules, match, position, scores, slots)
        for one in outcome.injected:
            del outcome.scores[one], outcome.boosts[one]
        outcome.injected = []
        return outcome


@fault(
    FAULTS,
    "the probe item can never be retrieved: items without events are dropped from every list",
    by="S8",
    because="exposure at the highest boost",
    of="users",
    ladder=(0.1, 0.3, 0.6, 0.8, 0.9, 1.0),
)
def new_items_never_shown(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "new items", said.user):
            data = said.data
            popular = data.weighted.popular(said.service.clock.ranking_now(), 14.0, None).value
            index = data.catalogue.index
            said.put([row for row in said.rows if popular[index.get(row["item_id"], -1)] > 0])

    on_answers(change)


@fault(
    FAULTS,
    "the trace counts boosted items that are not in the list",
    by="S8",
    because="count the exposure wrongly",
    of="answers",
    ladder=SHARE,
)
def exposure_counted_wrongly(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "exposure", said.user, said.extras["policy"]["rule_boost_exposure"]):
            said.extras["policy"]["rule_boost_exposure"] += 1

    on_answers(change)


@fault(
    FAULTS,
    "a cancelled boost stays in force",
    by="S3",
    because="cancelled boosts that still show",
)
def cancelled_boost_still_active(_: float) -> None:
    @around(Rule, "active")
    def active(original, self, now):
        return original(replace(self, enabled=True) if self.override_id else self, now)


@fault(
    FAULTS,
    "a changed boost value is not picked up: the first one stays in the cache",
    by="S9",
    because="boosts that do not show",
)
def boost_update_ignored(_: float) -> None:
    @around(RuleBook, "put")
    def put(original, self, org, rule):
        before = self.get(org, rule.rule_id)
        if before is not None and rule.enabled and before.boost_value:
            rule = replace(rule, boost_value=before.boost_value)
        original(self, org, rule)


@fault(
    FAULTS,
    "a rule with many items is cut off after some of them",
    by="S9",
    because="boosted items without the boost",
    of="the rule's items that are lost",
    ladder=(0.03, 0.1, 0.3, 0.6, 0.9),
)
def boost_list_cut_off(share: float) -> None:
    @around(RuleBook, "active")
    def active(original, self, *what):
        return [
            replace(rule, item_ids=rule.item_ids[: max(1, round(len(rule.item_ids) * (1 - share)))])
            for rule in original(self, *what)
        ]


@fault(
    FAULTS,
    "the campaign's margins are read upside down: the boost lifts what earns least",
    by="S9",
    because="margin",
)
def boost_lifts_the_wrong_items(_: float) -> None:
    def change(said: Said) -> None:
        boosted = [row for row in said.rows if any(map(ADDED.match, row.get("reasons", ())))]
        if said.surface == "recsim-s9" and boosted:
            others = [row["item_id"] for row in said.rows if row not in boosted] + said.others()
            for row, item in zip(boosted, others, strict=False):
                row["item_id"] = item
            kept: dict[str, dict] = {}
            for row in said.rows:
                kept.setdefault(row["item_id"], row)
            said.put(list(kept.values()))

    on_answers(change)
