"""How what has to hold moves from the tuning slice to the verdict slice: expected from what several studies saw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.tune import Expected, Moved
from pytest_recsim.tune.moving import Case, by_check

FEWEST = 3
"""Studies of which a mean is taken: of two nobody knows how far it strays."""
EQUAL = 1e-9
"""Figures that differ by less are equal, and tell nothing of a slope."""


def expected_of(studies: Sequence[Sequence[Moved]]) -> tuple[Expected, ...]:
    """Return what the next study may expect, check by check; nothing of fewer than ``FEWEST`` studies.

    A mean that could as well be chance is held back: what is expected is ``seen * seen² / (seen² + error²)``. Of lifts none is expected:
    a lift is a ratio to popularity on the same slice, which has as little history to go by and as few hits to make.

    Args:
        studies: what moved in each of them.
    """
    found = _told(studies)
    stays = {check: _stays(_segments(found, check)) for check in {check for check, _ in found}}
    return tuple(
        _expected(key, ones, stays[key[0]]) for key, ones in sorted(found.items()) if len(ones) >= FEWEST
    )


def _segments(found: Mapping[Case, Sequence[Moved]], check: str) -> list[Sequence[Moved]]:
    """A check's moves, segment by segment; their means are not another one."""
    ones = {case: moved for (name, case), moved in found.items() if name == check}
    return [moved for case, moved in ones.items() if case or len(ones) == 1]


def usual(check: str, seen: float, error: float) -> float:
    """By how much a margin is expected to be another one of any customer: the mean over studies, held back by its error; 0 of lifts."""
    is_lift = check in METRICS and METRICS[check].source == "lift"
    return 0.0 if is_lift else seen * _sure(seen, error)


def _told(studies: Sequence[Sequence[Moved]]) -> dict[Case, list[Moved]]:
    """Moves by check and segment, study by study, and the mean of a check's segments under no segment."""
    found: dict[Case, list[Moved]] = {}
    for moved in studies:
        together: dict[str, list[Moved]] = {}
        for one in moved:
            together.setdefault(one.check, []).append(one)
        means = {(check, ""): _mean(ones) for check, ones in together.items()}
        for key, one in (means | by_check(moved)).items():
            found.setdefault(key, []).append(one)
    return found


def _mean(ones: Sequence[Moved]) -> Moved:
    tuning, verdict, by = (
        float(np.mean([getattr(one, name) for one in ones])) for name in ("tuning", "verdict", "by")
    )
    return replace(ones[0], case="", tuning=tuning, verdict=verdict, by=by)


def _stays(segments: Sequence[Sequence[Moved]]) -> float:
    """Of a difference on the tuning slice between customers, the share that is there on the verdict slice as well.

    The slope of verdict figures by tuning figures over studies, each segment about its own mean and in its own spread. What it is
    short of 1 is held back as means are: of few studies nearly all of it is expected to stay.
    """
    pairs = [
        np.array([(one.tuning, one.verdict) for one in ones]) for ones in segments if len(ones) >= FEWEST
    ]
    telling = [pair for pair in pairs if np.ptp(pair[:, 0]) > EQUAL]
    about = [(pair - pair.mean(axis=0)) / pair[:, 0].std() for pair in telling]
    tuning, verdict = np.concatenate([*about, np.zeros((1, 2))]).T
    square = float(tuning @ tuning)
    if not square:
        return 1.0
    slope = float(tuning @ verdict) / square
    free = max(len(tuning) - 2 - len(about), 1)
    error = math.sqrt(float(((verdict - slope * tuning) ** 2).sum()) / free / square)
    short = min(max(1.0 - slope, 0.0), 1.0)
    return 1.0 - short * _sure(short, error)


def _sure(value: float, error: float) -> float:
    """How much of a value is taken for more than chance, 0 to 1."""
    return (value / math.hypot(value, error)) ** 2 if value else 0.0


def _expected(key: Case, ones: Sequence[Moved], stays: float) -> Expected:
    by = np.array([one.by for one in ones])
    tuning, verdict = np.array([(one.tuning, one.verdict) for one in ones]).T
    seen, error = float(by.mean()), float(by.std(ddof=1)) / math.sqrt(len(by))
    return Expected(
        check=key[0],
        case=key[1],
        seen=seen,
        error=error,
        spread=float((verdict - stays * tuning).std(ddof=1)),
        n=len(ones),
        by=usual(key[0], seen, error),
        stays=stays,
    )
