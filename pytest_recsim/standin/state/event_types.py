"""Event types: what a type weighs and how fast it fades (contract 2.3, 9.2).

The real service leaks rows of other tenants into the effective table; the stand-in does so only as a quirk.
"""

from __future__ import annotations

from typing import Any

import msgspec


class EventType(msgspec.Struct, frozen=True):
    """Weight and own half-life in days (None = the fallback of the signal) of one type."""

    code: int
    name: str | None
    weight: float
    half_life_days: float | None
    active: bool
    source: str

    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {"type": self.code}
        if self.name is not None:
            row["name"] = self.name
        row["weight"] = self.weight
        if self.half_life_days is not None:
            row["half_life_days"] = self.half_life_days
        return row | {"is_active": self.active, "source": self.source}


DEFAULTS = tuple(
    EventType(code, name, weight, None, active=True, source="default")
    for code, name, weight in (
        (0, "view", 0.1),
        (1, "click", 0.3),
        (2, "add", 0.7),
        (3, "purchase", 1.0),
        (4, "custom", 0.2),
    )
)


class EventTypes:
    """The effective table of each (org, namespace): defaults overlaid with the tenant's own rows.

    With ``leak`` the rows of all other tenants come on top, so that a type may stand there several times.
    """

    def __init__(self, *, leak: bool = False) -> None:
        self._leak = leak
        self.own: dict[tuple[str, str], dict[int, EventType]] = {}
        self.version = 0

    def put(self, org: str, namespace: str, rows: list[EventType]) -> None:
        self.own.setdefault((org, namespace), {}).update((row.code, row) for row in rows)
        self.version += 1

    def effective(self, org: str, namespace: str) -> list[EventType]:
        """Return the active types by code, the leaked ones last."""
        table = {row.code: row for row in DEFAULTS} | self.own.get((org, namespace), {})
        rows = [table[code] for code in sorted(table) if table[code].active]
        return rows + self._strays((org, namespace)) if self._leak else rows

    def _strays(self, tenant: tuple[str, str]) -> list[EventType]:
        others = (rows for owner, rows in self.own.items() if owner != tenant)
        return [row for rows in others for row in rows.values() if row.active]
