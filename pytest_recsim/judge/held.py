"""What asking hangs on where it may stop early: everybody who may be asked, and the checks with their thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pytest_recsim.judge.verdict import Rule

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

Kind = Literal["lift", "tail", "coverage", "full"]
State = Literal["passed", "failed", "open", "whole", "not_measured"]
"""``whole``: everybody whom it is about was asked, so that it is judged as ever."""
LEVEL = 0.95
"""Probability that all intervals of a run hold, whenever asking ends."""
MOST_SHORT = 0.05
"""Share of lists that may end before the cut-off; above it nothing about the catalogue is measured."""


@dataclass(frozen=True)
class Population:
    """Everybody who may be asked, and what is known of them before.

    Attributes:
        strata: ``int64[N]``, number of the user's segment.
        popular: ``float64[N, M]``, the lifted metrics of the baseline's lists; NaN without a relevant item.
        room: ``int64[N]``, items that the user's list could hold.
        available, head: ``bool[I]``.
        k: length of a full list.
    """

    strata: Ints
    popular: Floats
    room: Ints
    available: Bools
    head: Bools
    k: int = 20


@dataclass(frozen=True)
class Held:
    """A check that asking hangs on.

    Attributes:
        kind: what is held against the threshold: a lift of one segment, the long-tail share, the coverage, or the share of
            lists that are full (which the other two of the whole run need).
        threshold: smallest value that passes.
        blocks: whether asking goes on because of it.
        stratum, column: of a lift, the segment and the metric.
        rule: of a lift; `point` is about these users, the others about very many users like these.
        measurable: False where it is known before that there is nothing to measure.
    """

    kind: Kind
    threshold: float
    blocks: bool = True
    stratum: int = 0
    column: int = 0
    rule: Rule = "point"
    measurable: bool = True


@dataclass(frozen=True)
class Found:
    """What became of a check: its outcome, and how many users were behind it and had been asked in all by then."""

    state: State
    n: int
    of: int
    asked: int
