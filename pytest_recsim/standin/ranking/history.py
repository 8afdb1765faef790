"""What one user did, newest first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_recsim.standin.settings.clock import SECOND

if TYPE_CHECKING:
    from pytest_recsim.standin.ranking.eventlog import EventLog

SESSION_EVENTS = 10
SESSION_HORIZON = 30 * 60 * SECOND


class History:
    """A user's events: items as catalogue positions, instants in microseconds, newest first."""

    def __init__(self, log: EventLog, user_id: str) -> None:
        self.span = log.slice_of(user_id)
        self.items: list[int] = log.item[self.span].tolist()
        self.times: list[int] = log.ts[self.span].tolist()
        self.types: list[int] = log.type[self.span].tolist()
        self._session: dict[int, int] | None = None

    def recent(self, since: int, limit: int) -> list[int]:
        """Return up to ``limit`` distinct items touched at or after ``since``, newest first."""
        found: dict[int, None] = {}
        for item, ts in zip(self.items, self.times, strict=True):
            if ts < since or len(found) == limit:
                break
            found[item] = None
        return list(found)

    def count_since(self, since: int) -> int:
        """Return how many of the newest events lie at or after ``since``."""
        # Times descend, so the first older one ends the window.
        low, high = 0, len(self.times)
        while low < high:
            middle = (low + high) // 2
            if self.times[middle] >= since:
                low = middle + 1
            else:
                high = middle
        return low

    def session(self) -> dict[int, int]:
        """Count, per item, the events that followed one of the latest ten within half an hour on another item."""
        if self._session is None:
            counts: Counter[int] = Counter()
            for latest in range(min(SESSION_EVENTS, len(self.items))):
                for follower in range(latest - 1, -1, -1):
                    gap = self.times[follower] - self.times[latest]
                    if gap > SESSION_HORIZON:
                        break
                    if gap > 0 and self.items[follower] != self.items[latest]:
                        counts[self.items[follower]] += 1
            self._session = dict(counts)
        return self._session
