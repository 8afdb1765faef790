"""Options that are numbers or one of a few words, checked together so that all slips are told at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_recsim.data.input.problems import InputError, Problem, nearest
from pytest_recsim.plan.modes import MODES
from pytest_recsim.plan.options import STEPS, Options


@dataclass(frozen=True)
class Numbers:
    """The numeric options; None means no limit."""

    sample_users: int | None
    timeout: float
    window_days: float | None
    concurrency: int
    latency_ms: float
    warm_up: float


def read_numbers(options: Options) -> Numbers:
    """Read the numbers and words of ``options``.

    Raises:
        InputError: naming every option whose value is not allowed.
    """
    problems: list[Problem] = []

    def number(option: str, text: str, default: float, low: float, *, whole: bool = False) -> float:
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isfinite(value) and value >= low and (not whole or value == int(value)):
            return value
        kind = "a whole number" if whole else "a number"
        problems.append(Problem(option, f"`{text}`: must be {kind} >= {low:g}"))
        return default

    sample = number("--recsim-sample-users", options.sample_users, 0, 1, whole=True)
    timeout = number("--recsim-timeout", options.timeout, 10.0, 0.1)
    window = number("--recsim-window-days", options.window_days, 0, 0.01)
    concurrency = number("--recsim-concurrency", options.concurrency, 8, 1, whole=True)
    latency = number("--recsim-latency-ms", options.latency_ms, 0, 0)
    warm_up = number("--recsim-warm-up", options.warm_up, 90.0, 0)
    problems.extend(_word("--recsim-skip", step, STEPS) for step in options.skip if step not in STEPS)
    if options.apply and options.apply not in MODES:
        problems.append(_word("--recsim-apply", options.apply, tuple(MODES)))
    if problems:
        raise InputError(problems)
    return Numbers(int(sample) or None, timeout, window or None, int(concurrency), latency, warm_up)


def _word(option: str, word: str, allowed: tuple[str, ...]) -> Problem:
    return Problem(option, f"`{word}`: must be one of {', '.join(allowed)}{nearest(word, allowed)}")
