"""What looks odd in the data of a simulation, for its record."""

from __future__ import annotations

from pytest_recsim.data.fixtures.odd_events import Facts
from pytest_recsim.data.fixtures.suspicions import suspicions
from pytest_recsim.record.suspicion import Suspicion
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.room import prefixes


def oddities(world: Dataset, now_us: int) -> tuple[Suspicion, ...]:
    """Return what looks odd; ``now_us`` is when the run began, whatever clock the events are moved to."""
    material, value = world.material, world.effective.value
    return suspicions(
        Facts(
            fixture=world.fixture,
            columns=material.columns,
            split=material.split,
            now_us=now_us,
            weights=world.weights,
            brand_prefixes=prefixes(value("BRAND_TAG_PREFIXES"), ("brand",)),
            category_prefixes=prefixes(value("CATEGORY_TAG_PREFIXES"), ("category", "cat")),
        )
    )
