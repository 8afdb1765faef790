"""What became of asking no more users than it takes: a part of ``quality_metrics.json``."""

from __future__ import annotations

from typing import Literal

import msgspec


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A check that asking hung on.

    Attributes:
        check, segment: as in checks.json; the segment is empty for the whole run.
        threshold: the smallest value wanted.
        outcome: what the interval decided; ``open`` where it still held the threshold, ``whole`` where it did so
            although its whole segment had been asked, so that it is judged as ever, ``not_measured`` where the data said so before anybody was asked.
        n, of: users behind it when it was decided, and users that it is about.
        asked: users that had been asked by then, in all segments together.
        low, high: the interval at the end of asking; null without a bound, or without an interval.
        blocks: whether asking went on because of it.
    """

    check: str
    segment: str = ""
    threshold: float
    outcome: Literal["passed", "failed", "open", "whole", "not_measured"]
    n: int
    of: int
    asked: int
    low: float | None = None
    high: float | None = None
    blocks: bool = True

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.check} [{self.segment}]" if self.segment else self.check


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """Whether asking ended before everybody had been asked, and what was known then.

    Attributes:
        stopped: whether somebody was left out.
        asked, of: users whose lists there are, and users with holdout that there might be.
        whole: users behind the figures of the whole run: those who were asked while every segment had its share.
        rounds: batches of questions.
        level: probability that all intervals of ``checks`` hold, whenever asking ends.
        reason: why nobody was left out; empty where somebody was.
        checks: in the order of the report.
    """

    stopped: bool
    asked: int
    of: int
    whole: int
    rounds: int
    level: float
    reason: str = ""
    checks: tuple[Decided, ...] = ()

    @property
    def words(self) -> str:
        """What was left out, in one sentence."""
        if not self.stopped:
            return f"--recsim-stop-early left nobody out, all {self.of:,} users were asked: {self.reason}"
        return (
            f"asked for the lists of {self.asked:,} of {self.of:,} users (--recsim-stop-early): by then every blocking lift, "
            "the coverage and the long-tail share were decided; everything else, scenarios included, is about those asked"
        )
