"""Which candidates a tag, brand or category rule matches (contract 8.5, 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_recsim.standin.ranking.tags import fold
from pytest_recsim.standin.state.rulebook import BRAND, TAG, Rule

if TYPE_CHECKING:
    from random import Random

    from pytest_recsim.standin.ranking.arrays import Ints
    from pytest_recsim.standin.ranking.catalogue import Names
    from pytest_recsim.standin.ranking.data import RankingData
    from pytest_recsim.standin.ranking.facets import Facets
    from pytest_recsim.standin.ranking.rule_engine import Matcher


def matcher(data: RankingData, facets: Facets, names: Names, candidates: Ints, rng: Random | None) -> Matcher:
    """Return a matcher over these candidates; what it finds is in the order of the item ids, or at random."""
    rows = np.minimum(candidates, data.catalogue.size)

    def match(rule: Rule) -> list[int]:
        key = fold(rule.target_key)
        if rule.target_type == TAG:
            code, held = facets.plain_tag(key), data.tags.folded
        else:
            values = facets.brands if rule.target_type == BRAND else facets.categories
            code, held = values.index.get(key), values.rows
        if code is None:
            return []
        found: list[int] = candidates[held.holding(code)[rows]].tolist()
        if rng is None:
            return sorted(found, key=names.id)
        rng.shuffle(found)
        return found

    return match
