"""The page of a record that is not whole: what can be read of it, and sentences for what cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.few import first_few
from pytest_recsim.record.jsonio import SCHEMA_VERSION, write_text
from pytest_recsim.record.model import BLOCKING, CheckResult, worst_first
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.report.html import write_page
from pytest_recsim.report.markdown import CHECKS, REST, render_bundle
from pytest_recsim.report.text import foreign

PARTIAL = "README-partial.md"
ODD = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, msgspec.MsgspecError)
"""What rendering facts of another shape may raise."""


def render_record(bundle: Bundle) -> list[str]:
    """Write ``report.html`` and ``README.md`` from a sound record; else say what is wrong and write what can be read to ``README-partial.md``."""
    facts, wrong = _facts(bundle)
    results, found = _results(bundle)
    wrong += found or _contradictions(facts, results)
    quality, found = _quality(bundle)
    wrong += found
    if not wrong:
        try:
            render_bundle(bundle)
            write_page(bundle)
            render_bundle(bundle)  # again: now there is a page to link to
            with suppress(OSError):  # of an earlier report, when it was not sound
                (bundle.root / PARTIAL).unlink(missing_ok=True)
        except ODD as error:
            wrong = [f"simulation_metadata.json is not of the shape that is written today ({_short(error)})"]
    if wrong and (results or facts.get("customer")):
        page = "\n".join(_page(facts, results, quality, wrong)).rstrip()
        write_text(bundle.root / PARTIAL, f"{page}\n")
        wrong.append(f"what can be read is in {PARTIAL}")
    return wrong


def _facts(bundle: Bundle) -> tuple[dict[str, Any], list[str]]:
    try:
        facts = bundle.read_metadata()
    except (OSError, msgspec.DecodeError) as error:
        return {}, [f"simulation_metadata.json cannot be read ({_short(error)})"]
    version = facts.get("schema_version")
    if not isinstance(facts.get("customer"), str) or not isinstance(version, int):
        return {}, ["simulation_metadata.json is not that of a run of pytest-recsim"]
    if version > SCHEMA_VERSION:
        later = f"it has schema_version {version}, this pytest-recsim reads {SCHEMA_VERSION}"
        return facts, [f"simulation_metadata.json is of a later version ({later})"]
    return facts, []


def _results(bundle: Bundle) -> tuple[list[CheckResult], list[str]]:
    try:
        results, odd = bundle.told()
    except (OSError, msgspec.DecodeError) as error:
        return [], [f"events.jsonl cannot be read ({_short(error)})"]
    return results, [f"events.jsonl: {first_few(odd, 5)}: no result of a check in this line"] if odd else []


def _quality(bundle: Bundle) -> tuple[QualityMetrics | None, list[str]]:
    try:
        return bundle.read_quality(), []
    except (OSError, msgspec.DecodeError) as error:
        return None, [f"artifacts/quality_metrics.json cannot be read ({_short(error)})"]


def _contradictions(facts: dict[str, Any], results: list[CheckResult]) -> list[str]:
    """What the verdict says against the checks that it was made from."""
    verdict = facts.get("verdict")
    status = verdict.get("status") if isinstance(verdict, dict) else None
    bad = [result.label for result in results if result.outcome in BLOCKING]
    if status in ("may_go", "partial") and bad:
        return [f"the verdict says `{status}`, but {bad[0]} is among the checks that failed"]
    planned = facts.get("planned_checks")
    if status == "may_go" and isinstance(planned, list) and len(results) < len(planned):
        return [f"the verdict says `may_go`, but {len(results)} of {len(planned)} checks are in events.jsonl"]
    return []


def _page(
    facts: dict[str, Any], results: list[CheckResult], quality: QualityMetrics | None, wrong: list[str]
) -> Iterator[str]:
    results = worst_first(results)
    yield "# Incomplete, proves nothing: this record is damaged, or not what it was"
    yield ""
    yield from (f"- {foreign(sentence)}" for sentence in wrong)
    yield ""
    for section in CHECKS:
        yield from _guarded(lambda section=section: section(results))  # type: ignore[misc]
    for part in REST:
        yield from _guarded(lambda part=part: part(facts, results, quality))  # type: ignore[misc]


def _guarded(section: Callable[[], Iterator[str]]) -> list[str]:
    """Render a section, or nothing where its facts are not there."""
    try:
        return list(section())
    except ODD:
        return []


def _short(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror or error)
    text = " ".join(str(error).split())[:200]
    return f"`{text}` is missing" if isinstance(error, KeyError) else text
