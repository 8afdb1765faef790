"""Record and pytest say the same of every check; where they do not, the worse of the two counts and is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pytest_recsim.record.model import CheckResult

if TYPE_CHECKING:
    import pytest

RERUN = "rerun"
"""What pytest-rerunfailures calls an attempt that another one follows."""


def shown_as(result: CheckResult) -> str:
    """Return the outcome with which pytest shows a result."""
    return {"passed": "passed", "waived": "skipped", "warned": "skipped", "skipped": "skipped"}.get(
        result.outcome, "failed"
    )


def agreed(result: CheckResult, report: pytest.TestReport, parts: Mapping[str, str]) -> CheckResult:
    """Return the result as it must be recorded, given how pytest ended the test after ours had left.

    A conftest or another plugin may have turned the report; a failing subtest is a report of its own.

    Args:
        result: what we concluded.
        report: as it arrived, by now in its final form.
        parts: node id -> what a failing part of that test said.
    """
    ours = shown_as(result)
    if report.nodeid in parts and ours == "passed":
        return _overruled(result, f"a part of this check failed: {parts[report.nodeid]}")
    late = report.when == "teardown" and report.passed  # it speaks of the clean-up, not of the check
    if late or str(report.outcome) in (ours, RERUN):
        return result
    if report.failed:
        said = report.longreprtext.strip() or "without a reason"
        return _overruled(result, f"concluded `{result.outcome}`, but pytest ended it as failed: {said}")
    what = f"concluded `{result.outcome}`, but another plugin or a conftest shows it as {report.outcome}"
    return replace(result, sentence="\n".join(filter(None, (what, result.sentence))))


def news(
    attempts: Sequence[CheckResult], heard: int, report: pytest.TestReport, parts: Mapping[str, str]
) -> list[CheckResult]:
    """Return what a report tells that was not heard before, in order.

    Another plugin may keep the report of a failed attempt to itself, or show one report twice.

    Args:
        attempts: of that test so far, the last one the report's own.
        heard: how many of them are known.
        report: as it arrived.
        parts: as :func:`agreed` takes them.
    """
    last = agreed(attempts[-1], report, parts)
    if len(attempts) <= heard:
        return [last] if report.failed else []
    return [*attempts[heard:-1], last]


def _overruled(result: CheckResult, sentence: str) -> CheckResult:
    return replace(result, outcome="failed", sentence=sentence)
