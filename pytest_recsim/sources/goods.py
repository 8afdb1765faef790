"""The catalogue as arrays, for all that looks at many items at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_recsim.sources.catalogue import Product
    from pytest_recsim.sources.words import Template

    Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Goods:
    """n items on s shelves.

    Attributes:
        category, style: int64[n], in the order of the catalogue.
        placed: int64[n], items shelf after shelf, on each in the order of the catalogue.
        place: int64[n], where each item stands in ``placed``.
        bounds: int64[s + 1], where in ``placed`` each shelf begins, and the last one ends.
        level: float64[n], price levels; this and the following as in ``placed``.
        pair: int64[n], first style x number of styles + second style.
        brand: int64[n], numbers of brands.
        brands: number of each brand.
        lured: int64[m], places of the items with the lure tag.
    """

    category: Whole
    style: Whole
    placed: Whole
    place: Whole
    bounds: Whole
    level: NDArray[np.float64]
    pair: Whole
    brand: Whole
    brands: dict[str, int]
    lured: Whole


class Laid:
    """Rows of numbers for the items as they are placed, read whole or a shelf at a time.

    Attributes:
        rows: float64[rows, n].
    """

    def __init__(self, rows: int, goods: Goods) -> None:
        self._bounds, self._items = goods.bounds, len(goods.placed)
        widest = int(np.diff(goods.bounds).max())
        room = np.zeros(rows * self._items + widest)
        self.rows = room[:-widest].reshape(rows, self._items)
        self._windows = sliding_window_view(room, widest)

    def shelves(self, row: Whole, shelf: Whole) -> NDArray[np.float64]:
        """Of each row one shelf: float64[rows, size of the widest]; after the end of a smaller one there is something else."""
        found: NDArray[np.float64] = self._windows[row * self._items + self._bounds[shelf]]
        return found


def goods_of(products: Sequence[Product], template: Template) -> Goods:
    """Lay a catalogue out."""
    category = np.array([product.category for product in products])
    placed = np.argsort(category, kind="stable")
    shelved = [products[item] for item in placed]
    brands = {
        brand: number for number, brand in enumerate(dict.fromkeys(product.brand for product in shelved))
    }
    styles = len(template.styles)
    return Goods(
        category=category,
        style=np.array([product.style for product in products]),
        placed=placed,
        place=np.argsort(placed),
        bounds=np.searchsorted(category[placed], np.arange(len(template.categories) + 1)),
        level=np.array([product.level for product in shelved]),
        pair=np.array([product.style * styles + product.second_style for product in shelved]),
        brand=np.array([brands[product.brand] for product in shelved]),
        brands=brands,
        lured=np.flatnonzero([template.extras[0] in product.tags for product in shelved]),
    )
