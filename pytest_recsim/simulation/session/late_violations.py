"""A last look when all is quiet: what passed in passing after a closing check had already reported."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path

from msgspec.structs import replace

from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.record.model import CheckResult, Key, Outcome
from pytest_recsim.service.watch.violations import WatchSummary
from pytest_recsim.simulation.session.ledger import entries

STEP = "show whoever runs the service the request, and the item that it answered with"


def seen_by_all(folder: Path) -> WatchSummary:
    """Return what the checks in passing saw in all processes of this run."""
    seen = [entry.watch for entry in entries(folder) if entry.watch is not None]
    return reduce(WatchSummary.merged, seen, WatchSummary())


def late_findings(
    plan: Plan, results: dict[Key, CheckResult], folder: Path, today: str
) -> Iterator[CheckResult]:
    """Yield closing checks that had passed and do not any more; severity and waivers (by ISO date) hold for them too.

    Under xdist another process may still be asking when `contract` or `availability` reports.
    """
    seen = seen_by_all(folder)
    contract = results.get((plan.id, "contract", ""))
    if contract is not None and contract.outcome == "passed":
        for violation in seen.of("contract"):
            what = f"{violation.what}: {violation.count} of {seen.answers} answers; first: {violation.detail}"
            yield _turned(
                plan,
                contract,
                today,
                f"{what}\n  affected: user {violation.user_id}\n  reproduce: {violation.curl}",
            )
            break
    availability = results.get((plan.id, "availability", ""))
    if availability is not None and availability.outcome == "passed":
        limit = float(plan.limit("max_unavailable_share").value)
        if seen.unavailable_share > limit:
            what = f"share of unavailable or unknown items: expected at most {limit:g}, got {seen.unavailable_share:.4g}"
            yield _turned(plan, availability, today, what)


def _turned(plan: Plan, result: CheckResult, today: str, what: str) -> CheckResult:
    note = covering(plan.waivers, result.check, result.case, today)
    outcome: Outcome = "waived" if note else "warned" if result.severity == "warn" else "failed"
    waiver = note.words if note else ""
    sentence = f"seen after this check had reported: {what}"
    return replace(result, outcome=outcome, waiver=waiver, sentence=sentence, next_step=STEP)
