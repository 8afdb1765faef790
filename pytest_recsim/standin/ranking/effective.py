"""The configuration that one request runs with (contract 11, 12.2)."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from pytest_recsim.standin.http.errors import ApiError, bad_request
from pytest_recsim.standin.ranking.arrays import window_start
from pytest_recsim.standin.ranking.revision_2025 import usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.ranking.ask import Ask
    from pytest_recsim.standin.ranking.history import History
    from pytest_recsim.standin.settings.environment import Settings
    from pytest_recsim.standin.settings.knobs import Knobs
    from pytest_recsim.standin.state.segmentbook import Match
    from pytest_recsim.standin.state.service import Service
    from pytest_recsim.standin.state.store import User

NEW_USERS = "new_users"
DEFAULT_WINDOW_DAYS = 30
_LEAST_RECENT = 10
_NEW_USER_FANOUT = 1000
_OVERRIDE_TARGETS = {
    "popularity_halflife_days": "half_life_days",
    "covis_window_days": "co_vis_window_days",
    "profile_top_n": "profile_top_n_tags",
}
_NOT_NEGATIVE = [
    "blend_alpha",
    "blend_beta",
    "blend_gamma",
    "half_life_days",
    "co_vis_window_days",
    "popularity_fanout",
    "brand_cap",
    "category_cap",
    "purchased_window_days",
    "profile_window_days",
    "profile_boost",
    "profile_top_n_tags",
]

_limited = attrgetter(*_NOT_NEGATIVE)


class Effective(msgspec.Struct, frozen=True):
    """One request's settings.

    ``recent`` is R of contract 12.2 (catalogue positions, newest first), ``reported`` the recent_event_count of the
    answer, ``hint`` the segment hint in lower case, ``k`` and ``fanout`` are final.
    """

    knobs: Knobs
    weights: tuple[float, float, float]
    k: int
    fanout: int
    match: Match | None
    hint: str
    sparse: bool
    new: bool
    recent: list[int]
    reported: int

    @property
    def cold(self) -> bool:
        return self.sparse or self.new


def traits_of(user: User | None) -> dict[str, Any]:
    """Return a user's traits; ones that are no object break ranking for the user, as in the real service."""
    traits = user.traits if user else {}
    if not isinstance(traits, dict):
        raise bad_request(
            "invalid_json_type", "traits are not an object", field="", expected="map[string]interface {}"
        )
    return traits


def effective(service: Service, org: str, ask: Ask, history: History, now: int) -> Effective:
    """Resolve the settings of a request; raises the 400s of contract 5.3."""
    traits = traits_of(service.peek(org, ask.namespace).users.get(ask.user_id))
    match = service.segments.match(org, ask.namespace, _facts(ask, traits), service.clock.now())
    segment = traits.get("segment")
    hint = (
        (match.segment.segment_id if match else segment if isinstance(segment, str) else "").strip().lower()
    )
    knobs = _overridden(_configured(service, org, ask.namespace, match, hint), ask.overrides)
    recent, sparse = _recent(knobs, history, now)
    new = hint == NEW_USERS
    if sparse or new:
        knobs = _for_new_users(knobs, service.settings, new=new)
    if service.quirks.revision_2025:
        knobs = usable(knobs, _NOT_NEGATIVE)
    else:
        _validate(knobs, ask)
    k = min(ask.k, knobs.max_k) if knobs.max_k > 0 else ask.k
    fanout = max(knobs.popularity_fanout, k)
    reported = min(len(recent), max(knobs.profile_min_events_for_boost - 1, 0)) if new else len(recent)
    return Effective(
        knobs=knobs,
        weights=_weights(knobs, ask),
        k=k,
        fanout=min(fanout, knobs.max_fanout) if knobs.max_fanout > 0 else fanout,
        match=match,
        hint=hint,
        sparse=sparse,
        new=new,
        recent=recent,
        reported=reported,
    )


def _facts(ask: Ask, traits: Mapping[str, Any]) -> dict[str, Any]:
    """Return what segment rules can ask about."""
    request = {"namespace": ask.namespace, "k": ask.k, "surface": ask.surface}
    return {"user": {"id": ask.user_id, "traits": traits}, "ctx": ask.context, "request": request}


def _configured(service: Service, org: str, namespace: str, match: Match | None, hint: str) -> Knobs:
    """Apply steps 1 to 4: live knobs, segment profile, blend by namespace, blend by segment."""
    knobs, settings = service.knobs, service.settings
    if match is not None:
        profile = service.segments.profiles(org, namespace).get(match.segment.profile_id)
        if profile is not None:
            knobs = msgspec.structs.replace(knobs, **_profile_knobs(profile.knobs))
    by_namespace = settings.blend_by_namespace
    for blend in (
        by_namespace.get(namespace.lower(), by_namespace.get("*")),
        settings.blend_by_segment.get(hint),
    ):
        if blend is not None:
            alpha, beta, gamma = blend
            knobs = msgspec.structs.replace(knobs, blend_alpha=alpha, blend_beta=beta, blend_gamma=gamma)
    return knobs


def _profile_knobs(stored: Mapping[str, Any]) -> dict[str, Any]:
    knobs = {_OVERRIDE_TARGETS.get(name, name): value for name, value in stored.items()}
    knobs["exclude_event_types"] = tuple(stored["exclude_event_types"])
    for name in ("brand_tag_prefixes", "category_tag_prefixes"):
        knobs[name] = tuple(prefix.strip().lower() for prefix in stored[name])
    return knobs


def _overridden(knobs: Knobs, overrides: Mapping[str, Any]) -> Knobs:
    changes = {
        _OVERRIDE_TARGETS.get(name, name): value for name, value in overrides.items() if name != "bandit_algo"
    }
    if not changes:
        return knobs
    if "profile_starter_blend_weight" in changes:
        changes["profile_starter_blend_weight"] = min(max(changes["profile_starter_blend_weight"], 0.0), 1.0)
    return msgspec.structs.replace(knobs, **changes)


def _recent(knobs: Knobs, history: History, now: int) -> tuple[list[int], bool]:
    """Return R, and whether the user is sparse."""
    least = knobs.profile_min_events_for_boost
    if least <= 0:
        return [], False
    since = window_start(now, knobs.profile_window_days or DEFAULT_WINDOW_DAYS)
    recent = history.recent(since, max(_LEAST_RECENT, least + 1))
    return recent, len(recent) < least


def _for_new_users(knobs: Knobs, settings: Settings, *, new: bool) -> Knobs:
    """Apply step 6, which overrules the request's own overrides."""
    forced: dict[str, Any] = {
        "blend_alpha": settings.new_user_blend_alpha,
        "blend_beta": settings.new_user_blend_beta,
        "blend_gamma": settings.new_user_blend_gamma,
        "mmr_lambda": settings.new_user_mmr_lambda,
        "popularity_fanout": settings.new_user_pop_fanout or max(knobs.popularity_fanout, _NEW_USER_FANOUT),
        "rule_exclude_events": False if new else None,
    }
    return msgspec.structs.replace(
        knobs, **{name: value for name, value in forced.items() if value is not None}
    )


def _validate(knobs: Knobs, ask: Ask) -> None:
    config = [
        {"field": name, "message": "must not be negative"}
        for name, value in zip(_NOT_NEGATIVE, _limited(knobs), strict=True)
        if value < 0
    ]
    if not 0 <= knobs.mmr_lambda <= 1:
        config.append({"field": "mmr_lambda", "message": "must be from 0 to 1"})
    if not config and not ask.problems:
        return
    details = {"request": list(ask.problems), "config": config}
    code = "invalid_input" if config and ask.problems else "invalid_config" if config else "invalid_request"
    raise ApiError(
        400, code, "the request cannot be ranked", {name: found for name, found in details.items() if found}
    )


def _weights(knobs: Knobs, ask: Ask) -> tuple[float, float, float]:
    weights = ask.blend or (knobs.blend_alpha, knobs.blend_beta, knobs.blend_gamma)
    return weights if any(weights) else (1.0, 0.0, 0.0)
