"""Faults that only the optional guardrails see: steadiness, speed, errors that pass, and taste in general."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable

from matrix_answers import Said, on_answers, segment_of
from matrix_fault import SHARE, Fault, draw, fault, hit
from matrix_faults_lists import refusing
from matrix_faults_taste import FEW, HALF, long_list

from pytest_recsim.standin.process.app import App

FAULTS: list[Fault] = []
SLOW_S = 0.8


@fault(
    FAULTS,
    "replicas with different models: the same request gives another order each time",
    by="rank_instability",
    because="rank instability",
    of="users",
    ladder=(0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0),
)
def nondeterminism(share: float) -> None:
    turn = itertools.count()

    def change(said: Said) -> None:
        if said.surface == "default" and said.plain and hit(share, "unsteady", said.user):
            now = next(turn)
            rows = sorted(long_list(said, k=30), key=lambda row: draw(now, row["item_id"]))[: said.ask["k"]]
            said.put(sorted(rows, key=lambda row: (-row["score"], row["item_id"])))

    on_answers(change)


@fault(
    FAULTS,
    "one segment's answers are slow: its features come from another continent",
    by="p95_ms",
    because="p95 of the answer times",
    of="bargain hunters",
    ladder=(0.01, 0.03, 0.06, 0.1, 0.3, 1.0),
)
def one_segment_slow(share: float) -> None:
    original = App.__call__

    async def called(self, scope, receive, send):  # uvicorn asks whether this is a coroutine function
        message = await receive()
        if scope["path"] == "/v1/recommendations":
            ask = json.loads(message["body"])
            org = dict(scope["headers"])[b"x-org-id"].decode()
            here = segment_of(self.service, org, ask["namespace"], ask["user_id"]) == "bargain_hunters"
            if here and ask["context"]["surface"] == "default" and hit(share, "slow", ask["user_id"]):
                await asyncio.sleep(SLOW_S)

        async def replay():
            return message

        await original(self, scope, replay, send)

    App.__call__ = called


@fault(
    FAULTS,
    "requests fail now and then and succeed when repeated, so that nobody notices",
    by="error_rate",
    because="share of failed attempts",
    of="requests",
    ladder=(0.0003, 0.001, 0.003, 0.01, 0.03),
)
def errors_that_pass(share: float) -> None:
    seen: set[tuple[str, ...]] = set()

    def broken(said: Said) -> bool:
        key = said.user, said.surface, json.dumps(said.ask.get("overrides")), json.dumps(said.limits)
        if key in seen or not hit(share, "passing", *key):
            return False
        seen.add(key)
        return True

    refusing(broken, status=503)


def rearranged(share: float, order) -> None:
    """Serve a share of the users the 20 of all candidates that come first in another order."""

    def change(said: Said) -> None:
        mine = said.surface == "default" and said.plain
        if mine and hit(share, "rearranged", said.user):
            rows = order(said, long_list(said, k=1000))[: said.ask["k"]]
            said.put(sorted(rows, key=lambda row: (-row["score"], row["item_id"])))

    on_answers(change)


@fault(
    FAULTS,
    "lists show variants of one product",
    by="intra_list_similarity",
    because="intra_list_similarity@10",
    of="users",
    ladder=FEW,
)
def lists_of_the_same(share: float) -> None:
    def alike(said: Said, rows):
        items = said.service.peek(said.request.org, said.ask["namespace"]).items
        first = {tag for row in rows[:1] for tag in items[row["item_id"]].tags}
        return sorted(rows, key=lambda row: -len(first & set(items[row["item_id"]].tags)))

    rearranged(share, alike)


def popular(said: Said) -> dict[str, int]:
    order = said.data.weighted.popular(said.service.clock.ranking_now(), 1000.0, None).order.tolist()
    return {said.data.catalogue.ids[item]: rank for rank, item in enumerate(order)}


@fault(
    FAULTS,
    "nothing new: lists show what everybody has met everywhere",
    by="novelty",
    because="novelty@20",
    of="users",
    ladder=HALF,
)
def nothing_new(share: float) -> None:
    def familiar(said: Said, rows):
        rank = popular(said)
        return sorted(rows, key=lambda row: rank.get(row["item_id"], 999))

    rearranged(share, familiar)


@fault(
    FAULTS,
    "a few items take most of the slots",
    by="gini",
    because="gini@20",
    of="users",
    ladder=HALF,
)
def few_items_take_all(share: float) -> None:
    def favourites(said: Said, rows):
        return sorted(
            rows, key=lambda row: draw("favourite", row["item_id"]) if hit(0.9, row["item_id"]) else 2
        )

    rearranged(share, favourites)


@fault(
    FAULTS,
    "what people want stands just behind the end of the list",
    by="recall",
    because="recall@20",
    of="users",
    ladder=HALF,
)
def best_items_left_out(share: float) -> None:
    rearranged(share, lambda said, rows: rows[20:])


@fault(
    FAULTS,
    "the ten best items are gone: somebody filters what was shown yesterday",
    by="hit_rate",
    because="hit_rate@10",
    of="users",
    ladder=HALF,
)
def best_ten_filtered(share: float) -> None:
    rearranged(share, lambda said, rows: rows[10:30])


@fault(
    FAULTS,
    "the re-ranker sorts the wrong way round: the twenty best items, worst first",
    by="map",
    because="map@10",
    of="users",
    ladder=HALF,
)
def ranked_backwards(share: float) -> None:
    """Only the ids change places, so that the scores still descend."""

    def change(said: Said) -> None:
        if said.surface == "default" and said.plain and hit(share, "backwards", said.user):
            rows = [dict(row) for row in said.rows]
            for row, item in zip(rows, [row["item_id"] for row in said.rows][::-1], strict=True):
                row["item_id"] = item
            said.put(rows)

    on_answers(change)


def cut(share: float, purpose: str, length: Callable[[int], int]) -> None:
    """Serve a share of the users lists that end early, on the surface of the quality lists."""

    def change(said: Said) -> None:
        mine = said.surface == "default" and said.plain
        if mine and hit(share, purpose, said.user):
            said.put(said.rows[: length(len(said.rows))])

    on_answers(change)


@fault(
    FAULTS,
    "a shard of the index is lost: lists have three quarters of their items",
    by="list_length",
    because="list_length@20",
    of="users",
    ladder=HALF,
)
def shard_lost(share: float) -> None:
    cut(share, "shard", lambda items: items * 3 // 4)


@fault(
    FAULTS,
    "the last item is dropped on its way for some people",
    by="short_lists",
    because="short_lists@20",
    of="users",
    ladder=SHARE,
)
def last_item_dropped(share: float) -> None:
    cut(share, "dropped", lambda items: items - 1)
