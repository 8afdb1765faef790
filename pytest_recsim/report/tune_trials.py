"""Sections on the trials of a study, and on what its knobs do."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_recsim.record.trial import Measured, Trial
from pytest_recsim.record.tune import Study
from pytest_recsim.report.text import number
from pytest_recsim.report.tune_front import front as leading
from pytest_recsim.report.tune_section import Section
from pytest_recsim.report.tune_words import (
    broken_words,
    changes_words,
    drawn_from,
    order,
)

LONG = 12
"""Rows of a table that is shown without being asked for."""
MOST_ROWS = 200
"""More trials are not listed; study.json has them all."""


def front(study: Study) -> Iterator[Section]:
    if not any(one.measured for one in study.trials):
        return
    found = leading(study)
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


def effects(study: Study) -> Iterator[Section]:
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


def left_out(study: Study) -> Iterator[Section]:
    if study.left_out:
        rows = tuple(study.left_out.items())
        yield Section("left-out", "Knobs that were left out", (), ("knob", "why"), rows)


def trials(study: Study) -> Iterator[Section]:
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
