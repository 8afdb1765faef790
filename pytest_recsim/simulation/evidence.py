"""The bundle's artifacts that are made from check results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.model import CheckResult

COLUMNS = ("check", "case", "outcome", "measure", "got", "expected", "n", "origin", "seconds", "sentence")


def is_scenario(result: CheckResult) -> bool:
    """S1 to S10; everything else judges guardrails, the contract or a user's own rule."""
    return result.check[:1] == "S" and result.check[1:].isdigit()


def write_results(bundle: Bundle, results: Iterable[CheckResult]) -> None:
    """Write guardrail_verdicts.json, scenario_summary.json and scenarios.csv."""
    ordered = sorted(results, key=_order)
    scenarios = [result for result in ordered if is_scenario(result)]
    others = [result for result in ordered if not is_scenario(result)]
    bundle.write("guardrail_verdicts.json", {"verdicts": list(map(_verdict, others))})
    bundle.write("scenario_summary.json", {"scenarios": list(map(_verdict, scenarios))})
    write_atomic(bundle.artifacts / "scenarios.csv", _table(scenarios).encode())


def _order(result: CheckResult) -> tuple[str, int, str]:
    number = int(result.check[1:]) if is_scenario(result) else 0
    return ("S" if is_scenario(result) else result.check, number, result.case)


def _verdict(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check,
        "case": result.case,
        "title": result.title,
        "outcome": result.outcome,
        "severity": result.severity,
        "sentence": result.sentence,
        "waiver": result.waiver,
        "measures": list(result.measures),
        "seconds": result.seconds,
    }


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
