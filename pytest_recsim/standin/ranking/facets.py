"""What the configured tag prefixes make of the tags: brands, categories, and plain tags for similarity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_recsim.standin.ranking.ragged import Ragged
from pytest_recsim.standin.ranking.tags import Tags, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pytest_recsim.standin.ranking.arrays import Bools, Floats, Ints

NO_VALUE = -1
_ROW_BYTES_KEPT = 64 << 20
_MOST_PAIRS, _MOST_DEGREES = 1 << 20, 1 << 16
_WORDS_AT_ONCE = 64


class Values:
    """The brand (or category) values of all items.

    ``held[i]`` lists item i's codes into ``names``; ``rows`` holds the same.
    """

    def __init__(self, tags: Tags, prefixes: tuple[str, ...]) -> None:
        value_of = [value_after(tag, prefixes) for tag in tags.names]
        self.names = sorted({value for value in value_of if value})
        self.index = {value: code for code, value in enumerate(self.names)}
        self.prefixed = frozenset(code for code, value in enumerate(value_of) if value is not None)
        codes = [self.index[value] if value else NO_VALUE for value in value_of]
        self.held = [sorted({codes[tag] for tag in carried} - {NO_VALUE}) for carried in tags.sets]
        self.rows = Ragged(self.held)


def value_after(tag: str, prefixes: tuple[str, ...]) -> str | None:
    """Return what follows the first matching ``prefix:``, maybe empty, or None without such a prefix."""
    for prefix in prefixes:
        if prefix and tag.startswith(prefix + ":"):
            return fold(tag[len(prefix) + 1 :])
    return None


class Facets:
    """Brands, categories and plain-tag similarity under one set of prefixes.

    ``group[i]`` numbers item i's set of plain tags; similarity is computed between groups. ``held[i]`` lists item i's
    brands and behind them its categories, these numbered on from the last brand.
    """

    def __init__(
        self, tags: Tags, brand_prefixes: tuple[str, ...], category_prefixes: tuple[str, ...]
    ) -> None:
        self.tags = tags
        self.brands = Values(tags, brand_prefixes)
        self.categories = Values(tags, category_prefixes)
        last = len(self.brands.names)
        both = zip(self.brands.held, self.categories.held, strict=True)
        self.held = [(*brands, *(last + code for code in categories)) for brands, categories in both]
        self._prefixed = self.brands.prefixed | self.categories.prefixed
        groups: dict[frozenset[int], int] = {}
        plain = [carried - self._prefixed for carried in tags.sets]
        self.group: Ints = np.array([groups.setdefault(carried, len(groups)) for carried in plain], np.int64)
        self._sizes = np.array([len(carried) for carried in groups], np.int64)
        self._bits = np.zeros((len(tags.names) // 64 + 1, len(groups)), np.uint64)
        for group, carried in enumerate(groups):
            for tag in carried:
                self._bits[tag // 64, group] |= np.uint64(1 << tag % 64)
        self._degrees = degrees(self._sizes)
        self._rows: dict[int, NDArray[Any]] = {}

    def plain_tag(self, tag: str) -> int | None:
        """Return the code of a folded tag that carries no prefix."""
        code = self.tags.index.get(tag)
        return None if code in self._prefixed else code

    def holding(self, code: int) -> Bools:
        """Tell for every item whether it holds a brand or category, numbered as in ``held``."""
        last = len(self.brands.names)
        return self.brands.rows.holding(code) if code < last else self.categories.rows.holding(code - last)

    def _similarity(self, group: int) -> Floats:
        """Return the Jaccard similarity of a group to every group; 0 with an empty set."""
        shared = np.bitwise_count(self._bits & self._bits[:, group : group + 1]).sum(axis=0, dtype=np.int64)
        return np.asarray(shared / np.maximum(self._sizes + self._sizes[group] - shared, 1))

    def nearness(self, group: int) -> NDArray[Any]:
        """Return how near a group is to every group: 0 for similarity 0, and higher where that is higher.

        Similarities are fractions of small numbers, so that there are few of them: a byte or two name one. Where there
        are too many, these are the similarities.
        """
        row = self._rows.get(group)
        if row is None:
            row = self._similarity(group)
            if self._degrees is not None:
                row = np.searchsorted(self._degrees, row).astype(np.min_scalar_type(len(self._degrees)))
            if (len(self._rows) + 1) * row.nbytes <= _ROW_BYTES_KEPT:
                self._rows[group] = row
        return row

    def penalties(self, mmr_lambda: float) -> Callable[[NDArray[Any]], Floats]:
        """Return what makes (1 - lambda) x similarity of nearness."""
        share = max(1.0 - mmr_lambda, 0.0)
        return partial(np.multiply, share) if self._degrees is None else (share * self._degrees).take

    def among(self, groups: Ints) -> Floats:
        """Return the similarity of some groups to each other, a row each."""
        if len(self._bits) > _WORDS_AT_ONCE:
            return np.array([self._similarity(group)[groups] for group in groups.tolist()])
        bits, sizes = self._bits[:, groups], self._sizes[groups]
        shared = np.bitwise_count(bits[:, :, None] & bits[:, None, :]).sum(axis=0, dtype=np.int64)
        return np.asarray(shared / np.maximum(sizes + sizes[:, None] - shared, 1))


def degrees(sizes: Ints) -> Floats | None:
    """Return all similarities that sets of these sizes can have, ascending from 0; None for more than two bytes number."""
    lengths = np.unique(sizes)
    if (lengths * np.arange(len(lengths), 0, -1)).sum() > _MOST_PAIRS:
        return None
    found = [np.zeros(1)]
    for place, length in enumerate(lengths.tolist()):
        shared = np.arange(1, length + 1)[:, None]
        found.append((shared / (length + lengths[place:] - shared)).ravel())
    all_of_them = np.unique(np.concatenate(found))
    return all_of_them if len(all_of_them) <= _MOST_DEGREES else None


def facets_by_prefix(tags: Tags) -> Callable[[tuple[str, ...], tuple[str, ...]], Facets]:
    """Return a lookup that builds the facets of each prefix configuration once."""
    made: dict[tuple[tuple[str, ...], tuple[str, ...]], Facets] = {}

    def facets(brands: tuple[str, ...], categories: tuple[str, ...]) -> Facets:
        if (brands, categories) not in made:
            made[brands, categories] = Facets(tags, brands, categories)
        return made[brands, categories]

    return facets
