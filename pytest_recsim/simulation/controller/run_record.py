"""What one evaluation found, as a value."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.metadata import KnobRow
from pytest_recsim.record.model import BLOCKING, CheckResult, Verdict
from pytest_recsim.record.quality import Figure, OwnFigure, Quality
from pytest_recsim.service.http.request_counts import Tally

LET_THROUGH = ("waived", "warned")


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, repeated attempts included.

    Attributes:
        recommendations: questions for lists among them.
        by_endpoint: ``GET /v1/items`` -> attempts.
        retries: cause -> attempts that were repeated for it.
        failed: cause -> attempts at a list that brought no usable answer.
    """

    total: int
    recommendations: int
    by_endpoint: dict[str, int]
    retries: dict[str, int]
    failed: dict[str, int]

    @classmethod
    def of(cls, tally: Tally) -> Requests:
        return cls(
            total=tally.total,
            recommendations=tally.asked_for_lists,
            by_endpoint=dict(sorted(tally.requests.items())),
            retries=dict(sorted(tally.retries.items())),
            failed=dict(sorted(tally.failed.items())),
        )


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One customer x one profile x one service, seeded once and judged; ``msgspec.json.encode`` makes it a file.

    Attributes:
        plan: what was asked for, every option with its origin.
        verdict: what the guardrails amount to; scenarios are left out, so it is never a whole one.
        quality: every figure and lift, with n and definition.
        guardrails: outcome, measures and thresholds of each, in the order in which they were judged.
        own: the figures of custom metrics.
        knobs: what was asked for and what is in effect, as far as the service shows it.
        requests: what was sent for all this.
        seconds: per step of the preparation.
        notes: what a reader has to bear in mind.
        bundle: the report folder, empty where none was to be kept.
    """

    plan: Plan
    verdict: Verdict
    quality: Quality
    guardrails: tuple[CheckResult, ...]
    own: dict[str, OwnFigure]
    knobs: tuple[KnobRow, ...]
    requests: Requests
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()
    bundle: str = ""

    @property
    def failing(self) -> tuple[CheckResult, ...]:
        """The guardrails that stand in the way, those that were not measured among them."""
        return tuple(one for one in self.guardrails if one.outcome in BLOCKING)

    def guardrail(self, check: str, case: str = "") -> CheckResult:
        """Return one verdict, ``guardrail("segment_lift_ndcg", "new_users")``.

        Raises:
            KeyError: there is none of that name and segment.
        """
        for one in self.guardrails:
            if (one.check, one.case) == (check, case):
                return one
        raise KeyError(f"{check} [{case}]" if case else check)

    @property
    def not_measured(self) -> dict[str, str]:
        """Name of a figure, a lift or a guardrail -> why there is no number."""
        return dict(self._missing())

    def _missing(self) -> Iterator[tuple[str, str]]:
        for one in self.guardrails:
            if one.outcome == "not_measured" or (one.outcome in LET_THROUGH and not _failed(one)):
                yield one.label, one.sentence
        for lift in self.quality.lifts:
            if lift.lift is None:
                yield f"lift of {lift.metric}@10 ({lift.relevance}) [{lift.segment}]", lift.reason
        for name, figure in self._figures():
            if figure.value is None:
                yield name, figure.reason

    def _figures(self) -> Iterator[tuple[str, Figure]]:
        yield from self.quality.figures.items()
        for segment, figures in self.quality.segment_figures.items():
            yield from ((f"{name} [{segment}]", figure) for name, figure in figures.items())
        for name, found in self.own.items():
            yield name, found.figure
            yield from ((f"{name} [{segment}]", figure) for segment, figure in found.segments.items())


def _failed(result: CheckResult) -> bool:
    return any(measure.ok is False for measure in result.measures)
