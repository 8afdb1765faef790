"""What a simulation that was run in another place brings home, so that its record is written here as that of any other."""

from __future__ import annotations

from typing import Any

import msgspec

from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.safety.interlock import NamespaceState
from pytest_recsim.service.safety.preflight import ServiceFacts
from pytest_recsim.simulation.controller.opening import know
from pytest_recsim.simulation.session.opened import Opened


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller over there knew of a simulation at its end; the fields of :class:`Opened` and its context.

    Attributes:
        run_id: of the one seeding that counts.
        tallies: requests of its controller, as ``Tally.to_json`` writes them.
        alarms: what somebody has to know whatever the verdict says.
    """

    run_id: str
    url: str
    facts: ServiceFacts | None
    found: NamespaceState | None
    notes: list[str]
    tallies: list[dict[str, Any]]
    spoiled: str
    seconds: float
    alarms: list[str]


def seen(opened: Opened, alarms: list[str]) -> Away:
    """Return what there is to bring home of a simulation that has been finished here."""
    context = opened.sim.context
    return Away(
        run_id=context.run_id,
        url=context.url,
        facts=opened.facts,
        found=opened.found,
        notes=opened.notes,
        tallies=[tally.to_json() for tally in opened.tallies],
        spoiled=opened.spoiled,
        seconds=opened.seconds,
        alarms=alarms,
    )


def arrive(opened: Opened, away: Away) -> None:
    """Take in what a simulation brings home; its files lie in bundle and scratch folder already."""
    opened.sim.context = msgspec.structs.replace(opened.sim.context, run_id=away.run_id, url=away.url)
    if away.facts is not None:
        know(opened, away.facts)
    opened.found, opened.spoiled, opened.seconds = away.found, away.spoiled, away.seconds
    opened.notes += [note for note in away.notes if note not in opened.notes]
    opened.tallies += map(Tally.from_json, away.tallies)
