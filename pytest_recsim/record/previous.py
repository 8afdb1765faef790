"""The run before this one: the newest earlier finished bundle of the same customer, and what has changed since."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.asked import same_data
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.few import first_few
from pytest_recsim.record.quality import LiftFigure, QualityMetrics, lift_label

NAMED = 4
DEVIATIONS = 1.96
"""Standard deviations that 95 % of normal differences stay within."""


class Change(msgspec.Struct, frozen=True):
    """Something that is not as it was; empty text where there was, or is, nothing."""

    what: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.what} {self.before or 'not set'} -> {self.now or 'not set'}"


class Previous(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle keeps of the run before it, so that it can be rendered when that one is gone.

    Attributes:
        bundle: name of its folder.
        verdict: its sentence.
        changes: what is not as it was then.
        outcomes: check (with its case) -> outcome.
        quality: number -> value; None where it was not measured.
    """

    bundle: str
    verdict: str
    changes: tuple[Change, ...]
    outcomes: dict[str, str]
    quality: dict[str, float | None]

    def since(self, check: str, words: Collection[str] = ()) -> str:
        """One line for a failing check: what has changed, first what has one of these words in its name."""
        then = self.outcomes.get(check, "")
        head = f"since {self.bundle}" + (f" (where it {_WORDS.get(then, then)})" if then else "")
        if not self.changes:
            return f"{head}: no knob, threshold, data set, option or service version has changed"
        ordered = sorted(self.changes, key=lambda change: not any(word in change.what for word in words))
        same = "" if any(change.what == DATA_SET for change in self.changes) else "; the data set is the same"
        return f"{head}: {first_few(ordered, NAMED, '; ')}{same}"


DATA_SET = "data set"
_WORDS = {"not_measured": "was not measured", "missing": "did not report", "error": "ended with an error"}


def earlier(bundle: Bundle) -> Bundle | None:
    """Return the newest finished bundle of the same customer that is older than this one."""
    try:
        customer = bundle.read_metadata().get("customer") if bundle.metadata.is_file() else None
        folders = sorted(bundle.root.parent.iterdir(), key=lambda folder: _age(folder.name), reverse=True)
    except (OSError, msgspec.DecodeError):
        return None
    for folder in folders:
        if _age(folder.name) < _age(bundle.root.name) and _finished(Bundle(folder), customer):
            return Bundle(folder)
    return None


def finished_runs(folder: Path) -> Iterator[Bundle]:
    """Yield the finished bundles in a customer's folder, the newest first; none where there is no folder."""
    try:
        runs = sorted(folder.iterdir(), key=lambda run: _age(run.name), reverse=True)
    except OSError:
        return
    yield from (Bundle(run) for run in runs if _finished(Bundle(run), None))


def compared(before: Bundle, now: dict[str, Any]) -> Previous | None:
    """Hold a finished bundle against the metadata of a later run; None when it is not readable as one of ours."""
    try:
        then = before.read_metadata()
        return Previous(
            bundle=before.root.name,
            verdict=str((then.get("verdict") or {}).get("sentence", "")),
            changes=tuple(_changes(then, now)),
            outcomes={result.label: result.outcome for result in before.results()},
            quality=numbers(before.read_quality()),
        )
    except (OSError, msgspec.MsgspecError, KeyError, TypeError, AttributeError):
        return None


def numbers(quality: QualityMetrics | None) -> dict[str, float | None]:
    """Return the judged lifts and the figures of a quality_metrics.json by name; none where there is none."""
    if quality is None:
        return {}
    lifts = {name: row.lift for name, row in _judged(quality).items()}
    return lifts | {name: figure.value for name, figure in quality.figures.items()}


def chance(quality: QualityMetrics | None) -> dict[str, float]:
    """By how much a lift may differ between two runs of one configuration merely because equal questions get unequal answers.

    95 % of such differences are smaller: both runs' means move, hence the square root of 2. Lifts that do not are left out.
    """
    return {
        name: DEVIATIONS * math.sqrt(2) * row.noise_sd / row.baseline_mean
        for name, row in (_judged(quality) if quality else {}).items()
        if row.noise_sd and row.baseline_mean
    }


def _judged(quality: QualityMetrics) -> dict[str, LiftFigure]:
    return {
        f"{lift_label(row.metric)}, {row.segment or 'all users together'}": row
        for row in (*quality.overall, *quality.lifts)
        if row.relevance == quality.judged_relevance
    }


def _age(name: str) -> tuple[str, int]:
    stamp, _, number = name.partition("-")
    return stamp, int(number) if number.isdecimal() else 1


def _finished(bundle: Bundle, customer: object) -> bool:
    try:
        facts = bundle.read_metadata()
    except (OSError, msgspec.DecodeError):
        return False
    return facts.get("status") == "finished" and customer in (None, facts.get("customer"))


def _changes(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    """Name what differs, what a stakeholder would ask for first standing first."""
    rows = (_facts(before), _facts(now))
    if same_data(
        *((one["fixture"]["sha256"], one["fixture"].get("file_sha256", "")) for one in (before, now))
    ):
        rows[0][DATA_SET] = rows[1][DATA_SET]
    for what in dict.fromkeys([*rows[1], *rows[0]]):
        then, today = (row.get(what, "") for row in rows)
        if not _same(then, today):
            yield Change(what, then, today)


def _facts(document: dict[str, Any]) -> dict[str, str]:
    profile, fixture, service = document["profile"], document["fixture"], document["service"]
    facts = {name: str(text) for name, text in sorted(profile["asked"].items())}
    facts["profile"] = profile["name"]["value"]
    facts["apply mode"] = profile["apply"]["value"]
    sizes = ", ".join(f"{fixture[name]:,} {name}" for name in ("items", "users", "events"))
    facts[DATA_SET] = f"{fixture['sha256'][:12]} ({sizes})"
    for key, limits in sorted(document["guardrails"]["thresholds"].items()):
        facts[key] = everywhere = _limit(limits["(all)"])
        others = {segment: _limit(limit) for segment, limit in sorted(limits.items())}
        facts |= {f"{key} for {name}": text for name, text in others.items() if text != everywhere}
    for name in ("surface", "sample_users", "window_days"):
        facts[name] = _text(document["options"][name])
    facts["service"] = service["kind"] if service["kind"] == "stand-in" else service["url"]
    for name in ("version", "git_commit", "model_version"):
        if service["kind"] != "stand-in":  # that one is ours, and started anew for every run
            facts[f"service's {name}"] = _text(service.get(name))
    facts["pytest-recsim"] = _text(document["tool"]["pytest_recsim"])
    return {name: text for name, text in facts.items() if text}


def _limit(limit: dict[str, Any]) -> str:
    return _text(limit["value"]) + (", warns only" if limit["severity"] == "warn" else "")


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in sorted(value.items()))
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def _same(before: str, now: str) -> bool:
    """Whether two texts say the same; `0.30` and `.3` do."""
    try:
        return before == now or float(before) == float(now)
    except ValueError:
        return False
