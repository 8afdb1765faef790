"""What a data set can carry for a customer: resolved as a run on the embedded stand-in would be, and looked at from all sides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.plan.model import Plan
from pytest_recsim.simulation.truth.oddities import oddities
from pytest_recsim.validate.facts import segments_of, shape_of, split_of
from pytest_recsim.validate.foreseen import Foreseen
from pytest_recsim.validate.guardrails import Guarded
from pytest_recsim.validate.lengths import Lengths
from pytest_recsim.validate.model import Carried
from pytest_recsim.validate.prediction import checks_of


def carried(plan: Plan, fixture: Fixture, now: datetime, *, named: bool = True) -> Carried:
    """Look at a data set as one customer's.

    Args:
        plan: whose thresholds and knobs.
        fixture: the data.
        now: what is later lies in the future.
        named: whether guardrails.yml knows the customer.
    """
    sim = Foreseen(plan, fixture)
    guarded = Guarded(sim, Lengths(sim))
    facts: dict[str, Any] = {"customer": plan.customer if named else "", "profile": plan.profile.value}
    return Carried(
        **facts,
        checks=checks_of(sim, guarded),
        split=split_of(sim),
        segments=tuple(segments_of(sim, guarded)),
        shape=shape_of(sim),
        suspicions=oddities(sim.world, to_us(now)),
    )
