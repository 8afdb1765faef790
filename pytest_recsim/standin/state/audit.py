"""Records of what was decided for whom (contract 9.2).

The service hands its records to a writer and a database. Here they stay in memory, at once and in order: the newest
ones, because whoever looks asks about what just happened. What an answer does not say itself is worked out when
somebody looks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from pytest_recsim.standin.settings.clock import nanoseconds

if TYPE_CHECKING:
    from pytest_recsim.standin.http.messages import Request
    from pytest_recsim.standin.settings.environment import Audit

MOST_KEPT = 1_000
MOST_BYTES = 48 << 20
_ITEM_MEMBERS = ("item_id", "score", "reasons")


class Evidence(Protocol):
    """What a decision rests on; worked out only when somebody looks."""

    @property
    def asked(self) -> Asked: ...

    def detail(self) -> dict[str, Any]:
        """Return the members that a full record has beyond the listed one."""
        ...


class Asked(NamedTuple):
    """Whom and what a decision was for."""

    namespace: str
    surface: str
    user_id: str
    k: int


class Decision(NamedTuple):
    """One recorded answer; ``ts`` is in microseconds, ``answer`` the body as sent.

    ``size`` estimates the bytes that the record holds on to, ``shared`` is what it may share with its neighbours, of
    ``shared_size`` bytes.
    """

    serial: int
    ts: int
    request: Request
    answer: bytes
    evidence: Evidence
    size: int
    shared: object
    shared_size: int

    @property
    def decision_id(self) -> str:
        """A UUID that depends on nothing but the number of earlier records, so that runs repeat."""
        return f"00000000-0000-4000-8000-{self.serial:012x}"

    @property
    def request_id(self) -> str:
        sent = self.request.headers.get(b"x-request-id", b"").decode("latin-1")
        return sent or f"standin/decision-{self.serial:06d}"


class AuditLog:
    """The newest decisions, bounded by number and by estimated bytes; the oldest one makes room."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._kept: deque[Decision] = deque()
        self._bytes = 0
        self._latest: object = None
        self._offered: dict[str, int] = {}
        self.serial = 0

    def wants(self, namespace: str) -> bool:
        """Tell whether the sample takes the next decision of a namespace: evenly spaced ones, nothing random."""
        name = namespace.lower()
        share = self._audit.sample_by_namespace.get(name)
        if share is None:
            name, share = "", self._audit.sample
        if share >= 1.0:
            return True
        offered = self._offered[name] = self._offered.get(name, 0) + 1
        return int(offered * share) > int((offered - 1) * share)

    def add(self, decision: Decision) -> None:
        if decision.shared is not self._latest:
            # Charged to the first record that holds on to it.
            self._latest = decision.shared
            decision = decision._replace(size=decision.size + decision.shared_size)
        self.serial += 1
        self._kept.append(decision)
        self._bytes += decision.size
        while len(self._kept) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._bytes -= self._kept.popleft().size

    def newest_first(self, org: str) -> Iterator[Decision]:
        return (decision for decision in reversed(self._kept) if decision.request.org == org)

    def user_hash(self, user_id: str) -> str:
        import hashlib  # brings OpenSSL, which no first answer waits for

        return hashlib.sha256(f"{self._audit.salt}:{user_id}".encode("utf-8", "replace")).hexdigest()

    def summary(self, decision: Decision) -> dict[str, Any]:
        """Return a record as lists of decisions show it."""
        answer, asked = msgspec.json.decode(decision.answer), decision.evidence.asked
        return {
            "decision_id": decision.decision_id,
            "namespace": asked.namespace,
            "ts": nanoseconds(decision.ts),
            "surface": asked.surface,
            "request_id": decision.request_id,
            "user_hash": self.user_hash(asked.user_id),
            "k": asked.k,
            "final_items": [
                {name: row[name] for name in _ITEM_MEMBERS if name in row} for row in answer["items"]
            ],
            "extras": answer["trace"]["extras"],
        }
