"""What there is in a data set, counted as a run would: the split, the people of each segment, the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pytest_recsim.data.input.instants import from_us
from pytest_recsim.simulation.measure.lifts import LIFTED
from pytest_recsim.validate.foreseen import Foreseen
from pytest_recsim.validate.guardrails import Guarded
from pytest_recsim.validate.model import Segment, Shape, Split
from pytest_recsim.validate.power import smallest_lift

PARTS = {"1 %": 0.01, "10 %": 0.10, "20 %": 0.20}


def split_of(sim: Foreseen) -> Split:
    """Say from when to when the service learns and is judged."""
    split, times = sim.world.material.split, sim.world.material.columns.ts
    span = sim.world.material.span_us
    return Split(
        at=str(sim.limit("split").value),
        first=_day(span[0]) if span else "",
        cut=_day(span[1]) if span else "",
        last=_day(int(times[split.holdout].max())) if len(split.holdout) else "",
        seeded=len(split.seeded),
        held_out=len(split.holdout),
        older=split.dropped,
        judged=len(sim.rows),
    )


def _day(us: int) -> str:
    return from_us(us).isoformat(timespec="seconds")


def segments_of(sim: Foreseen, guarded: Guarded) -> Iterator[Segment]:
    """Count the people of each segment, and say how small a lift they can show."""
    judged, history = frozenset(sim.rows), sim.world.history
    compared = guarded.compared.popular
    for name, members in sim.world.fixture.segments.items():
        rows = guarded.table.rows_of(name)
        smallest: dict[str, float | None] = {}
        for column, metric in enumerate(LIFTED):
            values = compared[rows, column]
            known = guarded.lift(metric, name).reason is None
            smallest[metric] = smallest_lift(values[~np.isnan(values)]) if known else None
        lift = guarded.lift(LIFTED[0], name)
        yield Segment(
            name=name,
            users=len(members),
            with_history=sum(user in history for user in members),
            with_holdout=sum(user in judged for user in members),
            relevant=lift.n_users,
            hits=lift.n_baseline_hits,
            smallest_lift=smallest,
        )


def shape_of(sim: Foreseen) -> Shape:
    """Count the catalogue."""
    items = [sim.items[item] for item in sim.available]
    counts = np.sort(sim.world.seeded_counts[sim.world.available])[::-1]
    total = int(counts.sum())
    top = {
        name: float(counts[: max(1, round(share * len(counts)))].sum()) / total
        for name, share in PARTS.items()
        if total
    }
    return Shape(
        items=len(sim.items),
        available=len(items),
        with_events=int(np.count_nonzero(counts)),
        priced=sum(item.price is not None for item in items),
        branded=sum(bool(sim.brand_tags(item.item_id)) for item in items),
        categorised=sum(sim.category_of(item.item_id) is not None for item in items),
        tagged=sum(bool(sim.plain_tags(item.item_id)) for item in items),
        margined=sum(item.margin is not None for item in items),
        gini=_gini(counts) if total else None,
        top=top,
    )


def _gini(counts: np.typing.NDArray[np.int64]) -> float:
    """Gini coefficient of counts that fall: the mean difference between two items, relative to twice the mean."""
    size = len(counts)
    ranks = np.arange(size, 0, -1)
    return float(2 * (ranks * counts).sum() / (size * counts.sum()) - (size + 1) / size)
