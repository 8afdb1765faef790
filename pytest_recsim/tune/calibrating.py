"""How much of what this tuning slice shows is its own chance: sets from elsewhere, tried first, tell it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from pytest_recsim.record.trial import Held
from pytest_recsim.record.tune import Expected, Learned, Moved, Study
from pytest_recsim.tune.expecting import FEWEST, usual
from pytest_recsim.tune.moving import Case, by_check, gone, restated

Pair = tuple[int, Held, Moved]
"""The number of a set, what has to hold of it here, and the same on the verdict slice that it comes from."""


def expecting(study: Study) -> Study:
    """Return a study whose start and trials are held to what a run is expected to measure."""
    expected = by_check(study.expected)
    if not expected:
        return study
    trials = tuple(
        replace(one, measured=one.measured and restated(one.measured, expected)) for one in study.trials
    )
    return replace(study, start=study.start and restated(study.start, expected), trials=trials)


def calibrated(study: Study, first: int) -> Study:
    """Return a study that expects what the sets from elsewhere let expect here; the same one where nothing changes.

    What a set measures on this tuning slice and what it measured on the verdict slice it comes from differ by what this slice's people
    happen to like. Of that, the share that did not stay in other studies is not expected to stay here. All of it is worked out anew from
    what was learned and from those trials, so that a study which was cut off, or lost its service among them, expects the same.

    Args:
        study: with the trials so far.
        first: number of the next trial; before all sets from elsewhere were tried, nothing is known of this slice.
    """
    learned = study.learned
    if learned is None:
        return study
    pairs = _pairs(study, learned) if first >= len(learned.sets) else {}
    expected = tuple(_calibrated(one, pairs.get((one.check, one.case), ())) for one in learned.expected)
    if expected == learned.expected:
        return study
    return expecting(replace(study, learned=replace(learned, expected=expected)))


def _pairs(study: Study, learned: Learned) -> dict[Case, list[Pair]]:
    """Each set from elsewhere beside itself, by check and segment; all segments of a check that both have together under no segment."""
    found = dict[Case, list[Pair]]()
    measured = {one.number: one.measured for one in study.trials if one.measured}
    for number, there in enumerate(learned.there):
        held = by_check(measured[number].held if number in measured else ())
        for moved in there:
            key = moved.check, moved.case
            if key in held and held[key].value is not None:
                for case in dict.fromkeys((key, (moved.check, ""))):
                    found.setdefault(case, []).append((number, held[key], moved))
    return found


def _calibrated(one: Expected, pairs: Sequence[Pair]) -> Expected:
    by = usual(one.check, one.seen, one.error)
    if len({number for number, _, _ in pairs}) < FEWEST:
        return replace(one, by=by, there=None, here=None)
    here = float(np.mean([held.value for _, held, _ in pairs if held.value is not None]))
    there = float(np.mean([moved.verdict for _, _, moved in pairs]))
    away = gone(pairs[0][1], here, there)
    return replace(one, here=here, there=there, by=one.stays * by + (1 - one.stays) * away)
