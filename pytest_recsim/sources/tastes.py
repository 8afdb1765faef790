"""Tastes as arrays, and how well every item suits each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.sources.people import LIKED_BRAND, STYLE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_recsim.sources.goods import Goods
    from pytest_recsim.sources.market import Market
    from pytest_recsim.sources.people import Person, Taste
    from pytest_recsim.sources.words import Segment

AT_ONCE = 32


@dataclass(frozen=True)
class Tastes:
    """t tastes of p people, for n items.

    Attributes:
        later: int64[p], the taste of each after the drift; before it, it is the person's own position.
        shelves: float64[t, shelves], weight of each shelf.
        favourite: bool[t, shelves], whether it is a favourite.
        styled: bool[t, styles], whether a style is preferred.
        suits: float64[t, n], shelf left out; items as in ``Goods.placed``.
    """

    later: NDArray[np.int64]
    shelves: NDArray[np.float64]
    favourite: NDArray[np.bool_]
    styled: NDArray[np.bool_]
    suits: NDArray[np.float64]


def tastes_of(people: Sequence[Person], market: Market) -> Tastes:
    """Lay out what people like, those who change twice."""
    drifters = [place for place, person in enumerate(people) if person.later is not person.taste]
    later = np.arange(len(people))
    later[drifters] = len(people) + np.arange(len(drifters))
    tastes = [person.taste for person in people] + [people[place].later for place in drifters]
    segments = [person.segment for person in people] + [people[place].segment for place in drifters]
    return Tastes(
        later=later,
        shelves=np.array([taste.categories for taste in tastes]),
        favourite=_marked([taste.favourites for taste in tastes], len(market.template.categories)),
        styled=_marked([taste.styles for taste in tastes], len(market.template.styles)),
        suits=_suits(tastes, segments, market),
    )


def _marked(places: Sequence[Sequence[int]], width: int) -> NDArray[np.bool_]:
    found = np.zeros((len(places), width), dtype=np.bool_)
    rows = np.repeat(np.arange(len(places)), [len(some) for some in places])
    found[rows, np.array([place for some in places for place in some])] = True
    return found


def _suits(tastes: Sequence[Taste], segments: Sequence[Segment], market: Market) -> NDArray[np.float64]:
    """Style x brand x price x lure, for few tastes at a time: what is computed on the way stays in the processor's cache."""
    suits = np.empty((len(tastes), len(market.goods.level)))
    for begin in range(0, len(tastes), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        suits[rows] = _some(tastes[rows], segments[rows], market.goods, len(market.template.styles))
    return suits


def _some(
    tastes: Sequence[Taste], segments: Sequence[Segment], goods: Goods, styles: int
) -> NDArray[np.float64]:
    """Multiplied in this order, because the last bit of a product depends on it."""
    off = goods.level - np.array([[taste.budget] for taste in tastes])
    off *= np.array([[segment.thrift] for segment in segments])
    off *= off
    off += 1.0
    suits = _styles(tastes, styles).take(goods.pair, axis=1)
    suits *= _brands(tastes, goods.brands).take(goods.brand, axis=1)
    suits /= off
    suits[:, goods.lured] *= np.array([[segment.lure] for segment in segments])
    return suits


def _styles(tastes: Sequence[Taste], styles: int) -> NDArray[np.float64]:
    """(2 x weight of the first style + weight of the second) / 3: float64[t, pairs of styles]."""
    weight = np.ones((len(tastes), styles))
    for rank, strength in enumerate(STYLE_WEIGHTS):
        weight[np.arange(len(tastes)), [taste.styles[rank] for taste in tastes]] = strength
    pairs = (2.0 * weight[:, :, None] + weight[:, None, :]) / 3.0
    return pairs.reshape(len(tastes), -1)


def _brands(tastes: Sequence[Taste], number: Mapping[str, int]) -> NDArray[np.float64]:
    weight = np.ones((len(tastes), len(number)))
    for row, taste in zip(weight, tastes, strict=True):
        row[[number[brand] for brand in taste.brands if brand in number]] = LIKED_BRAND
    return weight
