"""The figures of single segments that a guardrail can be set for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from pytest_recsim.judge import catalogue
from pytest_recsim.judge.means import mean_measured
from pytest_recsim.judge.ranking import recall
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.judge.similarity import intra_list_similarity
from pytest_recsim.plan.model import K, Plan
from pytest_recsim.simulation.arrays import Observed
from pytest_recsim.simulation.figures import figure, tag_bits
from pytest_recsim.simulation.quality import Figure

SIMILARITY, NOVELTY = "intra_list_similarity@10", "novelty@20"


def segment_figures(
    table: Observed, sets: Mapping[str, Relevance], clamped: int
) -> dict[str, dict[str, Figure]]:
    """Return segment -> name -> figure: similarity, recall and novelty, over the segment's evaluated users.

    Args:
        table: the quality lists.
        sets: relevance sets by name.
        clamped: the service's own upper bound on k, 0 for none; below 20 nothing @20 is measured.
    """
    short = f"the service returns at most {clamped} items" if 0 < clamped < K else ""
    meaning = "mean over users of the mean pairwise Jaccard similarity of tags in the first 10"
    columns = {SIMILARITY: (intra_list_similarity(table.lists, tag_bits(table), 10), meaning, "")}
    for which, relevance in sets.items():
        meaning = (
            f"mean over users of their relevant items (`{which}`) in the first 20 / all their relevant items"
        )
        columns[f"recall@20 ({which})"] = (recall(table.lists, relevance, K), meaning, short)
    found: dict[str, dict[str, Figure]] = {}
    for segment in table.world.plan.fixture.segments:
        rows = table.rows_of(segment)
        figures = [_novelty(table, rows, short)]
        for name, (values, meaning, reason) in columns.items():
            n = int((~np.isnan(values[rows])).sum())
            figures.append(figure(name, mean_measured(values[rows]), n, meaning, reason))
        found[segment] = {one.name: enough(one, table.world.plan, segment) for one in figures}
    return found


def _novelty(table: Observed, rows: npt.NDArray[np.int64], short: str) -> Figure:
    """Novelty over the slots of some users; n is how many of them have a slot with a known item."""
    lists, counts = table.lists[rows], table.world.seeded_counts
    value = catalogue.novelty(lists, counts, int(counts.sum()), K)
    users = int((lists[:, :K] >= 0).any(axis=1).sum())
    meaning = (
        "mean over slots of -log2((seeded events of the item + 1) / (all seeded events + items)), in bits"
    )
    return figure(NOVELTY, value, users, meaning, short)


def enough(one: Figure, plan: Plan, segment: str, least: int = 1) -> Figure:
    """The figure, not measured when fewer than ``least`` or ``min_segment_users`` users stand behind it."""
    least = max(least, int(plan.limit("min_segment_users", segment).value))
    if one.value is None or one.n >= least:
        return one
    reason = f"not enough data: {one.n} users, at least {least} are needed"
    return msgspec.structs.replace(one, value=None, reason=reason)
