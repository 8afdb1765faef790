"""From the records of many runs to: how often does which check fail, and is it an alarm or a threshold?

A failing measure whose threshold comes from guardrails.yml says something about the world ("the lists are not ten
percent better"); any other failing measure says that the service misbehaves, and on a healthy service that is a
false alarm.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from pytest_recsim.record.model import CheckResult, Measure

Z = 1.959964
ALWAYS_BEHAVIOUR = {"availability", "rank_instability", "error_rate"}
"""Their limits stand in guardrails.yml too, but 0 is no matter of degree."""


@dataclass
class Tally:
    """The outcomes of one check over all runs."""

    runs: int = 0
    passed: int = 0
    not_measured: int = 0
    alarms: int = 0
    thresholds: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def measured(self) -> int:
        return self.runs - self.not_measured


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927); 0 to 1 for n = 0."""
    if not n:
        return 0.0, 1.0
    centre, spread = hits + Z * Z / 2, Z * math.sqrt(hits * (n - hits) / n + Z * Z / 4)
    return max(0.0, (centre - spread) / (n + Z * Z)), min(1.0, (centre + spread) / (n + Z * Z))


def behaves(result: CheckResult, measure: Measure, always: Collection[str] = ALWAYS_BEHAVIOUR) -> bool:
    """Whether the measure is about behaviour, not about a configured threshold."""
    return result.check in always or not measure.origin


def count(
    results: list[CheckResult], always: Collection[str] = ALWAYS_BEHAVIOUR
) -> tuple[dict[str, Tally], list[dict[str, Any]]]:
    """Tally per check, and every false alarm with what the check said.

    ``always`` are checks whose limits are no matter of degree. A check that ends in an error, goes missing or fails without a failing measure cries wolf too.
    """
    tallies: dict[str, Tally] = defaultdict(Tally)
    alarms: list[dict[str, Any]] = []
    for result in results:
        tally = tallies[result.check]
        tally.runs += 1
        _values(tally, result)
        bad = [measure for measure in result.measures if measure.ok is False]
        strange = [measure.name for measure in bad if behaves(result, measure, always)]
        if result.outcome == "passed":
            tally.passed += 1
        elif result.outcome == "not_measured":
            tally.not_measured += 1
            tally.reasons[_plain(result.sentence)] += 1
        elif result.outcome == "failed" and bad and not strange:
            tally.thresholds += 1
            tally.failing.update({measure.name for measure in bad})
        else:
            tally.alarms += 1
            alarms.append({"check": result.label, "customer": result.simulation, "sentence": result.sentence})
    return dict(tallies), alarms


def _values(tally: Tally, result: CheckResult) -> None:
    for measure in result.measures:
        if measure.origin and isinstance(measure.got, float) and measure.threshold is not None:
            tally.values[f"{measure.name}, {measure.expected}"].append(measure.got)


def _plain(sentence: str) -> str:
    """The reason with its numbers and names blanked, so that alike ones add up."""
    first = sentence.removeprefix("not measured: ").splitlines()[0]
    first = re.sub(r"; mean .*", "", first)
    first = re.sub(r"^\w+ lift over popularity, segment \w+: ", "", first)
    return re.sub(r"\d+", "N", first)
