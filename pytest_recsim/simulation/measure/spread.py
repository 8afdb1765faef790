"""What the lists are made of: how long they are, and which part of the catalogue gets their slots."""

from __future__ import annotations

import numpy as np

from pytest_recsim.judge.catalogue import exposures
from pytest_recsim.plan.model import K
from pytest_recsim.record.quality import Exposure
from pytest_recsim.simulation.measure.basis import Basis
from pytest_recsim.simulation.truth.slates import Lists

PARTS = 10


def lengths_of(basis: Basis) -> tuple[int, ...]:
    """Count the lists with 0, 1, ... 20 items among the first 20; nothing without lists."""
    if not len(basis.lengths):
        return ()
    return tuple(np.bincount(basis.lengths, minlength=K + 1).tolist())


def exposure_of(basis: Basis, popular: Lists) -> Exposure | None:
    """Count the slots of every tenth of the order of popularity; None where there is no such order, or no list.

    Args:
        basis: the quality lists of some users.
        popular: ``int32[U, 20]``, the popularity baseline's lists of the same users.
    """
    world, order = basis.table.world, basis.order
    if world.no_popularity or not len(popular):
        return None
    width = len(world.available)
    shown, unknown = exposures(basis.table.lists, width, K)
    baseline, _ = exposures(popular, width, K)
    tenth = np.arange(len(order)) * PARTS // len(order)
    items, mine, theirs = (
        tuple(np.bincount(tenth, weights=counts, minlength=PARTS).astype(np.int64).tolist())
        for counts in (np.ones(len(order)), shown[order], baseline[order])
    )
    return Exposure(
        items=items,
        shown=mine,
        baseline=theirs,
        elsewhere=unknown + int(shown[~world.available].sum()),
    )
