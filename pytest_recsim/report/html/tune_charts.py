"""Pictures of a tuning study: what a goal costs in others, trials over time, importance, gains per segment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_recsim.record.legible import legible
from pytest_recsim.record.trial import Gain, Measured, Trial
from pytest_recsim.record.tune import Study
from pytest_recsim.report.html.drawing import BAD, FAINT, GOOD, INK, OTHER, Chart, axes, panels, short, svg
from pytest_recsim.report.tune_front import Axis, axes_against, front
from pytest_recsim.report.tune_words import label, whose


def study_charts(study: Study) -> Iterator[Chart]:
    """Return the pictures that this study has numbers for; each is named as its section."""
    if any(trial.measured for trial in study.trials) and study.goals:
        if against := axes_against(study):
            yield front_chart(study, against)
        yield trials_chart(study)
    if any(effect.importance is not None for effect in study.effects):
        yield importance_chart(study)
    if rows := _gains(study):
        yield gains_chart(study, rows)


def _first(study: Study, measured: Measured | None) -> float:
    value = measured.goals.get(study.goals[0].metric) if measured else None
    return math.nan if value is None else value


LOOKS: dict[str, dict[str, Any]] = {
    "stopped": {"marker": ".", "color": FAINT, "markersize": 6},
    "broken": {"marker": "x", "color": BAD, "markersize": 6},
    "kept": {"marker": "o", "color": GOOD, "markersize": 6},
    "winner": {"marker": "*", "color": OTHER, "markersize": 15, "markeredgecolor": INK},
}
"""How trials are drawn, by what became of them; what comes later lies above."""


def _look(study: Study, trial: Trial) -> str:
    if trial.number == study.winner:
        return "winner"
    if trial.recommendable:
        return "kept"
    return "stopped" if trial.state == "stopped" else "broken"


def _marks(plot: Any, study: Study, places: Mapping[int, float]) -> None:
    """Draw a mark for every trial that has a place; each kind at once, because there may be thousands."""
    for look, style in LOOKS.items():
        shown = [one for one in study.trials if one.number in places and _look(study, one) == look]
        heights = [_first(study, one.measured) for one in shown]
        plot.plot([places[one.number] for one in shown], heights, linestyle="", **style)


def front_chart(study: Study, against: Sequence[Axis]) -> Chart:
    """The first goal against others: a mark for every trial, a line through those that none beats."""
    best = front(study)
    with panels(3.4, len(against), len(against)) as (figure, plots):
        for plot, axis in zip(plots, against, strict=True):
            _front_panel(plot, study, axis, best)
        plots[0].set_ylabel(short(study.goals[0].label))
        drawn = svg(figure, "front")
    shown = [(f"trial {one.number}", one.measured) for one in best if one.measured]
    shown += [("the starting profile", study.start)] if study.start else []
    alt = "; ".join(
        f"{who}: {study.goals[0].label} {_first(study, found):.3f}"
        + "".join(f", {axis.label} {value:.3f}" for axis in against if (value := axis.of(found)) is not None)
        for who, found in shown
    )
    title = f"{study.goals[0].label} against {' and '.join(axis.label for axis in against)}"
    return Chart("front", title, legible(alt or "no trial keeps everything that has to hold"), drawn)


def _front_panel(plot: Any, study: Study, axis: Axis, best: Sequence[Trial]) -> None:
    line = sorted(
        (value, _first(study, one.measured))
        for one in best
        if one.measured and (value := axis.of(one.measured)) is not None
    )
    if len(study.goals) == 2:  # with three, it would jump to and fro
        plot.plot([x for x, _ in line], [y for _, y in line], color=GOOD, linewidth=1, alpha=0.6)
    places = {one.number: axis.of(one.measured) for one in study.trials if one.measured}
    _marks(plot, study, {number: value for number, value in places.items() if value is not None})
    if study.start and (value := axis.of(study.start)) is not None:
        plot.plot([value], [_first(study, study.start)], "D", color=INK, markersize=7)
    plot.set_xlabel(short(axis.label))
    plot.margins(0.08)


def trials_chart(study: Study) -> Chart:
    """The first goal of every trial in the order in which they were made, and the best so far."""
    goal = study.goals[0]
    places, values, so_far = [], [], []
    best = math.nan
    for trial in sorted(study.trials, key=lambda one: one.number):
        value = _first(study, trial.measured)
        if trial.recommendable and math.isfinite(value):
            better = max if goal.better == "higher" else min
            best = value if math.isnan(best) else better(best, value)
        places.append(trial.number)
        values.append(value)
        so_far.append(best)
    with axes(2.8) as (figure, plot):
        plot.step(places, so_far, where="post", color=GOOD, linewidth=1.2, alpha=0.6)
        _marks(plot, study, {one.number: float(one.number) for one in study.trials})
        if study.start and math.isfinite(value := _first(study, study.start)):
            plot.axhline(value, color=INK, linewidth=1, linestyle="--")
        plot.set_xlabel("trial")
        plot.set_ylabel(short(goal.label))
        plot.margins(0.04, 0.1)
        drawn = svg(figure, "trials")
    steps = [
        f"trial {number} {now:.3f}"
        for number, now, before in zip(places, so_far, [math.nan, *so_far], strict=False)
        if now != before and math.isfinite(now)
    ]
    start = "" if study.start is None else f"the starting profile {_first(study, study.start):.3f}; "
    alt = f"{start}the best so far: {', '.join(steps) or 'none'}"
    return Chart("trials", f"{goal.label}, trial by trial", legible(alt), drawn)


def importance_chart(study: Study) -> Chart:
    """A bar for every knob whose importance is known, the largest on top."""
    found = sorted(
        ((one.importance, one.knob, one.kind) for one in study.effects if one.importance is not None),
    )
    with axes(0.8 + 0.28 * len(found)) as (figure, plot):
        colours = [FAINT if kind in ("dead", "flat") else OTHER for _, _, kind in found]
        bars = plot.barh(range(len(found)), [100 * share for share, _, _ in found], color=colours, height=0.6)
        plot.bar_label(bars, [f"{share:.0%}" for share, _, _ in found], padding=3)
        plot.set_yticks(range(len(found)), [short(knob) for _, knob, _ in found])
        plot.set_xlim(0, 112)
        plot.set_xlabel("share of what the goal owes to the knobs, %")
        drawn = svg(figure, "knobs")
    alt = "; ".join(f"{knob} {share:.0%}" for share, knob, _ in reversed(found))
    return Chart("knobs", f"How much of {study.goals[0].label} each knob decides", legible(alt), drawn)


def _gains(study: Study) -> list[Gain]:
    """What is drawn: gains of the first metric that has any, everybody on top."""
    gains = study.verdict.gains if study.verdict else ()
    return [one for one in gains if one.metric == gains[0].metric]


def gains_chart(study: Study, gains: Sequence[Gain]) -> Chart:
    """A row per segment: the gain on the verdict slice with its interval, and what was promised."""
    rows = sorted(gains, key=lambda one: one.segment, reverse=True)  # drawn from below; everybody comes last
    optimism = study.verdict.optimism if study.verdict else ()
    promised = {one.segment: one.promised for one in optimism if one.metric == gains[0].metric}
    with axes(1.0 + 0.32 * len(rows)) as (figure, plot):
        plot.axvline(0, color=FAINT, linewidth=0.8)
        for place, one in enumerate(rows):
            _gain(plot, place, one, promised.get(one.segment))
        plot.set_yticks(range(len(rows)), [short(whose(one.segment)) for one in rows])
        plot.set_ylim(-0.7, len(rows) - 0.3)
        plot.set_xlabel(f"difference in {short(label(study, gains[0].metric))}")
        drawn = svg(figure, "gains")
    alt = "; ".join(_in_words(one, promised.get(one.segment)) for one in reversed(rows))
    return Chart("gains", f"Gain in {label(study, gains[0].metric)} per segment", legible(alt), drawn)


def _gain(plot: Any, place: int, one: Gain, promised: float | None) -> None:
    sure = one.low is not None and one.high is not None
    colour = GOOD if one.low is not None and one.low > 0 else BAD if (one.high or 0) < 0 else OTHER
    if sure:
        plot.plot([one.low, one.high], [place, place], color=colour, linewidth=2.2, alpha=0.55)
    plot.plot([one.difference], [place], "o" if sure else "s", color=colour)
    if promised is not None:
        plot.plot([promised], [place + 0.22], "o", color=INK, markerfacecolor="none", markersize=5)


def _in_words(one: Gain, promised: float | None) -> str:
    ends = "" if one.low is None or one.high is None else f" ({one.low:+.4f} to {one.high:+.4f})"
    before = "" if promised is None else f", promised {promised:+.4f}"
    return f"{whose(one.segment)} {one.difference:+.4f}{ends}{before}"
