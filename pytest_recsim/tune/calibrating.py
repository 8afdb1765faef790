"""How much of what this tuning slice shows is its own chance: sets from elsewhere, tried first, tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from pytest_recsim.record.trial import Held, Measured
from pytest_recsim.record.tune import Expected, Study
from pytest_recsim.tune.expecting import FEWEST
from pytest_recsim.tune.moving import Case, by_check, gone, restated


def expecting(study: Study) -> Study:
    """Return a study whose start and trials are held to what a run is expected to measure."""
    expected = by_check(study.expected)
    if not expected:
        return study
    trials = tuple(
        replace(one, measured=one.measured and restated(one.measured, expected)) for one in study.trials
    )
    return replace(study, start=study.start and restated(study.start, expected), trials=trials)


def calibrated(study: Study) -> Study:
    """Return a study that expects what the sets from elsewhere let expect here; the same study where that is done, or they are too few.

    What these sets measure on the tuning slice and what such sets measured on the others' verdict slices differ by what this slice's people
    happen to like. Of that, the share that did not stay in other studies is not expected to stay here.

    Args:
        study: all sets from elsewhere have been tried.
    """
    learned = study.learned
    if learned is None or any(one.here is not None for one in learned.expected):
        return study
    first = study.trials[: len(learned.sets)]
    seen = _seen([one.measured for one in first if one.measured])
    expected = tuple(_calibrated(one, seen) for one in learned.expected)
    return expecting(replace(study, learned=replace(learned, expected=expected)))


def _seen(measured: Sequence[Measured]) -> dict[Case, list[Held]]:
    """What has to hold, by check and segment; all segments of a check together under no segment."""
    found = dict[Case, list[Held]]()
    for one in (held for each in measured for held in each.held if held.value is not None):
        for key in {(one.check, one.case), (one.check, "")}:
            found.setdefault(key, []).append(one)
    return found


def _calibrated(one: Expected, seen: Mapping[Case, Sequence[Held]]) -> Expected:
    found = seen.get((one.check, one.case), ())
    if len(found) < FEWEST or one.verdict is None:
        return one
    here = float(np.mean([held.value for held in found if held.value is not None]))
    away = gone(found[0], here, one.verdict)
    return replace(one, here=here, by=one.stays * one.by + (1 - one.stays) * away)
