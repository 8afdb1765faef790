"""What a metric of the quality lists is computed from, and whether these lists can say anything @k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pytest_recsim.judge import PADDING, catalogue
from pytest_recsim.judge.ranking import gains
from pytest_recsim.judge.relevance import Relevance
from pytest_recsim.plan.model import K
from pytest_recsim.record.causes import CAUSES
from pytest_recsim.record.quality import RelevanceName
from pytest_recsim.record.reason import Reason
from pytest_recsim.simulation.measure.rivals import Rivals, rivals_of
from pytest_recsim.simulation.truth.applied import ENOUGH
from pytest_recsim.simulation.truth.room import shortened_by
from pytest_recsim.simulation.truth.slates import Lists, Slates

HEAD_SHARE = 0.2
SETS: tuple[RelevanceName, ...] = ("unseen", "all")
Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Basis:
    """Quality lists with what follows from them.

    Attributes:
        table: the lists.
        order: available items, most popular first.
        clamped: the service's own upper bound on k, 0 for none.
    """

    table: Slates
    order: Lists
    clamped: int = 0

    def of(self, rows: Rows) -> Basis:
        """The same for some of the users."""
        return Basis(self.table.at(rows), self.order, self.clamped)

    @cached_property
    def rivals(self) -> Rivals:
        """Both baselines for the same users."""
        return rivals_of(self.table)

    @cached_property
    def sets(self) -> dict[RelevanceName, Relevance]:
        """The graded holdout of the users, by relevance set."""
        return {which: self.table.relevance(which) for which in SETS}

    @cached_property
    def gains(self) -> dict[RelevanceName, Values]:
        """The grade in every slot, ``float64[U, 20]``, by relevance set."""
        return {which: gains(self.table.lists, relevance) for which, relevance in self.sets.items()}

    @cached_property
    def head(self) -> npt.NDArray[np.bool_]:
        """The most popular fifth of the available items, ``bool[I]``."""
        return catalogue.head_items(self.order, len(self.table.world.available), HEAD_SHARE)

    @cached_property
    def lengths(self) -> Rows:
        """Items among the first 20, ``int64[U]``."""
        return np.asarray((self.table.lists[:, :K] != PADDING).sum(axis=1), dtype=np.int64)

    @cached_property
    def room(self) -> Rows:
        """Available items that the purchase exclusion does not hide from the user, ``int64[U]``."""
        available = self.table.world.available
        rows, items = self.table.hidden_pairs
        hidden = np.bincount(rows[available[items]], minlength=len(self.table.lists))
        return np.asarray(available.sum() - hidden, dtype=np.int64)

    @cached_property
    def computed(self) -> dict[tuple[str, RelevanceName], Values]:
        """Numbers per user that were asked for, by metric and relevance set."""
        return {}

    @cached_property
    def _short(self) -> dict[int, npt.NDArray[np.bool_]]:
        return {}

    def short(self, k: int) -> npt.NDArray[np.bool_]:
        """Whether a list holds fewer than ``k`` items although there are as many for that user, ``bool[U]``."""
        if k not in self._short:  # asked for again by every metric and segment
            self._short[k] = self.lengths < np.minimum(k, self.room)
        return self._short[k]

    @cached_property
    def _because(self) -> dict[int, str]:
        return {}

    def because(self, k: int) -> str:
        """What makes lists short, as the end of a sentence."""
        if k not in self._because:
            self._because[k] = shortened_by(self.table.world, k)
        return self._because[k]

    def too_short(self, k: int, rows: Rows | None = None) -> Reason:
        """Why these lists say nothing @k, empty when they do: too many of them end before it.

        A number @20 of lists of 9 is one @9, and flatters: the last slots are where lists repeat themselves least.
        """
        short = self.short(k) if rows is None else self.short(k)[rows]
        count, lists = int(short.sum()), len(short)
        if count <= (1 - ENOUGH) * lists:
            return Reason()
        if 0 < self.clamped < k:
            said = f"the service returns at most {self.clamped} items, so nothing @{k} can be measured"
            return Reason(said, "short_lists", f"let the service return {k} items (RECOMMENDATION_MAX_K)")
        mean = float((self.lengths if rows is None else self.lengths[rows]).mean())
        return Reason(
            f"{count:,} of {lists:,} lists hold fewer than {k} items ({mean:.1f} on average), so nothing @{k} can be "
            f"measured{self.because(k)}",
            "short_lists",
            CAUSES["short_lists"][1],
        )
