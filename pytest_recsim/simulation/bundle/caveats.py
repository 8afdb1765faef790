"""Sentences that belong beside a verdict, because without them it would say more than was shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pytest_recsim.data.guardrails.metric_table import GUARDED
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.few import first_few
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.model import CheckResult
from pytest_recsim.simulation.measure.noise import differing_words
from pytest_recsim.simulation.session.preparation import Prepared
from pytest_recsim.simulation.truth.applied import remedy, told_knobs
from pytest_recsim.simulation.truth.moves import WORDS


def caveats_of(plan: Plan, prepared: Prepared | None) -> tuple[str, ...]:
    """Return the caveats of a run, most important first."""
    found = []
    if plan.stand_in:
        found.append("made on the embedded stand-in, not on a real service")
        if plan.scopes("max_p95_ms") or plan.scopes("max_error_rate"):
            found.append(
                "answer times and failed attempts are the stand-in's and say nothing about a service's"
            )
    if plan.skip:
        found.append(f"steps left out: {', '.join(plan.skip)}")
    found += plan.guardrail_notes
    found += _compared(plan)
    if prepared is None:
        return tuple(found)
    if prepared.seeded is not None and prepared.seeded.leak:
        found.append(prepared.seeded.leak)
    if prepared.quality is not None and prepared.quality.sampled:
        found.append(f"judged on a sample of {prepared.quality.evaluated} users")
    if prepared.quality is not None and prepared.quality.early is not None:
        found.append(prepared.quality.early.words)
    found += differing_words(prepared.noise)
    return (*found, *knob_notes(prepared))


def _compared(plan: Plan) -> Iterator[str]:
    """Say that a run that was asked for is not there, and which thresholds nobody judges without one."""
    if plan.compare_note:
        yield plan.compare_note
    idle = [key for key, metric in GUARDED.items() if metric.source == "earlier" and key in plan.limits]
    if idle and not plan.compare_to:
        what = "is" if len(idle) == 1 else "are"
        none = "there is" if plan.compare_note else "--recsim-compare-to names"
        yield f"{', '.join(idle)} {what} not judged: {none} no run to compare with"


def knob_notes(prepared: Prepared) -> Iterator[str]:
    """Say, per kind of user, which knobs are the service's own, and which nobody can see."""
    differing: dict[str, list[KnobRow]] = {}
    for row in prepared.knobs:
        if row.status == "differs":
            differing.setdefault(row.moves, []).append(row)
    for moves, rows in sorted(differing.items()):
        own = "values are" if len(rows) > 1 else "value is"
        whom = "" if moves == WORDS["nobody"] else f"for {moves} "
        aside = ", without effect on the quality lists" if not whom else ""
        yield f"{whom}the service's own {own} in effect{aside}: {told_knobs(rows)}"
    if prepared.applied.groups:
        without, asked = len(prepared.applied.without), len(prepared.applied.users)
        yield f"the profile is not in effect for {without:,} of {asked:,} users; {remedy(prepared.applied.rows)}"
    hidden = [row.knob for row in prepared.knobs if row.status == "unknown"]
    if hidden:
        yield f"not sent, and nobody can see whether they are in effect: {first_few(hidden, 5)}"


def waiver_notes(
    plan: Plan, results: Collection[CheckResult], today: str, *, whole: bool = False
) -> Iterator[str]:
    """Name waivers that have ended, those that no check needed, and those that cover none.

    Args:
        plan: whose waivers.
        results: of the checks that reported.
        today: ISO date on which a waiver has to hold.
        whole: nothing was left out, so a waiver without a check will never have one.
    """
    for note in plan.waivers:
        name = " ".join(filter(None, ("waiver of", note.check, note.segment, f"({note.origin})")))
        outcomes = {
            result.outcome
            for result in results
            if result.check == note.check and note.segment in ("", result.case)
        }
        if note.until and note.until < today:
            yield f"{name} ended on {note.until}: {note.reason}"
        elif outcomes == {"passed"}:
            until = f" (it holds until {note.until})" if note.until else ""
            yield f"{name} was not needed{until}: {note.reason}"
        elif whole and not outcomes:
            yield f"{name} covers no check of this customer: {note.reason}"
