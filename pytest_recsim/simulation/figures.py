"""The figures of the whole run: what the lists do to the catalogue, and how good they are over all users."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pytest_recsim.judge import PADDING, catalogue
from pytest_recsim.judge.means import mean_measured
from pytest_recsim.judge.ranking import rank_metrics, repeat_hit_share
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.judge.similarity import intra_list_similarity, pack_tags
from pytest_recsim.plan.model import K
from pytest_recsim.simulation.arrays import Lists, Observed
from pytest_recsim.simulation.quality import Figure

HEAD_SHARE = 0.2


def catalogue_figures(table: Observed, order: Lists, clamped: int) -> Iterator[Figure]:
    """Coverage, long tail, novelty, Gini and similarity of the lists.

    Args:
        table: the quality lists.
        order: available items, most popular first.
        clamped: the service's own upper bound on k, 0 for none; below 20 nothing @20 is measured.
    """
    world, lists = table.world, table.lists
    users = len(lists)
    short = (
        f"the service returns at most {clamped} items, so nothing @20 can be measured"
        if 0 < clamped < K
        else ""
    )
    head = catalogue.head_items(order, len(world.available), HEAD_SHARE)
    slots = int((lists[:, :K] != PADDING).sum())
    values = {
        "catalogue_coverage@20": (
            catalogue.catalogue_coverage(lists, world.available, K),
            users,
            "distinct available items in the first 20 of any list / available items",
            short or _coverage_reason(table),
        ),
        "long_tail_share@20": (
            catalogue.long_tail_share(lists, head, K),
            slots,
            (
                "share of all recommended slots whose item is outside the head, the first 20 % of the "
                "available items by undecayed popularity"
            ),
            short,
        ),
        "novelty@20": (
            catalogue.novelty(lists, world.seeded_counts, int(world.seeded_counts.sum()), K),
            slots,
            "mean over slots of -log2((seeded events of the item + 1) / (all seeded events + items)), in bits",
            short,
        ),
        "gini@20": (
            catalogue.gini(lists, world.available, K),
            users,
            "concentration of exposure over the available items, never-shown ones included; 0 is even",
            short or _gini_reason(table),
        ),
        "intra_list_similarity@10": (
            mean_measured(intra_list_similarity(lists, tag_bits(table), 10)),
            users,
            "mean over users of the mean pairwise Jaccard similarity of tags in the first 10",
            "",
        ),
    }
    for name, (value, n, definition, reason) in values.items():
        yield figure(name, value, n, definition, reason)


def ranking_figures(table: Observed, sets: dict[str, Relevance], clamped: int) -> Iterator[Figure]:
    """NDCG, MRR and recall over all evaluated users, per relevance set, and the share of repeat hits."""
    for which, relevance in sets.items():
        found = rank_metrics(table.lists, relevance)
        measured = int((relevance.sizes > 0).sum())
        short = f"the service returns at most {clamped} items" if 0 < clamped < K else ""
        for name, values, reason in (
            ("ndcg@10", found.ndcg, ""),
            ("mrr@10", found.mrr, ""),
            ("recall@20", found.recall, short),
        ):
            definition = f"mean over users with a non-empty `{which}` set"
            yield figure(f"{name} ({which})", mean_measured(values), measured, definition, reason)
    yield figure(
        "repeat_hit_share@20",
        repeat_hit_share(table.lists, sets["all"], sets["unseen"], K),
        len(table.lists),
        "share of all hits in the first 20 that are items the user had touched before the split",
        "",
    )


def figure(name: str, value: float, n: int, definition: str, reason: str) -> Figure:
    """A figure; a value that is not finite is not measured."""
    if not math.isfinite(value):
        reason = reason or "nothing to measure: no list, no slot or no user with holdout"
    return Figure(
        name=name, value=None if reason else float(value), n=n, definition=definition, reason=reason
    )


def _coverage_reason(table: Observed) -> str:
    threshold = float(table.world.plan.limit("min_catalog_coverage").value)
    n_available = int(table.world.available.sum())
    users = len(table.lists)
    if catalogue.coverage_measurable(users, K, threshold, n_available):
        return ""
    needed = math.ceil(2 * threshold * n_available / K)
    return (
        f"not enough data: {users} evaluated users x {K} slots cannot show {threshold:g} of {n_available} "
        f"available items with room to spare; {max(needed, 1)} users would do"
    )


def _gini_reason(table: Observed) -> str:
    """Not measured when so few slots could not be as even as the threshold asks, with the room that coverage gets."""
    limit = table.world.plan.limits.get("max_gini", {}).get("")
    n_available = int(table.world.available.sum())
    users = len(table.lists)
    if limit is None or catalogue.coverage_measurable(users, K, 1 - limit.value, n_available):
        return ""
    needed = math.ceil(2 * (1 - limit.value) * n_available / K)
    return (
        f"not enough data: {users} evaluated users x {K} slots over {n_available} available items cannot be as even "
        f"as {limit.value:g} with room to spare; {max(needed, 1)} users would do"
    )


def tag_bits(table: Observed) -> npt.NDArray[np.uint64]:
    """Tag sets of all items as bits, prefixed tags among them."""
    names: dict[str, int] = {}
    pairs = [
        (position, names.setdefault(tag.strip().lower(), len(names)))
        for position, item in enumerate(table.world.fixture.items)
        for tag in item.tags
    ]
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return pack_tags(columns[:, 0], columns[:, 1], len(table.world.fixture.items), len(names))
