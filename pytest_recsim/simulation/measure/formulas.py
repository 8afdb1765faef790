"""The formulas of the registry: how each metric of `data/guardrails/metric_table.py` is computed from the quality lists.

A formula gives either a number per user, whose mean is the metric, or one number for lists together, with how many users
or slots stand behind it. NaN is "not measured" in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.guardrails.metric import MetricFacts
from pytest_recsim.judge import catalogue
from pytest_recsim.judge.ranking import OF_SLOTS, repeat_hit_share
from pytest_recsim.judge.similarity import similarity_of_tags
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure import choice
from pytest_recsim.simulation.measure.basis import Basis, Values
from pytest_recsim.simulation.measure.offenders import Culprits, crowding, never_shown
from pytest_recsim.simulation.truth.slates import Slates

UNSEEDED = Reason(
    "no event was seeded, so the service could not know anything about anybody",
    "nothing_seeded",
    CAUSES["nothing_seeded"][1],
)
Behind = Callable[[Slates, int], Culprits]


def _measurable(_: Basis, __: MetricFacts) -> str:
    return ""


@dataclass(frozen=True)
class PerUser:
    """A metric that is a mean over users.

    Attributes:
        values: ``float64[U]``, NaN for a user that is in no mean; ``relevance`` names the set, where there is one.
        reason: why it cannot be measured on lists that are long enough, empty when it can.
        long_enough: whether lists that end before the cut-off leave it unmeasured.
    """

    values: Callable[[Basis, int, RelevanceName], Values]
    reason: Callable[[Basis, MetricFacts], str] = _measurable
    long_enough: bool = True


@dataclass(frozen=True)
class Together:
    """A metric of lists together.

    Attributes:
        value: the number, and how many users or slots stand behind it.
        reason, long_enough: as of :class:`PerUser`.
        behind: the items that it is about, and whose list shows it best.
    """

    value: Callable[[Basis, int], tuple[float, int]]
    reason: Callable[[Basis, MetricFacts], str] = _measurable
    long_enough: bool = True
    behind: Behind | None = field(default=None, kw_only=True)


def _of_relevance(name: str) -> PerUser:
    of_slots = OF_SLOTS[name]

    def values(basis: Basis, k: int, which: RelevanceName) -> Values:
        return of_slots(basis.gains[which], basis.sets[which], k)

    return PerUser(values, _no_choice if name in ("recall", "hit_rate") else _measurable)


def _no_choice(basis: Basis, metric: MetricFacts) -> str:
    return choice.no_choice(basis.table, metric.k)


def _blind(basis: Basis, metric: MetricFacts) -> str:
    seeded = basis.table.world.seeded_counts.any()
    return _no_choice(basis, metric) or ("" if seeded else UNSEEDED)


def _coverage(basis: Basis, k: int) -> tuple[float, int]:
    lists = basis.table.lists
    return catalogue.catalogue_coverage(lists, basis.table.world.available, k), len(lists)


def _coverage_reason(basis: Basis, metric: MetricFacts) -> str:
    threshold = float(basis.table.world.plan.limit(metric.key).value)
    blind = _blind(basis, metric) or choice.sure_coverage(basis.table)
    return blind or choice.too_few_slots(basis.table, threshold, f"show {threshold:g} of")


def _long_tail(basis: Basis, k: int) -> tuple[float, int]:
    return catalogue.long_tail_share(basis.table.lists, basis.head, k), _slots(basis, k)


def _long_tail_reason(basis: Basis, metric: MetricFacts) -> str:
    world = basis.table.world
    known = _no_choice(basis, metric) or world.no_popularity
    return known or choice.sure_long_tail(basis.table, int(basis.head.sum()))


def _novelty(basis: Basis, k: int) -> tuple[float, int]:
    counts = basis.table.world.seeded_counts
    return catalogue.novelty(basis.table.lists, counts, int(counts.sum()), k), _slots(basis, k)


def _gini(basis: Basis, k: int) -> tuple[float, int]:
    lists = basis.table.lists
    return catalogue.gini(lists, basis.table.world.available, k), len(lists)


def _gini_reason(basis: Basis, metric: MetricFacts) -> str:
    """So few slots could not be as even as the threshold asks, with the room that coverage gets."""
    limit = basis.table.world.plan.limits.get(metric.key, {}).get("")
    blind = _blind(basis, metric)
    if limit is None or blind:
        return blind
    return choice.too_few_slots(basis.table, 1 - limit.value, f"be as even as {limit.value:g} over")


def _repeats(basis: Basis, k: int) -> tuple[float, int]:
    lists = basis.table.lists
    return repeat_hit_share(lists, basis.sets["all"], basis.sets["unseen"], k), len(lists)


def _similarity(basis: Basis, k: int, _: RelevanceName) -> Values:
    item, tag, count = item_tags(basis.table)
    return similarity_of_tags(basis.table.lists, item, tag, len(basis.table.world.fixture.items), count, k)


def _length(basis: Basis, k: int, _: RelevanceName) -> Values:
    return np.minimum(basis.lengths, k).astype(np.float64)


def _short(basis: Basis, k: int, _: RelevanceName) -> Values:
    return basis.short(k).astype(np.float64)


def _slots(basis: Basis, k: int) -> int:
    return int(np.minimum(basis.lengths, k).sum())


def per_user(basis: Basis, metric: MetricFacts, which: RelevanceName) -> Values:
    """A metric's number per user, ``float64[U]``, computed once for one basis."""
    formula = FORMULAS[metric.name]
    assert isinstance(formula, PerUser)  # who asks for it has looked
    key = metric.name, which
    if key not in basis.computed:
        basis.computed[key] = formula.values(basis, metric.k, which)
    return basis.computed[key]


Formula = PerUser | Together
_RANKING: dict[str, Formula] = {name: _of_relevance(name) for name in OF_SLOTS}
_CATALOGUE: dict[str, Formula] = {
    "catalog_coverage": Together(_coverage, _coverage_reason, behind=never_shown),
    "long_tail_share": Together(_long_tail, _long_tail_reason, behind=crowding),
    "novelty": Together(_novelty, _blind, behind=crowding),
    "gini": Together(_gini, _gini_reason, behind=crowding),
    "intra_list_similarity": PerUser(_similarity, _no_choice),
    "list_length": PerUser(_length, long_enough=False),
    "short_lists": PerUser(_short, long_enough=False),
    "repeat_hit_share": Together(_repeats),
}
FORMULAS: Mapping[str, Formula] = MappingProxyType(_RANKING | _CATALOGUE)


def item_tags(table: Slates) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Which item has which tag, prefixed tags among them: positions of items, numbers of tags, how many tags there are."""
    names: dict[str, int] = {}
    pairs = [
        (position, names.setdefault(tag.strip().lower(), len(names)))
        for position, item in enumerate(table.world.fixture.items)
        for tag in item.tags
    ]
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1], len(names)
