"""What is in the shops on which day: launches, sell-outs and fashions that come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.sources.catalogue import Product, companions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_recsim.sources.dice import Dice
    from pytest_recsim.sources.words import Segment, Template

FASHION_STEPS = (0.75, 0.9, 1.0, 1.1, 1.35)
FASHION_BOUNDS = (0.3, 3.0)
LAUNCH_DAYS = 14
FRESH_DAYS = 21


@dataclass(frozen=True)
class Market:
    """Everything a visitor meets.

    Attributes:
        template, products: the catalogue.
        shelves: item positions per category.
        companions: item positions that each item's page leads to.
        pull: segment name -> day -> item -> general attraction on that day, 0 when not on sale.
    """

    template: Template
    products: tuple[Product, ...]
    shelves: tuple[tuple[int, ...], ...]
    companions: tuple[tuple[int, ...], ...]
    pull: Mapping[str, tuple[tuple[float, ...], ...]]


def open_market(template: Template, products: tuple[Product, ...], dice: Dice, days: int) -> Market:
    """Draw the fashions and lay out the days."""
    fashions = [_fashion(dice, days) for _ in products]
    return Market(
        template=template,
        products=products,
        shelves=tuple(
            tuple(product.index for product in products if product.category == place)
            for place in range(len(template.categories))
        ),
        companions=companions(products, dice),
        pull={
            segment.name: tuple(_pull(products, fashions, segment, day) for day in range(days))
            for segment in template.segments
        },
    )


def _fashion(dice: Dice, days: int) -> list[float]:
    """A weekly random walk of an item's popularity, one factor per week, kept within bounds."""
    low, high = FASHION_BOUNDS
    walk = [1.0]
    while len(walk) * 7 < days:
        walk.append(min(max(walk[-1] * dice.one(FASHION_STEPS), low), high))
    return walk


def _pull(
    products: Sequence[Product], fashions: Sequence[Sequence[float]], segment: Segment, day: int
) -> tuple[float, ...]:
    return tuple(
        _attraction(product, fashion[day // 7], segment, day)
        for product, fashion in zip(products, fashions, strict=True)
    )


def _attraction(product: Product, fashion: float, segment: Segment, day: int) -> float:
    """(1 - c + c x appeal x fashion x launch) x (1 + freshness x (1 - age / 21)), 0 when not on sale."""
    age = day - product.release
    if age < 0 or (product.sold_out is not None and day >= product.sold_out):
        return 0.0
    released = product.release > 0
    launch = 1.0 + max(0.0, 1.0 - age / LAUNCH_DAYS) if released else 1.0
    fresh = 1.0 + segment.freshness * max(0.0, 1.0 - age / FRESH_DAYS) if released else 1.0
    known = product.appeal * fashion * launch
    return (1.0 - segment.conformity + segment.conformity * known) * fresh
