"""The smallest lift that a segment can show: found four times of five by the run's own interval, and never flattered."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_recsim.judge.bootstrap import bootstrap_lift
from pytest_recsim.validate.power import smallest_lift


def people(dice, count):
    """Numbers as NDCG has them: many zeros, the rest between 0 and 1."""
    return dice.random(count) * (dice.random(count) < 0.6)


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_a_lift_of_that_size_is_told_from_none_at_least_three_times_of_four(shared):
    dice = np.random.default_rng(7)
    lift = smallest_lift(people(dice, 20_000)[:300])
    found = 0
    for _ in range(40):
        baseline = people(dice, 300)
        mine = np.where(dice.random(300) < shared, baseline, people(dice, 300)) * (1 + lift)
        (drawn,) = bootstrap_lift(mine[:, None], baseline[:, None], 0, 200, 1.0)
        found += drawn.low > 0
    assert found >= 30


def test_more_users_show_smaller_lifts_and_none_show_none():
    dice = np.random.default_rng(1)
    values = people(dice, 3000)
    assert smallest_lift(values) < smallest_lift(values[:400]) < smallest_lift(values[:40])
    assert smallest_lift(values[:1]) is None
    assert smallest_lift(np.zeros(50)) is None
    assert smallest_lift(np.full(50, 0.4)) == pytest.approx(0)
