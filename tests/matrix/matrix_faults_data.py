"""Faults of the data behind the ranking: lost, late, doubled, mixed up, mislabelled."""

from __future__ import annotations

import copy

import numpy as np
from matrix_answers import Said, around, asking_org, on_answers, segment_of
from matrix_fault import SHARE, Fault, fault, hit
from msgspec.structs import replace

from pytest_recsim.standin.ranking import data as derived
from pytest_recsim.standin.ranking import pipeline
from pytest_recsim.standin.ranking.catalogue import Catalogue
from pytest_recsim.standin.ranking.covisits import CoVisits
from pytest_recsim.standin.ranking.eventlog import EventLog
from pytest_recsim.standin.ranking.popularity import Weighted
from pytest_recsim.standin.settings.clock import DAY

FAULTS: list[Fault] = []
POPULARITY, COVISITS = "popularity that does not follow from the events", "co-visitation that does not follow"
DAYS = (1, 2, 4, 7, 14)


def older(data, service, org: str, name: str, days: float):
    """The derived data as they were some days ago; the catalogue is today's."""
    raw = data.columns
    kept = raw.ts <= raw.ts.max() - days * DAY if len(raw.ts) else np.zeros(0, bool)
    raw = raw._replace(
        **{column: getattr(raw, column)[kept] for column in ("user", "item", "type", "value", "ts")}
    )
    aged = copy.copy(data)
    aged.log = EventLog(raw, data.catalogue.index)
    aged.weighted = Weighted(aged.log, data.catalogue, service.event_types.effective(org, name))
    aged.covisits = CoVisits(aged.log, data.catalogue)
    return aged


def outdated(days: float, who) -> None:
    """Rank some requests with popularity and co-visitation of some days ago."""
    kept: dict[int, object] = {}

    def of(context):
        org = asking_org()
        if not who(context, org):
            return context
        if id(context.data) not in kept:
            kept.clear()
            kept[id(context.data)] = older(context.data, context.service, org, context.ask.namespace, days)
        return replace(context, data=kept[id(context.data)])

    @around(pipeline, "recommended_pool")
    def pool(original, context, *rest):
        return original(of(context), *rest)

    @around(pipeline, "signals_of")
    def signals(original, context, *rest):
        return original(of(context), *rest)


@fault(
    FAULTS,
    "one segment is still served yesterday's model",
    by="S10",
    because=POPULARITY,
    of="days that the model is old",
    ladder=DAYS,
)
def old_model_for_one_segment(days: float) -> None:
    def trend_seeker(context, org) -> bool:
        return segment_of(context.service, org, context.ask.namespace, context.ask.user_id) == "trend_seekers"

    outdated(days, trend_seeker)


@fault(
    FAULTS,
    "the nightly co-visitation job has not run",
    by="S10",
    because=COVISITS,
    of="days that its table is old",
    ladder=DAYS,
)
def stale_co_visitation(days: float) -> None:
    @around(CoVisits, "neighbours")
    def neighbours(original, self, anchor, since, limit):
        if not hasattr(self, "aged"):
            log = self._log
            self.aged = copy.copy(log)
            late = log.ts > log.ts.max() - days * DAY
            self.aged.ts = np.where(late, np.iinfo(np.int64).min, log.ts)
        fresh, self._log = self._log, self.aged
        try:
            return original(self, anchor, since, limit)
        finally:
            self._log = fresh


@fault(
    FAULTS,
    "co-visitation looks at the whole history in place of its window",
    by="S10",
    because=COVISITS,
)
def co_visitation_window_ignored(_: float) -> None:
    @around(CoVisits, "strongest")
    def strongest(original, self, anchors, since):
        return original(self, anchors, 0)


@fault(
    FAULTS,
    "the half-life of popularity is another one than configured",
    by="S10",
    because=POPULARITY,
    of="the half-life in place of one",
    ladder=(1.01, 1.03, 1.1, 1.3, 2, 100),
)
def half_life_ignored(factor: float) -> None:
    @around(Weighted, "popular")
    def popular(original, self, now, half_life, since):
        return original(self, now, half_life * factor, since)


@fault(
    FAULTS,
    "a new version of the tracking renames clicks, and they no longer count",
    by="S10",
    because=POPULARITY,
    of="clicks",
    ladder=SHARE,
)
def clicks_not_counted(share: float) -> None:
    @around(Weighted, "__init__")
    def init(original, self, log, *rest):
        log = copy.copy(log)
        lost = [kind == 1 and hit(share, "click", place) for place, kind in enumerate(log.type.tolist())]
        log.value = np.where(lost, 0.0, log.value)
        original(self, log, *rest)


@fault(
    FAULTS,
    "the queue delivers events twice",
    by="S10",
    because=POPULARITY,
    of="events",
    ladder=SHARE,
)
def events_counted_twice(share: float) -> None:
    @around(Weighted, "__init__")
    def init(original, self, log, *rest):
        log = copy.copy(log)
        twice = [hit(share, "twice", place) for place in range(len(log.type))]
        log.value = np.where(twice, 2 * log.value, log.value)
        original(self, log, *rest)


@fault(
    FAULTS,
    "times are read in the wrong zone: everything looks older than it is",
    by="S10",
    because=POPULARITY,
    of="hours of difference",
    ladder=(1, 2, 5, 8, 12),
)
def wrong_time_zone(hours: float) -> None:
    @around(Weighted, "__init__")
    def init(original, self, log, *rest):
        log = copy.copy(log)
        log.ts = log.ts - round(hours * DAY / 24)
        original(self, log, *rest)


@fault(
    FAULTS,
    "events are acknowledged and lost on the way to the ranking",
    by="contract",
    because="recent_event_count does not fit",
    of="events",
    ladder=SHARE,
)
def events_lost(share: float) -> None:
    @around(derived, "columns")
    def columns(original, events):
        return original([one for one in events if not hit(share, "lost", one.user_id, one.item_id, one.ts)])


@fault(
    FAULTS,
    "an update of the catalogue loses the tags of some items",
    by="S1",
    because="too short",
    of="items",
    ladder=SHARE,
)
def tags_lost(share: float) -> None:
    @around(Catalogue, "__init__")
    def init(original, self, items, others):
        original(
            self,
            {
                name: replace(item, tags=()) if hit(share, "tags", name) else item
                for name, item in items.items()
            },
            others,
        )


@fault(
    FAULTS,
    "sold out items are recommended: the stock feed is not looked at",
    by="availability",
    because="unavailable",
)
def unavailable_items_shown(_: float) -> None:
    @around(Catalogue, "__init__")
    def init(original, self, items, others):
        original(self, items, others)
        self.available = self.known.copy()


@fault(
    FAULTS,
    "a part of the catalogue cannot be reached, because a shard of the index is missing",
    by="catalog_coverage",
    because="catalogue_coverage",
    of="items",
    ladder=(0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7),
)
def items_unreachable(share: float) -> None:
    @around(Catalogue, "__init__")
    def init(original, self, items, others):
        original(self, items, others)
        gone = [hit(share, "gone", name) for name in self.ids]
        self.available[:-1] &= ~np.array(gone, bool)


@fault(
    FAULTS,
    "items of another customer's namespace are mixed in",
    by="availability",
    because="unknown",
    of="slots",
    ladder=(0.0001, 0.0003, *SHARE),
)
def namespaces_mixed(share: float) -> None:
    def change(said: Said) -> None:
        for rank, row in enumerate(said.rows):
            if hit(share, "mixed", said.user, said.surface, rank):
                row["item_id"] = f"other-shop-{row['item_id']}"

    on_answers(change)


@fault(
    FAULTS,
    "another customer's events are counted in this namespace",
    by="S10",
    because=POPULARITY,
    of="events of ours that there is a foreign one for",
    ladder=SHARE,
)
def foreign_events_counted(share: float) -> None:
    @around(derived, "columns")
    def columns(original, events):
        foreign = [one for one in events if hit(share, "foreign", one.user_id, one.item_id, one.ts)]
        return original([*events, *(replace(one, user_id=f"other-{one.user_id}") for one in foreign)])
