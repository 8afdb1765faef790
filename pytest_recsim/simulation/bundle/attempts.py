"""One check, one result: what several reports of the same check amount to (reruns, repetitions)."""

from __future__ import annotations

from msgspec.structs import replace

from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.record.model import BLOCKING, WORST_FIRST, CheckResult, Outcome


def settled(plan: Plan, earlier: CheckResult | None, now: CheckResult, today: str) -> CheckResult:
    """Return the result that stands after another report of a check.

    A later attempt of the same test does not wipe out a failure: a check that failed and then passed is ``flaky``,
    and blocks unless it is waived or only warns. Repetitions are tests of their own, all of which must hold.

    Args:
        plan: whose waivers.
        earlier: what stood before, None for the first report.
        now: the report that has just come.
        today: ISO date on which a waiver has to hold.
    """
    if earlier is None:
        return now
    now = replace(now, attempt=earlier.attempt + 1)
    if earlier.nodeid != now.nodeid:
        worst = min(earlier, now, key=lambda result: WORST_FIRST.index(result.outcome))
        return replace(worst, attempt=now.attempt)
    if earlier.outcome in BLOCKING and now.outcome not in BLOCKING:
        return _flaky(plan, earlier, now, today)
    return now


def _flaky(plan: Plan, earlier: CheckResult, now: CheckResult, today: str) -> CheckResult:
    note = covering(plan.waivers, now.check, now.case, today)
    outcome: Outcome = "waived" if note else "warned" if earlier.severity == "warn" else "flaky"
    then = "passed" if now.outcome == "passed" else f"ended as {now.outcome}"
    before = f"attempt {earlier.attempt} ended as {earlier.outcome.replace('_', ' ')}"
    what = f"flaky: {before}, attempt {now.attempt} {then}"
    return replace(
        now,
        outcome=outcome,
        severity=earlier.severity,
        waiver=note.words if note else "",
        sentence=f"{what}; the failure said: {earlier.sentence}",
    )
