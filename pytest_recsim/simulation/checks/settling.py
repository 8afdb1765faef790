"""From what a check amounts to, to the outcome that counts: severity and waivers are applied here and nowhere else."""

from __future__ import annotations

from typing import Literal

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.masking import safe
from pytest_recsim.record.model import Outcome
from pytest_recsim.simulation.checks.check import Conclusion

Severity = Literal["block", "warn"]


def severity_of(plan: Plan, check: str, case: str, *, scenario: bool) -> Severity:
    """Return ``warn`` when every threshold that the check compares with is configured as such."""
    if scenario:
        keys = {key for key in plan.limits if key.startswith(f"{check.lower()}_")}
    elif check == "availability":
        keys = {"max_unavailable_share"}
    else:
        keys = {check, f"min_{check}", f"max_{check}"} & set(plan.limits)
    severities = {plan.limit(key, case).severity for key in keys}
    return "warn" if severities == {"warn"} else "block"


def settled_as(conclusion: Conclusion, severity: Severity, note: WaiverNote | None) -> Outcome:
    """Return the outcome of a check with that severity, and that waiver if there is one."""
    if conclusion.outcome != "passed" and note is not None:
        return "waived"
    if conclusion.outcome != "passed" and severity == "warn":
        return "warned"
    return conclusion.outcome


def sentence_of(conclusion: Conclusion) -> str:
    """The conclusion in words, fit to be shown."""
    told = safe(conclusion.sentence)
    return f"not measured: {told}" if conclusion.outcome == "not_measured" else told


def waiver_words(note: WaiverNote | None) -> str:
    """Why a check was waived, until when, and where that is written; empty without a waiver."""
    return note.words if note is not None else ""
