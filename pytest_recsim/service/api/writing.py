"""The face, writing: upserts, events, deletes. The interlock decides whether any of it may be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_recsim.service.api.reading import Reading, as_json
from pytest_recsim.service.contract import filters
from pytest_recsim.service.contract.wire import Accepted, Deleted
from pytest_recsim.service.http.call import Call

BATCH = 500
Row = Mapping[str, Any]


class Writing(Reading):
    """Writes go out in batches of 500 rows, several in flight; each batch is atomic on the service."""

    def upsert_items(self, items: Sequence[Row]) -> int:
        """Write items (every field spelled out: contract 2.1 says what an omitted one does); return requests sent."""
        return self._write("/v1/items:upsert", "items", items)

    def upsert_users(self, users: Sequence[Row]) -> int:
        return self._write("/v1/users:upsert", "users", users)

    def send_events(self, events: Sequence[Row]) -> int:
        """Send events; a batch is repeated after a failure only when all its ``source_event_id`` are set."""
        return self._write("/v1/events:batch", "events", events)

    def delete_items(self, item_id: str | None = None, **more: object) -> int:
        """Delete matching items and return how many; further filters: created_after, created_before.

        Raises:
            ValueError: a filter is missing, empty or inapplicable; nothing is sent.
        """
        return self._delete("items", {"item_id": item_id, **more})

    def delete_users(self, user_id: str | None = None, **more: object) -> int:
        """Delete matching users; see ``delete_items``."""
        return self._delete("users", {"user_id": user_id, **more})

    def delete_events(self, **given: object) -> int:
        """Delete matching events by user_id, item_id, event_type or dates; see ``delete_items``."""
        return self._delete("events", given)

    def wipe_events(self) -> int:
        """Delete every event of the namespace and return how many there were."""
        return self._send_delete("events", {})

    def wipe_items(self) -> int:
        return self._send_delete("items", {})

    def wipe_users(self) -> int:
        return self._send_delete("users", {})

    def _write(self, path: str, name: str, rows: Sequence[Row]) -> int:
        return len(self._batches(self._calls(path, name, rows), Accepted))

    def _calls(self, path: str, name: str, rows: Sequence[Row]) -> Iterator[Call]:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            safe = name != "events" or all(row.get("source_event_id") for row in batch)
            body = as_json({"namespace": self.namespace, name: batch})
            yield Call("POST", path, body=body, safe=safe, what=f"with {len(batch)} {name}")

    def _delete(self, resource: str, given: Mapping[str, object]) -> int:
        return self._send_delete(resource, filters.checked(resource, given))

    def _send_delete(self, resource: str, effective: Mapping[str, str | int]) -> int:
        body = as_json({"namespace": self.namespace, **effective})
        what = f"in namespace `{self.namespace}`"
        return self._call(Call("POST", f"/v1/{resource}:delete", body=body, what=what), Deleted).deleted_count
