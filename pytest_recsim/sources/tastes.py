"""Tastes as arrays, and how well every item suits each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.sources.goods import Laid
from pytest_recsim.sources.people import marked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.sources.market import Market
    from pytest_recsim.sources.people import Likes, People

    Whole = NDArray[np.int64]
    Real = NDArray[np.float64]

STYLE_WEIGHTS = (24.0, 12.0)
LIKED_BRAND = 3.0
AT_ONCE = 32


@dataclass(frozen=True)
class Tastes:
    """t tastes of p people, for n items.

    Attributes:
        later: int64[p], the taste of each after the drift; before it, it is the person's own position.
        shelves: float64[t, shelves], weight of each shelf.
        favourite: bool[t, shelves], whether it is a favourite.
        styled: bool[t, styles], whether a style is preferred.
        suits: a row for each, how well every item does, shelf left out.
    """

    later: NDArray[np.int64]
    shelves: NDArray[np.float64]
    favourite: NDArray[np.bool_]
    styled: NDArray[np.bool_]
    suits: Laid


def tastes_of(people: People, who: Whole, market: Market) -> Tastes:
    """Lay out what some people like, those who change twice."""
    drifters = np.flatnonzero(people.later[who] != who)
    later = np.arange(len(who))
    later[drifters] = len(who) + np.arange(len(drifters))
    likes = people.likes.of(np.concatenate([who, people.later[who[drifters]]]))
    return Tastes(
        later=later,
        shelves=likes.shelves,
        favourite=marked(likes.favourites, len(market.template.categories)),
        styled=marked(likes.styles, len(market.template.styles)),
        suits=_suits(likes, market),
    )


def _suits(likes: Likes, market: Market) -> Laid:
    """Style x brand x price x lure, for few tastes at a time: what is computed on the way stays in the processor's cache."""
    goods, count = market.goods, len(likes.budget)
    brands = _numbers(market)
    suits = Laid(count, goods)
    for begin in range(0, count, AT_ONCE):
        some = likes.of(np.arange(begin, min(begin + AT_ONCE, count)))
        brand = np.ones((len(some.budget), len(goods.brands) + 1))
        np.put_along_axis(brand, brands[np.arange(len(brands)), some.brands], LIKED_BRAND, axis=1)
        _fill(suits.rows[begin : begin + AT_ONCE], some, brand, market)
    return suits


def _numbers(market: Market) -> Whole:
    """The number that ``Goods`` gives to each brand of each shelf, one more than all where nothing is of it: int64[shelves, brands]."""
    known = market.goods.brands
    found = [
        [known.get(brand, len(known)) for brand in category.brands] for category in market.template.categories
    ]
    most = max(len(numbers) for numbers in found)
    return np.array([numbers + [len(known)] * (most - len(numbers)) for numbers in found])


def _fill(suits: Real, likes: Likes, brand: Real, market: Market) -> None:
    """Multiplied in this order, because the last bit of a product depends on it."""
    goods, segments = market.goods, market.template.segments
    off = goods.level - likes.budget[:, None]
    off *= np.array([segment.thrift for segment in segments])[likes.segment, None]
    off *= off
    off += 1.0
    _styles(likes.styles, len(market.template.styles)).take(goods.pair, axis=1, out=suits, mode="clip")
    suits *= brand.take(goods.brand, axis=1)
    suits /= off
    suits[:, goods.lured] *= np.array([segment.lure for segment in segments])[likes.segment, None]


def _styles(preferred: Whole, styles: int) -> Real:
    """(2 x weight of the first style + weight of the second) / 3: float64[t, pairs of styles]."""
    weight = np.ones((len(preferred), styles))
    for rank, strength in enumerate(STYLE_WEIGHTS):
        weight[np.arange(len(preferred)), preferred[:, rank]] = strength
    pairs = (2.0 * weight[:, :, None] + weight[:, None, :]) / 3.0
    return pairs.reshape(len(preferred), -1)
