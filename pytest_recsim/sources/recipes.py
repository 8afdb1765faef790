"""How the fixtures that are kept in git were made; ``recsim generate`` with these values gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_recsim.sources.generator import generate, rendered
from pytest_recsim.sources.writer import write_bytes

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Recipe:
    """One kept fixture: its path in the repository and what ``generate`` is asked for; None = the template's own."""

    path: str
    template: str
    seed: int
    items: int | None = None
    users: int | None = None
    events: int | None = None

    def document(self) -> dict[str, Any]:
        return generate(self.template, self.seed, items=self.items, users=self.users, events=self.events)


RECIPES = (
    Recipe("fixtures/templates/marketplace.json", "marketplace", seed=11),
    Recipe("fixtures/templates/media.json", "media", seed=12),
    Recipe("fixtures/templates/retail.json", "retail", seed=13),
    Recipe(
        "fixtures/customers/customer_a.json",
        "marketplace",
        seed=20_261_101,
        items=400,
        users=2_400,
        events=80_000,
    ),
)


def write_all(root: Path) -> None:
    """Write every kept fixture below ``root``, over those that are there."""
    for recipe in RECIPES:
        write_bytes(rendered(recipe.document()), root / recipe.path, force=True)
