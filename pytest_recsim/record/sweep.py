"""What a sweep came to: its variants beside one another, and each against the first one, user by user."""

from __future__ import annotations

import msgspec

from pytest_recsim.record.comparison import Difference


class VariantResult(msgspec.Struct, frozen=True, kw_only=True):
    """One variant; its verdict and figures are those of the batch's row with the same id.

    Attributes:
        id: of the simulation.
        knobs: swept knob -> its value here.
        lists: users whose lists were compared.
        changed: share of them whose list, items or order, is not the first variant's; null where nothing was compared.
        differences: against the first variant, of NDCG and MRR: over everybody, then of the segment that lost most or won least.
        reason: why nothing is compared.
    """

    id: str
    knobs: dict[str, str]
    lists: int = 0
    changed: float | None = None
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    def difference(self, metric: str, *, worst: bool = False) -> Difference | None:
        """Return a metric's difference, over everybody or of its worst segment; None where there is none."""
        found = (one for one in self.differences if one.metric == metric and bool(one.segment) == worst)
        return next(found, None)


class SweptKnob(msgspec.Struct, frozen=True, kw_only=True):
    """A knob and the values that it takes one after the other, as text."""

    knob: str
    values: tuple[str, ...]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """All variants of one simulation.

    Attributes:
        simulation: what the ids of the variants begin with.
        knobs: those that were swept, in order.
        variants: in order, the first one first.
        sentences: what else there is to know, such as a knob that changed nothing.
        slice: ``tuning`` where the ordinary holdout was kept out of sight, else empty.
    """

    simulation: str
    knobs: tuple[SweptKnob, ...]
    variants: tuple[VariantResult, ...]
    sentences: tuple[str, ...] = ()
    slice: str = ""
