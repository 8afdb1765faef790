"""What all steps of one request share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pytest_recsim.standin.ranking.catalogue import Names
from pytest_recsim.standin.ranking.data import RankingData, ranking_data
from pytest_recsim.standin.ranking.effective import Effective, effective

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.ask import Ask, Constraints
    from pytest_recsim.standin.ranking.history import History
    from pytest_recsim.standin.state.service import Service


class Context(msgspec.Struct, frozen=True):
    """One request, the data it ranks, the settings it runs with and the instant it is ranked for (microseconds).

    ``limits`` are the request's constraints with the exclude list cut to the length in effect.
    """

    service: Service
    ask: Ask
    data: RankingData
    history: History
    run: Effective
    limits: Constraints
    names: Names
    now: int


def context_of(service: Service, org: str, ask: Ask) -> Context:
    """Resolve a request; raises the 400s of contract 5.3."""
    now = service.clock.ranking_now()
    data = ranking_data(service, org, ask.namespace)
    history = data.history(ask.user_id)
    run = effective(service, org, ask, history, now)
    limits, most = ask.constraints, run.knobs.max_exclude_ids
    if 0 < most < len(limits.excluded):
        limits = msgspec.structs.replace(limits, excluded=limits.excluded[:most])
    return Context(service, ask, data, history, run, limits, Names(data.catalogue), now)
