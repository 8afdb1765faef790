"""What a client asks for: the bodies of recommendations and rerank (contract 5.1 to 5.3, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request
from pytest_recsim.standin.ranking.revision_2025 import BLEND
from pytest_recsim.standin.settings.clock import parse_rfc3339
from pytest_recsim.standin.settings.orgs import ZERO_ORG

if TYPE_CHECKING:
    from pytest_recsim.standin.http.messages import Request

DEFAULT_K = 20
TAGS, NUMERIC, FULL = 0, 1, 2
LEVELS = {"numeric": NUMERIC, "full": FULL}
_OVERRIDES = wire.Fields(
    "types.Overrides",
    dict.fromkeys(
        (
            "popularity_halflife_days",
            "covis_window_days",
            "popularity_fanout",
            "brand_cap",
            "category_cap",
            "purchased_window_days",
            "profile_window_days",
            "profile_top_n",
        ),
        wire.integer,
    )
    | dict.fromkeys(
        (
            "mmr_lambda",
            "profile_boost",
            "profile_starter_blend_weight",
            "blend_alpha",
            "blend_beta",
            "blend_gamma",
        ),
        wire.number,
    )
    | {"rule_exclude_events": wire.flag, "bandit_algo": wire.text},
)
_COMMON: dict[str, wire.Reader] = {
    "user_id": wire.text,
    "namespace": wire.text,
    "k": wire.integer,
    "constraints": wire.Fields(
        "types.Constraints",
        {
            "include_tags_any": wire.texts,
            "exclude_item_ids": wire.texts,
            "price_between": wire.ListOf(wire.number, 0.0, "[]float64"),
            "created_after": wire.text,
        },
    ),
    "blend": wire.Fields("types.Blend", dict.fromkeys(("pop", "cooc", "similarity"), wire.number)),
    "overrides": _OVERRIDES,
    "context": wire.MapOf(wire.anything, "map[string]interface {}"),
    "include_reasons": wire.flag,
    "explain_level": wire.text,
}
_RERANK_ITEM = wire.Fields("types.RerankItem", {"item_id": wire.text, "score": wire.number})
_ITEMS: dict[str, wire.Reader] = {"items": wire.ListOf(_RERANK_ITEM, dict, "[]types.RerankItem")}
_BLEND_2025 = {"blend": wire.Fields("types.Blend", dict.fromkeys(BLEND, wire.number))}
RECOMMEND = wire.Fields("types.RecommendRequest", _COMMON)
RERANK = wire.Fields("types.RerankRequest", _COMMON | _ITEMS)
RECOMMEND_2025 = wire.Fields("types.RecommendRequest", _COMMON | _BLEND_2025)
RERANK_2025 = wire.Fields("types.RerankRequest", _COMMON | _ITEMS | _BLEND_2025)


class Constraints(msgspec.Struct, frozen=True):
    """Limits on candidates; None means no limit. Time in microseconds, prices inclusive."""

    tags: tuple[str, ...] | None
    excluded: tuple[str, ...]
    low: float | None
    high: float | None
    created_after: int | None


class Ask(msgspec.Struct, frozen=True):
    """A checked request; ``prefetched`` holds the (id, score) pairs of a rerank, None otherwise."""

    user_id: str
    namespace: str
    k: int
    constraints: Constraints
    blend: tuple[float, float, float] | None
    overrides: dict[str, Any]
    context: dict[str, Any]
    surface: str
    reasons: bool
    level: int
    problems: tuple[dict[str, str], ...]
    prefetched: tuple[tuple[str, float], ...] | None = None


def read_recommend(request: Request, *, old: bool = False) -> Ask:
    """Read a recommendations body; what is wrong with its values is collected in ``problems``.

    ``old``: as the older revision does, which has no problem with anything.
    """
    body = request.read(RECOMMEND_2025 if old else RECOMMEND)
    k = body.get("k", 0)
    if old:
        return _ask(request.org, body, k if k > 0 else DEFAULT_K, [], None)
    return _ask(
        request.org, body, k or DEFAULT_K, [_problem("k", "must not be negative")] if k < 0 else [], None
    )


def read_rerank(request: Request, *, old: bool = False) -> Ask:
    """Read a rerank body; ids are trimmed and the first of a repeated one counts."""
    body = request.read(RERANK_2025 if old else RERANK)
    rows = body.get("items", [])
    if not rows:
        raise bad_request("empty_items")
    prefetched: dict[str, float] = {}
    for row in rows:
        if item_id := row.get("item_id", "").strip():
            prefetched.setdefault(item_id, max(row.get("score", 0.0), 0.0))
    if not prefetched:
        raise bad_request("invalid_items")
    k = body.get("k", 0)
    k = k if 0 < k <= len(prefetched) else len(prefetched)
    return _ask(request.org, body, k, [], tuple(prefetched.items()))


def _problem(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}


def _ask(
    org: str,
    body: dict[str, Any],
    k: int,
    problems: list[dict[str, str]],
    prefetched: tuple[tuple[str, float], ...] | None,
) -> Ask:
    if not body.get("user_id"):
        # The real service names this field, not user_id.
        problems.insert(0, _problem("recent_event_count", "is unknown without a user_id"))
    if org == ZERO_ORG:
        problems.append(_problem("org_id", "must not be zero"))
    context = body.get("context", {})
    surface = context.get("surface")
    return Ask(
        user_id=body.get("user_id", ""),
        namespace=body.get("namespace") or "default",
        k=k,
        constraints=_constraints(body.get("constraints", {}), problems),
        blend=_blend(body["blend"], problems) if "blend" in body else None,
        overrides=body.get("overrides", {}),
        context=context,
        surface=(surface.strip() if isinstance(surface, str) else "") or "default",
        reasons=body.get("include_reasons", False),
        level=LEVELS.get(body.get("explain_level", "").strip().lower(), TAGS),
        problems=tuple(problems),
        prefetched=prefetched,
    )


def _constraints(body: dict[str, Any], problems: list[dict[str, str]]) -> Constraints:
    created_after = None
    if text := body.get("created_after"):
        created_after = parse_rfc3339(text)
        if created_after is None:
            raise bad_request("invalid_created_after", "created_after is not RFC 3339", value=text)
    low, high = (*body.get("price_between", ())[:2], None, None)[:2]
    if low is not None and high is not None and low > high:
        problems.append(_problem("constraints.price", "the lower price is above the upper one"))
    tags = body.get("include_tags_any")
    return Constraints(
        tuple(tags) if tags else None, tuple(body.get("exclude_item_ids", ())), low, high, created_after
    )


def _blend(body: dict[str, float], problems: list[dict[str, str]]) -> tuple[float, float, float]:
    problems += [
        _problem(f"blend.{name}", "must not be negative") for name, weight in body.items() if weight < 0
    ]
    similarity = body.get("similarity", body.get("als", 0.0))
    return max(body.get("pop", 0.0), 0.0), max(body.get("cooc", 0.0), 0.0), max(similarity, 0.0)
