"""simulation_metadata.json: who, what, when, on which service, and what it amounted to."""

from __future__ import annotations

import dataclasses
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import metadata as installed
from pathlib import Path

from msgspec.structs import asdict

from pytest_recsim import __version__
from pytest_recsim.clock import utc_now
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.few import first_few
from pytest_recsim.record.metadata import (
    Cost,
    FixtureRecord,
    Git,
    GuardrailFacts,
    Metadata,
    NamespaceBefore,
    Options,
    Override,
    Place,
    ProfileFacts,
    RuleWaits,
    RunStatus,
    Sent,
    ServiceFacts,
    Timings,
    Tool,
    Users,
)
from pytest_recsim.record.model import CheckResult, Verdict
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.simulation.bundle.caveats import waiver_notes
from pytest_recsim.simulation.session.custom_metrics import seconds_spent
from pytest_recsim.simulation.session.ledger import Entry, costs_by_check, entries, total_tally
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.preparation import Prepared
from pytest_recsim.simulation.session.warming import sentence_of

UNKNOWN_SHOWN = 5
LIBRARIES = ("pytest", "pytest-xdist", "numpy", "httpx", "msgspec")


def describe(
    opened: Opened,
    prepared: Prepared | None,
    *,
    status: RunStatus,
    verdict: Verdict | None = None,
    results: list[CheckResult] | None = None,
    planned: Sequence[str] = (),
) -> Metadata:
    """Return the whole document; it is valid at every moment of the run."""
    context = opened.sim.context
    plan = context.plan
    requests = _requests(opened, prepared)
    return Metadata(
        status=status,
        verdict=verdict,
        customer=plan.customer,
        simulation=plan.id,
        run_id=context.run_id,
        started_at=context.now,
        written_at=utc_now(),
        service=_service(opened),
        place=Place(org_id=plan.org_id, namespace=plan.namespace),
        profile=_profile(plan, prepared),
        fixture=_fixture(plan, prepared),
        guardrails=_guardrails(plan),
        options=_options(plan),
        clock_shift_seconds=prepared.seeded.shift_us / 1e6 if prepared and prepared.seeded else None,
        users=_users(plan, prepared),
        requests=requests,
        timings=_timings(opened, prepared, results or []),
        preparation_failure=prepared.failure if prepared else "",
        planned_checks=tuple(planned),
        notes=tuple(_notes(opened, prepared, requests, verdict, results or [])),
        tool=_tool(context.now),
    )


def _profile(plan: Plan, prepared: Prepared | None) -> ProfileFacts:
    overrides = {
        name: Override(text=setting.text, origin=setting.origin) for name, setting in plan.overrides.items()
    }
    return ProfileFacts(
        name=plan.profile,
        sha256=plan.profile_sha256,
        apply=plan.apply,
        notes=plan.profile_notes,
        overrides=overrides,
        asked={name: setting.text for name, setting in plan.knobs.items()},
        knobs=prepared.knobs if prepared else (),
    )


def _fixture(plan: Plan, prepared: Prepared | None) -> FixtureRecord:
    known = {
        name: getattr(plan.fixture, name) for name in FixtureRecord.__struct_fields__ if name != "suspicions"
    }
    return FixtureRecord(**known, suspicions=prepared.oddities if prepared else ())


def _guardrails(plan: Plan) -> GuardrailFacts:
    return GuardrailFacts(
        file=plan.guardrails,
        sha256=plan.guardrails_sha256,
        thresholds={
            key: {segment or "(all)": limit for segment, limit in limits.items()}
            for key, limits in plan.limits.items()
        },
        waivers=plan.waivers,
    )


def _options(plan: Plan) -> Options:
    return Options(
        surface=plan.surface,
        sample_users=plan.sample_users,
        window_days=plan.window_days,
        timeout_seconds=plan.timeout,
        warm_up_seconds=plan.warm_up,
        concurrency=plan.concurrency,
        skipped_steps=plan.skip,
        stop_early=plan.stop_early,
    )


def _notes(
    opened: Opened,
    prepared: Prepared | None,
    requests: Sent,
    verdict: Verdict | None,
    results: list[CheckResult],
) -> Iterator[str]:
    if opened.facts:
        yield from opened.facts.warnings
        yield from opened.facts.capabilities.missing
    yield from _unknown_note(requests)
    yield from opened.notes
    yield from _preparation_notes(prepared)
    day, whole = opened.sim.context.now.date().isoformat(), verdict is not None and verdict.whole
    yield from waiver_notes(opened.plan, results, day, whole=whole)


def _unknown_note(requests: Sent) -> Iterator[str]:
    """Name members of answers that this version does not know: a newer revision says more than we read."""
    if unknown := requests.unknown_members:
        names = first_few([f"`{name}` ({times})" for name, times in unknown.items()], UNKNOWN_SHOWN)
        yield f"of {requests.looked_at} answers that were searched, some carry members we do not know: {names}"


def _preparation_notes(prepared: Prepared | None) -> Iterator[str]:
    if prepared is None or prepared.seeded is None:
        return
    yield from prepared.seeded.notes
    if prepared.warm_up is not None and (sentence := sentence_of(prepared.warm_up)):
        yield sentence


def _service(opened: Opened) -> ServiceFacts:
    plan, facts, found = opened.plan, opened.facts, opened.found
    return ServiceFacts(
        kind="stand-in" if plan.stand_in else "service",
        url=opened.sim.context.url,
        url_from=plan.base_url.origin,
        version=facts.version if facts else "",
        model_version=facts.model_version if facts else "",
        git_commit=facts.git_commit if facts else "",
        capabilities=asdict(facts.capabilities) if facts else None,
        namespace_before=(
            NamespaceBefore(empty=found.empty, rows=dataclasses.asdict(found.totals))
            if found
            else NamespaceBefore()
        ),
    )


def _users(plan: Plan, prepared: Prepared | None) -> Users:
    quality = prepared.quality if prepared else None
    return Users(
        in_fixture=plan.fixture.users,
        evaluated=quality.evaluated if quality else 0,
        sampled=quality.sampled if quality else False,
        segments=quality.segments if quality else {},
    )


def asked(opened: Opened) -> Tally:
    """Return what all processes of this run have sent for a simulation."""
    opened.sim.flush()
    return _added(opened, entries(opened.sim.context.folder))


def _added(opened: Opened, found: list[Entry]) -> Tally:
    tally = total_tally(found)
    for own in opened.tallies:
        tally.add(own)
    return tally


def _requests(opened: Opened, prepared: Prepared | None) -> Sent:
    opened.sim.flush()
    found = entries(opened.sim.context.folder)  # once: workers go on writing
    tally = _added(opened, found)
    waits = [seconds for entry in found for _, seconds in entry.waits]
    by_check = costs_by_check(found)
    return Sent(
        total=tally.total,
        recommendations=tally.asked_for_lists,
        by_endpoint=dict(sorted(tally.requests.items())),
        retries=dict(sorted(tally.retries.items())),
        looked_at=tally.looked_at,
        unknown_members=dict(sorted(tally.unknown.items())),
        failed_recommendations=dict(sorted(tally.failed.items())),
        rule_waits=RuleWaits(changes=len(waits), longest_seconds=max(waits, default=0.0)),
        quality_lists_ms=prepared.answer_times if prepared else {},
        by_check=by_check,
        preparation=Cost(
            requests=tally.total - sum(one.requests for one in by_check),
            recommendations=tally.asked_for_lists - sum(one.recommendations for one in by_check),
        ),
    )


def _timings(opened: Opened, prepared: Prepared | None, results: list[CheckResult]) -> Timings:
    steps = {"open": round(opened.seconds, 3)} | (prepared.timings if prepared else {})
    if own := seconds_spent(opened.sim.context.folder):
        steps["own_metrics"] = own
    return Timings(
        preparation=steps,
        warm_up=prepared.warm_up if prepared else None,
        checks_seconds=round(sum(result.seconds for result in results), 3),
    )


def _tool(now: datetime) -> Tool:
    return Tool(
        pytest_recsim=__version__,
        python=platform.python_version(),
        platform=sys.platform,
        libraries={name: _version(name) for name in LIBRARIES},
        git=_git(Path.cwd()),
        clock=now,
    )


def _version(name: str) -> str | None:
    try:
        return installed.version(name)
    except installed.PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def _git(folder: Path) -> Git:
    """Revision of the folder the run was started in; empty outside a repository or without git."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(  # noqa: S603 - fixed words, no shell
                ["git", *words],  # noqa: S607 - the user's git, wherever it is
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=5,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    revision = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no") if revision else None
    return Git(revision=revision, dirty=bool(changed)) if revision else Git()
