"""What a tuning study amounts to, in sentences that both of its pages say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_recsim.record.trial import Dimension, Gain, Held, Measured, Trial
from pytest_recsim.record.tune import Study
from pytest_recsim.report.sentences import day_of
from pytest_recsim.report.text import ends, number

START = "start"
SHORT = {
    "ndcg": "NDCG@10",
    "mrr": "MRR@10",
    "map": "MAP@10",
    "hit_rate": "hit rate@10",
    "recall": "recall@20",
}
NAMED = 3
LETTERS = 120
"""More of what does not hold, and of why, is in study.json."""
CHANCE = (
    "A verdict slice is worth most when it is looked at for the first time: who looks often enough finds something that is "
    "better by chance there. Judge the next study on newer events."
)


def headline(study: Study) -> str:
    """What to do, in one line; of a study that still runs, or was killed, how far it got."""
    if study.status == "running":
        return f"Not finished: {len(study.trials):,} of {study.wanted:,} trials so far"
    if study.verdict is not None and study.verdict.decision == "change":
        return f"Change profile {study.profile}: the knobs of trial {study.winner} are better"
    return f"Keep profile {study.profile}"


def tone(study: Study) -> str:
    """How the headline is coloured."""
    if study.status == "running" or study.verdict is None:
        return "open"
    return "good" if study.verdict.decision == "change" else "open"


def why(study: Study) -> Iterator[str]:
    """Say why, how many trials there were, and what to bear in mind."""
    if study.verdict is not None:
        yield study.verdict.sentence
    elif study.status == "running":
        yield "It was stopped, or still goes on; the same command goes on where it is."
    else:
        yield "Nothing was judged on the verdict slice."
    yield tried(study)
    if words := broken_words(study.start):
        yield f"The starting profile itself does not keep everything on the tuning slice: {words}."
    if study.tuned:
        yield f"The profile was written as `{study.tuned}`; nothing was changed on a service."
    if (warning := looks_warning(study)) and study.verdict is not None:
        yield warning
    for note in study.notes:
        yield f"{note[:1].upper()}{note[1:].removesuffix('.')}."


def tried(study: Study) -> str:
    """How many trials there were, and how they ended."""
    ended = {state: sum(one.state == state for one in study.trials) for state in ("stopped", "failed")}
    good = sum(one.recommendable for one in study.trials)
    words = [f"{good:,} kept everything that has to hold"]
    words += [f"{ended['stopped']:,} were stopped early"] * bool(ended["stopped"])
    words += [f"{ended['failed']:,} could not be measured"] * bool(ended["failed"])
    return f"{counted(len(study.trials), 'trial')} of {study.wanted:,}: {', '.join(words)}."


def looks_words(study: Study) -> str:
    """How many studies have looked at the verdict slice; empty where none has."""
    if study.verdict is None or not study.verdict.looks:
        return ""
    looks = study.verdict.looks
    return (
        "This is the first study that has looked at this verdict slice."
        if looks == 1
        else f"{looks} studies have looked at this verdict slice, this one included."
    )


def looks_warning(study: Study) -> str:
    """What several looks mean; empty for the first one."""
    if study.verdict is None or study.verdict.looks < 2:
        return ""
    return f"Warning: {looks_words(study)} {CHANCE}"


def counted(count: int, what: str) -> str:
    """``1 trial``, ``60 trials``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def label(study: Study, metric: str) -> str:
    """How people read a metric's name."""
    found = next((one.label for one in study.goals if one.metric == metric), "")
    return found or SHORT.get(metric, metric.replace("_", " "))


def whose(segment: str) -> str:
    """A segment, or everybody."""
    return segment or "everybody"


def interval(low: float | None, high: float | None) -> str:
    """The ends of an interval; why there is none."""
    return ends(low, high) or "too few users moved to say"


def move(gain: Gain) -> str:
    """A difference, with what share of the value before it is."""
    share = f" ({gain.difference / gain.before:+.1%})" if gain.before else ""
    return f"{gain.difference:+.4f}{share}"


def changes(study: Study, trial: Trial) -> list[tuple[Dimension, str]]:
    """The knobs whose value is not the start's, each with the trial's value."""
    return [
        (one, trial.values[one.knob])
        for one in study.space
        if one.knob in trial.values and trial.values[one.knob] != one.start
    ]


def changes_words(study: Study, trial: Trial) -> str:
    """The same on one line."""
    found = [f"{one.knob}={value or '(empty)'}" for one, value in changes(study, trial)]
    return ", ".join(found) or "as the starting profile"


def drawn_from(one: Dimension) -> str:
    """What was tried for a knob."""
    if one.kind == "choice":
        return " or ".join(value or "(empty)" for value in one.choices)
    step = f" in steps of {one.step:g}" if one.step else ""
    return f"{number(one.low)} to {number(one.high)}{step}{', logarithmic' if one.log else ''}"


def held_name(one: Held) -> str:
    """A guardrail with its segment."""
    return f"{one.label} [{one.case}]" if one.case else one.label


def broken(measured: Measured | None) -> list[Held]:
    """What does not hold or was not measured."""
    return [one for one in measured.held if not one.holds] if measured else []


def broken_words(measured: Measured | None) -> str:
    """The same on one line, the first few by name, with the first reason why something was not measured."""
    found = broken(measured)
    named = [f"{held_name(one)} {number(one.value)}" for one in found[:NAMED]]
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    reason = next((one.reason for one in found if one.reason), "")
    cut = reason if len(reason) <= LETTERS else f"{reason[: LETTERS - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    return "; ".join(named) + more + (f" ({cut})" if cut else "")


def order(study: Study) -> Sequence[Trial]:
    """Trials by what they are worth: the winner, those that may be recommended by the first goal, the others as they came."""
    if not study.goals:
        return study.trials
    goal = study.goals[0]
    sign = 1 if goal.better == "lower" else -1

    def place(trial: Trial) -> tuple[bool, bool, float, int]:
        value = trial.measured.goals.get(goal.metric) if trial.measured else None
        good = trial.recommendable and value is not None
        return (
            trial.number != study.winner,
            not good,
            sign * value if good and value is not None else 0.0,
            trial.number,
        )

    return sorted(study.trials, key=place)


def span(after: str | None, until: str | None) -> tuple[str, str]:
    """The two ends of a slice as dates; words for an open one."""
    return day_of(after) or "the oldest event", day_of(until) or "the newest event"
