"""Counting what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RECOMMEND = "POST /v1/recommendations"


@dataclass
class Tally:
    """Requests of one process; tallies of several processes add up.

    Attributes:
        requests: endpoint (``GET /v1/items``) -> attempts sent, retries included.
        retries: cause (``429``, ``timeout``, ...) -> attempts that were repeated for it.
        failed: cause -> attempts at a recommendation that brought no usable answer, repeated or not.
        seconds: sum over all attempts, from sending to the last byte.
        recommendations: lists that were answered.
    """

    requests: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    recommendations: int = 0

    @property
    def total(self) -> int:
        """Requests sent, retries included."""
        return self.requests.total()

    @property
    def recommendation_requests(self) -> int:
        return self.requests[RECOMMEND]

    def add(self, other: Tally) -> None:
        """Add another process's counts to these."""
        self.requests.update(other.requests)
        self.retries.update(other.retries)
        self.failed.update(other.failed)
        self.seconds += other.seconds
        self.recommendations += other.recommendations

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict, see ``from_json``."""
        return {
            "total": self.total,
            "requests": dict(sorted(self.requests.items())),
            "retries": dict(sorted(self.retries.items())),
            "failed": dict(sorted(self.failed.items())),
            "seconds": round(self.seconds, 6),
            "recommendations": self.recommendations,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Tally:
        return cls(
            requests=Counter(found["requests"]),
            retries=Counter(found["retries"]),
            failed=Counter(found["failed"]),
            seconds=found["seconds"],
            recommendations=found["recommendations"],
        )
