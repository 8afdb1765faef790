"""What the hits are worth: prices and margins of listed items that their users went on to choose, or to buy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pytest_recsim.data.fixtures.model import EVENT_TYPES
from pytest_recsim.judge.ranking import gains
from pytest_recsim.record.quality import Money, RelevanceName
from pytest_recsim.simulation.measure.basis import Basis, Values
from pytest_recsim.simulation.truth.applied import Standing
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.slates import Lists, Slates

TOP = 10
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shown:
    """The first ten items of some users' lists, ``int32[U, 10]``, and whether each is a hit that counts, ``bool[U, 10]``."""

    items: Lists
    hits: Mask

    def worth(self, per_item: Values) -> Values:
        """What every list's hits are worth together, ``float64[U]``."""
        return np.asarray((per_item[np.maximum(self.items, 0)] * self.hits).sum(axis=1))

    def only(self, pairs: npt.NDArray[np.int64], width: int) -> Shown:
        """The same where only hits among these pairs count, each row x width + item."""
        keys = np.arange(len(self.items))[:, None] * width + self.items
        return Shown(self.items, self.hits & np.isin(keys, pairs))


def money_of(basis: Basis, popular: Lists, which: RelevanceName, standing: Standing) -> tuple[Money, ...]:
    """Measure what hits of the service's lists and of the popularity baseline's are worth.

    Args:
        basis: the quality lists.
        popular: ``int32[U, 20]``, the popularity baseline's lists.
        which: the judged relevance set.
        standing: over whom a number for everybody is.
    """
    table, relevance = basis.table, basis.sets[which]
    rows = np.flatnonzero(np.array(standing.kept, dtype=bool) & (relevance.sizes > 0))
    hits = (
        Shown(table.lists[rows, :TOP], basis.gains[which][rows, :TOP] > 0),
        Shown(popular[rows, :TOP], gains(popular[:, :TOP], relevance)[rows] > 0),
    )
    width = len(table.world.available)
    pairs = _bought(table.at(rows), width)
    bought = (hits[0].only(pairs, width), hits[1].only(pairs, width))
    unbought = "" if len(pairs) else "nobody bought anything after the split"
    nobody = standing.reason or ("" if len(rows) else "no user has a relevant item")
    chosen = f"went on to choose (relevance `{which}`)"
    return (
        *_figures(table.world, hits, f"hits@{TOP}", chosen, nobody, standing.note),
        *_figures(
            table.world, bought, f"purchases@{TOP}", f"{chosen} and bought", nobody or unbought, standing.note
        ),
    )


def _figures(
    world: Dataset, shown: tuple[Shown, Shown], of: str, chosen: str, reason: str, note: str
) -> Iterator[Money]:
    """Price and margin of these hits; ``reason`` says why there is nothing to measure."""
    price, margin = _per_item(world)
    for name, per_item, what in (
        ("price", price, "a price"),
        ("margin", price * margin, "a price and a margin"),
    ):
        known = ~np.isnan(per_item) & world.available
        why = reason or ("" if known.any() else f"no item on sale has {what}")
        mine, theirs = (one.worth(np.nan_to_num(per_item)) for one in shown)
        alone = bool(why or world.no_popularity)
        yield Money(
            name=f"{name} of {of}",
            n=len(mine),
            total=None if why else float(mine.sum()),
            mean=None if why else float(mine.mean()),
            baseline_total=None if alone else float(theirs.sum()),
            baseline_mean=None if alone else float(theirs.mean()),
            known=float(known.sum() / max(world.available.sum(), 1)),
            definition=(
                f"{'price' if name == 'price' else 'price x margin'} of the items in the first {TOP} that the user {chosen}, "
                f"each once per list, over users with a relevant item; an item without {what} counts nothing{note}"
            ),
            reason=str(why),  # the text alone: a record has no values beside it here
        )


def _per_item(world: Dataset) -> tuple[Values, Values]:
    """Price and margin of every item, ``float64[I]`` each, NaN where it has none."""
    items = world.fixture.items
    return (
        np.array([np.nan if item.price is None else item.price for item in items], dtype=np.float64),
        np.array([np.nan if item.margin is None else item.margin for item in items], dtype=np.float64),
    )


def _bought(table: Slates, width: int) -> npt.NDArray[np.int64]:
    """What these users bought in the holdout, as row x width + item."""
    columns, held = table.world.material.columns, table.world.material.split.holdout
    events = held[columns.type[held] == EVENT_TYPES["purchase"]]
    rows = table.row_of_user[columns.user[events]]
    return np.unique(rows[rows >= 0] * width + columns.item[events[rows >= 0]])
