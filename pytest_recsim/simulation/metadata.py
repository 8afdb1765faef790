"""simulation_metadata.json: who, what, when, on which service, and what it amounted to."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata as installed
from pathlib import Path
from typing import Any

from pytest_recsim import __version__
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.model import CheckResult, Verdict
from pytest_recsim.service.tally import RECOMMEND
from pytest_recsim.simulation.caveats import waiver_notes
from pytest_recsim.simulation.ledger import entries, total_tally
from pytest_recsim.simulation.opening import Opened
from pytest_recsim.simulation.stage import Prepared

LIBRARIES = ("pytest", "pytest-xdist", "numpy", "httpx", "msgspec")


def describe(
    opened: Opened,
    prepared: Prepared | None,
    *,
    status: str,
    verdict: Verdict | None = None,
    results: list[CheckResult] | None = None,
    planned: list[str] | None = None,
) -> dict[str, Any]:
    """Return the whole document; it is valid at every moment of the run."""
    context = opened.sim.context
    plan = context.plan
    return {
        "status": status,
        "verdict": verdict,
        "customer": plan.customer,
        "simulation": plan.id,
        "run_id": context.run_id,
        "started_at": context.now,
        "written_at": datetime.now(UTC),
        "service": _service(opened),
        "place": {"org_id": plan.org_id, "namespace": plan.namespace},
        "profile": {
            "name": plan.profile,
            "sha256": plan.profile_sha256,
            "apply": plan.apply,
            "notes": plan.profile_notes,
            "asked": {name: setting.text for name, setting in plan.knobs.items()},
            "knobs": list(prepared.knobs) if prepared else [],
        },
        "fixture": {
            name: getattr(plan.fixture, name) for name in plan.fixture.__struct_fields__ if name != "file"
        },
        "guardrails": {
            "file": plan.guardrails,
            "sha256": plan.guardrails_sha256,
            "thresholds": {
                key: {segment or "(all)": limit for segment, limit in limits.items()}
                for key, limits in plan.limits.items()
            },
            "waivers": plan.waivers,
        },
        "options": {
            "surface": plan.surface,
            "sample_users": plan.sample_users,
            "window_days": plan.window_days,
            "timeout_seconds": plan.timeout,
            "concurrency": plan.concurrency,
            "skipped_steps": plan.skip,
        },
        "clock_shift_seconds": prepared.seeded.shift_us / 1e6 if prepared and prepared.seeded else None,
        "users": _users(plan, prepared),
        "requests": _requests(opened) | {"quality_lists_ms": prepared.answer_times if prepared else {}},
        "timings": _timings(prepared, results or []),
        "preparation_failure": prepared.failure if prepared else "",
        "planned_checks": planned or [],
        "notes": [
            *opened.facts.warnings,
            *opened.notes,
            *_seed_notes(prepared),
            *waiver_notes(
                plan,
                results or [],
                context.now.date().isoformat(),
                whole=verdict is not None and verdict.whole,
            ),
        ],
        "tool": _tool(context.now),
    }


def _seed_notes(prepared: Prepared | None) -> tuple[str, ...]:
    return prepared.seeded.notes if prepared is not None and prepared.seeded is not None else ()


def _service(opened: Opened) -> dict[str, Any]:
    plan, facts = opened.sim.plan, opened.facts
    return {
        "kind": "stand-in" if plan.stand_in else "service",
        "url": opened.sim.context.url,
        "url_from": plan.base_url.origin,
        "version": facts.version,
        "model_version": facts.model_version,
        "git_commit": facts.git_commit,
        "namespace_before": {"empty": opened.found.empty, "rows": opened.found.totals},
    }


def _users(plan: Plan, prepared: Prepared | None) -> dict[str, Any]:
    quality = prepared.quality if prepared else None
    return {
        "in_fixture": plan.fixture.users,
        "evaluated": quality.evaluated if quality else 0,
        "sampled": quality.sampled if quality else False,
        "segments": quality.segments if quality else {},
    }


def _requests(opened: Opened) -> dict[str, Any]:
    opened.sim.flush()
    found = entries(opened.sim.context.folder)
    tally = total_tally(found)
    waits = [wait for entry in found for wait in entry.waits]
    return {
        "total": tally.total,
        "recommendations": tally.requests[RECOMMEND],
        "by_endpoint": dict(sorted(tally.requests.items())),
        "retries": dict(sorted(tally.retries.items())),
        "failed_recommendations": dict(sorted(tally.failed.items())),
        "rule_waits": {
            "changes": len(waits),
            "longest_seconds": max((seconds for _, seconds in waits), default=0.0),
        },
    }


def _timings(prepared: Prepared | None, results: list[CheckResult]) -> dict[str, Any]:
    return {
        "preparation": prepared.timings if prepared else {},
        "checks_seconds": round(sum(result.seconds for result in results), 3),
    }


def _tool(now: datetime) -> dict[str, Any]:
    return {
        "pytest_recsim": __version__,
        "python": platform.python_version(),
        "platform": sys.platform,
        "libraries": {name: _version(name) for name in LIBRARIES},
        "git": _git(Path.cwd()),
        "clock": now,
    }


def _version(name: str) -> str | None:
    try:
        return installed.version(name)
    except installed.PackageNotFoundError:
        return None


@lru_cache(maxsize=1)
def _git(folder: Path) -> dict[str, Any]:
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
    return {"revision": revision, "dirty": bool(changed)} if revision else {}
