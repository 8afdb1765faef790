"""What a run on somebody else's service has to say, held against the knobs that its own record shows.

A lift, S7 or a figure of the catalogue says something about the profile only where the profile is in effect. So it must
not be judged when a visible, differing knob moves the lists of more than 5 % of the users behind it, and it must not be
left unmeasured for that reason when no visible knob differs. Knobs that move only some users who are hard to tell from
outside (by their number of recent items) decide nothing here.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from served_worlds import OWN, Served

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.model import CheckResult

ENOUGH = 0.95
NOT_IN_EFFECT = "the profile is not in effect"
NEW = "new_users"
LIFTS = ("segment_lift_ndcg", "segment_lift_mrr")
OF_THE_CATALOGUE = ("catalog_coverage", "long_tail_share")
JUDGED = ("passed", "failed")
EVERYBODY, NOBODY = "all users", "nobody's quality lists"
CUTS_NOTHING = ("RECOMMENDATION_MAX_K", "RECOMMENDATION_MAX_FANOUT")
"""Limits: two of them that differ may both cut nothing."""


@dataclass(frozen=True)
class Person:
    """An evaluated user as the service saw them."""

    segment: str
    recent: int


@dataclass(frozen=True)
class Ended:
    """A run: what it said, which visible knobs differ, whom it asked for, from how many recent items on one is established."""

    world: Served
    mode: str
    results: tuple[CheckResult, ...]
    differing: tuple[dict[str, Any], ...]
    people: tuple[Person, ...]
    min_events: int
    failure: str = ""


def ended(root: Path, world: Served, mode: str) -> Ended:
    """Read the bundle of one customer's run in one mode."""
    customer = world.case.customer
    (folder,) = (root / f"reports-{mode}" / customer).glob("*/")
    bundle = Bundle(folder)
    facts = bundle.read_metadata()
    rows = facts["profile"]["knobs"]
    minimum = next((row for row in rows if row["knob"] == "PROFILE_MIN_EVENTS_FOR_BOOST"), None)
    return Ended(
        world,
        mode,
        tuple(bundle.results()),
        tuple(row for row in rows if row["status"] == "differs"),
        tuple(_people(folder, root / f"{customer}.json")),
        int((minimum["in_effect"] or minimum["asked"]) if minimum else 3),
        facts["preparation_failure"],
    )


def _people(folder: Path, fixture: Path) -> Iterator[Person]:
    users = json.loads(fixture.read_text())["users"]
    segments = {user["user_id"]: user["traits"]["segment"] for user in users}
    dump = folder / "artifacts" / "recommendation_dump.jsonl.gz"
    if not dump.exists():
        return
    with gzip.open(dump, "rt", encoding="utf-8") as lines:
        for line in lines:
            exchange = json.loads(line)
            count = exchange["response"]["trace"]["extras"]["recent_event_count"]
            yield Person(segments[exchange["request"]["user_id"]], count)


def moved(row: dict[str, Any], person: Person, min_events: int) -> bool | None:
    """Whether a differing knob moves this user's list; None where that is hard to tell from outside."""
    new = person.segment.lower() == NEW
    established = person.recent >= min_events and not new
    if row["knob"] in CUTS_NOTHING:
        return None
    whom = {
        EVERYBODY: True,
        "established users": True if established else None,
        "sparse and new users": not established,
        "all users but new ones": not new,
        NOBODY: False,
    }
    return whom.get(row["moves"])


def expected(run: Ended, people: Iterable[Person]) -> str:
    """``judged``, ``not in effect``, or ``either`` where both would be true."""
    asked = list(people)
    sure = maybe = 0
    for person in asked:
        answers = {moved(row, person, run.min_events) for row in run.differing}
        sure += True in answers
        maybe += True not in answers and None in answers
    if sure > (1 - ENOUGH) * len(asked):
        return "not in effect"
    return "judged" if not sure and not maybe else "either"


def behind(run: Ended, result: CheckResult) -> list[Person]:
    """The users that a check's number is over."""
    if result.check in LIFTS:
        return [person for person in run.people if person.segment == result.case]
    if result.check == "S7":
        return [person for person in run.people if person.segment.lower() == NEW]
    return list(run.people)


def unexplained(run: Ended) -> Iterator[dict[str, str]]:
    """Yield every number that is judged although the profile is not in effect, or not measured although it is."""
    for result in run.results:
        if result.check not in (*LIFTS, *OF_THE_CATALOGUE, "S7"):
            continue
        want, because = expected(run, behind(run, result)), NOT_IN_EFFECT in result.sentence
        if run.world.start == OWN and because:
            what = "not measured because of a knob, on a service that was started with the customer's own"
        elif want == "not in effect" and result.outcome in JUDGED:
            what = "judged, although a visible knob differs"
        elif want == "judged" and because:
            what = "not measured because of a knob, although no visible one differs"
        else:
            continue
        knobs = ", ".join(row["knob"] for row in run.differing) or "none"
        yield place(run, result) | {"what": what, "differing": knobs, "said": result.sentence}


def place(run: Ended, result: CheckResult) -> dict[str, str]:
    """Where something happened, for the page."""
    return {
        "check": result.label,
        "mode": run.mode,
        "customer": run.world.case.customer,
        "world": run.world.told,
    }


def numbers(run: Ended) -> Counter[str]:
    """How the lifts, S7 and the figures of the catalogue ended: judged, for a knob not measured, or for other reasons."""
    found: Counter[str] = Counter()
    for result in run.results:
        if result.check in (*LIFTS, *OF_THE_CATALOGUE, "S7"):
            knob = NOT_IN_EFFECT in result.sentence
            found["judged" if result.outcome in JUDGED else "knobs" if knob else "data"] += 1
    return found
