"""The table of a sweep: every variant that has ended against the first one, from their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_recsim.compare.compare import compare
from pytest_recsim.compare.sides import Run, read_run
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.comparison import Comparison, Difference
from pytest_recsim.record.sweep import Sweep, SweptKnob, VariantResult
from pytest_recsim.simulation.bundle.writer import Writer

METRICS = ("ndcg", "mrr")
Lists = Mapping[str, tuple[str, ...]]


@dataclass
class _Group:
    """Variants of one sweep as far as they have ended: results by id, and the lists behind them."""

    first: Run | None
    results: dict[str, VariantResult]
    lists: dict[str, Lists]


class SweepTables:
    """Compares a variant once, when it and the first one have ended; asked for again whenever the summary is written."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def of(self, writers: Mapping[str, Writer], ended: set[str]) -> tuple[Sweep, ...]:
        """Return the sweeps of a run, in the order of their first variants.

        Args:
            writers: of all simulations of the run, by id.
            ended: ids of those whose record is complete.
        """
        sweeps: dict[str, list[Plan]] = {}
        for writer in writers.values():
            plan: Plan = writer.opened.plan
            if plan.variant is not None:
                sweeps.setdefault(plan.variant.first, []).append(plan)
        return tuple(self._sweep(first, plans, writers, ended) for first, plans in sweeps.items())

    def _sweep(self, first: str, plans: list[Plan], writers: Mapping[str, Writer], ended: set[str]) -> Sweep:
        group = self._groups.setdefault(first, _Group(None, {}, {}))
        if first in ended:
            for plan in plans:
                if plan.id in ended and plan.id not in group.results:
                    group.results[plan.id] = _compared(group, plan, writers)
        knobs: dict[str, dict[str, None]] = {}
        for plan in plans:
            for name, text in _knobs(plan).items():
                knobs.setdefault(name, {})[text] = None
        return Sweep(
            simulation=first.partition("@")[0],
            knobs=tuple(SweptKnob(knob=name, values=tuple(texts)) for name, texts in knobs.items()),
            variants=tuple(group.results.get(plan.id, _waiting(plan)) for plan in plans),
            sentences=tuple(_dead(plans, list(knobs), group.lists)),
            slice=plans[0].slice,
        )


def _knobs(plan: Plan) -> dict[str, str]:
    return plan.variant.knobs if plan.variant else {}


def _waiting(plan: Plan) -> VariantResult:
    return VariantResult(
        id=plan.id, knobs=_knobs(plan), reason="it, or the first variant, has not ended here"
    )


def _compared(group: _Group, plan: Plan, writers: Mapping[str, Writer]) -> VariantResult:
    """A variant against the first one; the first one alone has nothing to be held against."""
    variant, mine = plan.variant, VariantResult(id=plan.id, knobs=_knobs(plan))
    assert variant is not None  # a member of a sweep
    try:
        if group.first is None:
            group.first = read_run(writers[variant.first].bundle.root)
        run = group.first if plan.id == variant.first else read_run(writers[plan.id].bundle.root)
    except InputError as error:
        return VariantResult(id=plan.id, knobs=mine.knobs, reason=error.problems[0].what)
    group.lists[plan.id] = {user: line.items for user, line in run.lines.items()}
    if plan.id == variant.first:
        return mine
    found = compare(group.first, run, lambda name: int(plan.limit("min_segment_users", name).value))
    return VariantResult(
        id=plan.id,
        knobs=mine.knobs,
        lists=found.lists.users,
        changed=found.lists.items + found.lists.order if found.lists.users else None,
        differences=tuple(_told(found)),
        reason=" ".join(found.notes),
    )


def _told(found: Comparison) -> Iterator[Difference]:
    for metric in METRICS:
        mine = [one for one in found.differences if one.metric == metric]
        yield from (one for one in mine if not one.segment)
        compared = [one for one in mine if one.segment and one.difference is not None]
        if compared:
            yield min(compared, key=lambda one: one.difference or 0.0)


def _dead(plans: list[Plan], knobs: list[str], lists: Mapping[str, Lists]) -> Iterator[str]:
    """Name knobs that changed not one list wherever two variants differ in them alone."""
    for knob in knobs:
        alike: dict[tuple[tuple[str, str], ...], list[Plan]] = {}
        for plan in plans:
            if plan.id in lists:
                others = tuple(pair for pair in _knobs(plan).items() if pair[0] != knob)
                alike.setdefault(others, []).append(plan)
        several = [found for found in alike.values() if len(found) > 1]
        if several and all(lists[plan.id] == lists[found[0].id] for found in several for plan in found):
            texts = list(dict.fromkeys(_knobs(plan)[knob] for found in several for plan in found))
            users = max(len(lists[found[0].id]) for found in several)
            values = f"{', '.join(texts[:-1])} and {texts[-1]}"
            yield f"{knob} changed nothing: with {values} all {users:,} lists are the same."
