"""Which requests there are to hit, and short ways to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fault_proxy import Hit, When

if TYPE_CHECKING:
    from fault_proxy import Act

ITEMS, EVENTS, RECOMMEND = "GET /v1/items", "POST /v1/events:batch", "POST /v1/recommendations"
RULE, OVERRIDE = "POST /v1/admin/rules", "POST /v1/admin/manual_overrides"
IMPATIENT = ("--recsim-timeout", "1", "--recsim-warm-up", "3")
IN_S2 = {"phase": "scenarios", "surface": "recsim-s2", "skip": 12}
"""After the 12 lists without a rule come those with it."""
CONTRACT = frozenset({"contract"})
PAGE = b"<html><head><title>Sign in</title></head></html>"


def hit(name: str, act: Act, times: int | None = 1, **when: object) -> tuple[Hit, ...]:
    return (Hit(When(name, times=times, **when), act),)  # type: ignore[arg-type]
