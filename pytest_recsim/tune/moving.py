"""What has to hold, on the way from the tuning slice to the verdict slice: seen in one study, expected from several."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.trial import Held, Measured
from pytest_recsim.record.tune import Expected, Moved
from pytest_recsim.tune.guards import COLD_START

FEWEST = 3
"""Studies of which a mean is taken: of two nobody knows how far it strays."""
Case = tuple[str, str]


def moved_of(measured: Measured | None, results: Iterable[CheckResult]) -> tuple[Moved, ...]:
    """Hold what a trial has to keep against what the whole run with its knobs measured on the verdict slice.

    Only what is counted over everybody's lists: the price of diversity rests on thirty lists, and no harm on the start as well.

    Args:
        measured: the trial on the tuning slice.
        results: of the whole run.
    """
    by_case = {(one.check, one.case): one for one in results}
    return tuple(_moved(held, value) for held, value in _pairs(measured, by_case))


def _pairs(measured: Measured | None, results: Mapping[Case, CheckResult]) -> Iterator[tuple[Held, float]]:
    for held in measured.held if measured else ():
        result = results.get((held.check, held.case)) or results.get((held.check, ""))
        value = _value(held, result) if result and _better(held) else None
        if value is not None and held.value is not None:
            yield held, value


def _better(held: Held) -> str:
    """Which way is better; empty for what is not counted over everybody's lists."""
    if held.check == COLD_START:
        return "higher"
    return METRICS[held.check].better if held.check in METRICS else ""


def _value(held: Held, result: CheckResult) -> float | None:
    """The figure that was held to the same threshold."""
    found = [one.got for one in result.measures if one.threshold == held.threshold]
    return next((float(got) for got in found if isinstance(got, int | float)), None)


def _moved(held: Held, verdict: float) -> Moved:
    assert held.value is not None  # the caller has looked
    by = verdict - held.value
    return Moved(
        check=held.check,
        case=held.case,
        label=held.label,
        tuning=held.value,
        verdict=verdict,
        by=-by if _better(held) == "higher" else by,
    )


def expected_of(studies: Sequence[Sequence[Moved]]) -> tuple[Expected, ...]:
    """Return what the next study may expect, check by check; nothing of fewer than ``FEWEST`` studies, and nothing of lifts.

    A lift is a ratio to popularity on the same slice, which has as little history to go by and as few hits to make. What eight shops' lifts
    moved by was chance: up to three standard errors, in segments whose lifts did not move at all in ten other shops.

    A mean that could as well be chance is held back: what is expected is ``seen * seen² / (seen² + error²)``.

    Args:
        studies: what moved in each of them.
    """
    by_case: dict[Case, list[float]] = {}
    for moved in studies:
        for key, values in _told([one for one in moved if not _is_lift(one)]).items():
            by_case.setdefault(key, []).append(float(np.mean(values)))
    return tuple(_expected(key, values) for key, values in sorted(by_case.items()) if len(values) >= FEWEST)


def _is_lift(one: Moved) -> bool:
    return one.check in METRICS and METRICS[one.check].source == "lift"


def _told(moved: Sequence[Moved]) -> dict[Case, list[float]]:
    """One study's moves by check and segment, and all segments of a check together under no segment."""
    found: dict[Case, list[float]] = {}
    for one in moved:
        for key in {(one.check, one.case), (one.check, "")}:
            found.setdefault(key, []).append(one.by)
    return found


def _expected(key: Case, values: Sequence[float]) -> Expected:
    seen, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    error = spread / math.sqrt(len(values))
    sure = (seen / math.hypot(seen, error)) ** 2 if seen else 0.0
    return Expected(
        check=key[0], case=key[1], seen=seen, error=error, spread=spread, n=len(values), by=seen * sure
    )


def shifted(held: Held, expected: Mapping[Case, Expected]) -> Held:
    """Return what must hold as a run is expected to measure it: moved, and no surer than shops differ in how they move."""
    found = expected.get((held.check, held.case)) or expected.get((held.check, ""))
    if found is None:
        return held
    spread = None if held.spread is None else max(held.spread, found.spread)
    return replace(held, shift=found.by, spread=spread)
