"""What both pages say in a sentence of a run: how sure it is, which weeks, whether the data are sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from pytest_recsim.record.artifacts import SeedManifest
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.few import first_few
from pytest_recsim.record.model import CheckResult, Measure
from pytest_recsim.record.reading import read_record

NAMED = 3
"""More names hide the sentence; the picture of the lifts and the list of checks show the others."""


def sureness(results: Sequence[CheckResult]) -> str:
    """Say how many passes and failures could be chance: those whose threshold lies inside their interval."""
    found = [one for one in results if one.outcome in ("passed", "failed")]
    judged = [measure for one in found for measure in _judged(one)]
    passes = sum(measure.borderline and measure.ok is True for measure in judged)
    fails = sum(measure.borderline and measure.ok is False for measure in judged)
    if not judged:
        return ""
    of = f"{len(judged)} numbers with a 95 % interval"
    if not passes + fails:
        return f"None of the {of} is borderline: no threshold lies inside one."
    how = " and ".join([f"{passes} passed"] * bool(passes) + [f"{fails} failed"] * bool(fails))
    are = "is" if passes + fails == 1 else "are"
    close = [one.label for one in found if any(measure.borderline for measure in _judged(one))]
    return (
        f"{passes + fails} of the {of} {are} borderline ({how}): the threshold lies inside the interval, so chance may "
        f"have decided {first_few(close, NAMED)}."
    )


def _judged(result: CheckResult) -> Iterator[Measure]:
    return (
        measure for measure in result.measures if measure.low is not None and measure.threshold is not None
    )


def dates(seeded: SeedManifest | None) -> str:
    """From when to when the service learned and was judged, in the data set's own time."""
    if seeded is None or seeded.split.cut is None or not seeded.clock.oldest_seeded:
        return ""
    shift = timedelta(seconds=seeded.clock.shift_seconds)
    first = datetime.fromisoformat(seeded.clock.oldest_seeded) - shift
    newest = datetime.fromisoformat(seeded.clock.newest_seeded or seeded.clock.oldest_seeded) - shift
    cut, last = min(datetime.fromisoformat(seeded.split.cut), newest), seeded.split.last
    if not seeded.split.holdout_events:
        return f"learned from {seeded.split.seeded_events:,} events of {day(first)} to {day(cut)}, judged on none"
    until = f" to {day(datetime.fromisoformat(last))}" if last else " on"
    return (
        f"learned from {seeded.split.seeded_events:,} events of {day(first)} to {day(cut)}, "
        f"judged on {seeded.split.holdout_events:,} events from then{until}"
    )


def day(instant: datetime) -> str:
    """A date as people write it: ``7 October 2026``."""
    return f"{instant.day} {instant:%B %Y}"


def day_of(text: object) -> str:
    """``7 October 2026`` of an instant as records write it; empty for anything else."""
    with suppress(TypeError, ValueError):
        return day(datetime.fromisoformat(text))  # type: ignore[arg-type]  # else a TypeError
    return ""


def moment(text: object) -> str:
    """``7 October 2026, 09:30 UTC`` of an instant as records write it; empty for anything else."""
    with suppress(TypeError, ValueError):
        instant = datetime.fromisoformat(text)  # type: ignore[arg-type]  # else a TypeError
        return f"{day(instant)}, {instant:%H:%M} UTC"
    return ""


def soundness(seeded: SeedManifest | None) -> str:
    """What is known against the data; a mistake in them ends a run before anything is sent."""
    if seeded is None:
        return ""
    found = []
    if seeded.defaulted_fields:
        fields = ", ".join(f"`{name}` ({rows:,} rows)" for name, rows in seeded.defaulted_fields.items())
        found.append(f"fields that rows leave out have their usual value: {fields}")
    if seeded.split.dropped_before_window:
        found.append(
            f"{seeded.split.dropped_before_window:,} events are older than the window and were not used"
        )
    if seeded.possible_leak:
        found.append(f"the service may know what it is judged on: {seeded.possible_leak}")
    return "; ".join(["every row is valid", *found])


def seeded_of(bundle: Bundle) -> SeedManifest | None:
    """The manifest of what was seeded; None where the run did not get that far, or it cannot be read."""
    with suppress(OSError, msgspec.MsgspecError):
        found: SeedManifest = read_record(bundle.artifacts / "seed_manifest.json", SeedManifest)
        return found
    return None
