"""Which checks a run on the embedded stand-in will measure, and why not the others."""

from __future__ import annotations

from msgspec.structs import replace

from pytest_recsim.data.fixtures.model import Fixture
from pytest_recsim.plan.model import Plan
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.diagnose.root_cause import from_root
from pytest_recsim.validate.foreseen import Foreseen
from pytest_recsim.validate.guardrails import Guarded
from pytest_recsim.validate.lengths import Lengths
from pytest_recsim.validate.needing import Foretold, foretold
from pytest_recsim.validate.scenarios import SCENARIOS


def predict(plan: Plan, fixture: Fixture) -> tuple[Foretold, ...]:
    """Foretell every check of the suite for a plan, scenarios first; what the user's own scenarios do is not known."""
    sim = Foreseen(plan, fixture)
    return checks_of(sim, Guarded(sim, Lengths(sim)))


def checks_of(sim: Foreseen, guarded: Guarded) -> tuple[Foretold, ...]:
    """The same for what is at hand already."""
    scenarios = [foretold(name, "", needs(sim, guarded.lengths)) for name, needs in SCENARIOS.items()]
    return tuple(_rooted(sim, one) for one in [*scenarios, *guarded.all()])


def _rooted(sim: Foreseen, one: Foretold) -> Foretold:
    if one.likely == "measured":
        return one
    why = from_root(sim.world.root, Reason(one.reason, one.cause, one.next_step))
    return replace(one, cause=why.cause, next_step=why.next_step)
