"""What the checks in passing found: plain values, JSON-ready, and they add up across processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Violation:
    """One sort of breach, with the first exchange that showed it.

    Attributes:
        kind: ``contract`` or ``availability``.
        what: the sort, e.g. ``duplicate ids``.
        count: answers that showed it.
        detail: what was wrong with the first one.
        user_id, curl: whose answer that was, and how to ask again.
    """

    kind: str
    what: str
    count: int
    detail: str
    user_id: str
    curl: str


@dataclass(frozen=True)
class WatchSummary:
    """The state of a watch.

    Attributes:
        answers, slots: lists and list positions seen.
        unavailable_slots: positions that held an unknown or unavailable item.
        checked: sort -> answers it applied to; a sort that never applied has proved nothing.
        violations: one entry per sort, in order of first sight.
    """

    answers: int = 0
    slots: int = 0
    unavailable_slots: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()

    @property
    def unavailable_share(self) -> float:
        """Share of all recommended positions that held an unknown or unavailable item, 0 without any."""
        return self.unavailable_slots / self.slots if self.slots else 0.0

    def of(self, kind: str) -> tuple[Violation, ...]:
        """Return the violations of one kind."""
        return tuple(violation for violation in self.violations if violation.kind == kind)

    def with_strays(self, strays: int) -> WatchSummary:
        """Return this with a breach for answers that came without having been asked for, if there were any."""
        if not strays:
            return self
        detail = "one came on a kept connection, so one before it may have gone to the wrong user (a proxy?)"
        found = Violation("contract", "answers that nobody asked for", strays, detail, "nobody", "")
        return replace(self, violations=(*self.violations, found))

    def merged(self, other: WatchSummary) -> WatchSummary:
        """Return both together; where both saw a sort of breach, this one's first exchange is kept."""
        found = {(violation.kind, violation.what): violation for violation in self.violations}
        for violation in other.violations:
            mine = found.get((violation.kind, violation.what))
            known = replace(mine, count=mine.count + violation.count) if mine else violation
            found[violation.kind, violation.what] = known
        return WatchSummary(
            self.answers + other.answers,
            self.slots + other.slots,
            self.unavailable_slots + other.unavailable_slots,
            dict(Counter(self.checked) + Counter(other.checked)),
            tuple(found.values()),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict, see ``from_json``."""
        return {**asdict(self), "violations": [asdict(violation) for violation in self.violations]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> WatchSummary:
        violations = tuple(Violation(**violation) for violation in found["violations"])
        return cls(**{**found, "violations": violations})
