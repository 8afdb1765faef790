"""A fixture's events as arrays, for everything that counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_recsim.data.model import Fixture


@dataclass(frozen=True)
class Columns:
    """Events as parallel arrays of length n, in file order.

    Attributes:
        user: int32[n], position in ``fixture.users``.
        item: int32[n], position in ``fixture.items``.
        type: int16[n], the service's event code.
        value: float64[n].
        ts: int64[n], microseconds since 1970-01-01 UTC.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    type: NDArray[np.int16]
    value: NDArray[np.float64]
    ts: NDArray[np.int64]


def columns(fixture: Fixture) -> Columns:
    """Return the fixture's events as arrays; times are exact to the microsecond."""
    users, items, events = fixture.user_index, fixture.item_index, fixture.events
    count = len(events)
    # A float of seconds is too coarse for microseconds after 2106, but never for whole seconds.
    micros = np.fromiter((event.ts.microsecond for event in events), np.int64, count)
    seconds = np.fromiter((event.ts.timestamp() for event in events), np.float64, count) - micros / 1e6
    return Columns(
        user=np.fromiter((users[event.user_id] for event in events), np.int32, count),
        item=np.fromiter((items[event.item_id] for event in events), np.int32, count),
        type=np.fromiter((event.type for event in events), np.int16, count),
        value=np.fromiter((event.value for event in events), np.float64, count),
        ts=np.rint(seconds).astype(np.int64) * 1_000_000 + micros,
    )
