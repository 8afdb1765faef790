"""What changed since the previous run: knobs, data, thresholds, service, and every number then and now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.previous import Previous, chance, numbers
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.report.text import foreign, link, number, table


def changes_section(
    facts: dict[str, Any], results: list[CheckResult], quality: QualityMetrics | None
) -> Iterator[str]:
    """Render what the record keeps of the run before; nothing for records that know nothing of it."""
    if "previous" not in facts:
        return
    yield "## What changed since the previous run"
    yield ""
    if facts["previous"] is None:
        yield "This is the first finished run of this customer in this reports folder."
        yield ""
        return
    previous = msgspec.convert(facts["previous"], Previous)
    yield f"Compared with {link(previous.bundle, f'../{previous.bundle}/README.md')}: {foreign(previous.verdict)}"
    yield ""
    if previous.changes:
        rows = [(one.what, one.before or "not set", one.now or "not set") for one in previous.changes]
        yield from table(("changed", "then", "now"), rows)
    else:
        yield "No knob, threshold, data set, option or service version has changed."
        yield ""
    yield from _outcomes(previous, results)
    yield from _numbers(previous, numbers(quality), chance(quality))


def _outcomes(previous: Previous, results: list[CheckResult]) -> Iterator[str]:
    rows = [
        (result.label, previous.outcomes[result.label].replace("_", " "), result.outcome.replace("_", " "))
        for result in sorted(results, key=lambda one: one.key)
        if previous.outcomes.get(result.label, result.outcome) != result.outcome
    ]
    if rows:
        yield from table(("check", "then", "now"), rows)


def _numbers(previous: Previous, now: dict[str, float | None], floors: dict[str, float]) -> Iterator[str]:
    rows = [
        (
            name,
            number(previous.quality[name]),
            number(value),
            _difference(previous.quality[name], value, floors.get(name, 0.0)),
        )
        for name, value in now.items()
        if name in previous.quality
    ]
    if rows:
        yield from table(("number", "then", "now", "difference"), rows)


def _difference(then: float | None, now: float | None, floor: float) -> str:
    """The difference; one that unequal answers to equal questions explain (in 95 % of cases) says so."""
    if then is None or now is None:
        return ""
    alone = f"; unequal answers alone make up to {floor:.3f}" if 0 < abs(now - then) <= floor else ""
    return f"{now - then:+.3f}{alone}"
