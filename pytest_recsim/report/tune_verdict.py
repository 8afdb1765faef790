"""Sections on what the verdict slice says of a study's winner."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.trial import Gain
from pytest_recsim.record.tune import Study, Suite
from pytest_recsim.report.text import number
from pytest_recsim.report.tune_section import Link, Section
from pytest_recsim.report.tune_words import (
    START,
    interval,
    label,
    looks_words,
    move,
    whose,
)
from pytest_recsim.report.tune_words import (
    changes as changed_knobs,
)


def changes(study: Study) -> Iterator[Section]:
    if study.winner is None:
        return
    found = changed_knobs(study, study.trial(study.winner))
    change = study.verdict is not None and study.verdict.decision == "change"
    title = "What changes" if change else f"What trial {study.winner} would have changed"
    rows = tuple(
        (one.knob, one.start or "(not set)", value or "(empty)", one.meaning) for one, value in found
    )
    yield Section("changes", title, (), ("knob", "from", "to", "meaning"), rows)


def gains(study: Study) -> Iterator[Section]:
    if study.verdict is None or not study.verdict.gains:
        return
    words = (
        f"Trial {study.winner} against profile {study.profile} on the verdict slice, each user against themselves.",
        f"No segment may lose more than {study.harm:.0%}.",
    )
    head = ("number", "segment", "users", "before", "now", "difference", "95 % paired interval")
    rows = tuple(_gain(study, one) for one in study.verdict.gains)
    legend = (
        "Dots: what the verdict slice shows, with its 95 % interval. Hollow: what the tuning slice promised."
    )
    yield Section("gains", "What it gains and what it costs", words, head, rows, legend)


def _gain(study: Study, one: Gain) -> tuple[str, ...]:
    return (
        label(study, one.metric),
        whose(one.segment),
        f"{one.n:,}",
        number(one.before),
        number(one.now),
        move(one),
        interval(one.low, one.high),
    )


def figures(study: Study) -> Iterator[Section]:
    whole = {one.who: one for one in study.verdict.suites} if study.verdict else {}
    start, winner = whole.get(START), whole.get(str(study.winner))
    if start is None or winner is None:
        return
    names = [name for name in start.figures if name in winner.figures]
    rows = tuple(
        (
            label(study, name),
            number(start.figures[name]),
            number(winner.figures[name]),
            _apart(start.figures[name], winner.figures[name]),
        )
        for name in names
    )
    head = ("number", f"profile {study.profile}", f"trial {study.winner}", "difference")
    words = (
        "Over everybody, on the verdict slice, as the whole runs measured it: relevance, variety, and what is earned.",
    )
    yield Section("figures", "The whole catalogue, before and after", words, head, rows)


def _apart(before: float | None, now: float | None) -> str:
    return "" if before is None or now is None else f"{now - before:+.4f}"


def optimism(study: Study) -> Iterator[Section]:
    if study.verdict is None or not (study.verdict.optimism or study.verdict.looks):
        return
    rows = tuple(
        (
            label(study, one.metric),
            whose(one.segment),
            _signed(one.promised),
            _signed(one.shown),
            _signed(None if one.promised is None or one.shown is None else one.shown - one.promised),
        )
        for one in study.verdict.optimism
    )
    head = ("number", "segment", "promised", "shown", "shown - promised") if rows else ()
    yield Section("promised", "Promised and shown", (looks_words(study),), head, rows)


def _signed(value: float | None) -> str:
    return "not measured" if value is None else f"{value:+.4f}"


def suites(study: Study) -> Iterator[Section]:
    whole = (*study.finalists, *(study.verdict.suites if study.verdict else ()))
    if not whole:
        return
    words = (
        "The whole suite: guardrails and scenarios S1 to S10. On the tuning slice the best trials, until one was ready.",
        "On the verdict slice the starting profile and the winner, once each.",
    )
    head = ("knobs", "slice", "verdict", "failed or not measured", "report")
    rows = tuple(_suite(study, one) for one in whole)
    yield Section("suites", "Whole runs of the finalists", words, head, rows)


def _suite(study: Study, one: Suite) -> tuple[str | Link, ...]:
    who = f"profile {study.profile}" if one.who == START else f"trial {one.who}"
    failing = ", ".join(one.failing) or ("none" if one.ready else "")
    page = Link("README.md", f"{one.run}/README.md") if one.run else ""
    return (who, one.slice, one.verdict, failing, page)
