"""The people: which segment they are of, what they like, when they come and when they leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_recsim.sources.dice import Dice, apportion, by_rank
from pytest_recsim.sources.words import NEW_USERS, Segment, Template

if TYPE_CHECKING:
    from collections.abc import Sequence

FAVOURITE_WEIGHTS = (1.0, 0.6, 0.4, 0.3)
OTHER_CATEGORY = 0.01
STYLE_WEIGHTS = (24.0, 12.0)
LIKED_BRAND = 3.0
DRIFTERS = 0.25


@dataclass(frozen=True)
class Taste:
    """What one person likes during one phase of the window.

    Attributes:
        favourites: shelves, dearest first.
        categories: weight of every shelf.
        styles: the two preferred latent styles.
        brands: liked brands, one per shelf.
        budget: price level looked for, 0..1.
    """

    favourites: tuple[int, ...]
    categories: tuple[float, ...]
    styles: tuple[int, ...]
    brands: frozenset[str]
    budget: float


@dataclass(frozen=True)
class Person:
    """A user with what only the generator knows: segment, tastes before and after ``drift``, days of stay."""

    index: int
    segment: Segment
    taste: Taste
    later: Taste
    drift: float
    arrival: float
    leave: float

    @property
    def user_id(self) -> str:
        return f"u{self.index + 1:05d}"

    @property
    def is_new(self) -> bool:
        return self.segment.name == NEW_USERS

    def taste_on(self, day: float) -> Taste:
        return self.taste if day < self.drift else self.later


@dataclass(frozen=True)
class Leaning:
    """What a segment as a whole prefers: a weight per shelf and per style, drawn once per world."""

    segment: Segment
    categories: tuple[float, ...]
    styles: tuple[float, ...]


def build_people(template: Template, dice: Dice, size: int, days: int) -> tuple[Person, ...]:
    """Make ``size`` people; the segments get their number in proportion to their share."""
    counts = apportion(size, [segment.share for segment in template.segments])
    kinds = dice.shuffled([place for place, count in enumerate(counts) for _ in range(count)])
    leanings = [_leaning(template, segment, dice) for segment in template.segments]
    return tuple(_person(index, template, leanings[kind], dice, days) for index, kind in enumerate(kinds))


def _leaning(template: Template, segment: Segment, dice: Dice) -> Leaning:
    """Shelf weight = traffic x U(0.5, 1.5), style weight = U(0.5, 1.5)."""
    return Leaning(
        segment,
        tuple(category.traffic * dice.between(0.5, 1.5) for category in template.categories),
        tuple(dice.between(0.5, 1.5) for _ in template.styles),
    )


def _person(index: int, template: Template, leaning: Leaning, dice: Dice, days: int) -> Person:
    taste = _taste(template, leaning, dice)
    drifts = dice.chance(DRIFTERS)
    arrival, leave = _stay(leaning.segment, dice, days)
    return Person(
        index=index,
        segment=leaning.segment,
        taste=taste,
        later=_drifted(taste, dice, leaning) if drifts else taste,
        drift=dice.between(0.2, 1.0) * days if drifts else float(days),
        arrival=arrival,
        leave=leave,
    )


def _taste(template: Template, leaning: Leaning, dice: Dice) -> Taste:
    favourites = dice.several(leaning.categories, leaning.segment.favourites)
    liked = [category.brands[dice.index(by_rank(len(category.brands)))] for category in template.categories]
    return Taste(
        favourites=favourites,
        categories=_category_weights(favourites, leaning),
        styles=dice.several(leaning.styles, len(STYLE_WEIGHTS)),
        brands=frozenset(liked),
        budget=dice.between(*leaning.segment.budget),
    )


def _category_weights(favourites: Sequence[int], leaning: Leaning) -> tuple[float, ...]:
    """Favourites get fixed weights by rank, the rest a little each, in proportion to the segment's leaning."""
    weights = [OTHER_CATEGORY * weight for weight in leaning.categories]
    for place, weight in zip(favourites, FAVOURITE_WEIGHTS, strict=False):
        weights[place] = weight
    return tuple(weights)


def _drifted(taste: Taste, dice: Dice, leaning: Leaning) -> Taste:
    """The last favourite shelf and the second style give way to new ones."""
    open_shelves = [0.0 if place in taste.favourites else w for place, w in enumerate(leaning.categories)]
    open_styles = [0.0 if place in taste.styles else w for place, w in enumerate(leaning.styles)]
    favourites = (*taste.favourites[:-1], dice.weighted(open_shelves))
    return replace(
        taste,
        favourites=favourites,
        categories=_category_weights(favourites, leaning),
        styles=(taste.styles[0], dice.weighted(open_styles)),
    )


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
