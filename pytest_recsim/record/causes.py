"""What leaves many checks unmeasured at once: named where it is decided, told once, before the checks that it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pytest_recsim.record.model import CheckResult

MANY = 3
"""Checks that one cause has to take before it is told on top of them all."""

Cause = tuple[str, str]
"""What stood in the way, and what to do about it where the checks do not say it alike."""
CAUSES: MappingProxyType[str, Cause] = MappingProxyType(
    {
        "no_events": (
            "the data set has no event, so nothing can be learnt and nobody can be judged",
            "add the customer's events to the fixture",
        ),
        "one_instant": (
            "all events have the same time, so nothing is later than what is learnt and nobody can be judged",
            "give every event the time at which it happened (`ts`)",
        ),
        "no_holdout": (
            "no event is later than the split, so nobody can be judged",
            "set an earlier `split` in guardrails.yml, or add later events",
        ),
        "nothing_seeded": (
            "every event is later than the split, so nothing can be learnt about anybody",
            "set a later `split` in guardrails.yml, or add earlier events",
        ),
        "nothing_available": (
            "no item of the data set is available, so there is nothing to recommend",
            "set `available: true` on the items that may be shown",
        ),
        "no_weight": (
            "the seeded events count nothing, so there is no popularity to learn or to compare with",
            "give events of these types a weight above 0 (`weights` in guardrails.yml), and values above 0",
        ),
        "no_popularity": (
            "every available item is equally popular, so there is no popularity to compare with",
            "see that the seeded events are those of real people, whose choices differ",
        ),
        "not_in_effect": (
            "the profile is not in effect for those who were judged",
            "run with the apply mode that carries its knobs (--recsim-apply)",
        ),
        "earlier_run_unlike": (
            "the run to compare with had other data or was judged otherwise, so it says nothing about this one",
            "run the accepted configuration on today's data, and accept that run: recsim baseline set",
        ),
        "no_rules": (
            "this service evaluates no rules",
            "run against a service with rules, or with RULES_ENABLE=true in the profile and --recsim-apply env-file",
        ),
        "no_overrides": (
            "this revision of the service has no manual overrides",
            "run against a revision that has them",
        ),
        "too_few_users": (
            "too few users with events after the split stand behind these numbers",
            "merge small segments, add events of more users, or lower `min_segment_users` in guardrails.yml",
        ),
        "too_few_hits": (
            "lists hit for too few users to compare them",
            "merge small segments, or add events of more users",
        ),
        "small_catalogue": (
            "there are so few available items that lists could not have been others",
            "judge the customer with a catalogue of more than 40 available items",
        ),
        "short_lists": (
            "lists are shorter than what is measured",
            "raise the caps, the fanout or the service's limit on k, or add available items",
        ),
        "tags": ("items have too few tags that tell them apart", "tag the items of the fixture"),
        "nobody": ("nobody has events after the split", "add events of known users after the split"),
    }
)
"""Causes that several checks share. One that is not among them is told by the first check that names it."""


UNPREPARED = "unprepared"
"""A customer whose namespace could not be prepared: no check can run. The checks' own sentence says why."""
UNPREPARED_STEP = "see what the service answered, or why it did not, then run again"


class Root(msgspec.Struct, frozen=True):
    """What kept several checks from being measured, or from running at all.

    Attributes:
        cause: its name.
        words: what it is, in one sentence without a full stop.
        next_step: what to do about it.
        checks: those that it took.
        of: how many ended so in all.
        ended: how they ended, in words.
    """

    cause: str
    words: str
    next_step: str
    checks: tuple[str, ...]
    of: int
    ended: str = "were not measured"

    @property
    def headline(self) -> str:
        """The cause, with how many checks it took."""
        took = f"all {self.of}" if len(self.checks) == self.of else f"{len(self.checks)} of the {self.of}"
        return f"One cause for {took} checks that {self.ended}: {self.words}"


def causes_of(results: Iterable[CheckResult]) -> tuple[Root, ...]:
    """Gather checks by what stood in their way; what took fewer than ``MANY`` is no headline. The greatest comes first.

    Where nobody has named the cause of what was not measured, the same words are one.
    """
    groups: dict[tuple[str, str], list[CheckResult]] = {}
    ended = Counter[str]()
    for one in results:
        ended[one.outcome] += 1
        if one.outcome == "not_measured" or (one.outcome == "error" and one.cause):
            groups.setdefault((one.outcome, one.cause or one.reason), []).append(one)
    found = [_root(members, ended[how]) for (how, _), members in groups.items() if len(members) >= MANY]
    return tuple(sorted(found, key=lambda root: -len(root.checks)))


def _root(members: list[CheckResult], of: int) -> Root:
    first = members[0]
    words, step = CAUSES.get(first.cause, (first.reason, first.next_step))
    alike = len({one.next_step for one in members}) == 1
    return Root(
        cause=first.cause,
        words=words,
        next_step=first.next_step if alike and first.next_step else step,
        checks=tuple(one.label for one in members),
        of=of,
        ended="could not run" if first.outcome == "error" else "were not measured",
    )
