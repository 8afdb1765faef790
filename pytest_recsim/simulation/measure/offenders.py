"""Who stands behind a bad number: the users that are served worst, the items that crowd or starve the lists."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.guardrails.metric import Better
from pytest_recsim.judge.catalogue import exposures
from pytest_recsim.simulation.truth.slates import Slates

SHOWN = 5
Values = npt.NDArray[np.float64]


class Culprits(NamedTuple):
    """A sentence part that names them, and the row of the user whose list shows it best; empty where there is none."""

    told: str = ""
    row: int | None = None


def worst_users(table: Slates, values: Values, better: Better) -> Culprits:
    """Name the users with the worst values, ``float64[U]``."""
    rows = np.flatnonzero(~np.isnan(values)).tolist()
    if not rows:
        return Culprits()
    users, sign = table.user_ids(), -1.0 if better == "lower" else 1.0
    rows.sort(key=lambda row: (sign * values[row], users[row]))
    named = ", ".join(f"{users[row]} {values[row]:.3g}" for row in rows[:SHOWN])
    return Culprits(f"{'highest' if sign < 0 else 'lowest'} of {len(rows)} users: {named}", rows[0])


def least_served(table: Slates, mine: Values, theirs: Values) -> Culprits:
    """Name the users that lose most against the baseline, ``float64[U]`` each."""
    rows = np.flatnonzero(~np.isnan(mine)).tolist()
    if not rows:
        return Culprits()
    users = table.user_ids()
    rows.sort(key=lambda row: (mine[row] - theirs[row], users[row]))
    worse = sum(bool(mine[row] < theirs[row]) for row in rows)
    named = ", ".join(f"{users[row]} {mine[row]:.3g} (baseline {theirs[row]:.3g})" for row in rows[:SHOWN])
    return Culprits(f"{worse} of {len(rows)} users get less than from the baseline; lowest {named}", rows[0])


def never_shown(table: Slates, k: int) -> Culprits:
    """Name the available items in no list, those with most seeded events first."""
    shown, _ = exposures(table.lists, len(table.world.available), k)
    counts, items = table.world.seeded_counts, table.world.fixture.items
    missing = np.flatnonzero(table.world.available & (shown == 0)).tolist()
    missing.sort(key=lambda item: (-counts[item], items[item].item_id))
    named = ", ".join(f"{items[item].item_id} ({counts[item]} seeded events)" for item in missing[:SHOWN])
    total = int(table.world.available.sum())
    return Culprits(f"{len(missing)} of {total} available items are in no list; most wanted {named}")


def crowding(table: Slates, k: int) -> Culprits:
    """Name the items that are in most lists, and the list with most of them."""
    shown, _ = exposures(table.lists, len(table.world.available), k)
    items = table.world.fixture.items
    order = sorted(np.flatnonzero(shown).tolist(), key=lambda item: (-shown[item], items[item].item_id))
    if not order:
        return Culprits()
    top = order[:SHOWN]
    named = ", ".join(f"{items[item].item_id} in {shown[item]}" for item in top)
    fullest = int(np.isin(table.lists, top).sum(axis=1).argmax())
    return Culprits(f"most shown of {len(table.lists)} lists: {named}", fullest)
