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
        strays: connections on which an answer lay that nobody had asked for.
        looked_at: answers that were searched for members we do not know.
        unknown: path of such a member -> answers that carried it.
    """

    requests: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    recommendations: int = 0
    strays: int = 0
    looked_at: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def strayed(self) -> None:
        """Count an answer that nobody had asked for."""
        self.strays += 1

    @property
    def total(self) -> int:
        """Requests sent, retries included."""
        return self.requests.total()

    @property
    def writes(self) -> int:
        """Requests sent that may have changed something, whatever was answered."""
        return sum(
            count
            for endpoint, count in self.requests.items()
            if not endpoint.startswith((RECOMMEND, "GET "))  # the question that is to be refused is one too
        )

    @property
    def written(self) -> int:
        """Batches of rows sent."""
        return sum(
            self.requests[f"POST /v1/{name}"] for name in ("items:upsert", "users:upsert", "events:batch")
        )

    @property
    def recommendation_requests(self) -> int:
        return self.requests[RECOMMEND]

    @property
    def asked_for_lists(self) -> int:
        """Every request for a list, also the question of the pre-flight that is to be refused, which counts by itself."""
        return sum(n for name, n in self.requests.items() if name.startswith(RECOMMEND))

    def add(self, other: Tally) -> None:
        """Add another process's counts to these."""
        self.requests.update(other.requests)
        self.retries.update(other.retries)
        self.failed.update(other.failed)
        self.seconds += other.seconds
        self.recommendations += other.recommendations
        self.strays += other.strays
        self.looked_at += other.looked_at
        self.unknown.update(other.unknown)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict, see ``from_json``."""
        return {
            "total": self.total,
            "requests": dict(sorted(self.requests.items())),
            "retries": dict(sorted(self.retries.items())),
            "failed": dict(sorted(self.failed.items())),
            "seconds": round(self.seconds, 6),
            "recommendations": self.recommendations,
            "strays": self.strays,
            "looked_at": self.looked_at,
            "unknown": dict(sorted(self.unknown.items())),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Tally:
        return cls(
            requests=Counter(found["requests"]),
            retries=Counter(found["retries"]),
            failed=Counter(found["failed"]),
            seconds=found["seconds"],
            recommendations=found["recommendations"],
            strays=found["strays"],
            looked_at=found["looked_at"],
            unknown=Counter(found["unknown"]),
        )
