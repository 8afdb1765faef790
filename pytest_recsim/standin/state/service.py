"""Everything the service holds while it runs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.http.rate_limit import RateLimiter
from pytest_recsim.standin.settings import knobs
from pytest_recsim.standin.settings.clock import Clock, whole_seconds
from pytest_recsim.standin.settings.quirks import NONE, Quirks
from pytest_recsim.standin.state.audit import AuditLog
from pytest_recsim.standin.state.event_types import EventTypes
from pytest_recsim.standin.state.overridebook import OverrideBook
from pytest_recsim.standin.state.rulebook import RuleBook
from pytest_recsim.standin.state.segmentbook import SegmentBook
from pytest_recsim.standin.state.served import served
from pytest_recsim.standin.state.slow_start import SlowStart
from pytest_recsim.standin.state.store import Namespace

if TYPE_CHECKING:
    from pytest_recsim.standin.settings.environment import Settings


class Service:
    """The tenants' data, the rules, the live configuration and the clock of one process."""

    def __init__(self, settings: Settings, clock: Clock, quirks: Quirks = NONE) -> None:
        self.settings = settings
        self.clock = clock
        self.quirks = quirks
        self.limiter = RateLimiter(settings)
        self.rules = RuleBook()
        self.served = served(self.rules, settings.rules_cache_refresh, quirks)
        self.slow_start = _slow_start(quirks) if quirks.slow_start_s else None
        self.overrides = OverrideBook()
        self.segments = SegmentBook()
        self.audit = None if settings.audit is None else AuditLog(settings.audit)
        self.event_types = EventTypes(leak=quirks.leak)
        self.started = clock.now()
        self.config_metadata: dict[str, Any] = {"updated_at": whole_seconds(self.started), "source": "env"}
        self.namespaces: dict[tuple[str, str], Namespace] = {}
        self.serial = 0
        self.use_document(settings.document)

    def use_document(self, document: dict[str, Any]) -> None:
        """Make an admin document the live configuration."""
        self.document = document
        self.knobs = knobs.from_document(document)

    def namespace(self, org: str, name: str) -> Namespace:
        """Return the data to write to; made on first use."""
        return self.namespaces.setdefault((org, name), Namespace())

    def peek(self, org: str, name: str) -> Namespace:
        """Return the data to read; an unknown namespace is empty and stays unknown."""
        return self.namespaces.get((org, name)) or Namespace()

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def new_id(self, kind: str) -> str:
        """Return a UUID that depends only on how many ids were handed out before, so that runs repeat."""
        import hashlib  # brings OpenSSL, which no first answer waits for

        digest = hashlib.sha256(f"{kind}-{self.next_serial()}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))


def _slow_start(quirks: Quirks) -> SlowStart:
    return SlowStart(quirks.slow_start_s, always_fails=quirks.revision_2025)
