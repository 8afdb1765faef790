"""A tuning study as sections: words, a table and the pictures that go with them, for both of its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_recsim.record.tune import Study
from pytest_recsim.report.sentences import moment
from pytest_recsim.report.tune_learned import learned, moved
from pytest_recsim.report.tune_section import Section
from pytest_recsim.report.tune_trials import effects, front, left_out, trials
from pytest_recsim.report.tune_verdict import changes, figures, gains, optimism, suites
from pytest_recsim.report.tune_words import (
    counted,
    span,
)

DEFINITIONS = (
    ("seeded, tuning, verdict slice", "Three parts of the events, one after the other in time. The service learns the first; trials are judged by the second; the winner and the starting profile are judged once by the third, which no trial has seen."),
    ("what has to hold", "Every guardrail of guardrails.yml, and that no segment loses more than is allowed. What could not be measured is not taken for holding."),
    ("95 % paired interval", "Both sets of knobs answered for the same users. Each user's two numbers are compared; where the interval leaves 0 out, the difference is larger than chance among these users explains."),
    ("stopped early", "A trial that was measured on a part of the users only, because that part already told that it is no better than the best so far, or does not keep what has to hold. Its numbers are estimates, and it is never recommended."),
    ("promised, shown", "The gain on the tuning slice, by which the winner was picked, and on the verdict slice. The best of many trials always looks a little better than it is, so less is shown than promised."),
)  # fmt: skip


def sections(study: Study) -> list[Section]:
    """Return the sections that this study has something for, the most important first."""
    makers: tuple[Callable[[Study], Iterator[Section]], ...] = (
        changes,
        gains,
        figures,
        optimism,
        moved,
        learned,
        suites,
        front,
        effects,
        left_out,
        trials,
        _slices,
        _requests,
        _words,
        _again,
    )
    return [one for make in makers for one in make(study)]


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
