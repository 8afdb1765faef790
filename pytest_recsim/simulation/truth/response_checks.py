"""What every answer of a simulation is checked against in passing."""

from __future__ import annotations

from itertools import compress

from pytest_recsim.plan.model import Plan
from pytest_recsim.prepare.seed import Seeded
from pytest_recsim.service.watch.expectations import Expectations
from pytest_recsim.service.watch.watch import Watch
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.room import prefixes

WITHOUT_RULES = ("s1", "s4", "s6", "s10")
"""Scenarios whose own surfaces never get a rule."""
EXCLUSION = {
    "rule_exclude_events": "RULE_EXCLUDE_EVENTS",
    "purchased_window_days": "PURCHASED_WINDOW_DAYS",
}
"""Overrides of the purchase exclusion, with their knobs."""


def surface_of(plan: Plan, scenario: str) -> str:
    """Return the surface of a scenario's own.

    Variants of a sweep that share a service each have theirs, so that rules of one are never in force for another.
    """
    variant = plan.variant.number if plan.variant and not plan.stand_in else 1
    plain = surface_without_rules(scenario)
    return plain if variant == 1 else f"{plain}-variant-{variant}"


def surface_without_rules(name: str) -> str:
    """Return a surface that all variants share, for questions that nobody's rules are to answer."""
    return f"recsim-{name}"


def watch_for(world: Dataset, seeded: Seeded) -> Watch:
    """Return a watch that knows the catalogue, the users and the caps of this simulation."""
    known = {item.item_id: item.available for item in world.fixture.items}
    tags = {item.item_id: item.tags for item in world.fixture.items}
    if seeded.probe_id is not None and seeded.probe_source is not None:
        known[seeded.probe_id] = True
        tags[seeded.probe_id] = tags[seeded.probe_source]
    effective, names = world.effective, [item.item_id for item in world.fixture.items]
    own = {surface_of(world.plan, name) for name in WITHOUT_RULES}
    expectations = Expectations(
        rule_free_surfaces=frozenset({world.plan.surface, *own, *map(surface_without_rules, WITHOUT_RULES)}),
        min_events=effective.min_events if effective.known("PROFILE_MIN_EVENTS_FOR_BOOST") else None,
        segments={user.user_id: user.segment for user in world.fixture.users},
        event_counts=None if seeded.leak else world.recent_counts,
        touched=None if seeded.leak else world.by_user(world.history),
        hidden=None if seeded.leak else world.by_user(world.surely_hidden),
        exclusion={override: effective.value(name) for override, name in EXCLUSION.items()},
        popular=None if seeded.leak else frozenset(compress(names, world.offered.tolist())),
        offerable=int(world.offerable.sum()),
        max_k=int(effective.value("RECOMMENDATION_MAX_K") or 0),
        profile_window_days=effective.value("PROFILE_WINDOW_DAYS"),
        tags=tags,
        brand_cap=effective.value("BRAND_CAP"),
        category_cap=effective.value("CATEGORY_CAP"),
        brand_prefixes=prefixes(effective.value("BRAND_TAG_PREFIXES"), ("brand",)),
        category_prefixes=prefixes(effective.value("CATEGORY_TAG_PREFIXES"), ("category", "cat")),
    )
    return Watch(known, expectations)
