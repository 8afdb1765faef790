"""What to paste into guardrails.yml to let checks through knowingly, for a month."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pytest_recsim.record.model import CheckResult, Outcome

WAIVED_DAYS = 30
WAIVABLE: frozenset[Outcome] = frozenset({"failed", "flaky", "not_measured"})
"""A check that could not run, or did not report, has nothing that could be waived."""


def waiver(results: Iterable[CheckResult], facts: Mapping[str, Any]) -> str:
    """The entry of guardrails.yml with a waiver for each check that blocks and may be waived; empty where none does, or nobody knows since when."""
    blocking = [result for result in results if result.outcome in WAIVABLE]
    if not blocking:
        return ""
    with suppress(ValueError):
        started = datetime.fromisoformat(str(facts.get("started_at", "")))
        until = f"{started + timedelta(days=WAIVED_DAYS):%Y-%m-%d}"
        lines = [f"      - {_entry(result, until)}" for result in blocking]
        return "\n".join(["customers:", f"  {_quoted(facts.get('customer', ''))}:", "    waivers:", *lines])
    return ""


def _entry(result: CheckResult, until: str) -> str:
    segment = f"segment: {_quoted(result.case)}, " if result.case else ""
    return f'{{check: {result.check}, {segment}reason: "who decided, and why", until: {until}}}'


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)
