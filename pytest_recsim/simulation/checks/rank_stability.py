"""The samples behind the guardrails of rank instability and answer times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.judge.stability import rank_instability
from pytest_recsim.simulation.checks.subjects import mean

if TYPE_CHECKING:
    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.session.simulation import Simulation

REPEATS = 4
"""Asked anew; with the quality list that makes five answers."""
USERS, PER_SEGMENT = 10, 5
"""In all, and of a segment at most; those come first whom preparation has asked three times already."""


@dataclass(frozen=True)
class Instability:
    """Rank instability@10 of some users, and what that is."""

    users: dict[str, float]
    definition: str

    @property
    def mean(self) -> float:
        return mean(self.users.values())


def instability(sim: Simulation, segment: str) -> Instability:
    """Compare five answers of a few users of a segment to the question of their quality list.

    The ten users are shared by the segments that have a limit, at least one each, the same in every run.
    """
    judged = len(sim.plan.scopes("max_rank_instability"))
    wanted = min(PER_SEGMENT, max(1, USERS // judged))
    known = [user for user in sim.repeats if sim.users[user].segment == segment]
    users = list(dict.fromkeys([*known, *sim.sample(wanted, segments=[segment])]))[:wanted]
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
