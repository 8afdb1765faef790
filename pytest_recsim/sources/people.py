"""The people: which segment they are of, what they like, when they come and when they leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pytest_recsim.sources.dice import Dice, apportion, by_rank
from pytest_recsim.sources.streams import drawn
from pytest_recsim.sources.words import NEW_USERS, Segment, Template

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]
    Real = NDArray[np.float64]

FAVOURITE_WEIGHTS = (1.0, 0.6, 0.4, 0.3)
OTHER_CATEGORY = 0.01
STYLES = 2
DRIFTERS = 0.25
NONE = -1


class Likes(NamedTuple):
    """What is liked: t tastes, each of one person during one phase of the window.

    Attributes:
        segment: int64[t], position of the segment of whom it is.
        favourites: int64[t, 4], shelves, dearest first; -1 where a segment has fewer.
        shelves: float64[t, shelves], weight of every shelf.
        styles: int64[t, 2], the preferred latent styles.
        brands: int64[t, shelves], position of the brand that is liked on each shelf.
        budget: float64[t], price level looked for, 0..1.
    """

    segment: Whole
    favourites: Whole
    shelves: Real
    styles: Whole
    brands: Whole
    budget: Real

    def of(self, tastes: Whole) -> Likes:
        return Likes(
            self.segment[tastes],
            self.favourites[tastes],
            self.shelves[tastes],
            self.styles[tastes],
            self.brands[tastes],
            self.budget[tastes],
        )


@dataclass(frozen=True)
class People:
    """p users with what only the generator knows.

    Attributes:
        segments: of the template.
        segment: int64[p], position of each one's.
        likes: tastes; the first p are what each begins with.
        later: int64[p], each one's taste after the drift, the same one where there is none.
        drift, arrival, leave: float64[p], days.
    """

    segments: tuple[Segment, ...]
    segment: Whole
    likes: Likes
    later: Whole
    drift: Real
    arrival: Real
    leave: Real

    @property
    def new(self) -> NDArray[np.bool_]:
        """bool[p], who is a newcomer."""
        return np.array([segment.name == NEW_USERS for segment in self.segments])[self.segment]

    def trait(self, name: str) -> Real:
        """float64[p], a number of each one's segment."""
        found: Real = np.array([getattr(segment, name) for segment in self.segments])[self.segment]
        return found


class Leanings(NamedTuple):
    """What each segment as a whole prefers, drawn once per world: a weight per shelf and per style, float64[segments, n]."""

    shelves: Real
    styles: Real


class Chances(NamedTuple):
    """What chance holds for one person: numbers for the tastes, of the later one only where there is one; days of stay."""

    favourites: list[float]
    brands: list[float]
    styles: list[float]
    budget: float
    later: list[float]
    stay: tuple[float, float]


def build_people(template: Template, dice: Dice, size: int, days: int) -> People:
    """Make ``size`` people; the segments get their number in proportion to their share."""
    counts = apportion(size, [segment.share for segment in template.segments])
    kinds = dice.shuffled([place for place, count in enumerate(counts) for _ in range(count)])
    leanings = _leanings(template, dice)
    chances = [_chances(template, template.segments[kind], dice, days) for kind in kinds]
    segment = np.array(kinds)
    first = _likes(template, segment, leanings, chances)
    drifters = np.array([place for place, one in enumerate(chances) if one.later], dtype=np.int64)
    numbers = np.array([chances[place].later for place in drifters]).reshape(-1, 3)
    drifted = _drifted(first.of(drifters), leanings, numbers)
    later, drift = np.arange(size), np.full(size, float(days))
    later[drifters] = size + np.arange(len(drifters))
    drift[drifters] = (0.2 + 0.8 * numbers[:, 2]) * days
    arrival, leave = np.array([one.stay for one in chances]).T
    likes = Likes(*(np.concatenate(parts) for parts in zip(first, drifted, strict=True)))
    return People(template.segments, segment, likes, later, drift, arrival, leave)


def _leanings(template: Template, dice: Dice) -> Leanings:
    """Shelf weight = traffic x U(0.5, 1.5), style weight = U(0.5, 1.5)."""
    shelves = len(template.categories)
    drawn_weights = 0.5 + dice.units(len(template.segments), shelves + len(template.styles))
    traffic = np.array([category.traffic for category in template.categories])
    return Leanings(traffic * drawn_weights[:, :shelves], drawn_weights[:, shelves:])


def _chances(template: Template, segment: Segment, dice: Dice, days: int) -> Chances:
    unit = dice.unit
    favourites = [unit() for _ in range(segment.favourites)]
    brands = [unit() for _ in template.categories]
    styles = [unit() for _ in range(STYLES)]
    budget = dice.between(*segment.budget)
    drifts = dice.chance(DRIFTERS)
    stay = _stay(segment, dice, days)
    return Chances(favourites, brands, styles, budget, [unit(), unit(), unit()] if drifts else [], stay)


def _likes(template: Template, segment: Whole, leanings: Leanings, chances: list[Chances]) -> Likes:
    """The tastes that people begin with."""
    most = len(FAVOURITE_WEIGHTS)
    count = np.array([one.favourites for one in template.segments])[segment]
    numbers = np.array([one.favourites + [0.0] * (most - len(one.favourites)) for one in chances])
    favourites = _several(leanings.shelves[segment], numbers)
    favourites[np.arange(most) >= count[:, None]] = NONE
    return Likes(
        segment=segment,
        favourites=favourites,
        shelves=_shelf_weights(favourites, leanings.shelves[segment]),
        styles=_several(leanings.styles[segment], np.array([one.styles for one in chances])),
        brands=_brands(template, np.array([one.brands for one in chances])),
        budget=np.array([one.budget for one in chances]),
    )


def _several(weights: Real, numbers: Real) -> Whole:
    """Different positions for each row, drawn one after the other in proportion to the weights."""
    left = weights.copy()
    found = np.empty(numbers.shape, dtype=np.int64)
    for rank in range(numbers.shape[1]):
        found[:, rank] = drawn(left.cumsum(axis=1), numbers[:, rank])
        np.put_along_axis(left, found[:, rank, None], 0.0, axis=1)
    return found


def _brands(template: Template, numbers: Real) -> Whole:
    """One of each shelf's, the first most likely."""
    found = np.empty(numbers.shape, dtype=np.int64)
    for place, category in enumerate(template.categories):
        ranks = np.array(by_rank(len(category.brands)))
        found[:, place] = drawn(np.broadcast_to(ranks, (len(numbers), len(ranks))), numbers[:, place])
    return found


def _shelf_weights(favourites: Whole, leaning: Real) -> Real:
    """Favourites get fixed weights by rank, the rest a little each, in proportion to the segment's leaning."""
    weights = OTHER_CATEGORY * leaning
    for rank, weight in enumerate(FAVOURITE_WEIGHTS):
        meant = np.flatnonzero(favourites[:, rank] != NONE)
        weights[meant, favourites[meant, rank]] = weight
    return weights


def _drifted(likes: Likes, leanings: Leanings, numbers: Real) -> Likes:
    """The last favourite shelf and the second style give way to new ones."""
    rows = np.arange(len(numbers))
    shelves, styles = leanings.shelves[likes.segment], leanings.styles[likes.segment]
    favourites, liked = likes.favourites.copy(), likes.styles.copy()
    last = np.count_nonzero(favourites != NONE, axis=1) - 1
    favourites[rows, last] = drawn(_without(shelves, likes.favourites), numbers[:, 0])
    liked[:, 1] = drawn(_without(styles, likes.styles), numbers[:, 1])
    weights = _shelf_weights(favourites, shelves)
    return likes._replace(favourites=favourites, shelves=weights, styles=liked)


def _without(weights: Real, places: Whole) -> Real:
    """Cumulative weights of all but these places."""
    return np.where(marked(places, weights.shape[1]), 0.0, weights).cumsum(axis=1)


def marked(places: Whole, width: int) -> NDArray[np.bool_]:
    """Which of so many places each row names: bool[rows, width]."""
    found = np.zeros((len(places), width + 1), dtype=np.bool_)
    np.put_along_axis(found, places, values=True, axis=1)  # NONE is one more place, at the end
    return found[:, :width]


def _stay(segment: Segment, dice: Dice, days: int) -> tuple[float, float]:
    """First and last day; of those who are not new 15 % arrive late and 10 % leave early.

    Newcomers arrive between 50 % and 80 % of the window. A segment is a trait that is known when the data is
    seeded, so most of them must have been there by then (the split lies near 75 %); the rest stand for people
    who signed up and have not done anything yet.
    """
    if segment.name == NEW_USERS:
        return dice.between(0.5, 0.8) * days, float(days)
    arrival = dice.between(0.0, 0.5) * days if dice.chance(0.15) else 0.0
    leave = dice.between(0.6, 1.0) * days if dice.chance(0.10) else float(days)
    return arrival, leave
