"""Everything that ranking derives from the rows of one namespace; made anew after a write, piece by piece on demand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_recsim.standin.ranking.catalogue import Catalogue
from pytest_recsim.standin.ranking.covisits import CoVisits
from pytest_recsim.standin.ranking.embeddings import Embeddings
from pytest_recsim.standin.ranking.eventlog import Columns, EventLog, columns
from pytest_recsim.standin.ranking.facets import facets_by_prefix
from pytest_recsim.standin.ranking.history import History
from pytest_recsim.standin.ranking.popularity import Weighted
from pytest_recsim.standin.ranking.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from pytest_recsim.standin.state.service import Service
    from pytest_recsim.standin.state.store import Item, Namespace

_HISTORIES_KEPT = 50_000
_ASKED_UNTIL_VACUUM = 500
# By tenant and namespace; what was derived goes with the service, so nothing in it may hold the service.
_KEPT: WeakKeyDictionary[Service, dict[tuple[str, str], RankingData]] = WeakKeyDictionary()


class Shelf:
    """What derives from the items alone, and from the ids that events know besides."""

    def __init__(
        self,
        items: Mapping[str, Item],
        event_ids: Iterable[str],
        digests: dict[str, bytes],
        rng: Random | None = None,
    ) -> None:
        self.catalogue = Catalogue(items, event_ids)
        self.tags = Tags(self.catalogue)
        self.facets = facets_by_prefix(self.tags)
        self.digests = digests
        self._rng = rng

    @cached_property
    def embeddings(self) -> Embeddings:
        return Embeddings(self.catalogue, self.digests, self._rng)


class RankingData:
    """The derived data of one namespace at one version of its items, its events and the event types."""

    def __init__(
        self, service: Service, org: str, name: str, namespace: Namespace, old: RankingData | None
    ) -> None:
        self.version = version_of(service, namespace)
        self.namespace = namespace
        self._quirks = service.quirks
        self.columns = self._columns(old)
        self.shelf = self._shelf(old)
        self.catalogue, self.tags, self.facets = self.shelf.catalogue, self.shelf.tags, self.shelf.facets
        self.log = EventLog(self.columns, self.catalogue.index, self._quirks.rng)
        types = service.event_types.effective(org, name)
        self.weighted = Weighted(self.log, self.catalogue, types, self._quirks)
        self.covisits = self._covisits(old)
        self.asked = 0
        self._histories: dict[str, History] = {}

    def _columns(self, old: RankingData | None) -> Columns:
        if old is not None and old.version[1] == self.version[1]:
            return old.columns
        return columns(self.namespace.events)

    def _shelf(self, old: RankingData | None) -> Shelf:
        if old is None:
            return Shelf(self.namespace.items, self.columns.items, {}, self._quirks.rng)
        # An id that no event knows any more may stay: it is unknown and unavailable either way.
        if old.version[0] == self.version[0] and self.columns.items.keys() <= old.catalogue.index.keys():
            return old.shelf
        return Shelf(self.namespace.items, self.columns.items, old.shelf.digests, self._quirks.rng)

    def is_stale(self, service: Service, namespace: Namespace) -> bool:
        """Tell whether somebody wrote, or tidied up: that is when rows tied at a cut of the database change places."""
        if self.version != version_of(service, namespace) or self.namespace is not namespace:
            return True
        return self.asked > _ASKED_UNTIL_VACUUM

    def _covisits(self, old: RankingData | None) -> CoVisits:
        if old is not None and old.version == self.version:
            # Tidying up was seen to move single scores by 2e-4: events of one instant change places, counts do not.
            return old.covisits
        return CoVisits(self.log, self.catalogue, self._quirks.rng)

    @property
    def embeddings(self) -> Embeddings:
        return self.shelf.embeddings

    def history(self, user_id: str) -> History:
        found = self._histories.get(user_id)
        if found is None:
            if len(self._histories) >= _HISTORIES_KEPT:
                self._histories.clear()
            found = self._histories[user_id] = History(self.log, user_id)
        return found


def version_of(service: Service, namespace: Namespace) -> tuple[int, int, int]:
    return namespace.items_version, namespace.events_version, service.event_types.version


def ranking_data(service: Service, org: str, name: str) -> RankingData:
    """Return the derived data for the rows as they are now."""
    namespace = service.peek(org, name)
    kept = _KEPT.setdefault(service, {})
    data = kept.get((org, name))
    if service.quirks.rng is not None and data is not None:
        data.asked += 1
    if data is None or data.is_stale(service, namespace):
        same = data is not None and data.namespace is namespace
        data = RankingData(service, org, name, namespace, data if same else None)
        if namespace.items_version or namespace.events_version:
            kept[org, name] = data
    return data
