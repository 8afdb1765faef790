"""The service's clock against ours: event times and lifetimes of rules have to follow the service's."""

from __future__ import annotations

from datetime import datetime, timedelta

from pytest_recsim.data.input.instants import to_us

ALIKE = timedelta(seconds=5)
"""Within this two clocks count as one: the service tells whole seconds, and the way there takes time too."""


def skew_us(stored: datetime | None, before: datetime, after: datetime) -> int:
    """Return by how many microseconds the service's clock is ahead of ours; 0 when alike or not known.

    Args:
        stored: when the service stored something, by its clock.
        before: when that was sent, by ours.
        after: when it was answered, by ours.
    """
    if stored is None or before - ALIKE <= stored <= after + ALIKE:
        return 0
    return to_us(stored) - to_us(after)


def skew_note(skew: int) -> str:
    """Tell a skew in hours and minutes (below two minutes in seconds)."""
    seconds = round(abs(skew) / 1e6)
    hours, minutes = divmod(round(seconds / 60), 60)
    told = f"{seconds} s" if seconds < 120 else f"{hours} h {minutes} min" if hours else f"{minutes} min"
    way = "ahead of" if skew > 0 else "behind"
    return (
        f"the service's clock is {told} {way} this machine's: event times and the lifetimes of rules "
        "follow the service's"
    )
