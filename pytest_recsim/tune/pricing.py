"""What diversity costs, as S4 judges it: a profile's own lists against the same at plain relevance, for the users that S4 takes.

Trials are held to it, because a low MMR_LAMBDA can pass every guardrail of the lists and fail there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pytest_recsim.judge.ranking import ndcg
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.contract.ask import Exchange
from pytest_recsim.simulation.checks.needs import HITS, PLAIN_USERS
from pytest_recsim.simulation.checks.subjects import most_relevant
from pytest_recsim.simulation.session.simulation import Simulation
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.slates import Lists, Slates
from pytest_recsim.tune.estimating import Estimate
from pytest_recsim.tune.guards import PRICE, Guard

PLAIN = {"mmr_lambda": 1.0}
KNOB, RELEVANCE_ALONE = "MMR_LAMBDA", 1.0
LISTS_FOR_THE_PRICE = 2
"""Of each user: the profile's own, and the one at plain relevance."""
CUTOFF = 10


def plain_lists(sim: Simulation, guards: Sequence[Guard]) -> Mapping[str, Exchange]:
    """Return the start's lists at plain relevance by user; empty where trials are not held to S4, or it cannot be measured."""
    users = most_relevant(sim, PLAIN_USERS) if any(one.check == PRICE for one in guards) else []
    lists = sim.recommend(users, overrides=PLAIN) if len(users) >= PLAIN_USERS else {}
    return lists if lists and sim.mean_ndcg(lists, "all")[2] >= HITS else {}


def is_plain(plan: Plan) -> bool:
    """Whether a plan's own lists are those at plain relevance."""
    setting = plan.knobs.get(KNOB)
    return plan.mode.stand_in_only and setting is not None and setting.value == RELEVANCE_ALONE


def price(world: Dataset, users: Sequence[str], own: Lists, plain: Lists) -> tuple[Estimate, float | None]:
    """Return the share of NDCG@10 that is lost, and its spread over other people.

    Args:
        world: the data set.
        users: whose lists they are.
        own: their lists as positions, ``int32[U, 20]``.
        plain: likewise, at plain relevance.
    """
    rows = tuple(world.fixture.user_index[user] for user in users)
    kept, free = (_values(world, rows, lists) for lists in (own, plain))
    mean = float(free.mean()) if len(free) else 0.0
    hits = int((free > 0).sum())
    if hits < HITS or mean <= 0:
        return Estimate(None, reason=f"{hits} lists at plain relevance have hits, {HITS} are needed"), None
    share = float(kept.mean()) / mean
    spread = float((kept - share * free).std(ddof=1)) / math.sqrt(len(kept)) / mean
    return Estimate(1 - share), spread or None


def _values(world: Dataset, rows: tuple[int, ...], lists: Lists) -> np.ndarray:
    table = Slates(world, rows, lists)
    values = ndcg(table.lists, table.relevance("all"), CUTOFF)
    return np.asarray(values[~np.isnan(values)], dtype=np.float64)
