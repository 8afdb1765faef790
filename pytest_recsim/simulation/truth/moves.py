"""Whose lists a knob moves (contract 11, 12): what a knob that is not in effect leaves unknown, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Who = Literal["everybody", "established", "sparse", "not new", "damped", "counted", "nobody"]

WORDS: Mapping[Who, str] = MappingProxyType(
    {
        "everybody": "all users",
        "established": "established users",
        "sparse": "sparse and new users",
        "not new": "all users but new ones",
        "damped": "users with few recent items",
        "counted": "users whose number of recent items lies between the two values, and new users",
        "nobody": "nobody's quality lists",
    }
)

# One row per kind of user: the ranking knobs that move their quality lists.
# `established` moves sparse and new users too where the profile sets no knob of their own (see effect.INSTEAD_OF).
_ROWS: Mapping[Who, str] = MappingProxyType(
    {
        "established": "BLEND_ALPHA BLEND_BETA BLEND_GAMMA MMR_LAMBDA POPULARITY_FANOUT",
        "sparse": (
            "NEW_USER_BLEND_ALPHA NEW_USER_BLEND_BETA NEW_USER_BLEND_GAMMA NEW_USER_MMR_LAMBDA "
            "NEW_USER_POP_FANOUT PROFILE_STARTER_BLEND_WEIGHT PROFILE_STARTER_DECAY_EVENTS "
            "PROFILE_STARTER_PRESETS RECOMMENDATION_MAX_ANCHORS_INJECTED"
        ),
        "everybody": (
            "BLEND_WEIGHTS_OVERRIDES BLEND_SEGMENT_OVERRIDES POPULARITY_HALFLIFE_DAYS COVIS_WINDOW_DAYS BRAND_CAP "
            "CATEGORY_CAP BRAND_TAG_PREFIXES CATEGORY_TAG_PREFIXES PROFILE_WINDOW_DAYS PROFILE_BOOST PROFILE_TOP_N "
            "RECOMMENDATION_MAX_K RECOMMENDATION_MAX_FANOUT"
        ),
        "not new": "RULE_EXCLUDE_EVENTS EXCLUDE_EVENT_TYPES PURCHASED_WINDOW_DAYS",
        "damped": "PROFILE_COLD_START_MULTIPLIER",
        "counted": "PROFILE_MIN_EVENTS_FOR_BOOST",
        "nobody": "RECOMMENDATION_MAX_EXCLUDE_IDS RULES_ENABLE RULES_MAX_PIN_SLOTS",
    }
)
MOVES: Mapping[str, Who] = MappingProxyType(
    {knob: who for who, knobs in _ROWS.items() for knob in knobs.split()}
)
