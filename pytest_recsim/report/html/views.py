"""What the page shows first: how sure the verdict is, and what stands behind a no, grouped as people ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_recsim.record.causes import Root, causes_of
from pytest_recsim.record.model import BLOCKING, CheckResult, Outcome

UNKNOWN: frozenset[Outcome] = frozenset({"not_measured", "missing"})
FAILED = BLOCKING - UNKNOWN
TONES = {"may_go": "good", "must_not_go": "bad"}
"""How the verdict is coloured; every other one is neither."""


@dataclass(frozen=True)
class Member:
    """One check of a group, with the cases of it that ended so.

    Attributes:
        name: of the check.
        cases: the segments concerned; empty for a check without any.
        of: how many cases the check has in all.
        anchor: where the first of them is on the page.
        title: what the check finds out, in one sentence.
    """

    name: str
    cases: tuple[str, ...]
    of: int
    anchor: str
    title: str = ""

    @property
    def count(self) -> str:
        """``4 of 5 segments``, or nothing for a check that has no cases."""
        return f"{len(self.cases)} of {self.of} segments" if self.of > 1 else ""


@dataclass(frozen=True)
class Group:
    """Checks that ended alike for one reason: the first line of what they say, or what kept them all from being measured."""

    members: tuple[Member, ...]
    reason: str
    next_step: str = ""
    shared: bool = False

    @property
    def example(self) -> str:
        """Whose the reason is, where a check has several cases, which say it each with numbers of their own."""
        cases = self.members[0].cases
        return f"{cases[0]}: " if len(cases) > 1 and not self.shared else ""


def groups(results: Sequence[CheckResult], outcomes: frozenset[Outcome]) -> list[Group]:
    """Gather what ended so by check, and checks that give the same reason or have one cause; a cause of many comes first."""
    roots = {label: root for root in causes_of(results) for label in root.checks}
    found: dict[tuple[str, Root | None], list[CheckResult]] = {}
    for result in results:
        if result.outcome in outcomes:
            found.setdefault((result.check, roots.get(result.label)), []).append(result)
    gathered: dict[tuple[str, str, bool], list[Member]] = {}
    for (name, root), members in found.items():
        first = members[0]
        cases = tuple(one.case for one in members if one.case)
        member = Member(name, cases, sum(one.check == name for one in results), anchor(first), first.title)
        why = (root.words, root.next_step, True) if root else (first.reason, first.step, False)
        gathered.setdefault(why, []).append(member)
    told = [Group(tuple(members), *why) for why, members in gathered.items()]
    return sorted(told, key=lambda group: not group.shared)


def anchor(result: CheckResult) -> str:
    """An id for the page: names hold what an id may not."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in result.label)
    return f"check-{plain}-{sum(result.label.encode()) % 9973}"
