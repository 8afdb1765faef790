"""Manual overrides: a boost or a suppression of one item, each backed by a rule (contract 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A stored override; times are microseconds, ``serial`` is the order of creation."""

    override_id: str
    namespace: str
    surface: str
    item_id: str
    action: str
    boost_value: float | None
    notes: str
    created_by: str
    created: int
    expires: int | None
    rule_id: str
    serial: int
    cancelled: int | None = None
    cancelled_by: str = ""

    def status(self, now: int) -> str:
        if self.cancelled is not None:
            return "cancelled"
        return "expired" if self.expires is not None and self.expires < now else "active"


class OverrideBook:
    """All overrides of all tenants."""

    def __init__(self) -> None:
        self._overrides: dict[str, dict[str, Override]] = {}

    def put(self, org: str, override: Override) -> None:
        self._overrides.setdefault(org, {})[override.override_id] = override

    def get(self, org: str, override_id: str) -> Override | None:
        return self._overrides.get(org, {}).get(override_id)

    def everything(self) -> Iterator[tuple[str, Override]]:
        """Yield every override with its org."""
        return ((org, override) for org, kept in self._overrides.items() for override in kept.values())

    def of(self, org: str, namespace: str) -> list[Override]:
        """Return a namespace's overrides, newest first."""
        mine = (
            override for override in self._overrides.get(org, {}).values() if override.namespace == namespace
        )
        return sorted(mine, key=lambda override: (-override.created, -override.serial))
