"""The ranking endpoints: recommendations, rerank, similar (contract 5 to 7)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_recsim.standin.http.errors import out_of_range, timed_out
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.http.query import MOST, whole_or
from pytest_recsim.standin.ranking.arrays import strict_arithmetic, window_start
from pytest_recsim.standin.ranking.ask import DEFAULT_K, Ask, read_recommend, read_rerank
from pytest_recsim.standin.ranking.data import RankingData, ranking_data
from pytest_recsim.standin.ranking.decision import decision_of
from pytest_recsim.standin.ranking.effective import DEFAULT_WINDOW_DAYS
from pytest_recsim.standin.ranking.explain import item_rows
from pytest_recsim.standin.ranking.pipeline import rank
from pytest_recsim.standin.ranking.trace import extras

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service


def recommend(service: Service, request: Request) -> Answer:
    ask = read_recommend(request, old=service.quirks.revision_2025)
    if service.slow_start is None or not service.peek(request.org, ask.namespace).events:
        return _ranked(service, request, ask)
    wait = service.slow_start.next(request.org, ask.namespace)
    if wait.fails:
        raise timed_out(wait.seconds)
    return _ranked(service, request, ask)._replace(delay=wait.seconds)


def rerank(service: Service, request: Request) -> Answer:
    return _ranked(service, request, read_rerank(request, old=service.quirks.revision_2025))


def _ranked(service: Service, request: Request, ask: Ask) -> Answer:
    with strict_arithmetic():
        ranked = rank(service, request.org, ask)
        rows = item_rows(ranked)
    if not math.isfinite(sum(row["score"] for row in rows)):
        raise out_of_range()
    blended = ask.blend is not None and (ask.blend[1] > 0 or ask.blend[2] > 0)
    body = {"model_version": "blend_v1" if blended else "popularity_v1", "items": rows}
    if match := ranked.context.run.match:
        body |= {
            "segment_id": match.segment.segment_id,
            "profile_id": match.segment.profile_id,
        }
    reply = answer(body | {"trace": {"extras": extras(ranked)}})
    log = service.audit
    if log is not None and log.wants(ask.namespace):
        log.add(decision_of(log, request, ranked, reply))
    return reply


def similar(service: Service, request: Request) -> Answer:
    """Answer the nearest available items by embedding, else by co-visitation; [] for an unknown item."""
    data = ranking_data(service, request.org, request.query.get("namespace") or "default")
    limit = whole_or(request.query.get("k"), 1, MOST, DEFAULT_K)
    item = data.catalogue.index.get(request.path_id)
    if item is None:
        return answer([])
    with strict_arithmetic():
        near, strength = data.embeddings.neighbours(item, limit)
    if len(near):
        return answer(_rows(data, near.tolist(), strength.tolist(), "embedding_similarity"))
    since = window_start(service.clock.ranking_now(), service.knobs.co_vis_window_days or DEFAULT_WINDOW_DAYS)
    near, strength = data.covisits.neighbours(item, since, limit)
    available = data.catalogue.available[near]
    return answer(_rows(data, near[available].tolist(), strength[available].tolist(), "co_visitation"))


def _rows(data: RankingData, items: list[int], scores: list[float], reason: str) -> list[dict[str, object]]:
    return [
        {"item_id": data.catalogue.ids[item], "score": score, "reasons": [reason]}
        for item, score in zip(items, scores, strict=True)
    ]
