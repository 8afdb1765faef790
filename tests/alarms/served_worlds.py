"""Healthy customers on services that nobody started for them: which world meets which service.

A world is a small customer as in ``alarms_worlds``. It is tried in three apply modes against one service, which was
started with the customer's own knobs or with a shipped profile, and which has no quirks or all of them. The 36
combinations are filled evenly: the service changes from world to world, the modes share it.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alarms_twists import PLAIN, TWISTS
from alarms_worlds import STEADY, Case, draw_cases, profile_text

from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture

MODES = ("request", "admin", "env-file")
OWN = "its own profile"
STARTS = (OWN, "prod", "dev", "test", "ci", "customer_a")
QUIRKS = ("", "all")
REFRESH = "300ms"
"""RULES_CACHE_REFRESH of services and profiles: with the shipped 2 to 5 s a run is spent on waiting for rules."""
TOLERATED = {"max_unavailable_share": 0.05}
"""With quirks a service lists what is sold out (contract 12.4), and what it fails to answer at once is no fault of it."""


@dataclass(frozen=True)
class Served:
    """A world and the service that it meets."""

    case: Case
    start: str
    quirks: str

    @property
    def told(self) -> str:
        service = f"service started with {self.start}, quirks {self.quirks or 'off'}"
        return f"{self.case.told}; {service}"


def draw_served(runs: int, seed: int) -> list[Served]:
    """The same worlds for the same seed; fewer are a prefix of more, and twelve meet every kind of service."""
    kinds = [(start, quirks) for quirks in QUIRKS for start in STARTS]
    cases = [_smaller(case, seed) for case in draw_cases(runs, f"served/{seed}")]
    return [Served(case, *kinds[number % len(kinds)]) for number, case in enumerate(cases)]


def _smaller(case: Case, seed: int) -> Case:
    dice = random.Random(f"served/{seed}/{case.customer}")
    users = dice.randrange(150, 350)
    return replace(case, items=dice.randrange(80, 200), users=users, events=users * dice.randrange(15, 30))


def write_served(root: Path, worlds: list[Served]) -> None:
    """Write fixtures, profiles, the env files that services start with, and a guardrails file."""
    (root / "profiles").mkdir(parents=True)
    entries: dict[str, Any] = {}
    for world in worlds:
        case = world.case
        document = generate(
            case.template, case.seed, items=case.items, users=case.users, events=case.events, days=case.days
        )
        if case.twist != PLAIN:
            TWISTS[case.twist](document, random.Random(f"twist/{case.seed}"))
        write_fixture(document, root / f"{case.customer}.json")
        own = _quick(profile_text(case))
        (root / "profiles" / f"{case.customer}.env").write_text(own, encoding="utf-8")
        shipped = packaged_profiles() / f"{world.start}.env"
        started = own if world.start == OWN else _quick(shipped.read_text(encoding="utf-8"))
        (root / f"{case.customer}.service.env").write_text(started, encoding="utf-8")
        entries[case.customer] = {
            "fixture": f"{case.customer}.json",
            "env_profile": case.customer,
            "quality": TOLERATED if world.quirks else STEADY,
        }
    text = json.dumps({"schema_version": 1, "customers": entries})
    (root / "guardrails.yml").write_text(text, encoding="utf-8")


def _quick(profile: str) -> str:
    text, times = re.subn(r"(?m)^RULES_CACHE_REFRESH=.*$", f"RULES_CACHE_REFRESH={REFRESH}", profile)
    return text if times else f"{profile.rstrip()}\nRULES_CACHE_REFRESH={REFRESH}\n"
