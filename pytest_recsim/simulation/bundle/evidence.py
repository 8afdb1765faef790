"""The bundle's artifacts that are made from check results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pytest_recsim.record.artifacts import GuardrailVerdicts, Judged, ScenarioSummary
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_text
from pytest_recsim.record.model import CheckResult

COLUMNS = ("check", "case", "outcome", "measure", "got", "expected", "n", "origin", "seconds", "sentence")


def write_results(bundle: Bundle, results: Iterable[CheckResult]) -> None:
    """Write guardrail_verdicts.json, scenario_summary.json and scenarios.csv."""
    ordered = sorted(results, key=_order)
    scenarios = [result for result in ordered if result.scenario]
    others = [result for result in ordered if not result.scenario]
    bundle.write("guardrail_verdicts.json", GuardrailVerdicts(verdicts=tuple(map(Judged.of, others))))
    bundle.write("scenario_summary.json", ScenarioSummary(scenarios=tuple(map(Judged.of, scenarios))))
    write_text(bundle.artifacts / "scenarios.csv", _table(scenarios))


def _order(result: CheckResult) -> tuple[str, int, str]:
    return ("S" if result.scenario else result.check, result.scenario, result.case)


def _table(results: Iterable[CheckResult]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for result in results:
        head = (result.check, result.case, result.outcome)
        if not result.measures:
            writer.writerow([*head, "", "", "", "", "", result.seconds, result.sentence])
        for measure in result.measures:
            row = (measure.name, measure.got, measure.expected, measure.n, measure.origin)
            writer.writerow([*head, *row, result.seconds, result.sentence])
    return stream.getvalue()
