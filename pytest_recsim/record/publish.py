"""Writes what is published about the record: a JSON Schema for each of its files, and the table of docs/ci.md that names them.

Run ``python -m pytest_recsim.record.publish`` in a checkout after changing a Struct of the record; a test compares the result.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.artifacts import (
    DumpLine,
    Evidence,
    GuardrailVerdicts,
    ScenarioSummary,
    SeedManifest,
    SeedSegments,
)
from pytest_recsim.record.batch import BatchRecord
from pytest_recsim.record.comparison import Comparison
from pytest_recsim.record.history import Past
from pytest_recsim.record.jsonio import SCHEMA_VERSION
from pytest_recsim.record.looks import NAME as LOOKS
from pytest_recsim.record.looks import Look
from pytest_recsim.record.metadata import Metadata
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.people import People
from pytest_recsim.record.per_user import UserLine
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.record.trend import Trend
from pytest_recsim.record.tune import NAME as STUDY
from pytest_recsim.record.tune import Study

_ROOT = Path(__file__).resolve().parents[2]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MARK = "record"


class File(msgspec.Struct, frozen=True):
    """A file of the record, or several of one kind.

    Attributes:
        path: within the report folder, that of a study included, or within the reports folder for a batch, a history and looks; ``*`` stands for any name.
        schema: name of its schema, which is that of the file wherever it has one of its own.
        kind: the Struct that it holds, once or a line.
        meaning: what is in it.
    """

    path: str
    schema: str
    kind: type[msgspec.Struct]
    meaning: str

    @property
    def lines(self) -> bool:
        """Whether every line is JSON of its own, and not the whole file."""
        return ".jsonl" in self.path


FILES = (
    File("simulation_metadata.json", "simulation_metadata", Metadata, "who, what, when, on which service"),
    File("events.jsonl", "events", CheckResult, "one line per finished check, while it happens"),
    File("artifacts/quality_metrics.json", "quality_metrics", QualityMetrics, "every lift and figure"),
    File("artifacts/guardrail_verdicts.json", "guardrail_verdicts", GuardrailVerdicts, "the guardrails"),
    File("artifacts/scenario_summary.json", "scenario_summary", ScenarioSummary, "S1 to S10"),
    File("artifacts/evidence/s*.json", "evidence", Evidence, "what one scenario saw"),
    File("artifacts/seed_manifest.json", "seed_manifest", SeedManifest, "what was seeded and held out"),
    File("artifacts/seed_segments.json", "seed_segments", SeedSegments, "the same by segment"),
    File(
        "artifacts/recommendation_dump.jsonl.gz",
        "recommendation_dump",
        DumpLine,
        "one line per quality list: question and answer",
    ),
    File(
        "artifacts/per_user.jsonl.gz",
        "per_user",
        UserLine,
        "one line per evaluated user: list, numbers, those of the baseline",
    ),
    File(
        "artifacts/people.json",
        "people",
        People,
        "five typical users, with `--recsim-show-users` only",
    ),
    File("artifacts/trend.json", "trend", Trend, "what the report shows of the runs before"),
    File("*/history.jsonl", "history", Past, "one line per run of a customer that ended"),
    File(
        "artifacts/comparison.json",
        "comparison",
        Comparison,
        "this run against an earlier one, where one was named",
    ),
    File("batches/*.json", "batch_summary", BatchRecord, "a batch: one row per simulation"),
    File(f"*/{LOOKS}", "verdict_looks", Look, "one line per tuning study that has looked at a verdict slice"),
    File(STUDY, "study", Study, "a tuning study, in its folder `*/tune_*`"),
)


def file_of(path: str) -> File:
    """Return what a file of a report folder, or of a batch, is.

    Raises:
        KeyError: it is no JSON file of the record.
    """
    for file in FILES:
        if fnmatchcase(path, file.path):
            return file
    raise KeyError(path)


def schema_of(file: File) -> dict[str, Any]:
    """Return a file's schema: what must be there, and what is; members that it does not name may come later."""
    parts = msgspec.json.schema(file.kind)["$defs"]
    for part in parts.values():
        _describe(part)
    whole = parts.pop(file.kind.__name__)
    if "schema_version" in whole["properties"]:
        whole["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
        whole["required"] = ["schema_version", *whole.get("required", ())]
    title = f"pytest-recsim {file.path}" + (", one line" if file.lines else "")
    schema = {"$schema": DIALECT, **whole, "title": title, "$defs": parts}
    found: dict[str, Any] = json.loads(json.dumps(schema))  # defaults that are tuples become lists
    return found


def _describe(part: dict[str, Any]) -> None:
    """Give each member its own words, which stand below ``Attributes:`` of its Struct's."""
    said, _, members = cleandoc(part["description"]).replace("``", "`").partition("Attributes:\n")
    part["description"] = " ".join(said.split())
    for entry in re.split(r"\n(?= {4}\S)", members) if members else ():
        names, _, words = entry.strip().partition(": ")
        for name in names.split(", "):
            part["properties"][name]["description"] = " ".join(words.split())


def table() -> str:
    """Return the files and their schemas as a Markdown table."""
    rows = (f"| `{file.path}` | `{file.schema}` | {file.meaning} |\n" for file in FILES)
    return "| file | schema | what is in it |\n|---|---|---|\n" + "".join(rows)


def with_table(text: str) -> str:
    """Return a page with the table renewed."""
    return renewed(text, MARK, table())


def renewed(text: str, mark: str, table: str) -> str:
    """Return a page with a table between ``<!-- mark -->`` and ``<!-- /mark -->`` instead of what stood there."""
    head, start, rest = text.partition(f"<!-- {mark} -->\n")
    _, end, tail = rest.partition(f"<!-- /{mark} -->\n")
    return f"{head}{start}{table}{end}{tail}"


def main() -> None:
    """Write the schemas and the table into the checkout."""
    for file in FILES:
        path = _ROOT / "pytest_recsim" / "schemas" / f"{file.schema}.schema.json"
        path.write_text(json.dumps(schema_of(file), indent=2) + "\n", encoding="utf-8")
    page = _ROOT / "docs" / "ci.md"
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
