"""What the terminal says: header, dry run, summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from pytest_recsim.pace import Step
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.options import STEPS
from pytest_recsim.record.asked import Chosen
from pytest_recsim.record.batch import read_batch
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.few import first_few
from pytest_recsim.record.masking import safe as fit
from pytest_recsim.record.model import Verdict
from pytest_recsim.report import sweep
from pytest_recsim.report.batch import OUTCOMES, headline, statuses
from pytest_recsim.report.text import retried

P = ParamSpec("P")
MOST = 5
MOST_CHECKS = 20


def _shown(lines: Callable[P, Iterator[str]]) -> Callable[P, Iterator[str]]:
    """Make every line safe for a terminal: paths, origins and segments are other people's text."""

    @wraps(lines)
    def safe(*args: P.args, **named: P.kwargs) -> Iterator[str]:
        return map(fit, lines(*args, **named))

    return safe


@_shown
def header(plan: Plan, url: str) -> Iterator[str]:
    """Say what will be reset, on which service, and with which knobs."""
    service = "embedded stand-in" if plan.stand_in else "service"
    place = f"{service} {url}".strip() + f" (from {plan.base_url.origin})"
    yield f"recsim: {plan.id} on the {place}, namespace {_told(plan.namespace)}"
    yield (
        f"        profile {_told(plan.profile)}{_overrides(plan)}, reaches the service by `{plan.apply.value}`; "
        f"guardrails {_told(plan.guardrails)}"
    )
    if plan.mode.changes:
        yield "        note: that changes the service for every tenant until the end of this run"
    facts = plan.fixture
    yield f"        fixture {facts.path}: {facts.items:,} items, {facts.users:,} users, {facts.events:,} events"
    for note in (*plan.profile_notes, *facts.notes, *plan.guardrail_notes):
        yield f"        note: {note}"


@_shown
def dry_run(plan: Plan) -> Iterator[str]:
    """The resolved plan: every knob and threshold with the line it came from; nothing is sent."""
    yield f"plan of {plan.id} (dry run, nothing is sent)"
    yield f"  org {_told(plan.org_id)}, namespace {_told(plan.namespace)}"
    target = "a stand-in of its own" if plan.stand_in else plan.base_url.value
    yield f"  would wipe: items, users and events of namespace {plan.namespace.value} on {target}"
    yield f"  steps: {', '.join(step for step in STEPS if step not in plan.skip)}"
    yield f"  profile {_told(plan.profile)}, reaches the service by {_told(plan.apply)}"
    for name, setting in sorted(plan.knobs.items()):
        yield f"    {name}={setting.text}  ({setting.origin})"
    yield f"  thresholds from {plan.guardrails.value}"
    for key, limits in sorted(plan.limits.items()):
        for segment, limit in limits.items():
            if not segment or limit != limits.get(""):
                scope = f" [{segment}]" if segment else ""
                yield f"    {key}{scope} = {limit.value} {limit.severity}  ({limit.origin})"
    for note in plan.waivers:
        yield f"    waiver: {note.check} {note.segment} until {note.until or 'further notice'}: {note.reason}"
    yield f"  fixture {plan.fixture.path} ({plan.fixture.origin}), sha256 {plan.fixture.sha256[:12]}"
    for segment, users in plan.fixture.segments.items():
        yield f"    {segment}: {users:,} users"


def progress(plan: Plan, verdict: Verdict, seconds: float, how_far: Step) -> str:
    """One line when a customer is finished; ``how_far`` counts those that are."""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in verdict.counts.items())
    against = f"; not passed: {', '.join(verdict.failing[:5])}" if verdict.failing else ""
    return fit(
        f"recsim: {plan.id} finished in {seconds:.1f} s: {counts or 'no check reported'}{against}; {how_far}"
    )


@_shown
def summary(
    bundle: Bundle, verdict: Verdict, here: Path, retries: Mapping[str, int], notes: Iterable[str] = ()
) -> Iterator[str]:
    """The verdict, the names behind it, what else there is to say, and where the evidence is."""
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in verdict.counts.items())
    yield f"{bundle.root.parent.name}: {verdict.sentence} ({counts or 'no check reported'})"
    yield from _against(verdict)
    if verdict.let_through:
        yield f"  let through: {', '.join(verdict.let_through)}"
    for caveat in (*verdict.caveats, *notes):
        yield f"  note: {caveat}"
    if retries:
        yield f"  retries: {retried(retries)}"
    yield f"  evidence: {os.path.relpath(bundle.root, here)}"


def _against(verdict: Verdict) -> Iterator[str]:
    """What blocks: a cause of many checks first and once, then the other checks by name, each with what to do."""
    for root in verdict.causes:
        yield f"  {root.headline}"
        yield f"    next step: {root.next_step}"
    caused = {name for root in verdict.causes for name in root.checks}
    names = [name for name in verdict.failing if name not in caused]
    for place, name in enumerate(names[:MOST_CHECKS]):
        outcome, step = verdict.blocking.get(name, "failed"), verdict.next_steps.get(name, "")
        yield f"  {OUTCOMES.get(outcome, outcome)}: {name}"
        following = verdict.next_steps.get(names[place + 1], "") if place + 1 < len(names) else ""
        if step and (step != following or place + 1 == MOST_CHECKS):
            yield f"    next step: {step}"
    if len(names) > MOST_CHECKS:
        yield f"  ... and {len(names) - MOST_CHECKS} more"


@_shown
def batch(path: Path, here: Path) -> Iterator[str]:
    """The last lines of a batch: the variants of a sweep, what it amounts to, and where its summary is."""
    record = read_batch(path)
    ended = {name: words.replace("*", "") for name, words in statuses(record).items()}
    yield from sweep.lines(record, ended)
    yield f"{record.name}: {headline(record)}; summary {os.path.relpath(path.with_suffix('.md'), here)}"


def _overrides(plan: Plan) -> str:
    """The knobs laid over the profile, the first few by name."""
    found = [f"{name}={one.text} ({one.origin})" for name, one in plan.overrides.items()]
    return f" with {first_few(found, MOST)}" if found else ""


def _told(chosen: Chosen) -> str:
    return f"{chosen.value} ({chosen.origin})"
