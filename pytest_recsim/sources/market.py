"""What is in the shops on which day: launches, sell-outs and fashions that come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.sources.catalogue import Product, companions
from pytest_recsim.sources.goods import Goods, goods_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_recsim.sources.dice import Dice
    from pytest_recsim.sources.words import Segment, Template

FASHION_STEPS = (0.75, 0.9, 1.0, 1.1, 1.35)
FASHION_BOUNDS = (0.3, 3.0)
LAUNCH_DAYS = 14
FRESH_DAYS = 21


@dataclass(frozen=True)
class Market:
    """Everything that visitors meet: n items, for d days.

    Attributes:
        template: the catalogue's.
        days: d.
        goods: the products as arrays.
        companions: int64[n, 3], items that each item's page leads to.
        pull: float64[segments x d, n], general attraction for a segment on a day (row segment x d + day), 0 when not on sale;
            items as in ``goods.placed``.
        on_sale: float64[d, n], how many items up to each one are on sale; items as in the catalogue.
    """

    template: Template
    days: int
    goods: Goods
    companions: NDArray[np.int64]
    pull: NDArray[np.float64]
    on_sale: NDArray[np.float64]


def open_market(template: Template, products: tuple[Product, ...], dice: Dice, days: int) -> Market:
    """Draw the fashions and lay out the days."""
    goods = goods_of(products, template)
    fashions = np.array([_fashion(dice, days) for _ in products])
    daily = fashions[goods.placed].T[np.arange(days) // 7]
    shelved = [products[item] for item in goods.placed]
    pull = np.concatenate([_pull(shelved, daily, segment) for segment in template.segments])
    return Market(
        template=template,
        days=days,
        goods=goods,
        companions=companions(products, dice),
        pull=pull,
        on_sale=(pull[:days, goods.place] > 0.0).cumsum(axis=1, dtype=np.float64),
    )


def _fashion(dice: Dice, days: int) -> list[float]:
    """A weekly random walk of an item's popularity, one factor per week, kept within bounds."""
    low, high = FASHION_BOUNDS
    walk = [1.0]
    while len(walk) * 7 < days:
        walk.append(min(max(walk[-1] * dice.one(FASHION_STEPS), low), high))
    return walk


def _pull(products: Sequence[Product], fashion: NDArray[np.float64], segment: Segment) -> NDArray[np.float64]:
    """(1 - c + c x appeal x fashion x launch) x (1 + freshness x (1 - age / 21)), 0 when not on sale: float64[days, n]."""
    day = np.arange(len(fashion))[:, None]
    release = np.array([product.release for product in products])
    sold_out = np.array([np.inf if product.sold_out is None else product.sold_out for product in products])
    age = day - release
    launch = np.where(release > 0, 1.0 + np.maximum(0.0, 1.0 - age / LAUNCH_DAYS), 1.0)
    young = np.where(release > 0, 1.0 + segment.freshness * np.maximum(0.0, 1.0 - age / FRESH_DAYS), 1.0)
    known = np.array([product.appeal for product in products]) * fashion * launch
    attraction = (1.0 - segment.conformity + segment.conformity * known) * young
    return np.where((age < 0) | (day >= sold_out), 0.0, attraction)
