"""What a study needs of the tuning slice: the start measured in full, and trials measured one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pytest_recsim.record.trial import Dimension, Goal, Measured, Trial
from pytest_recsim.record.tune import Expected, Slice


class Bench(Protocol):
    """A tuning slice that is open for trials; safe for as many threads as it was opened for.

    Attributes:
        start: the starting profile, all users.
        goals, slices: what is made better, and on what.
        space: the knobs that can be tried; ``left_out`` the others, each with the reason.
        requests: recommendation requests so far, by what they were for.
    """

    start: Measured
    goals: tuple[Goal, ...]
    slices: tuple[Slice, ...]
    space: tuple[Dimension, ...]

    @property
    def left_out(self) -> Mapping[str, str]: ...

    @property
    def requests(self) -> Mapping[str, int]: ...

    def trial(
        self,
        number: int,
        values: Mapping[str, str],
        beat: Trial | None,
        *,
        room: bool = True,
        expected: Sequence[Expected] = (),
    ) -> Trial:
        """Measure one set of knobs, or as much of it as tells that it is no better than ``beat``, the best so far, for the same users.

        The same values give the same numbers, whatever was tried before. A number below 0 is a probe, not a candidate: it is
        looked at after the first rung only. With ``room`` for a long trial it is stopped less early. What is ``expected`` of
        the way to a run counts for what has to hold; the start was measured without.
        """
        ...
