"""The live knobs: the part of the configuration that the admin document can replace (contract 9.1, 10.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_DAYS = (1 << 63) - 1


class Knobs(msgspec.Struct, frozen=True, kw_only=True):
    """Knob values in effect for every request until the admin document is replaced.

    Days are days of 24 hours; ``co_vis_window_days`` and ``purchased_window_days`` are whole ones.
    """

    blend_alpha: float
    blend_beta: float
    blend_gamma: float
    half_life_days: float
    co_vis_window_days: int
    popularity_fanout: int
    max_k: int
    max_fanout: int
    max_exclude_ids: int
    max_anchors_injected: int
    mmr_lambda: float
    brand_cap: int
    category_cap: int
    rule_exclude_events: bool
    exclude_event_types: tuple[int, ...]
    brand_tag_prefixes: tuple[str, ...]
    category_tag_prefixes: tuple[str, ...]
    purchased_window_days: int
    profile_window_days: float
    profile_boost: float
    profile_top_n_tags: int
    profile_min_events_for_boost: int
    profile_cold_start_multiplier: float
    profile_starter_blend_weight: float
    rules_enabled: bool


def _whole_days(days: float) -> int:
    """Cut to whole days, and to what a 64-bit number holds."""
    return max(int(days), -_MOST_DAYS) if days < _MOST_DAYS else _MOST_DAYS


_SHAPES: dict[str, Callable[[Any], Any]] = {
    "co_vis_window_days": _whole_days,
    "purchased_window_days": _whole_days,
    "exclude_event_types": tuple,
    "brand_tag_prefixes": lambda values: tuple(value.strip().lower() for value in values),
    "category_tag_prefixes": lambda values: tuple(value.strip().lower() for value in values),
}


def from_document(document: Mapping[str, Any]) -> Knobs:
    """Build knobs from a complete admin document; window floats are cut to whole days."""
    return Knobs(
        **{
            field: _SHAPES[field](document[field]) if field in _SHAPES else document[field]
            for field in Knobs.__struct_fields__
        }
    )
