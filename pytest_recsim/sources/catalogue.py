"""The catalogue: what is sold, in which latent style, since when, and how much everybody likes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.sources.dice import Dice, apportion, by_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_recsim.sources.words import Category, Template

UNAVAILABLE_SHARE = 0.04
RELEASED_IN_WINDOW = 0.20
HOUSE_BRAND_SHARE = 0.12
HEAD_OFFSET = 2
COMPANIONS = 3
AT_ONCE = 64
"""Products whose neighbours on the shelf are weighed at once."""


@dataclass(frozen=True)
class Product:
    """An item with what only the generator knows about it.

    Attributes:
        index: position in the catalogue.
        category: position of its shelf in the template.
        style, second_style: latent styles; most of its style tags come from the first.
        brand, kind: words.
        level: price level on its shelf, 0 cheapest to 1 dearest.
        appeal: how much everybody likes it; mean 1 over the catalogue, Zipf-like.
        release: day of release, 0 when older than the window.
        sold_out: day from which it is unavailable, or None.
        tags: as in the fixture, prefixed tags last.
        fields: further fields of the fixture item.
    """

    index: int
    category: int
    style: int
    second_style: int
    brand: str
    kind: str
    level: float
    appeal: float
    release: float
    sold_out: float | None
    tags: tuple[str, ...]
    fields: dict[str, Any]

    @property
    def item_id(self) -> str:
        return f"i{self.index + 1:04d}"

    def record(self) -> dict[str, Any]:
        """The item as it stands in the fixture; fields equal to their defaults are left out."""
        shown: dict[str, Any] = {"item_id": self.item_id}
        if self.sold_out is not None:
            shown["available"] = False
        return shown | self.fields


def build_catalogue(template: Template, dice: Dice, size: int, days: int) -> tuple[Product, ...]:
    """Make ``size`` products; the shelves get their number in proportion to their traffic."""
    counts = apportion(size, [category.traffic for category in template.categories])
    shelves = dice.shuffled([shelf for shelf, count in enumerate(counts) for _ in range(count)])
    appeal = _zipf(dice, size)
    gone = set(dice.shuffled(range(size))[: int(UNAVAILABLE_SHARE * size + 0.5)])
    manners = {brand: dice.whole(0, len(template.styles) - 1) for brand in _brands(template)}
    return tuple(
        _product(
            template,
            dice,
            index=index,
            shelf=shelves[index],
            appeal=appeal[index],
            manners=manners,
            days=days,
            sold_out=dice.between(0.5, 1.0) * days if index in gone else None,
        )
        for index in range(size)
    )


def companions(products: Sequence[Product], dice: Dice) -> NDArray[np.int64]:
    """For every product, three others that its page leads to: same shelf and style before same shelf."""
    category = np.array([product.category for product in products])
    style = np.array([product.style for product in products])
    appeal = np.array([product.appeal for product in products])
    units = dice.units(len(products), COMPANIONS)
    found = np.empty((len(products), COMPANIONS), dtype=np.int64)
    for shelf in range(category.max() + 1):
        others = np.flatnonzero(category == shelf)
        for begin in range(0, len(others), AT_ONCE):
            some = others[begin : begin + AT_ONCE]
            weights = np.where(style[others] == style[some, None], 4.0, 1.0) * appeal[others]
            weights[others == some[:, None]] = 0.0
            found[some] = _beside(others, weights, units[some], last=len(products) - 1)
    return found


def _beside(
    others: NDArray[np.int64], weights: NDArray[np.float64], units: NDArray[np.float64], *, last: int
) -> NDArray[np.int64]:
    """Draw among the others for each row without putting one back; where nothing is left, it is the catalogue's ``last``."""
    found = np.empty(units.shape, dtype=np.int64)
    for column, unit in zip(found.T, units.T, strict=True):
        cumulative = weights.cumsum(axis=1)
        place = np.count_nonzero(cumulative <= (unit * cumulative[:, -1])[:, None], axis=1)
        column[:] = np.where(place < len(others), others[np.minimum(place, len(others) - 1)], last)
        weights[others == column[:, None]] = 0.0
    return found


def _brands(template: Template) -> list[str]:
    return [brand for category in template.categories for brand in category.brands] + [template.house]


def _zipf(dice: Dice, size: int) -> list[float]:
    """1 / (rank + 2), handed out in random order, mean 1."""
    raw = [1.0 / (rank + HEAD_OFFSET) for rank in range(1, size + 1)]
    mean = list(accumulate(raw))[-1] / size
    return [raw[rank] / mean for rank in dice.shuffled(range(size))]


def _product(  # noqa: PLR0913 - one product is drawn in one place; all arguments are keywords at the only caller
    template: Template,
    dice: Dice,
    *,
    index: int,
    shelf: int,
    appeal: float,
    manners: dict[str, int],
    days: int,
    sold_out: float | None,
) -> Product:
    category = template.categories[shelf]
    brand = _brand(template, category, dice)
    style = manners[brand] if dice.chance(0.6) else dice.whole(0, len(template.styles) - 1)
    second = dice.whole(0, len(template.styles) - 1)
    kind, level = dice.one(category.kinds), dice.unit()
    release = dice.between(0.0, 0.95) * days if sold_out is None and dice.chance(RELEASED_IN_WINDOW) else 0.0
    tags = _tags(template, category, dice, kind=kind, styles=(style, second))
    tags = tuple(dict.fromkeys([*tags, *(_tier(level) if template.priced else ())]))
    prefixed = (f"category:{category.name}", f"brand:{brand}")
    fields = _fields(category, brand, kind, tags) | {"tags": [*tags, *prefixed]}
    fields |= _money(template, category, dice, level)
    novelty = 0.4 + 0.6 * release / days if release else 0.4 * dice.unit()
    fields["props"] = fields.get("props", {}) | {"novelty": round(novelty, 2)}
    return Product(
        index, shelf, style, second, brand, kind, level, appeal, release, sold_out, (*tags, *prefixed), fields
    )


def _brand(template: Template, category: Category, dice: Dice) -> str:
    if dice.chance(HOUSE_BRAND_SHARE):
        return template.house
    return category.brands[dice.index(by_rank(len(category.brands)))]


def _tags(
    template: Template, category: Category, dice: Dice, *, kind: str, styles: tuple[int, int]
) -> tuple[str, ...]:
    """Shelf, one or two topics, kind, two words of the style, perhaps one of the second, perhaps an extra."""
    words = [category.name]
    words += dice.several(category.topics, dice.whole(1, 2))
    words.append(kind)
    main, second = template.styles[styles[0]], template.styles[styles[1]]
    words += dice.several(main, 2)
    words += [dice.one(second)] if dice.chance(0.4) else []
    words += [dice.one(template.extras)] if dice.chance(0.3) else []
    return tuple(dict.fromkeys(words))


def _tier(level: float) -> tuple[str, ...]:
    """The cheapest quarter of a shelf is tagged `budget`, the dearest `premium`, as shops do."""
    return ("budget",) if level < 0.25 else ("premium",) if level >= 0.75 else ()


def _fields(category: Category, brand: str, kind: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Descriptive fields; the description reads like a product title."""
    flavour = tags[tags.index(kind) + 1]
    return {
        "category": category.name,
        "category_path": [category.name, kind],
        "brand": brand,
        "description": f"{flavour} {kind} ({tags[1]}) by {brand}",
    }


def _money(template: Template, category: Category, dice: Dice, level: float) -> dict[str, Any]:
    """Price low + (high - low) x level^2, and a margin spread around the shelf's typical one."""
    money: dict[str, Any] = {}
    low, high = category.price
    if template.priced:
        money["price"] = round(low + (high - low) * level * level, 2)
    if template.margins:
        money["props"] = {"margin": round(min(max(category.margin + 0.08 * dice.bell(), 0.02), 0.85), 3)}
    return money
