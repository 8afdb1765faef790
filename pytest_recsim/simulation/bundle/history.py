"""Adding a run that ended to its customer's history, and to its report what became of those before."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.history import NAME, append, past_of
from pytest_recsim.record.trend import FILE, known, trend_of


def remember(reports: Path, bundle: Bundle) -> None:
    """Write ``artifacts/trend.json`` where there were runs before, and append a line to the history.

    Raises:
        OSError: one of them cannot be written.
        msgspec.DecodeError: the bundle is damaged.
    """
    run = past_of(bundle)
    trend = trend_of(run, *known(reports, run.customer, (run.customer, run.simulation)))
    if len(trend.runs) > 1 or trend.left_out or trend.notices:
        bundle.write(FILE, trend)
    append(reports / run.customer / NAME, run)
