"""Healthy customers by the hundred: fixtures, names and profiles drawn from one seed, written as one project folder.

A case is healthy by construction: the stand-in keeps its contract, the profile has its rules on, and nothing in the
world is broken. Sizes, template, length of history, name (which seeds the choice of subjects) and the knobs vary.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from alarms_twists import PLAIN, TWISTS

from pytest_recsim.data.profiles.profiles import packaged_profiles
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture

TEMPLATES = ("marketplace", "media", "retail")
BASES = ("prod", "customer_a", "ci")
WORDS = [
    "amber",
    "birch",
    "cobalt",
    "delta",
    "ember",
    "fjord",
    "garnet",
    "harbor",
    "indigo",
    "juniper",
    "kelp",
    "lunar",
    "maple",
    "nectar",
    "opal",
    "pine",
]
KNOBS = {
    "MMR_LAMBDA": (0.25, 0.35, 0.6, 0.8, 1),
    "BRAND_CAP": (0, 1, 2, 3),
    "CATEGORY_CAP": (0, 2, 3, 5),
    "PROFILE_BOOST": (0, 0.12, 0.5, 0.8),
    "BLEND_ALPHA": (0.1, 0.3, 0.7, 1),
    "BLEND_BETA": (0, 0.35, 0.5, 1),
    "BLEND_GAMMA": (0, 0.02, 0.2, 0.55),
    "POPULARITY_HALFLIFE_DAYS": (4, 5, 14, 30),
    "POPULARITY_FANOUT": (100, 300, 900),
    "COVIS_WINDOW_DAYS": (14, 28, 60),
    "PROFILE_WINDOW_DAYS": (30, 60),
    "PROFILE_MIN_EVENTS_FOR_BOOST": (1, 3, 5),
    "RULE_EXCLUDE_EVENTS": ("true", "false"),
    "PURCHASED_WINDOW_DAYS": (30, 180),
    "NEW_USER_MMR_LAMBDA": (0.15, 0.5, 0.95),
    "RECOMMENDATION_MAX_ANCHORS_INJECTED": (0, 2),
    "RULES_MAX_PIN_SLOTS": (1, 3, 6),
}
CHANGED_KNOBS = 5
STEADY = {"max_rank_instability": 0, "max_error_rate": 0}
"""Guardrails that are off by default and whose 0 a healthy service keeps."""


@dataclass(frozen=True)
class Case:
    """One healthy customer: what the generator is asked for, and the profile with its changed knobs."""

    customer: str
    template: str
    seed: int
    items: int
    users: int
    events: int
    days: int
    base: str
    knobs: dict[str, str]
    twist: str

    @property
    def told(self) -> str:
        changed = ", ".join(f"{name}={value}" for name, value in self.knobs.items()) or "unchanged"
        return (
            f"{self.template} seed {self.seed}, {self.items} items, {self.users} users, {self.events} events, "
            f"{self.days} days, {self.twist}; {self.base}: {changed}"
        )


def draw_cases(runs: int, seed: int | str) -> list[Case]:
    """The same cases for the same seed; fewer runs are a prefix of more."""
    return [_draw(number, seed) for number in range(runs)]


def _draw(number: int, seed: int | str) -> Case:
    dice = random.Random(f"alarms/{seed}/{number}")
    users = dice.randrange(150, 600)
    half_changed = number % 2
    names = dice.sample(sorted(KNOBS), CHANGED_KNOBS) if half_changed else []
    return Case(
        customer=f"{dice.choice(WORDS)}-{dice.choice(WORDS)}-{number:03d}",
        template=TEMPLATES[number % len(TEMPLATES)],
        seed=dice.randrange(10**6),
        items=dice.randrange(80, 320),
        users=users,
        events=users * dice.randrange(15, 36),
        days=dice.choice((30, 60, 90)),
        base=dice.choice(BASES),
        knobs={name: str(dice.choice(KNOBS[name])) for name in names},
        twist=dice.choice((PLAIN, PLAIN, *sorted(TWISTS))),
    )


def write_project(root: Path, cases: list[Case]) -> None:
    """Write fixtures, profiles and a guardrails file with the packaged thresholds and ``STEADY``."""
    (root / "profiles").mkdir(parents=True)
    entries = {}
    for case in cases:
        document = generate(
            case.template, case.seed, items=case.items, users=case.users, events=case.events, days=case.days
        )
        if case.twist != PLAIN:
            TWISTS[case.twist](document, random.Random(f"twist/{case.seed}"))
        write_fixture(document, root / f"{case.customer}.json")
        (root / "profiles" / f"{case.customer}.env").write_text(profile_text(case), encoding="utf-8")
        entries[case.customer] = {"fixture": f"{case.customer}.json", "env_profile": case.customer}
    document = {"schema_version": 1, "defaults": {"quality": STEADY}, "customers": entries}
    (root / "guardrails.yml").write_text(json.dumps(document), encoding="utf-8")


def profile_text(case: Case) -> str:
    """The profile of a case as its file has it."""
    text = (packaged_profiles() / f"{case.base}.env").read_text(encoding="utf-8")
    for name, value in case.knobs.items():
        text, times = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", text)
        assert times == 1, name
    return text
