"""README.md of a bundle: the page a product manager opens first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.causes import UNPREPARED, causes_of
from pytest_recsim.record.jsonio import write_text
from pytest_recsim.record.model import (
    BLOCKING,
    CheckResult,
    Measure,
    Outcome,
    borderline_words,
    worst_first,
)
from pytest_recsim.record.quality import QualityMetrics
from pytest_recsim.record.trend import read_trend
from pytest_recsim.report.blocking import against, causes, waivers
from pytest_recsim.report.changes import changes_section
from pytest_recsim.report.comparison import comparison_section, headline, run_words
from pytest_recsim.report.data import data_section
from pytest_recsim.report.people import people_section
from pytest_recsim.report.quality import overall_lines, quality_section
from pytest_recsim.report.sentences import dates, seeded_of, soundness, sureness
from pytest_recsim.report.text import costs, foreign, link, number, retried, table, upper
from pytest_recsim.report.trend import trend_section

SIGNS: dict[Outcome, str] = {
    "passed": "passed",
    "failed": "**FAILED**",
    "flaky": "**flaky**",
    "not_measured": "**not measured**",
    "error": "**error**",
    "missing": "**never reported**",
    "warned": "warned",
    "waived": "waived",
    "skipped": "left out",
}


def outcome_words(outcome: Outcome) -> str:
    """How a check ended, without the emphasis that Markdown gives it."""
    return SIGNS[outcome].strip("*")


def render_bundle(bundle: Bundle) -> None:
    """Write ``README.md`` from the record; works on unfinished and killed runs too."""
    lines = "\n".join(_lines(bundle))
    write_text(bundle.root / "README.md", lines.rstrip() + "\n")


def _lines(bundle: Bundle) -> Iterator[str]:
    facts = bundle.read_metadata()
    results = worst_first(bundle.results())
    yield f"# {foreign(facts['customer'])}: {foreign(verdict_words(facts, results))}"
    yield ""
    yield from causes(results)
    yield from _caveats(facts, results)
    yield from _sure(results)
    quality = bundle.read_quality()
    yield from overall_lines(quality)
    comparison = bundle.read_comparison()
    if comparison:
        yield f"Compared with {foreign(run_words(comparison.before))}: {foreign(headline(comparison))}"
        yield ""
    yield from _what(facts, seeded_of(bundle))
    yield from against(results)
    yield from waivers(results, facts)
    yield from _let_through(results)
    yield from _checks(results)
    yield from _unreported(facts, results)
    yield from changes_section(facts, results, quality)
    yield from trend_section(read_trend(bundle))
    if comparison:
        yield f"## Compared with {foreign(run_words(comparison.before))}"
        yield ""
        yield from comparison_section(comparison, everything=False)
    yield from quality_section(quality)
    yield from data_section(facts)
    yield from people_section(bundle.read_people())
    yield from _knobs(facts)
    yield from _links(bundle)


def verdict_words(facts: dict[str, Any], results: Sequence[CheckResult]) -> str:
    """What a run amounts to in one sentence, also of one that was killed or only seeded."""
    verdict = facts.get("verdict") or {}
    if facts.get("status") == "seeded":
        return "seeded only, nothing was judged"
    if facts.get("status") == "started":
        return f"incomplete: {_so_far(facts, results)}; this run has not finished, or was killed"
    return str(verdict.get("sentence", "incomplete"))


def _so_far(facts: dict[str, Any], results: Sequence[CheckResult]) -> str:
    """Count what has reported by the lines there are, because nobody was left to count."""
    bad = sum(result.outcome in BLOCKING for result in results)
    failed = f", {bad} of them failed" if bad else ""
    planned = facts.get("planned_checks", [])
    if not planned:
        return "no check had reported"
    return f"{len(results)} of {len(planned)} planned checks had reported{failed}"


def _caveats(facts: dict[str, Any], results: Sequence[CheckResult]) -> Iterator[str]:
    failure = facts.get("preparation_failure")
    if failure and not any(root.cause == UNPREPARED for root in causes_of(results)):
        yield f"> Preparation failed: {foreign(failure)}"
        yield ""
    caveats = (facts.get("verdict") or {}).get("caveats", [])
    for caveat in caveats:
        yield f"- Note: {foreign(caveat)}."
    if caveats:
        yield ""


def _sure(results: list[CheckResult]) -> Iterator[str]:
    if said := sureness(results):
        yield foreign(said)
        yield ""


def _what(facts: dict[str, Any], seeded: SeedManifest | None = None) -> Iterator[str]:
    service, profile, place = facts["service"], facts["profile"], facts["place"]
    fixture, requests, users = facts["fixture"], facts["requests"], facts["users"]
    rows = [
        ("started", facts["started_at"]),
        (
            "service",
            f"{service['kind']} {service['url']} ({service['url_from']}), model {service['model_version']}",
        ),
        ("namespace", f"{place['namespace']['value']} of org {place['org_id']['value']}"),
        (
            "profile",
            (
                f"{profile['name']['value']} ({profile['name']['origin']}){_overrides(profile)}, "
                f"sha256 {profile['sha256'][:12]}, reaches the service by `{profile['apply']['value']}`"
            ),
        ),
        (
            "data set",
            (
                f"{fixture['path']}: {fixture['items']:,} items, {fixture['users']:,} users, "
                f"{fixture['events']:,} events, sha256 {fixture['sha256'][:12]}"
            ),
        ),
        *([("weeks", said)] if (said := dates(seeded)) else []),
        *([("is it sound", said)] if (said := soundness(seeded)) else []),
        ("users evaluated", f"{users['evaluated']:,} of {users['in_fixture']:,}"),
        ("requests", f"{requests['total']:,}, of them {requests['recommendations']:,} recommendations"),
        *([("sent by", said)] if (said := costs(requests)) else []),
        *([("retries", retried(requests["retries"]))] if requests.get("retries") else []),
        *_traffic(requests),
    ]
    yield from table(("", ""), rows)
    for note in facts.get("notes", []):
        yield f"- {foreign(note)}"
    yield ""


def _overrides(profile: dict[str, Any]) -> str:
    """What was laid over the profile; bundles of earlier versions do not say."""
    found = profile.get("overrides", {})
    shown = ", ".join(f"{name}={one['text']} ({one['origin']})" for name, one in found.items())
    return f" with {shown}" if shown else ""


def _traffic(requests: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Answer times and failures, as far as this run got to know them."""
    times = requests.get("quality_lists_ms", {}).get("")
    if times and times["n"]:
        yield (
            "answer times",
            (
                f"median {number(times['p50_ms'])} ms, p95 {number(times['p95_ms'])} ms over {times['n']:,} quality "
                "lists (client side)"
            ),
        )
    if failed := requests.get("failed_recommendations"):
        causes = ", ".join(f"{cause} {count:,}" for cause, count in failed.items())
        yield "failed attempts at recommendations", f"{sum(failed.values()):,} ({causes})"


def _let_through(results: list[CheckResult]) -> Iterator[str]:
    """What is bad and does not block: a reader has to see it before the green lines."""
    found = [result for result in results if result.outcome in ("warned", "waived")]
    if not found:
        return
    yield "## What was let through"
    yield ""
    yield from table(
        ("check", "why", "what it says"),
        [
            (
                result.label,
                f"waived: {result.waiver}" if result.waiver else "severity warn",
                result.first_line,
            )
            for result in found
        ],
    )


def _checks(results: list[CheckResult]) -> Iterator[str]:
    yield "## All checks"
    yield ""
    rows = [
        (
            result.label,
            SIGNS[result.outcome],
            result.title,
            _measured(result),
        )
        for result in sorted(results, key=_shelf)
    ]
    yield from table(("check", "outcome", "what it says", "measured"), rows)


def _unreported(facts: dict[str, Any], results: list[CheckResult]) -> Iterator[str]:
    """What a killed run did not get to; an ended one has a line for each in the table."""
    done = {f"{result.check} {result.case}".strip() for result in results}
    names = [name for name in facts.get("planned_checks", []) if name not in done]
    if names:
        yield f"Planned and never reported: {foreign(', '.join(names))}."
        yield ""


def _shelf(result: CheckResult) -> tuple[int, str, str]:
    return (result.scenario, result.check, result.case)


def _measured(result: CheckResult) -> str:
    if result.waiver:
        return f"waived: {result.waiver}"
    if result.outcome in ("not_measured", "error", "missing", "skipped") or not result.measures:
        return result.first_line
    shown = [measure for measure in result.measures if measure.ok is False] or list(result.measures)
    text = "; ".join(map(_measure, shown[:3]))
    return text + (f"; {len(shown) - 3} more" if len(shown) > 3 else "")


def _measure(measure: Measure) -> str:
    bounds = ""
    if measure.low is not None:
        bounds = f" [{measure.low:.2f}, {upper(measure.high, 2)}]"
    n = f", n {measure.n:,}" if measure.n is not None else ""
    mark = f", {borderline_words(measure)}" if measure.borderline else ""
    return f"{measure.name} {number(measure.got)}{bounds} ({measure.expected}{n}{mark})"


def _knobs(facts: dict[str, Any]) -> Iterator[str]:
    rows = facts["profile"]["knobs"]
    if not rows:
        return
    yield "## Knobs: asked for and in effect"
    yield ""
    yield from table(
        ("knob", "asked for", "in effect", "status", "seen in", "moves the lists of", "from"),
        [
            (
                row["knob"],
                row["asked"],
                row["in_effect"],
                row["status"],
                row["seen_in"],
                row.get("moves", ""),
                row["origin"],
            )
            for row in rows
        ],
    )


def _links(bundle: Bundle) -> Iterator[str]:
    yield "## Everything behind it"
    yield ""
    for path in bundle.files(but="README.md"):
        yield f"- {link(path, path)}"


CHECKS: tuple[Callable[[list[CheckResult]], Iterator[str]], ...] = (causes, against, _let_through, _checks)
"""What a page says of results alone."""
REST: tuple[Callable[[dict[str, Any], list[CheckResult], QualityMetrics | None], Iterator[str]], ...] = (
    lambda facts, results, _quality: _caveats(facts, results),
    lambda _facts, results, _quality: _sure(results),
    lambda _facts, _results, quality: overall_lines(quality),
    lambda facts, _results, _quality: _what(facts),
    lambda facts, results, _quality: _unreported(facts, results),
    changes_section,
    lambda _facts, _results, quality: quality_section(quality),
    lambda facts, _results, _quality: data_section(facts),
    lambda facts, _results, _quality: _knobs(facts),
)
"""What it says of the rest of the record: facts, results, quality."""
