"""Who stands behind a number: the users that are served worst, the items that crowd or starve the lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pytest_recsim.judge.catalogue import exposures
from pytest_recsim.judge.ranking import mrr, ndcg
from pytest_recsim.plan.model import K
from pytest_recsim.service.ask import Exchange
from pytest_recsim.simulation.arrays import Observed, observed
from pytest_recsim.simulation.figures import similarities
from pytest_recsim.simulation.scoring import rivals_of
from pytest_recsim.simulation.simulation import Simulation

SHOWN = 5
LIFT = "lift of "
_METRICS = MappingProxyType({"ndcg": ndcg, "mrr": mrr})


class Culprits(NamedTuple):
    """A sentence part that names them, and the exchange of the worst one; empty where nothing can be said."""

    told: str = ""
    exchange: Exchange | None = None


def behind(sim: Simulation, name: str, segment: str) -> Culprits:
    """Return who stands behind a failing measure on the quality lists, by the measure's name."""
    table = observed(sim.world, list(sim.lists.values()))
    if name.startswith(LIFT):
        return _least_served(sim, table, name.removeprefix(LIFT).partition("@")[0].lower(), segment)
    finder = _FINDERS.get(name)
    return finder(sim, table) if finder else Culprits()


def _least_served(sim: Simulation, table: Observed, metric: str, segment: str) -> Culprits:
    relevance = table.relevance(sim.quality.judged_relevance)
    mine, theirs = (_METRICS[metric](lists, relevance) for lists in (table.lists, rivals_of(table).popular))
    users = [sim.fixture.users[user] for user in table.rows]
    rows = [row for row, user in enumerate(users) if user.segment == segment and not np.isnan(mine[row])]
    if not rows:
        return Culprits()
    rows.sort(key=lambda row: (mine[row] - theirs[row], users[row].user_id))
    worse = sum(bool(mine[row] < theirs[row]) for row in rows)
    named = ", ".join(
        f"{users[row].user_id} {mine[row]:.3g} (baseline {theirs[row]:.3g})" for row in rows[:SHOWN]
    )
    told = f"{worse} of {len(rows)} users get less than from the baseline; lowest {named}"
    return Culprits(told, sim.lists[users[rows[0]].user_id])


def _never_shown(sim: Simulation, table: Observed) -> Culprits:
    shown, _ = exposures(table.lists, len(table.world.available), K)
    counts = table.world.seeded_counts
    missing = np.flatnonzero(table.world.available & (shown == 0)).tolist()
    missing.sort(key=lambda item: (-counts[item], sim.fixture.items[item].item_id))
    named = ", ".join(
        f"{sim.fixture.items[item].item_id} ({counts[item]} seeded events)" for item in missing[:SHOWN]
    )
    total = int(table.world.available.sum())
    return Culprits(f"{len(missing)} of {total} available items are in no list; most wanted {named}")


def _crowding(sim: Simulation, table: Observed) -> Culprits:
    shown, _ = exposures(table.lists, len(table.world.available), K)
    order = sorted(np.flatnonzero(shown).tolist(), key=lambda i: (-shown[i], sim.fixture.items[i].item_id))
    if not order:
        return Culprits()
    top = order[:SHOWN]
    named = ", ".join(f"{sim.fixture.items[item].item_id} in {shown[item]}" for item in top)
    fullest = int(np.isin(table.lists, top).sum(axis=1).argmax())
    user = sim.fixture.users[table.rows[fullest]].user_id
    return Culprits(f"most shown of {len(table.lists)} lists: {named}", sim.lists[user])


def _most_alike(sim: Simulation, table: Observed) -> Culprits:
    values = similarities(table)
    users = [sim.fixture.users[user].user_id for user in table.rows]
    rows = np.flatnonzero(~np.isnan(values)).tolist()
    if not rows:
        return Culprits()
    rows.sort(key=lambda row: (-values[row], users[row]))
    named = ", ".join(f"{users[row]} {values[row]:.3g}" for row in rows[:SHOWN])
    return Culprits(f"most alike within one list: {named}", sim.lists[users[rows[0]]])


_FINDERS: Mapping[str, Callable[[Simulation, Observed], Culprits]] = MappingProxyType(
    {
        "catalogue_coverage@20": _never_shown,
        "long_tail_share@20": _crowding,
        "novelty@20": _crowding,
        "gini@20": _crowding,
        "intra_list_similarity@10": _most_alike,
    }
)
