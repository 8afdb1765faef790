"""What the page shows first: how sure the verdict is, and what stands behind a no, grouped as people ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.model import CheckResult, Measure, Outcome

FAILED: frozenset[Outcome] = frozenset({"error", "failed", "flaky"})
UNKNOWN: frozenset[Outcome] = frozenset({"not_measured", "missing"})
TONES = {"may_go": "good", "must_not_go": "bad"}
"""How the verdict is coloured; every other one is neither."""


@dataclass(frozen=True)
class Group:
    """Checks of one name that ended alike for one reason.

    Attributes:
        name: of the check.
        cases: the segments concerned; empty for a check without any.
        of: how many cases the check has in all.
        reason: the first line of what it says.
        anchor: where the first of them is on the page.
    """

    name: str
    cases: tuple[str, ...]
    of: int
    reason: str
    anchor: str

    @property
    def count(self) -> str:
        """``4 of 5 segments``, or nothing for a check that has no cases."""
        return f"{len(self.cases)} of {self.of} segments" if self.of > 1 else ""

    @property
    def example(self) -> str:
        """Whose the reason is, where there are several of them."""
        return f"{self.cases[0]}: " if len(self.cases) > 1 else ""


def groups(results: Sequence[CheckResult], outcomes: frozenset[Outcome]) -> list[Group]:
    """Group what ended so by check; checks with one reason in common come as one, under their names."""
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.outcome in outcomes:
            found.setdefault(result.check, []).append(result)
    return [
        Group(
            name,
            tuple(one.case for one in members if one.case),
            sum(one.check == name for one in results),
            first_line(members[0]),
            anchor(members[0]),
        )
        for name, members in found.items()
    ]


def one_cause(results: Sequence[CheckResult]) -> str:
    """The reason that all unmeasured checks have in common; empty where there are several, or few checks."""
    reasons = {first_line(one) for one in results if one.outcome in UNKNOWN}
    many = sum(one.outcome in UNKNOWN for one in results)
    return reasons.pop() if len(reasons) == 1 and many > 2 else ""


def first_line(result: CheckResult) -> str:
    return result.sentence.splitlines()[0] if result.sentence else ""


def anchor(result: CheckResult) -> str:
    """An id for the page: names hold what an id may not."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in result.label)
    return f"check-{plain}-{sum(result.label.encode()) % 9973}"


WAIVED_DAYS = 30


def waiver(result: CheckResult, facts: Mapping[str, Any]) -> str:
    """What to paste into guardrails.yml to let a check through knowingly, for a month; empty where nothing stands against it."""
    if result.outcome not in FAILED | UNKNOWN:
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
