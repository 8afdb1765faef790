"""The face, reading: health, version, listings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.contract.records import (
    EventPage,
    EventRecord,
    ItemPage,
    ItemRecord,
    Page,
    UserPage,
    UserRecord,
)
from pytest_recsim.service.contract.wire import Health, Version
from pytest_recsim.service.http.call import Call
from pytest_recsim.service.http.core import Core
from pytest_recsim.service.http.retry import Patience

R = TypeVar("R")
FULL_PAGE = 1000
"""The service's maximum; beyond it the limit silently becomes 100."""


class Reading(Core):
    """Everything that changes nothing."""

    def health(self) -> Health:
        """Ask once more at most: whoever waits for health polls."""
        return self._call(Call("GET", "/health", patience=Patience(tries=2)), Health)

    def version(self) -> Version:
        return self._get("/version", Version)

    def list_items(self, limit: int = 100, offset: int = 0, item_id: str | None = None) -> ItemPage:
        return self._get_here("/v1/items", ItemPage, _page(limit, offset, item_id=item_id))

    def list_users(self, limit: int = 100, offset: int = 0, user_id: str | None = None) -> UserPage:
        return self._get_here("/v1/users", UserPage, _page(limit, offset, user_id=user_id))

    def list_events(
        self,
        limit: int = 100,
        offset: int = 0,
        *,
        user_id: str | None = None,
        item_id: str | None = None,
        event_type: int | None = None,
    ) -> EventPage:
        query = _page(limit, offset, user_id=user_id, item_id=item_id, event_type=event_type)
        return self._get_here("/v1/events", EventPage, query)

    def all_items(self) -> list[ItemRecord]:
        return self._all("/v1/items", ItemPage)

    def all_users(self) -> list[UserRecord]:
        return self._all("/v1/users", UserPage)

    def all_events(self) -> list[EventRecord]:
        """Read every event, newest first, 1,000 a request.

        Raises:
            ServiceError: ``changed``, when the total moved while the pages were read.
        """
        return self._all("/v1/events", EventPage)

    def item_pages(self, offsets: Sequence[int]) -> list[ItemRecord]:
        """Read the pages of items that start there; rows that move meanwhile may be read twice or not at all."""
        return self._pages("/v1/items", ItemPage, offsets)

    def user_pages(self, offsets: Sequence[int]) -> list[UserRecord]:
        """Read pages of users; see ``item_pages``."""
        return self._pages("/v1/users", UserPage, offsets)

    def event_pages(self, offsets: Sequence[int]) -> list[EventRecord]:
        """Read pages of events; see ``item_pages``."""
        return self._pages("/v1/events", EventPage, offsets)

    def _pages(self, path: str, kind: type[Page[R]], offsets: Sequence[int]) -> list[R]:
        here: dict[str, str | int] = {"namespace": self.namespace, "limit": FULL_PAGE}
        calls = [Call("GET", path, query={**here, "offset": offset}) for offset in offsets]
        return [row for page in self._batches(calls, kind) for row in page.items]

    def _all(self, path: str, kind: type[Page[R]]) -> list[R]:
        first = self._get_here(path, kind, _page(FULL_PAGE, 0))
        here: dict[str, str | int] = {"namespace": self.namespace, "limit": FULL_PAGE}
        offsets = range(FULL_PAGE, first.total, FULL_PAGE)
        rest = self._batches(
            [Call("GET", path, query={**here, "offset": offset}) for offset in offsets], kind
        )
        rows = [row for page in (first, *rest) for row in page.items]
        if len(rows) != first.total or any(page.total != first.total for page in rest):
            where = f"{self.endpoint.base_url}{path}"
            raise ServiceError(
                f"{where} changed while its {first.total} rows were being read.", code="changed"
            )
        return rows


def _page(limit: int, offset: int, **filters: str | int | None) -> dict[str, str | int | None]:
    if not 1 <= limit <= FULL_PAGE or offset < 0:
        raise ValueError(f"limit {limit} must be 1 to {FULL_PAGE} and offset {offset} not negative")
    return {"limit": limit, "offset": offset, **filters}


def as_json(value: object) -> bytes:
    """Encode a request body."""
    return msgspec.json.encode(value)
