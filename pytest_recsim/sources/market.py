"""What is in the shops on which day: launches, sell-outs and fashions that come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.sources.catalogue import Product, companions
from pytest_recsim.sources.goods import Goods, Laid, goods_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
        pull: general attraction for a segment on a day (row segment x d + day), 0 when not on sale.
        on_sale: float64[d, n], how many items up to each one are on sale; items as in the catalogue.
    """

    template: Template
    days: int
    goods: Goods
    companions: NDArray[np.int64]
    pull: Laid
    on_sale: NDArray[np.float64]


def open_market(template: Template, products: tuple[Product, ...], dice: Dice, days: int) -> Market:
    """Draw the fashions and lay out the days."""
    goods = goods_of(products, template)
    fashions = _fashions(dice, len(products), days)
    daily = fashions[:, goods.placed][np.arange(days) // 7]
    shelved = [products[item] for item in goods.placed]
    pull = Laid(len(template.segments) * days, goods)
    for number, rows in enumerate(_pull(shelved, daily, template.segments)):
        pull.rows[number * days : (number + 1) * days] = rows
    return Market(
        template=template,
        days=days,
        goods=goods,
        companions=companions(products, dice),
        pull=pull,
        on_sale=(pull.rows[:days, goods.place] > 0.0).cumsum(axis=1, dtype=np.float64),
    )


def _fashions(dice: Dice, count: int, days: int) -> NDArray[np.float64]:
    """Weekly random walks of so many items' popularity, one factor per week, kept within bounds: float64[weeks, count]."""
    units = dice.units(count, (days - 1) // 7)
    factors = np.array(FASHION_STEPS)[(units * len(FASHION_STEPS)).astype(np.int64)]
    walks = [np.ones(count)]
    for factor in factors.T:
        walks.append(np.clip(walks[-1] * factor, *FASHION_BOUNDS))
    return np.array(walks)


def _pull(
    products: Sequence[Product], fashion: NDArray[np.float64], segments: Sequence[Segment]
) -> Iterator[NDArray[np.float64]]:
    """(1 - c + c x appeal x fashion x launch) x (1 + freshness x (1 - age / 21)), 0 when not on sale: for each segment float64[days, n]."""
    day = np.arange(len(fashion))[:, None]
    release = np.array([product.release for product in products])
    sold_out = np.array([np.inf if product.sold_out is None else product.sold_out for product in products])
    age, recent = day - release, release > 0
    launch = np.where(recent, 1.0 + np.maximum(0.0, 1.0 - age / LAUNCH_DAYS), 1.0)
    youth = np.where(recent, np.maximum(0.0, 1.0 - age / FRESH_DAYS), 0.0)
    known = np.array([product.appeal for product in products]) * fashion * launch
    gone = (age < 0) | (day >= sold_out)
    for segment in segments:
        attraction = (1.0 - segment.conformity + segment.conformity * known) * (
            1.0 + segment.freshness * youth
        )
        attraction[gone] = 0.0
        yield attraction
