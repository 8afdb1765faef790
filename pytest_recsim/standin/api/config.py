"""The process-wide recommendation config and the presets (contract 9.1, 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_recsim.standin.http import wire
from pytest_recsim.standin.http.errors import bad_request
from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.settings.clock import whole_seconds

if TYPE_CHECKING:
    from pytest_recsim.standin.settings.quirks import Quirks
    from pytest_recsim.standin.state.service import Service

_NUMBERS = [
    "half_life_days",
    "co_vis_window_days",
    "mmr_lambda",
    "purchased_window_days",
    "profile_window_days",
    "profile_boost",
    "profile_cold_start_multiplier",
    "profile_starter_blend_weight",
    "blend_alpha",
    "blend_beta",
    "blend_gamma",
    "coverage_cache_ttl_seconds",
    "coverage_long_tail_hint_threshold",
]
_WHOLES = [
    "popularity_fanout",
    "max_k",
    "max_fanout",
    "max_exclude_ids",
    "max_anchors_injected",
    "brand_cap",
    "category_cap",
    "profile_top_n_tags",
    "profile_min_events_for_boost",
]
_FLAGS = ("rule_exclude_events", "rules_enabled")
_NEW_USER_NUMBERS = (
    "new_user_blend_alpha",
    "new_user_blend_beta",
    "new_user_blend_gamma",
    "new_user_mmr_lambda",
)
_LISTS = ("exclude_event_types", "brand_tag_prefixes", "category_tag_prefixes")
_EXPERIMENT = wire.Fields(
    "types.BanditExperiment",
    {"enabled": wire.flag, "holdout_percent": wire.number, "label": wire.text, "surfaces": wire.texts},
)
_SEGMENT_PROFILE = wire.Fields(
    "types.SegmentProfile",
    dict.fromkeys(
        ("blend_alpha", "blend_beta", "blend_gamma", "mmr_lambda", "profile_starter_blend_weight"),
        wire.number,
    )
    | {"popularity_fanout": wire.integer},
)
_CONFIG = wire.Fields(
    "types.RecommendationConfig",
    dict.fromkeys((*_NUMBERS, *_NEW_USER_NUMBERS), wire.number)
    | dict.fromkeys((*_WHOLES, "new_user_pop_fanout"), wire.integer)
    | dict.fromkeys(_FLAGS, wire.flag)
    | {
        "exclude_event_types": wire.ListOf(wire.int16, 0, "[]int16"),
        "brand_tag_prefixes": wire.texts,
        "category_tag_prefixes": wire.texts,
        "mmr_presets": wire.MapOf(wire.number, "map[string]float64"),
        "segment_profiles": wire.MapOf(_SEGMENT_PROFILE, "map[string]types.SegmentProfile"),
        "bandit_experiment": _EXPERIMENT,
    },
)
_UPDATE = wire.Fields(
    "types.ConfigUpdateRequest",
    {"namespace": wire.text, "config": _CONFIG, "author": wire.text, "notes": wire.text},
)
# Members without a value are left out of the document when empty.
_OMITTED_WHEN_EMPTY = (*_LISTS, "mmr_presets", "segment_profiles")


def zero_document() -> dict[str, Any]:
    """Return the document that an empty config stands for."""
    document: dict[str, Any] = (
        dict.fromkeys(_NUMBERS, 0.0) | dict.fromkeys(_WHOLES, 0) | dict.fromkeys(_FLAGS, False)
    )
    document |= {name: [] for name in _LISTS}
    return document | {"bandit_experiment": {"enabled": False, "holdout_percent": 0.0}}


def get_config(service: Service, _request: Request) -> Answer:
    return _document(service)


def replace_config(service: Service, request: Request) -> Answer:
    """Replace the whole document, unvalidated; omitted members become zero values."""
    body = request.read(_UPDATE)
    if "config" not in body:
        raise bad_request("missing_config")
    document = zero_document() | body["config"]
    document["bandit_experiment"] = {"enabled": False, "holdout_percent": 0.0} | document["bandit_experiment"]
    service.use_document(document)
    metadata = {"updated_at": whole_seconds(service.clock.now()), "source": "api"}
    named = {"updated_by": body.get("author"), "notes": body.get("notes")}
    service.config_metadata = metadata | {name: value for name, value in named.items() if value}
    return _document(service)


def _document(service: Service) -> Answer:
    config = {
        name: value for name, value in service.document.items() if value or name not in _OMITTED_WHEN_EMPTY
    }
    if service.quirks.order is not None:
        config = _jumbled(config, service.quirks)
    return answer({"namespace": "default", "config": config, "metadata": service.config_metadata})


def _jumbled(value: Any, quirks: Quirks) -> Any:
    if isinstance(value, dict):
        return {name: _jumbled(member, quirks) for name, member in value.items()}
    return quirks.jumbled(value) if isinstance(value, list) else value


def get_presets(service: Service, _request: Request) -> Answer:
    return answer({"mmr_presets": service.settings.document["mmr_presets"]})
