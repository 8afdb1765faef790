"""From a number and a threshold to passed, failed or not measured, with the sentence that says why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pytest_recsim.judge.bootstrap import ENDS_HOLD
from pytest_recsim.judge.holm import ALPHA, holm_levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_recsim.judge.lift import Lift

Direction = Literal["min", "max"]
Rule = Literal["point", "confident", "harmful"]

ROUNDING = 1e-12
"""A mean may miss a threshold that it equals by a few last bits; that is not a failure."""


ENDS_LEEWAY = 1.5
"""What the estimate of an end's error itself may be wrong by."""

MOST_USERS = 1_000_000
"""An estimate above this is no help to anybody."""


class Outcome(StrEnum):
    """How a check ended. Not measured is not passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True)
class Verdict:
    """What a guardrail says about a value.

    Attributes:
        outcome: passed, failed or not measured.
        got: the judged value; None when not measured.
        threshold: what it was held against.
        n: users (or items) behind the value.
        borderline: the threshold lies inside the value's 95 % interval.
        users_needed: estimate of the users that would tell a borderline value from its threshold; None when it is
            not borderline, or when no number of users that anybody has would do.
        sentence: expected, got, for whom; starts with ``not measured:`` when that is the outcome.
        reason: why it is not measured, empty when it is.
    """

    outcome: Outcome
    got: float | None
    threshold: float
    n: int
    borderline: bool
    sentence: str
    users_needed: int | None = None
    reason: str = ""


def judge_threshold(
    value: float | None,
    threshold: float,
    direction: Direction,
    n: int,
    *,
    what: str,
    unit: str = "users",
    reason: str | None = None,
) -> Verdict:
    """Hold a value against a threshold; NaN, infinity and None are not measured and never pass.

    Args:
        value: the value.
        threshold: a finite number; meeting it exactly passes.
        direction: ``min`` when the value has to be at least the threshold, ``max`` at most.
        n: how many users (or whatever ``unit`` says) the value rests on.
        what: the subject of the sentence, e.g. ``catalogue coverage@20``.
        unit: what ``n`` counts.
        reason: why the value is not measured; given, the value is not judged.

    Raises:
        ValueError: the threshold is not a finite number.
    """
    if not math.isfinite(threshold):
        raise ValueError(f"threshold {threshold} of {what} is not a finite number")
    if reason is None and (value is None or not math.isfinite(value)):
        reason = "there is no value" if value is None else f"the value is {value}"
    if reason is not None or value is None:
        return _not_measured(f"{what}: {reason}", threshold, n)
    miss = threshold - value if direction == "min" else value - threshold
    outcome = Outcome.PASSED if miss <= ROUNDING else Outcome.FAILED
    limit = "at least" if direction == "min" else "at most"
    sentence = f"{what}: expected {limit} {threshold:.4g}, got {value:.4g} ({n} {unit})"
    return Verdict(outcome, value, threshold, n, borderline=False, sentence=sentence)


def judge_lift(lift: Lift, threshold: float, rule: Rule = "point", *, tail: float = ALPHA) -> Verdict:
    """Hold one lift against its threshold.

    Args:
        lift: as measured; a lift without a value is not measured, whatever the rule.
        threshold: smallest lift wanted.
        rule: ``point``: the lift itself reaches it; ``confident``: the lower end of the 95 % interval does;
            ``harmful``: fails only when the upper bound is below it.
        tail: level of that upper bound: Holm's for a check that belongs to a family, see ``judge_lifts``.
    """
    what = metric_words(lift)
    if not math.isfinite(threshold):
        raise ValueError(f"threshold {threshold} of {what} is not a finite number")
    if lift.lift is None or lift.low is None or lift.draws is None or not math.isfinite(lift.lift):
        return _not_measured(f"{what}: {_missing(lift)}", threshold, lift.n_users)
    bound = {"point": lift.lift, "confident": lift.low, "harmful": lift.draws.upper(tail)}[rule]
    outcome = Outcome.PASSED if bound >= threshold - ROUNDING else Outcome.FAILED
    close = borderline(lift, threshold)
    needed = users_to_tell(lift, threshold) if close else None
    held = {
        "point": "",
        "confident": "; the lower end is judged",
        "harmful": f"; the upper bound {_end(bound)}, adjusted for the number of checks, is judged",
    }[rule]
    sentence = (
        f"{what}: expected at least {threshold:+.4g}, got {lift.lift:+.4g} (95 % interval {_end(lift.low)} to "
        f"{_end(lift.high)}{_strays(lift.ends_error)}, {lift.n_users} users{held}){_too_close(needed) if close else ''}"
    )
    return Verdict(outcome, lift.lift, threshold, lift.n_users, close, sentence, needed)


def judge_lifts(
    lifts: Sequence[Lift], thresholds: Sequence[float], rule: Rule = "point"
) -> tuple[Verdict, ...]:
    """Judge a family of checks; under ``harmful`` the upper bounds are Holm-adjusted over the measured ones."""
    tails = [ALPHA] * len(lifts)
    if rule == "harmful":
        measured = [place for place, lift in enumerate(lifts) if lift.draws is not None]
        p_values = [
            draws.p_reaches(thresholds[place] - ROUNDING)
            for place in measured
            if (draws := lifts[place].draws) is not None
        ]
        for place, level in zip(measured, holm_levels(p_values), strict=True):
            tails[place] = float(level)
    return tuple(
        judge_lift(lift, threshold, rule, tail=tail)
        for lift, threshold, tail in zip(lifts, thresholds, tails, strict=True)
    )


def borderline(lift: Lift, threshold: float) -> bool:
    """Whether the threshold lies inside the lift's 95 % interval; False for a lift that is not measured."""
    if lift.lift is None or lift.low is None:
        return False
    return lift.low <= threshold <= (math.inf if lift.high is None else lift.high)


def users_to_tell(lift: Lift, threshold: float) -> int | None:
    """Estimate how many users would put the threshold outside the interval, if the lift stayed what it is.

    The interval is as wide as ``1 / sqrt(users)`` on the scale of the logarithm of the ratio. Its side towards
    the threshold counts, the other one when it has no end. Rounded up to two digits.

    Returns:
        None when the lift is not measured, or for more than ``MOST_USERS``: the lift is as good as the threshold.
    """
    if lift.lift is None or lift.low is None or min(lift.lift, threshold) <= -1:
        return None
    ends = (lift.high, lift.low) if threshold > lift.lift else (lift.low, lift.high)
    end = next((end for end in ends if end is not None and end > -1), None)
    distance = abs(math.log((1 + lift.lift) / (1 + threshold)))
    if end is None or distance == 0:
        return None
    needed = lift.n_users * (math.log((1 + lift.lift) / (1 + end)) / distance) ** 2
    if needed > MOST_USERS:
        return None
    step = int(10 ** max(0, math.floor(math.log10(max(needed, 1))) - 1))
    return max(lift.n_users + 1, math.ceil(needed / step) * step)


def _too_close(needed: int | None) -> str:
    if needed is None:
        return "; borderline: no realistic number of users would decide it"
    return f"; borderline: about {needed} users are needed to decide"


def metric_words(lift: Lift) -> str:
    """The subject of a sentence about a lift."""
    return f"{lift.metric} lift over popularity, segment {lift.segment}"


def _missing(lift: Lift) -> str:
    words = lift.reason or "there is no value"
    if lift.mean is not None and lift.baseline_mean is not None:
        words += f"; mean {lift.mean:.4g}, baseline {lift.baseline_mean:.4g}, difference {_signed(lift.difference)}"
    if lift.users_needed is not None:
        guess = "about" if lift.n_baseline_hits else "at least"
        words += f"; {guess} {lift.users_needed} users would do"
    return words


def _not_measured(words: str, threshold: float, n: int) -> Verdict:
    sentence = f"not measured: {words}"
    return Verdict(
        Outcome.NOT_MEASURED, None, threshold, n, borderline=False, sentence=sentence, reason=words
    )


def _end(value: float | None) -> str:
    """An end of an interval, to the decimals that other resamples of the same users would not change."""
    return "unbounded" if value is None or math.isinf(value) else f"{value:+.2f}"


def _strays(error: float | None) -> str:
    """Say by how much the ends are only as good as the number of resamples; nothing where that is less than is shown."""
    return "" if error is None or error <= ENDS_HOLD * ENDS_LEEWAY else f", ends +-{error:.2g} by resampling"


def _signed(value: float | None) -> str:
    return "unbounded" if value is None or math.isinf(value) else f"{value:+.4g}"
