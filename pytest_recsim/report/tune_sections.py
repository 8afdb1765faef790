"""A tuning study as sections: words, a table and the pictures that go with them, for both of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_recsim.record.tune import Gain, Measured, Study, Suite, Trial
from pytest_recsim.report.sentences import moment
from pytest_recsim.report.text import number
from pytest_recsim.report.tune_front import front
from pytest_recsim.report.tune_words import (
    START,
    broken_words,
    changes,
    changes_words,
    counted,
    drawn_from,
    interval,
    label,
    looks_words,
    move,
    order,
    span,
    whose,
)

DEFINITIONS = (
    ("seeded, tuning, verdict slice", "Three parts of the events, one after the other in time. The service learns the first; trials are judged by the second; the winner and the starting profile are judged once by the third, which no trial has seen."),
    ("what has to hold", "Every guardrail of guardrails.yml, and that no segment loses more than is allowed. What could not be measured is not taken for holding."),
    ("95 % paired interval", "Both sets of knobs answered for the same users. Each user's two numbers are compared; where the interval leaves 0 out, the difference is larger than chance among these users explains."),
    ("stopped early", "A trial that was measured on a part of the users only, because that part already told that it is no better than the best so far, or does not keep what has to hold. Its numbers are estimates, and it is never recommended."),
    ("promised, shown", "The gain on the tuning slice, by which the winner was picked, and on the verdict slice. The best of many trials always looks a little better than it is, so less is shown than promised."),
)  # fmt: skip
LONG = 12
"""Rows of a table that is shown without being asked for."""
MOST_ROWS = 200
"""More trials are not listed; study.json has them all."""


class Link(NamedTuple):
    """A cell that leads to a file of the study."""

    text: str
    target: str


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        key: its anchor, and what its pictures are found by.
        title: its heading.
        words: paragraphs, before the table.
        head, rows: the table; none without a head.
        legend: how to read the pictures.
        folded: whether the table is shown when somebody asks for it.
    """

    key: str
    title: str
    words: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str | Link, ...], ...] = ()
    legend: str = ""
    folded: bool = False


def sections(study: Study) -> list[Section]:
    """Return the sections that this study has something for, the most important first."""
    makers: tuple[Callable[[Study], Iterator[Section]], ...] = (
        _changes,
        _gains,
        _figures,
        _optimism,
        _suites,
        _front,
        _effects,
        _left_out,
        _trials,
        _slices,
        _requests,
        _words,
        _again,
    )
    return [one for make in makers for one in make(study)]


def _changes(study: Study) -> Iterator[Section]:
    if study.winner is None:
        return
    found = changes(study, study.trial(study.winner))
    change = study.verdict is not None and study.verdict.decision == "change"
    title = "What changes" if change else f"What trial {study.winner} would have changed"
    rows = tuple(
        (one.knob, one.start or "(not set)", value or "(empty)", one.meaning) for one, value in found
    )
    yield Section("changes", title, (), ("knob", "from", "to", "meaning"), rows)


def _gains(study: Study) -> Iterator[Section]:
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


def _figures(study: Study) -> Iterator[Section]:
    suites = {one.who: one for one in study.verdict.suites} if study.verdict else {}
    start, winner = suites.get(START), suites.get(str(study.winner))
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


def _optimism(study: Study) -> Iterator[Section]:
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


def _suites(study: Study) -> Iterator[Section]:
    suites = (*study.finalists, *(study.verdict.suites if study.verdict else ()))
    if not suites:
        return
    words = (
        "The whole suite: guardrails and scenarios S1 to S10. On the tuning slice the best trials, until one was ready.",
        "On the verdict slice the starting profile and the winner, once each.",
    )
    head = ("knobs", "slice", "verdict", "failed or not measured", "report")
    rows = tuple(_suite(study, one) for one in suites)
    yield Section("suites", "Whole runs of the finalists", words, head, rows)


def _suite(study: Study, one: Suite) -> tuple[str | Link, ...]:
    who = f"profile {study.profile}" if one.who == START else f"trial {one.who}"
    failing = ", ".join(one.failing) or ("none" if one.ready else "")
    page = Link("README.md", f"{one.run}/README.md") if one.run else ""
    return (who, one.slice, one.verdict, failing, page)


def _front(study: Study) -> Iterator[Section]:
    if not any(one.measured for one in study.trials):
        return
    found = front(study)
    words = (
        "Trials that keep everything that has to hold, and that no other such trial beats in every goal at once."
        if found
        else "No trial keeps everything that has to hold.",
    )
    head = ("trial", *(goal.label for goal in study.goals), "lists changed", "knobs that differ")
    rows = tuple(
        (str(one.number), *_goals(study, one.measured), _share(one.measured), changes_words(study, one))
        for one in found
    )
    legend = (
        "Filled: keeps everything. Cross: breaks something, or could not be measured. Small: stopped early, an estimate. "
        "Diamond: the starting profile. Star: the winner."
    )
    line = " The line joins the trials of the table." if len(study.goals) == 2 else ""
    title, long = "What one goal costs in the others", len(rows) > LONG
    yield Section("front", title, words, head if found else (), rows, legend + line, folded=long)


def _goals(study: Study, measured: Measured | None) -> tuple[str, ...]:
    return tuple(number(measured.goals.get(goal.metric)) if measured else "" for goal in study.goals)


def _share(measured: Measured | None) -> str:
    return "" if measured is None or measured.changed is None else f"{measured.changed:.0%}"


def _effects(study: Study) -> Iterator[Section]:
    if not study.effects:
        return
    space = {one.knob: one for one in study.space}
    dead = [one.knob for one in study.effects if one.kind == "dead"]
    words = (f"Without effect on these data: {', '.join(dead)}.",) if dead else ()
    rows = tuple(
        (
            one.knob,
            drawn_from(space[one.knob]) if one.knob in space else "",
            EFFECTS[one.kind],
            "unknown" if one.importance is None else f"{one.importance:.0%}",
            "not tried" if one.changed is None else f"{one.changed:.0%}",
            one.sentence,
        )
        for one in study.effects
    )
    head = ("knob", "tried", "effect", "importance", "lists changed", "what that rests on")
    yield Section("knobs", "What each knob does", words, head, rows)


EFFECTS = {
    "matters": "matters",
    "dead": "none",
    "flat": "changes lists, not the goal",
    "unknown": "unknown",
}


def _left_out(study: Study) -> Iterator[Section]:
    if study.left_out:
        rows = tuple(study.left_out.items())
        yield Section("left-out", "Knobs that were left out", (), ("knob", "why"), rows)


def _trials(study: Study) -> Iterator[Section]:
    if not study.trials:
        return
    shown = order(study)[:MOST_ROWS]
    more = len(study.trials) - len(shown)
    words = (f"{more:,} more trials are in study.json.",) if more else ()
    head = (
        "trial",
        "ended",
        "users",
        *(goal.label for goal in study.goals),
        "lists changed",
        "asked",
        "does not hold",
        "knobs that differ",
    )
    rows = tuple(_trial(study, one) for one in shown)
    legend = "Marks as above. Line: the best so far that keeps everything. Dashed: the starting profile."
    yield Section("trials", "All trials", words, head, rows, legend, folded=True)


def _trial(study: Study, one: Trial) -> tuple[str, ...]:
    found = one.measured
    return (
        str(one.number),
        f"{one.state}: {one.reason}" if one.reason else one.state,
        f"{found.users:,} of {found.of:,}" if found else "",
        *_goals(study, found),
        _share(found),
        f"{found.asked:,}" if found else "",
        broken_words(found),
        changes_words(study, one),
    )


def _slices(study: Study) -> Iterator[Section]:
    if study.slices:
        rows = tuple(
            (one.name, *span(one.after, one.until), f"{one.events:,}", f"{one.users:,}")
            for one in study.slices
        )
        head = ("slice", "after", "up to", "events", "users")
        yield Section("slices", "Which events stand behind it", (), head, rows)


def _requests(study: Study) -> Iterator[Section]:
    if not study.requests:
        return
    names = sorted(study.requests, key=lambda name: (name == "total", name))
    rows = tuple((name, f"{study.requests[name]:,}") for name in names)
    shared = sum(one.measured.shared for one in study.trials if one.measured)
    saved = f"; {counted(shared, 'question')} had been answered before and were not asked again"
    words = (f"In {study.seconds:,.0f} s{saved if shared else ''}.",)
    yield Section("requests", "What it took", words, ("recommendation requests for", "sent"), rows)


def _words(study: Study) -> Iterator[Section]:
    goals = ", ".join(f"{one.label} ({one.better} is better)" for one in study.goals)
    words = (f"Goals: {goals}.",) if goals else ()
    yield Section("words", "What the words mean", words, ("word", "meaning"), DEFINITIONS)


def _again(study: Study) -> Iterator[Section]:
    rows = [
        ("customer", study.customer),
        ("starting profile", study.profile),
        ("service", study.service),
        ("started", moment(study.started_at) or study.started_at),
        ("sampler, seed, jobs", f"{study.sampler}, {study.seed}, {study.jobs}"),
    ]
    rows += [("the study", study.command)] if study.command else []
    if study.tuned:
        rows += [
            ("the verdict", f"pytest --customer {study.customer} --env-profile {study.tuned}"),
            ("what changed", f"recsim profile diff {study.profile} {study.tuned}"),
        ]
    yield Section("again", "How to reproduce it", (), ("what", "value"), tuple(rows))
