"""A world from a seed: catalogue, people, market, behaviour, written as a fixture document.

The model is documented in docs/generator.md. The same template, seed and parameters give the same bytes on every
machine and Python version; see ``dice`` for how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.sources.behaviour import Happening, Visitor
from pytest_recsim.sources.calendar import budgets, sessions
from pytest_recsim.sources.catalogue import Product, build_catalogue
from pytest_recsim.sources.dice import Dice
from pytest_recsim.sources.market import open_market
from pytest_recsim.sources.people import Person, build_people
from pytest_recsim.sources.words import TEMPLATES, Template

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL_VERSION = 5
"""Raised whenever the same seed gives other bytes than before."""

DEFAULT_END = datetime(2026, 11, 1, tzinfo=UTC)
YEARS = (1980, 2198)


@dataclass(frozen=True)
class World:
    """What is asked of the generator, checked: the template, the seed, the sizes and the window of time."""

    template: Template
    seed: int
    items: int
    users: int
    events: int
    days: int
    end: datetime

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=self.days)

    def dice(self, purpose: str) -> Dice:
        return Dice(self.seed, f"{self.template.name}/{purpose}")


def generate(  # noqa: PLR0913 - what makes a world, always by name
    template: str,
    seed: int,
    *,
    items: int | None = None,
    users: int | None = None,
    events: int | None = None,
    days: int = 60,
    end: datetime | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Return a fixture document with ``meta``, ``items``, ``users`` and ``events``.

    Args:
        template: ``marketplace``, ``media`` or ``retail``.
        seed: any integer.
        items: number of items; the template's own when None.
        users: number of users; likewise.
        events: number of events, met exactly; likewise.
        days: length of the window.
        end: end of the window, with offset; 2026-11-01T00:00:00Z when None. Whole seconds are used.

        progress: hears how many people's events are made.

    Raises:
        InputError: naming each parameter that cannot be used.
    """
    vocabulary = _template(template)
    world = World(
        template=vocabulary,
        seed=seed,
        items=vocabulary.items if items is None else items,
        users=vocabulary.users if users is None else users,
        events=vocabulary.events if events is None else events,
        days=days,
        end=_checked(DEFAULT_END if end is None else end),
    )
    _check_sizes(world)
    return _document(world, progress)


def _document(world: World, progress: Progress) -> dict[str, Any]:
    products = build_catalogue(world.template, world.dice("catalogue"), world.items, world.days)
    people = build_people(world.template, world.dice("people"), world.users, world.days)
    lived: list[int] = []
    with paced(progress, "making people's events", len(people), lambda: len(lived)):
        happenings = _live(world, products, people, lived)
    return {
        "meta": _meta(world),
        "items": [product.record() for product in products],
        "users": [{"user_id": one.user_id, "traits": {"segment": one.segment.name}} for one in people],
        "events": [_event(world, happening, products, people) for happening in happenings],
    }


def _live(
    world: World, products: tuple[Product, ...], people: Sequence[Person], lived: list[int]
) -> list[Happening]:
    """Let people live one after the other; ``lived`` is told who has."""
    market = open_market(world.template, products, world.dice("market"), world.days)
    made = budgets(people, world.dice("budgets"), world.events)
    happenings: list[Happening] = []
    for person, budget in zip(people, made, strict=True):
        dice = world.dice(f"behaviour/{person.index}")
        visitor = Visitor(person, market, dice)
        for start, events in sessions(person, dice, budget, world.start, world.days):
            happenings.extend(visitor.session(start, events))
        lived.append(person.index)
    return sorted(happenings)


def _event(
    world: World, happening: Happening, products: Sequence[Product], people: Sequence[Person]
) -> dict[str, Any]:
    moment = world.start + timedelta(seconds=happening.second)
    return {
        "user_id": people[happening.person].user_id,
        "item_id": products[happening.item].item_id,
        "type": happening.type,
        "ts": _zulu(moment),
    }


def _zulu(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _meta(world: World) -> dict[str, Any]:
    return {
        "generator": "pytest-recsim",
        "version": MODEL_VERSION,
        "template": world.template.name,
        "seed": world.seed,
        "parameters": {
            "items": world.items,
            "users": world.users,
            "events": world.events,
            "days": world.days,
            "end": _zulu(world.end),
        },
    }


def _template(name: str) -> Template:
    if name not in TEMPLATES:
        known = ", ".join(f"`{one}`" for one in TEMPLATES)
        raise InputError(
            Problem(
                "template", f"`{name}` is not a template; must be one of {known}{nearest(name, TEMPLATES)}"
            )
        )
    return TEMPLATES[name]


def _checked(end: datetime) -> datetime:
    if end.tzinfo is None:
        raise InputError(Problem("end", f"`{end.isoformat()}` has no offset; write it with `Z` or `+02:00`"))
    if not YEARS[0] <= end.year <= YEARS[1]:
        raise InputError(Problem("end", f"year {end.year}; must be {YEARS[0]} to {YEARS[1]}"))
    return end.astimezone(UTC).replace(microsecond=0)


def _check_sizes(world: World) -> None:
    """The least sizes keep every shelf stocked, every segment peopled and every budget positive."""
    least = {"items": 40, "users": 20, "events": 6 * world.users, "days": 14}
    most = {"items": 9_999, "users": 99_999, "events": 10_000_000, "days": 730}
    problems = [
        Problem(size, f"{getattr(world, size)} is not possible; must be {low} to {most[size]}")
        for size, low in least.items()
        if not low <= getattr(world, size) <= most[size]
    ]
    if problems:
        raise InputError(problems)
