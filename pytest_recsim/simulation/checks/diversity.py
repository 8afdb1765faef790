"""What diversification could do at best: the selection of contract 12.8, made from a long list by relevance alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.simulation.checks.subjects import jaccard, mean, plain_tags, similarity_of
from pytest_recsim.simulation.truth.tastes import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.service.contract.ask import Exchange
    from pytest_recsim.simulation.session.simulation import Simulation


def possible_ratio(sim: Simulation, long_lists: Sequence[Exchange], lam: float, k: int) -> float:
    """Similarity of the lists of ``k`` that the contract selects at this lambda, relative to those at lambda 1.

    Both are made from the candidates' scores, so that a service which varies its lists without being asked to does
    not pass for one that has nothing to vary. NaN when the best candidates share no tags.

    Args:
        sim: the simulation.
        long_lists: lists by relevance alone (lambda 1, caps off), as long as can be had.
        lam: the lambda of the selection.
        k: length of the selected lists.
    """
    tags = Tags(sim)
    varied, plain = (
        mean(similarity_of(sim, selected(tags, shown, at, k)) for shown in long_lists) for at in (lam, 1.0)
    )
    return varied / plain if plain > 0 else float("nan")


class Tags:
    """How alike items are; lists share most of theirs, so each pair is compared once."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._of: dict[str, frozenset[str]] = {}
        self._alike: dict[tuple[str, str], float] = {}

    def alike(self, one: str, other: str) -> float:
        """Jaccard similarity of their tags, whose case and outer blanks do not count."""
        pair = (one, other) if one < other else (other, one)
        if pair not in self._alike:
            self._alike[pair] = jaccard(self._folded(one), self._folded(other))
        return self._alike[pair]

    def _folded(self, item: str) -> frozenset[str]:
        if item not in self._of:
            self._of[item] = frozenset(map(folded, plain_tags(self._sim, item)))
        return self._of[item]


def selected(tags: Tags, shown: Exchange, lam: float, k: int) -> list[str]:
    """Pick greedily: lambda x score / best score - (1 - lambda) x greatest similarity to what is picked already."""
    scores = {item.item_id: item.score for item in shown.answer.items}
    best = max((abs(score) for score in scores.values()), default=0.0) or 1.0
    nearest = dict.fromkeys(scores, 0.0)
    picked: list[str] = []
    while nearest and len(picked) < k:
        pick = max(nearest, key=lambda item: lam * scores[item] / best - (1 - lam) * nearest[item])
        picked.append(pick)
        del nearest[pick]
        if lam < 1:  # else likeness does not count
            nearest = {item: max(far, tags.alike(item, pick)) for item, far in nearest.items()}
    return picked
