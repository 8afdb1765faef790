"""What the configured tag prefixes make of the tags: brands, categories, and plain tags for similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.standin.ranking.ragged import Ragged
from pytest_recsim.standin.ranking.tags import Tags, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_recsim.standin.ranking.arrays import Floats, Ints

NO_VALUE = -1
_ROW_BYTES_KEPT = 64 << 20
_LAMBDAS_KEPT = 2
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

    ``group[i]`` numbers item i's set of plain tags; similarity is computed between groups.
    """

    def __init__(
        self, tags: Tags, brand_prefixes: tuple[str, ...], category_prefixes: tuple[str, ...]
    ) -> None:
        self.tags = tags
        self.brands = Values(tags, brand_prefixes)
        self.categories = Values(tags, category_prefixes)
        self._prefixed = self.brands.prefixed | self.categories.prefixed
        groups: dict[frozenset[int], int] = {}
        plain = [carried - self._prefixed for carried in tags.sets]
        self.group: Ints = np.array([groups.setdefault(carried, len(groups)) for carried in plain], np.int64)
        self._sizes = np.array([len(carried) for carried in groups], np.int64)
        self._bits = np.zeros((len(tags.names) // 64 + 1, len(groups)), np.uint64)
        for group, carried in enumerate(groups):
            for tag in carried:
                self._bits[tag // 64, group] |= np.uint64(1 << tag % 64)
        self._rows: dict[int, Floats] = {}
        self._penalties: dict[float, dict[int, Floats]] = {}
        self._rows_kept = _ROW_BYTES_KEPT // (8 * max(len(groups), 1))

    def plain_tag(self, tag: str) -> int | None:
        """Return the code of a folded tag that carries no prefix."""
        code = self.tags.index.get(tag)
        return None if code in self._prefixed else code

    def similarity(self, group: int) -> Floats:
        """Return the Jaccard similarity of a group to every group; 0 with an empty set."""
        row = self._rows.get(group)
        if row is None:
            shared = np.bitwise_count(self._bits & self._bits[:, group : group + 1]).sum(
                axis=0, dtype=np.int64
            )
            row = np.asarray(shared / np.maximum(self._sizes + self._sizes[group] - shared, 1))
            if len(self._rows) < self._rows_kept:
                self._rows[group] = row
        return row

    def among(self, groups: Ints) -> Floats:
        """Return the similarity of some groups to each other, a row each."""
        if len(self._bits) > _WORDS_AT_ONCE:
            return np.array([self.similarity(group)[groups] for group in groups.tolist()])
        bits, sizes = self._bits[:, groups], self._sizes[groups]
        shared = np.bitwise_count(bits[:, :, None] & bits[:, None, :]).sum(axis=0, dtype=np.int64)
        return np.asarray(shared / np.maximum(sizes + sizes[:, None] - shared, 1))

    def penalty(self, mmr_lambda: float) -> Callable[[int], Floats]:
        """Return a lookup of (1 - lambda) x similarity rows; the rows of the last few lambdas are kept."""
        rows = self._penalties.get(mmr_lambda)
        if rows is None:
            # A profile has two, one of them for new users; a sweep over lambda must not fill the memory.
            if len(self._penalties) >= _LAMBDAS_KEPT:
                del self._penalties[next(iter(self._penalties))]
            rows = self._penalties[mmr_lambda] = {}

        def penalty(group: int) -> Floats:
            row = rows.get(group)
            if row is None:
                row = (1.0 - mmr_lambda) * self.similarity(group)
                if len(rows) < self._rows_kept:
                    rows[group] = row
            return row

        return penalty


def facets_by_prefix(tags: Tags) -> Callable[[tuple[str, ...], tuple[str, ...]], Facets]:
    """Return a lookup that builds the facets of each prefix configuration once."""
    made: dict[tuple[tuple[str, ...], tuple[str, ...]], Facets] = {}

    def facets(brands: tuple[str, ...], categories: tuple[str, ...]) -> Facets:
        if (brands, categories) not in made:
            made[brands, categories] = Facets(tags, brands, categories)
        return made[brands, categories]

    return facets
