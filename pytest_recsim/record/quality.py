"""Judged quality as plain values: what the guardrail checks compare and quality_metrics.json holds."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from pytest_recsim.record.early import Early
from pytest_recsim.record.jsonio import SCHEMA_VERSION
from pytest_recsim.record.reason import Reason

RelevanceName = Literal["unseen", "all"]


def lift_label(metric: str) -> str:
    """How the lift of a metric is called wherever people read it."""
    return f"lift of {metric.upper()}@10"


class LiftFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One segment's lift over the baseline under one metric and one relevance set.

    ``lift`` is the ratio of the two means minus 1; None with a ``reason`` when it cannot be measured.
    ``low`` and ``high`` bound the 95 % bootstrap interval; with other resamples of the same users either
    end would stray by a standard deviation of at most ``ends_error``. ``recent_mean`` belongs to the second baseline
    ("the user's 10 latest items, then the baseline"), reported beside it and not judged. ``outcome`` is what
    the verdict rule made of it against its threshold, ``sentence`` says so in words. ``users_needed`` estimates
    the users that would do: to measure it, or to tell a borderline one from its threshold. ``left_out`` users are not
    behind it, because the profile is not in effect for them; where that holds for too many, the number is over all of
    them, ``outcome`` is not measured and ``reason`` says so. ``unmeasured`` is that reason with what is known all the same;
    ``cause`` names it, ``next_step`` says what to do about it.
    ``out_of`` is there where asking stopped early: how many users it is about, of whom ``n_users`` were asked. Then ``low``
    and ``high`` hold whenever asking ends, and ``baseline_mean`` is over all of them, who need not be asked for that (under
    verdict rules other than `point` over those asked).

    ``noise_sd`` is the standard deviation of ``mean`` that comes from unequal answers to equal questions alone,
    ``noise_share`` its part of the mean's sampling variance; None where that is not known. The interval needs no
    widening for it: each user was asked once, so users differ by their answers' chance too, and the resamples with them.
    """

    segment: str
    metric: str
    relevance: RelevanceName
    n_users: int
    n_baseline_hits: int
    mean: float | None
    baseline_mean: float | None
    recent_mean: float | None
    difference: float | None
    lift: float | None
    low: float | None = None
    high: float | None = None
    ends_error: float | None = None
    reason: str = ""
    users_needed: int | None = None
    outcome: str = "not_measured"
    borderline: bool = False
    sentence: str = ""
    left_out: int = 0
    noise_sd: float | None = None
    noise_share: float | None = None
    unmeasured: str = ""
    cause: str = ""
    next_step: str = ""
    out_of: int | None = None

    @property
    def why(self) -> Reason:
        """Why it is not measured, with what is known all the same."""
        return Reason(self.unmeasured, self.cause, self.next_step)

    @property
    def noise_words(self) -> str:
        """What unequal answers to equal questions add to the interval; empty where they add nothing or that is unknown."""
        if not self.noise_sd:
            return ""
        part = "" if self.noise_share is None else f" ({self.noise_share:.0%} of its sampling variance)"
        return (
            f"equal questions get different lists here, which alone moves the mean over the service's lists by a standard "
            f"deviation of {self.noise_sd:.2g}{part}; the interval already holds that, because each user was asked once"
        )


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the whole run, with its definition and n; ``reason`` says why it is missing.

    ``cause`` names that, ``next_step`` says what to do about it. ``raw`` is the number where it is known and says nothing about the profile, which is not in effect for too many.
    ``low`` and ``high`` bound it where asking stopped early: what it would be over the lists of all ``out_of`` users.
    """

    name: str
    value: float | None
    n: int
    definition: str
    reason: str = ""
    raw: float | None = None
    cause: str = ""
    next_step: str = ""
    low: float | None = None
    high: float | None = None
    out_of: int | None = None

    @property
    def why(self) -> Reason:
        """Why it is missing, with the values beside it."""
        return Reason(self.reason, self.cause, self.next_step)

    def without(self, reason: Reason, **changes: Any) -> Figure:
        """The same, not measured for this reason."""
        why = {"reason": str(reason), "cause": reason.cause, "next_step": reason.next_step}
        return msgspec.structs.replace(self, value=None, **why | changes)


class SegmentCount(msgspec.Struct, frozen=True):
    """Users of one segment: in the fixture, with seeded history, evaluated, with both."""

    users: int
    with_history: int
    evaluated: int
    evaluated_with_history: int


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the catalogue gets the slots: the first 20 of every list, and of the popularity baseline's.

    Attributes:
        items: available items in each tenth of the order of popularity, the most popular first.
        shown, baseline: slots that go to each tenth.
        elsewhere: slots of the service's lists with an item that is not available, or not in the data set.
    """

    items: tuple[int, ...]
    shown: tuple[int, ...]
    baseline: tuple[int, ...]
    elsewhere: int = 0

    def shares(self) -> list[tuple[float, float]]:
        """Per tenth, its share of all slots of the service's lists and of the baseline's; 0 of none."""
        all_shown, all_baseline = sum(self.shown) + self.elsewhere, sum(self.baseline)
        return [
            (shown / max(all_shown, 1), baseline / max(all_baseline, 1))
            for shown, baseline in zip(self.shown, self.baseline, strict=True)
        ]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What hits are worth, in the unit of the data set's prices; reported and not judged.

    Attributes:
        name: what is counted, `price of hits@10`.
        n: lists, one per user with a relevant item.
        total, mean: over the service's lists, together and per list; null where not measured.
        baseline_total, baseline_mean: of the popularity baseline's lists.
        known: share of the available items that have a price, or a price and a margin.
    """

    name: str
    n: int
    total: float | None
    mean: float | None
    baseline_total: float | None
    baseline_mean: float | None
    known: float
    definition: str
    reason: str = ""


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured on the quality lists.

    ``figures`` are those of the whole run by name, ``segment_figures`` those of a segment by segment and name.
    ``overall`` are the lifts over all evaluated users: reported and not judged, so their ``segment`` is empty and their
    ``outcome`` is `not_judged` where they are measured; ``borderline`` holds the customer's threshold against the interval.
    ``lengths`` counts the lists with 0, 1, 2, ... items among the first 20; empty, as ``exposure`` is null, where the
    profile is not in effect for too many users. ``exposure`` is null, too, where there is no popularity.
    ``early`` is there where asking was allowed to stop early.
    """

    judged_relevance: RelevanceName
    evaluated: int
    sampled: bool
    segments: dict[str, SegmentCount]
    lifts: tuple[LiftFigure, ...]
    figures: dict[str, Figure]
    segment_figures: dict[str, dict[str, Figure]] = {}
    overall: tuple[LiftFigure, ...] = ()
    lengths: tuple[int, ...] = ()
    exposure: Exposure | None = None
    money: tuple[Money, ...] = ()
    early: Early | None = None

    def lift(self, segment: str, metric: str, relevance: str | None = None) -> LiftFigure:
        """Return the lift of one segment under the judged (or the named) relevance set."""
        wanted = (segment, metric, relevance or self.judged_relevance)
        for figure in self.lifts:
            if (figure.segment, figure.metric, figure.relevance) == wanted:
                return figure
        raise KeyError(wanted)


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """What equal questions give, for one class of users; without users nothing is known, and ``reason`` says so.

    Attributes:
        users, times: whom we asked, and how many answers there are of each.
        overlap, lowest_overlap: items in common, mean over users and of the user with the least; 1 is the same items.
        agreement: the same at every depth, so that the order counts; 1 is one list.
        score_drift: how far one item's score moved at most, as a share of it.
        differing: users whose answers are not all the same list.
        variances: of a user's metric from answer to answer, by "ndcg (unseen)" and so on; only measured ones.
    """

    users: int = 0
    times: int = 0
    overlap: float | None = None
    lowest_overlap: float | None = None
    agreement: float | None = None
    score_drift: float | None = None
    differing: int = 0
    variances: dict[str, float] = {}
    definition: str = ""
    reason: str = ""

    @property
    def missing(self) -> float:
        """Share of a list's items that another answer to the same question lacks; 0 where nothing is known."""
        return 0.0 if self.overlap is None else 1 - self.overlap

    @property
    def drift(self) -> float:
        """Relative change of a score that means nothing; 0 where nothing is known."""
        return self.score_drift or 0.0

    @property
    def words(self) -> str:
        """The floor in words, for definitions."""
        if not self.users:
            return "how equal answers to equal questions are is not known"
        return (
            f"equal questions share {self.overlap:.3g} of their items here, scores move by {self.drift:.1g} "
            f"({self.users} users asked {self.times} times)"
        )


class OwnFigure(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one metric.

    Attributes:
        figure: over everybody it gave a number for, or of the whole run.
        segments: the means of a metric per user.
        failure: the metric's function raised or returned something else; one sentence, empty when it did not.
    """

    figure: Figure
    segments: dict[str, Figure] = {}
    failure: str = ""


class QualityMetrics(Quality, frozen=True, kw_only=True):
    """The whole file: quality, how equal answers to equal questions are by user class, and custom metrics by name."""

    schema_version: int = SCHEMA_VERSION
    noise: dict[str, Noise] = {}
    own: dict[str, OwnFigure] = {}
