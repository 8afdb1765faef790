"""What is told with a failure beyond its number: who stands behind it, which knobs, what has changed."""

from __future__ import annotations

import msgspec

from pytest_recsim.plugin.check import Check, Conclusion
from pytest_recsim.plugin.identity import Identity
from pytest_recsim.record.model import Measure
from pytest_recsim.record.previous import Previous
from pytest_recsim.simulation import Simulation
from pytest_recsim.simulation.blame import likely
from pytest_recsim.simulation.lookat import knobs_named, values_of
from pytest_recsim.simulation.worst import behind

NEW_USERS = "new_users"
OTHER_LISTS = ("contract", "availability", "profile")


def explained(sim: Simulation, identity: Identity, check: Check, failed: Conclusion) -> Conclusion:
    """Return the failure with its reasons as far as they can be worked out; the outcome never changes."""
    try:
        check.measures[:] = [
            _explained(sim, identity, measure) if measure.ok is False else measure
            for measure in check.measures
        ]
        since = _since(sim, identity, check)
    except Exception as error:  # noqa: BLE001 - an explanation that breaks must not hide what it explains
        since = f"what stands behind it could not be worked out: {type(error).__name__}: {error}"
    sentence = check.conclude().sentence
    return Conclusion(failed.outcome, f"{sentence}\n  {since}" if since else sentence)


def _explained(sim: Simulation, identity: Identity, measure: Measure) -> Measure:
    values = values_of(measure.knob, sim.plan, sim.prepared.knobs)
    measure = msgspec.structs.replace(measure, values=values)
    segment = _segment(sim, identity)
    if segment is None:
        return measure
    culprits = behind(sim, measure.name, segment)
    curl = measure.curl or (culprits.exchange.curl() if culprits.exchange else "")
    return msgspec.structs.replace(
        measure,
        worst=measure.worst or culprits.told,
        curl=curl,
        likely=likely(sim, measure.name, segment),
    )


def _segment(sim: Simulation, identity: Identity) -> str | None:
    """Whose quality lists were judged: a segment's, everybody's (empty); None for other lists and users' own checks."""
    if identity.check == "S7":
        return next((name for name in sim.plan.fixture.segments if name.lower() == NEW_USERS), None)
    if identity.scenario or "::" in identity.check or identity.check in OTHER_LISTS:
        return None
    return identity.case if identity.case in sim.plan.fixture.segments else ""


def _since(sim: Simulation, identity: Identity, check: Check) -> str:
    facts = sim.context.bundle.read_metadata().get("previous")
    if not facts:
        return ""
    knobs = [name for one in check.measures if one.ok is False for name in knobs_named(one.knob, sim.plan)]
    label = identity.result(outcome="failed").label
    return msgspec.convert(facts, Previous).since(label, [*knobs, identity.check.lower()])
