"""What a served namespace holds, asked as a stranger would ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_shop import Served

MARKER = "recsim:marker"


def narrow(served: Served, namespace: str, *words: str) -> tuple[str, ...]:
    """A short run on the served stand-in."""
    return ("--base-url", served.url, "--namespace", namespace, "-k", "coverage", *words)


def totals(served: Served, namespace: str) -> dict[str, int]:
    kinds = ("items", "users", "events")
    return {kind: served.ask("GET", f"/v1/{kind}?namespace={namespace}&limit=1")["total"] for kind in kinds}


def rows(served: Served, kind: str, namespace: str) -> list[dict]:
    found: list[dict] = []
    while True:
        page = served.ask("GET", f"/v1/{kind}?namespace={namespace}&limit=1000&offset={len(found)}")
        found += page["items"]
        if not page["items"] or len(found) >= page["total"]:
            return found


def marker(served: Served, namespace: str) -> dict:
    (row,) = served.ask("GET", f"/v1/users?namespace={namespace}&user_id={MARKER}")["items"]
    return json.loads(row["traits"])


def mark(served: Served, namespace: str, **changes: object) -> None:
    traits = marker(served, namespace) | changes
    user = {"user_id": MARKER, "traits": traits}
    served.ask("POST", "/v1/users:upsert", {"namespace": namespace, "users": [user]})
