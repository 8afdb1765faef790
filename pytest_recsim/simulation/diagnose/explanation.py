"""What is told with a failure beyond its number: who stands behind it, which knobs, what has changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.previous import Previous
from pytest_recsim.simulation.checks.check import Check, Conclusion
from pytest_recsim.simulation.checks.guardrails import behind
from pytest_recsim.simulation.diagnose.knobs_to_check import knobs_of, values_of
from pytest_recsim.simulation.diagnose.likely_cause import likely
from pytest_recsim.simulation.session.simulation import Simulation

NEW_USERS = "new_users"
OTHER_LISTS = ("contract", "availability", "profile")


@dataclass(frozen=True)
class Named:
    """Which check it was.

    Attributes:
        name, case: its name in the report, and for which segment.
        scenario: whether it judges other lists than the quality ones.
    """

    name: str
    case: str = ""
    scenario: bool = False


def explained(sim: Simulation, named: Named, check: Check, failed: Conclusion) -> Conclusion:
    """Return the failure with its reasons as far as they can be worked out; the outcome never changes."""
    try:
        check.measures[:] = [
            _explained(sim, named, measure) if measure.ok is False else measure for measure in check.measures
        ]
        since = _since(sim, named, check)
    except Exception as error:  # noqa: BLE001 - an explanation that breaks must not hide what it explains
        since = f"what stands behind it could not be worked out: {type(error).__name__}: {error}"
    sentence = check.conclude().sentence
    return replace(failed, sentence=f"{sentence}\n  {since}" if since else sentence)


def _explained(sim: Simulation, named: Named, measure: Measure) -> Measure:
    values = values_of(measure.knobs, sim.plan, sim.prepared.knobs)
    measure = msgspec.structs.replace(measure, values=values)
    segment = _segment(sim, named)
    if segment is None:
        return measure
    culprits = behind(sim, measure.metric, segment)
    shown = None if culprits.row is None else list(sim.lists.values())[culprits.row]
    curl = measure.curl or (shown.curl() if shown else "")
    return msgspec.structs.replace(
        measure,
        worst=measure.worst or culprits.told,
        curl=curl,
        likely=likely(sim, measure.about, segment),
    )


def _segment(sim: Simulation, named: Named) -> str | None:
    """Whose quality lists were judged: a segment's, everybody's (empty); None for other lists and users' own checks."""
    if named.name == "S7":
        return next((name for name in sim.plan.fixture.segments if name.lower() == NEW_USERS), None)
    if named.scenario or "::" in named.name or named.name in OTHER_LISTS:
        return None
    return named.case if named.case in sim.plan.fixture.segments else ""


def _since(sim: Simulation, named: Named, check: Check) -> str:
    facts = sim.context.bundle.read_metadata().get("previous")
    if not facts:
        return ""
    knobs = [name for one in check.measures if one.ok is False for name in knobs_of(one.knobs, sim.plan)]
    label = CheckResult(simulation=sim.plan.id, check=named.name, case=named.case, outcome="failed").label
    return msgspec.convert(facts, Previous).since(label, [*knobs, named.name.lower()])
