"""What every answer of a simulation is checked against in passing."""

from __future__ import annotations

from pytest_recsim.prepare.seed import Seeded
from pytest_recsim.service.expectations import Expectations
from pytest_recsim.service.watch import Watch
from pytest_recsim.simulation.world import World


def watch_for(world: World, seeded: Seeded) -> Watch:
    """Return a watch that knows the catalogue, the users and the caps of this simulation."""
    known = {item.item_id: item.available for item in world.fixture.items}
    if seeded.probe_id is not None:
        known[seeded.probe_id] = True
    effective = world.effective
    expectations = Expectations(
        rule_free_surfaces=frozenset({world.plan.surface}),
        min_events=effective.min_events,
        segments={user.user_id: user.segment for user in world.fixture.users},
        event_counts=None if seeded.leak else world.recent_counts,
        profile_window_days=effective.value("PROFILE_WINDOW_DAYS"),
        tags={item.item_id: item.tags for item in world.fixture.items},
        brand_cap=effective.value("BRAND_CAP"),
        category_cap=effective.value("CATEGORY_CAP"),
        brand_prefixes=prefixes(effective.value("BRAND_TAG_PREFIXES"), ("brand",)),
        category_prefixes=prefixes(effective.value("CATEGORY_TAG_PREFIXES"), ("category", "cat")),
    )
    return Watch(known, expectations)


def prefixes(value: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    """Tag prefixes, lower-case; the service's own defaults where nothing is known."""
    return tuple(word.strip().lower() for word in value) if value else default
