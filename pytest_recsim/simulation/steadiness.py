"""The samples behind the guardrails of rank instability and answer times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.judge.stability import rank_instability
from pytest_recsim.simulation.subjects import mean

if TYPE_CHECKING:
    from pytest_recsim.service.ask import Exchange
    from pytest_recsim.simulation.simulation import Simulation

REPEATS = 4
"""Asked anew; with the quality list that makes five answers."""
USERS, PER_SEGMENT = 10, 5
"""In all, and of a segment at most. Forty requests keep a run within evaluated users + 600."""


@dataclass(frozen=True)
class Instability:
    """Rank instability@10 of some users, and what that is."""

    users: dict[str, float]
    definition: str

    @property
    def mean(self) -> float:
        return mean(self.users.values())


def instability(sim: Simulation, segment: str) -> Instability:
    """Ask a few users of a segment four times more for their quality list and compare the five answers.

    The ten users are shared by the segments that have a limit, at least one each, the same in every run.
    """
    judged = len(sim.plan.scopes("max_rank_instability"))
    users = sim.sample(min(PER_SEGMENT, max(1, USERS // judged)), segments=[segment])
    found = {
        user: rank_instability([exchange.ids for exchange in exchanges])
        for user, exchanges in sim.repeated(users, REPEATS).items()
    }
    definition = (
        f"1 - mean average overlap of the first 10 over the {math.comb(REPEATS + 1, 2)} pairs of {REPEATS + 1} answers "
        "to one request (the quality list and repeats one after the other), mean over users; 0 is always the same, 1 "
        "is nothing in common"
    )
    return Instability({user: value for user, value in found.items() if not math.isnan(value)}, definition)


def slowest_list(sim: Simulation, segment: str) -> Exchange | None:
    """Return the quality list of a segment that took longest, None without any."""
    lists = [exchange for user, exchange in sim.lists.items() if sim.users[user].segment == segment]
    return max(lists, key=lambda exchange: exchange.seconds, default=None)
