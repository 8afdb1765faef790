"""Faults of merchandising rules: blocks and pins, and when rules begin and end."""

from __future__ import annotations

from matrix_answers import Said, around, asking, on_answers, segment_of
from matrix_fault import SHARE, Fault, fault, hit
from msgspec.structs import replace

from pytest_recsim.standin.ranking import pipeline, rule_engine
from pytest_recsim.standin.state.rulebook import BLOCK, PIN, Rule, RuleBook

FAULTS: list[Fault] = []
BLOCKED, ELSEWHERE = "lists that show the blocked tag", "home"


@fault(
    FAULTS,
    "one segment is served by a cluster that has not loaded the rules: its blocks are ignored",
    by="S2",
    because=BLOCKED,
    of="bargain hunters",
    ladder=(0.1, 0.3, 1.0),
)
def block_ignored_for_one_segment(share: float) -> None:
    @around(pipeline, "_active_rules")
    def active(original, context, org):
        ask = context.ask
        here = segment_of(context.service, org, ask.namespace, ask.user_id) == "bargain_hunters"
        here = here and hit(share, "segment block", ask.user_id)
        return [rule for rule in original(context, org) if not (here and rule.action == BLOCK)]


@fault(
    FAULTS,
    "the rule cache expires and is refilled without the block",
    by="S2",
    because=BLOCKED,
    of="answers after which the block is forgotten",
    ladder=(40, 20, 14, 10, 5, 2),
)
def block_forgotten_when_the_cache_expires(answers: float) -> None:
    served: dict[tuple[str, int], int] = {}

    @around(pipeline, "_active_rules")
    def active(original, context, org):
        kept = []
        for rule in original(context, org):
            key = rule.rule_id, rule.updated
            served[key] = served.get(key, 0) + 1
            if rule.action != BLOCK or served[key] <= answers:
                kept.append(rule)
        return kept


@fault(
    FAULTS,
    "the block reaches most of the tagged items, but not those that were indexed later",
    by="S2",
    because=BLOCKED,
    of="blocked items, anew for each user",
    ladder=SHARE,
)
def block_leaks(share: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, *rest):
        outcome = original(rules, *rest)
        for candidate in list(outcome.blocked):
            if hit(share, "block leaks", asking().user_id, candidate):
                del outcome.blocked[candidate]
        return outcome


@fault(
    FAULTS,
    "a block takes other items with it, because tags are matched by their beginning",
    by="S2",
    because="other items that vanish",
    of="other items",
    ladder=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
)
def block_takes_others_along(share: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        outcome = original(rules, match, position, scores, slots)
        if any(rule.action == BLOCK for rule in rules):
            outcome.blocked.update((one, None) for one in scores if hit(share, "along", one))
        return outcome


@fault(
    FAULTS,
    "a block empties the page: blocked items are cut out of the finished list and nothing moves up",
    by="S2",
    because="the block empties",
)
def block_empties_the_page(_: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        outcome = original(rules, match, position, scores, slots)
        if outcome.blocked:
            outcome.blocked.update(dict.fromkeys(scores))
        return outcome


@fault(
    FAULTS,
    "a rule that was switched off stays in force",
    by="S2",
    because="after the rule is disabled",
)
def disabled_rule_still_active(_: float) -> None:
    @around(Rule, "active")
    def active(original, self, now):
        return original(self if self.override_id else replace(self, enabled=True), now)


@fault(
    FAULTS,
    "a campaign whose time is over goes on: `valid_until` is not looked at",
    by="S2",
    because="after the rule's time is over",
)
def expired_rule_still_active(_: float) -> None:
    @around(Rule, "active")
    def active(original, self, now):
        return original(self if self.override_id else replace(self, valid_until=None), now)


@fault(
    FAULTS,
    f"blocks are ignored on the surface `{ELSEWHERE}` alone",
    why_not="scenarios set rules on surfaces of their own, so that no run changes what people see elsewhere; the "
    "names of the surfaces in use, and leave to set rules there, would be needed",
)
def block_ignored_on_one_surface(_: float) -> None:
    @around(RuleBook, "active")
    def active(original, self, org, namespace, surface, *rest):
        return [] if surface == ELSEWHERE else original(self, org, namespace, surface, *rest)


def pinned(said: Said) -> list[str]:
    return [
        row["item_id"]
        for row in said.rows
        if any(reason.startswith("rule.pin") for reason in row.get("reasons", ()))
    ]


@fault(
    FAULTS,
    "something else is put above the pin, e.g. an advertisement",
    by="S5",
    because="pins out of place",
    of="users",
    ladder=SHARE,
)
def pin_at_slot_2(share: float) -> None:
    def change(said: Said) -> None:
        for item in pinned(said):
            place = said.ids.index(item)
            if place + 1 < len(said.rows) and hit(share, "slot 2", said.user):
                rows = said.rows
                rows[place], rows[place + 1] = rows[place + 1], rows[place]

    on_answers(change)


@fault(
    FAULTS,
    "the pin is put on top, and stays at its own place as well",
    by="contract",
    because="duplicate ids",
    of="answers with a pin",
    ladder=SHARE,
)
def pin_twice_in_the_list(share: float) -> None:
    def change(said: Said) -> None:
        for item in pinned(said):
            if hit(share, "twice", said.user):
                said.put([*said.rows[:-1], said.rows[said.ids.index(item)]])

    on_answers(change)


@fault(
    FAULTS,
    "an experiment switches pins off for a part of the users",
    by="S5",
    because="pins out of place",
    of="users",
    ladder=SHARE,
)
def pin_ignored(share: float) -> None:
    @around(pipeline, "_active_rules")
    def active(original, context, org):
        off = hit(share, "pins off", context.ask.user_id)
        return [rule for rule in original(context, org) if not (off and rule.action == PIN)]


@fault(
    FAULTS,
    "a pin only reorders: an item that was no candidate is not brought in",
    by="S5",
    because="pins out of place",
)
def pin_of_strangers_ignored(_: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        outcome = original(rules, match, position, scores, slots)
        best = sorted(scores, key=lambda one: -scores[one])[:20]
        outcome.pins = {one: by for one, by in outcome.pins.items() if one in best}
        return outcome


@fault(
    FAULTS,
    "the pin names a position in the catalogue and hits the item beside it",
    by="S5",
    because="pins out of place",
)
def pin_hits_the_neighbour(_: float) -> None:
    @around(pipeline, "evaluate")
    def evaluate(original, rules, match, position, scores, slots):
        def beside(item_id: str) -> int:
            return position(item_id) ^ 1

        pins = any(rule.action == PIN for rule in rules)
        return original(rules, match, beside if pins else position, scores, slots)


@fault(
    FAULTS,
    "pinned items come without the reason that says so",
    by="S5",
    because="pins without their reason",
    of="answers with a pin",
    ladder=SHARE,
)
def pin_without_reason(share: float) -> None:
    def change(said: Said) -> None:
        if hit(share, "pin reason", said.user):
            for row in said.rows:
                row["reasons"] = [one for one in row.get("reasons", ()) if not one.startswith("rule.pin")]

    on_answers(change)


@fault(
    FAULTS,
    "a rule of one surface is applied on all of them",
    by="S5",
    because="another surface",
)
def rules_on_every_surface(_: float) -> None:
    @around(RuleBook, "active")
    def active(original, self, org, namespace, surface, segment, now):  # noqa: PLR0917 - as the method it wraps
        return [
            rule
            for rule in self.of(org, namespace)
            if rule.active(now) and not rule.override_id and segment == rule.segment_id
        ]


@fault(
    FAULTS,
    "the last rule of a page is lost, an off-by-one in its paging: overrides stop working while a rule is there",
    by="S3",
    because="not lifted",
)
def last_rule_lost(_: float) -> None:
    @around(RuleBook, "active")
    def active(original, self, *what):
        return original(self, *what)[:-1]


@fault(
    FAULTS,
    "rules are evaluated, reported in the trace and have no effect",
    by="S2",
    because=BLOCKED,
)
def rules_without_effect(_: float) -> None:
    @around(pipeline, "_unpinned")
    def unpinned(original, signals, outcome):
        return original(signals, rule_engine.Outcome())
