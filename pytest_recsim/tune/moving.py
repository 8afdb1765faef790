"""What has to hold, on the way from the tuning slice to the verdict slice: seen in one study, and expected of the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec.structs import replace

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.record.model import CheckResult
from pytest_recsim.record.trial import Held, Measured
from pytest_recsim.record.tune import Expected, Moved
from pytest_recsim.tune.guards import COLD_START

Case = tuple[str, str]
Thing = TypeVar("Thing", CheckResult, Expected, Held, Moved)


def moved_of(measured: Measured | None, results: Iterable[CheckResult]) -> tuple[Moved, ...]:
    """Hold what a trial has to keep against what the whole run with its knobs measured on the verdict slice.

    Only what is counted over everybody's lists: the price of diversity rests on thirty lists, and no harm on the start as well.

    Args:
        measured: the trial on the tuning slice.
        results: of the whole run.
    """
    return tuple(_moved(held, value) for held, value in _pairs(measured, by_check(results)))


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
    return Moved(
        check=held.check,
        case=held.case,
        label=held.label,
        tuning=held.value,
        verdict=verdict,
        by=gone(held, held.value, verdict),
    )


def gone(held: Held, before: float, now: float) -> float:
    """By how much a margin is another one where a value is, below 0 where it holds better."""
    return before - now if _better(held) == "higher" else now - before


def by_check(things: Iterable[Thing]) -> dict[Case, Thing]:
    """Return things by check and segment, to be looked up."""
    return {(one.check, one.case): one for one in things}


def restated(measured: Measured, expected: Mapping[Case, Expected]) -> Measured:
    """Return a measurement that is held to what a run is expected to measure; what was measured stands as it was."""
    return replace(measured, held=tuple(shifted(one, expected) for one in measured.held))


def shifted(held: Held, expected: Mapping[Case, Expected]) -> Held:
    """Return what must hold as a run is expected to measure it: moved, and no surer than shops differ in how they move."""
    found = expected.get((held.check, held.case)) or expected.get((held.check, ""))
    if found is None:
        return held
    spread = None if held.spread is None else max(held.spread, found.spread)
    return replace(held, shift=found.by, spread=spread)
