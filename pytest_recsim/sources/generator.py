"""A world from a seed: catalogue, people, market, behaviour, written as a fixture document.

The model is documented in docs/generator.md. The same template, seed and parameters give the same bytes on every
machine and Python version; see ``dice`` for how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pytest_recsim.data.fixtures.fixture import collector_paused
from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.pace import Progress, paced, silent
from pytest_recsim.sources.behaviour import PER_VISIT, Crowd, Happenings
from pytest_recsim.sources.calendar import DAY, Stay, budgets, session_counts, sessions
from pytest_recsim.sources.catalogue import Product, build_catalogue
from pytest_recsim.sources.dice import Dice, seed_of
from pytest_recsim.sources.market import Market, open_market
from pytest_recsim.sources.people import People, build_people
from pytest_recsim.sources.streams import Streams
from pytest_recsim.sources.words import TEMPLATES, Template
from pytest_recsim.sources.writer import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

MODEL_VERSION = 5
"""Raised whenever the same seed gives other bytes than before."""

DEFAULT_END = datetime(2026, 11, 1, tzinfo=UTC)
YEARS = (1980, 2198)
AHEAD = 8
"""Numbers of chance that are drawn ahead for each event and each session: few people need more."""
MOST_WEIGHTS = 2_000_000
"""Weights of items for people that are held at once."""


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
        return Dice(self.seed, self._named(purpose))

    def seed_of(self, purpose: str) -> int:
        return seed_of(self.seed, self._named(purpose))

    def _named(self, purpose: str) -> str:
        return f"{self.template.name}/{purpose}"


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
    with collector_paused():
        return _document(world, progress)


def rendered(document: dict[str, Any]) -> list[bytes]:
    """The bytes of ``writer.render`` in pieces, for what ``generate`` made: its events, of text and whole numbers, take no time."""
    begin = render(document | {"events": []}).removesuffix(b"[]}\n")
    return [begin, msgspec.json.encode(document["events"]), b"}\n"]


def _document(world: World, progress: Progress) -> dict[str, Any]:
    products = build_catalogue(world.template, world.dice("catalogue"), world.items, world.days)
    people = build_people(world.template, world.dice("people"), world.users, world.days)
    names = [f"u{number + 1:05d}" for number in range(world.users)]
    lived: list[int] = []
    with paced(progress, "making people's events", world.users, lambda: len(lived)):
        happenings = _live(world, products, people, lived)
    return {
        "meta": _meta(world),
        "items": [product.record() for product in products],
        "users": [
            {"user_id": name, "traits": {"segment": people.segments[kind].name}}
            for name, kind in zip(names, people.segment.tolist(), strict=True)
        ],
        "events": _events(world, happenings, products, names),
    }


def _live(world: World, products: tuple[Product, ...], people: People, lived: list[int]) -> Happenings:
    """Let people live, as many at once as arrays of a moderate size hold; ``lived`` is told who has.

    People with as many events to make live together: who has made all of them is waited for by the others.
    """
    market = open_market(world.template, products, world.dice("market"), world.days)
    made = np.array(budgets(people, world.dice("budgets"), world.events))
    order = np.argsort(-made, kind="stable")[: np.count_nonzero(made)]
    size = max(MOST_WEIGHTS // len(products), 64)
    parts = []
    for begin in range(0, len(order), size):
        places = order[begin : begin + size]
        parts.append(_together(world, market, people, places, made[places]))
        lived += places.tolist()
    whole = Happenings(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    by_time = np.argsort(whole.second * len(people.segment) + whole.person, kind="stable")
    return Happenings(*(part[by_time] for part in whole))


def _together(world: World, market: Market, people: People, who: Whole, budget: Whole) -> Happenings:
    """Some people's events, each made with a stream of chance of one's own."""
    count = session_counts(people, who, budget)
    seeds = [world.seed_of(f"behaviour/{one}") for one in who.tolist()]
    streams = Streams(seeds, AHEAD * (budget + count) + PER_VISIT)
    plan = sessions(Stay(people, who, streams, world.start.weekday(), world.days), count, budget)
    return Crowd(people, who, market, streams, plan).walk()


def _events(
    world: World, happenings: Happenings, products: Sequence[Product], users: Sequence[str]
) -> list[dict[str, Any]]:
    items = [product.item_id for product in products]
    return [
        {"user_id": user, "item_id": item, "type": kind, "ts": moment}
        for user, item, kind, moment in zip(
            _words(users)[happenings.person].tolist(),
            _words(items)[happenings.item].tolist(),
            happenings.type.tolist(),
            _moments(world.start, happenings.second),
            strict=True,
        )
    ]


def _moments(start: datetime, seconds: Whole) -> list[str]:
    """Instants so many seconds after the start."""
    day, second = np.divmod(seconds + start.hour * 3600 + start.minute * 60 + start.second, DAY)
    minute, second = np.divmod(second, 60)
    dates = _words(
        f"{start + timedelta(days=number):%Y-%m-%dT}" for number in range(int(day.max(initial=0)) + 1)
    )
    minutes = _words(f"{at // 60:02}:{at % 60:02}:" for at in range(DAY // 60))
    rests = _words(f"{at:02}Z" for at in range(60))
    found: list[str] = (dates[day] + minutes[minute] + rests[second]).tolist()
    return found


def _words(words: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(words), dtype=object)


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
