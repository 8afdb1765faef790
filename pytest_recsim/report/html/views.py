"""What the page shows first: how sure the verdict is, and what stands behind a no, grouped as people ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.model import BLOCKING, CheckResult, Measure, Outcome

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
    """

    name: str
    cases: tuple[str, ...]
    of: int
    anchor: str

    @property
    def count(self) -> str:
        """``4 of 5 segments``, or nothing for a check that has no cases."""
        return f"{len(self.cases)} of {self.of} segments" if self.of > 1 else ""


@dataclass(frozen=True)
class Group:
    """Checks that ended alike for one reason, which is the first line of what they say."""

    members: tuple[Member, ...]
    reason: str

    @property
    def example(self) -> str:
        """Whose the reason is, where a check has several cases, which say it each with numbers of their own."""
        cases = self.members[0].cases
        return f"{cases[0]}: " if len(cases) > 1 else ""


def groups(results: Sequence[CheckResult], outcomes: frozenset[Outcome]) -> list[Group]:
    """Gather what ended so by check, and checks that give the same reason."""
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.outcome in outcomes:
            found.setdefault(result.check, []).append(result)
    by_reason: dict[str, list[Member]] = {}
    for name, members in found.items():
        cases = tuple(one.case for one in members if one.case)
        member = Member(name, cases, sum(one.check == name for one in results), anchor(members[0]))
        by_reason.setdefault(reason(members[0]), []).append(member)
    return [Group(tuple(members), why) for why, members in by_reason.items()]


def one_cause(results: Sequence[CheckResult]) -> str:
    """The reason that all unmeasured checks have in common; empty where there are several, or few checks."""
    reasons = {reason(one) for one in results if one.outcome in UNKNOWN}
    many = sum(one.outcome in UNKNOWN for one in results)
    return reasons.pop() if len(reasons) == 1 and many > 2 else ""


def reason(result: CheckResult) -> str:
    """Why it ended so; a section's head says already that something was not measured."""
    return result.first_line.removeprefix("not measured: ")


def anchor(result: CheckResult) -> str:
    """An id for the page: names hold what an id may not."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in result.label)
    return f"check-{plain}-{sum(result.label.encode()) % 9973}"


WAIVED_DAYS = 30


def waiver(result: CheckResult, facts: Mapping[str, Any]) -> str:
    """What to paste into guardrails.yml to let a check through knowingly, for a month; empty where nothing stands against it."""
    if result.outcome not in BLOCKING:
        return ""
    segment = f"segment: {json.dumps(result.case, ensure_ascii=False)}, " if result.case else ""
    started = str(facts.get("started_at", ""))
    with suppress(ValueError):
        until = f", until: {datetime.fromisoformat(started) + timedelta(days=WAIVED_DAYS):%Y-%m-%d}"
        customer = json.dumps(str(facts.get("customer", "")), ensure_ascii=False)
        entry = f'{{check: {result.check}, {segment}reason: "say why"{until}}}'
        return f"customers:\n  {customer}:\n    waivers:\n      - {entry}"
    return ""


def sureness(results: Sequence[CheckResult]) -> str:
    """Say how many passes and failures could be chance: those whose threshold lies inside their interval."""
    judged = [measure for one in results if one.outcome in ("passed", "failed") for measure in _judged(one)]
    passes = sum(measure.borderline and measure.ok is True for measure in judged)
    fails = sum(measure.borderline and measure.ok is False for measure in judged)
    if not judged:
        return ""
    of = f"{len(judged)} numbers with a 95 % interval"
    if not passes + fails:
        return f"None of the {of} is borderline: no threshold lies inside one."
    how = " and ".join([f"{passes} passed"] * bool(passes) + [f"{fails} failed"] * bool(fails))
    are = "is" if passes + fails == 1 else "are"
    return (
        f"{passes + fails} of the {of} {are} borderline ({how}): the threshold lies inside the interval, so chance may "
        "have decided."
    )


def _judged(result: CheckResult) -> Iterator[Measure]:
    return (
        measure for measure in result.measures if measure.low is not None and measure.threshold is not None
    )


def dates(seeded: SeedManifest | None) -> str:
    """From when to when the service learned and was judged, in the data set's own time."""
    if seeded is None or seeded.split.cut is None or not seeded.clock.oldest_seeded:
        return ""
    first = datetime.fromisoformat(seeded.clock.oldest_seeded) - timedelta(seconds=seeded.clock.shift_seconds)
    cut, last = datetime.fromisoformat(seeded.split.cut), seeded.split.last
    until = f" to {day(datetime.fromisoformat(last))}" if last else " on"
    return (
        f"learned from {seeded.split.seeded_events:,} events of {day(first)} to {day(cut)}, "
        f"judged on {seeded.split.holdout_events:,} events from then{until}"
    )


def day(instant: datetime) -> str:
    """A date as people write it: ``7 October 2026``."""
    return f"{instant.day} {instant:%B %Y}"
