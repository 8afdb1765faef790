"""What every evaluated user got and how good it was: the numbers whose means are the figures, kept for comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.judge.ranking import OF_SLOTS, gains
from pytest_recsim.record.per_user import UserLine
from pytest_recsim.simulation.measure.basis import Basis, Values
from pytest_recsim.simulation.measure.formulas import FORMULAS, PerUser, per_user
from pytest_recsim.simulation.measure.lifts import LIFTED
from pytest_recsim.simulation.truth.applied import Applied


def user_lines(basis: Basis, applied: Applied) -> Iterator[UserLine]:
    """Yield a line per evaluated user, in the order of the quality lists; the mean of a number is the figure.

    Args:
        basis: the quality lists.
        applied: for whom the profile is in effect.
    """
    table, without = basis.table, applied.without
    users, items = table.world.fixture.users, table.world.fixture.items
    mine, theirs = _values(basis), _baseline(basis)
    for row, position in enumerate(table.rows):
        one = users[position]
        yield UserLine(
            user=one.user_id,
            segment=one.segment,
            in_effect=one.user_id not in without,
            items=tuple(items[item].item_id for item in table.lists[row].tolist() if item >= 0),
            values=_of(mine, row),
            baseline=_of(theirs, row),
        )


def _of(values: Mapping[str, Values], row: int) -> dict[str, float]:
    return {name: float(column[row]) for name, column in values.items() if not np.isnan(column[row])}


def _values(basis: Basis) -> dict[str, Values]:
    """Every metric that is a mean over users."""
    which = basis.table.world.plan.limit("relevance").value
    return {
        name: per_user(basis, METRICS[name], which)
        for name, formula in FORMULAS.items()
        if isinstance(formula, PerUser)
    }


def _baseline(basis: Basis) -> dict[str, Values]:
    if basis.table.world.no_popularity:
        return {}
    relevance = basis.sets[basis.table.world.plan.limit("relevance").value]
    slots = gains(basis.rivals.popular, relevance)
    return {name: OF_SLOTS[name](slots, relevance, METRICS[name].k) for name in LIFTED}
