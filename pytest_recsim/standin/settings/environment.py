"""Start-up settings from environment variables (contract 10.1 and the few operational ones that matter here)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from pytest_recsim.standin.settings import knob_parse as parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.settings.knob_parse import Parser

REQUIRED: Any = object()
MMR_PRESETS = {"home": 0.25, "product_detail": 0.35, "search": 0.2, "email": 0.3}
STARTER_PRESETS = {
    "new_users": {"electronics": 0.25, "books": 0.2, "home": 0.2, "fashion": 0.2, "beauty": 0.15}
}
WINDOW = parse.number(above=True)
SHARE = parse.number(0, 1)


class Variable(NamedTuple):
    """One environment variable: its name, how it is read, and its value when unset."""

    name: str
    read: Parser
    default: Any = REQUIRED


# Keys are names of the admin document; the values make up its initial state.
LIVE: dict[str, Variable] = {
    "blend_alpha": Variable("BLEND_ALPHA", parse.number()),
    "blend_beta": Variable("BLEND_BETA", parse.number()),
    "blend_gamma": Variable("BLEND_GAMMA", parse.number()),
    "half_life_days": Variable("POPULARITY_HALFLIFE_DAYS", WINDOW),
    "popularity_fanout": Variable("POPULARITY_FANOUT", parse.whole(1)),
    "co_vis_window_days": Variable("COVIS_WINDOW_DAYS", WINDOW),
    "mmr_lambda": Variable("MMR_LAMBDA", SHARE),
    "brand_cap": Variable("BRAND_CAP", parse.whole()),
    "category_cap": Variable("CATEGORY_CAP", parse.whole()),
    "brand_tag_prefixes": Variable("BRAND_TAG_PREFIXES", parse.prefixes),
    "category_tag_prefixes": Variable("CATEGORY_TAG_PREFIXES", parse.prefixes),
    "rule_exclude_events": Variable("RULE_EXCLUDE_EVENTS", parse.flag, default=False),
    "exclude_event_types": Variable("EXCLUDE_EVENT_TYPES", parse.event_types, []),
    "purchased_window_days": Variable("PURCHASED_WINDOW_DAYS", WINDOW),
    "profile_window_days": Variable("PROFILE_WINDOW_DAYS", WINDOW),
    "profile_boost": Variable("PROFILE_BOOST", parse.number()),
    "profile_top_n_tags": Variable("PROFILE_TOP_N", parse.whole(1)),
    "profile_min_events_for_boost": Variable("PROFILE_MIN_EVENTS_FOR_BOOST", parse.whole(), 3),
    "profile_cold_start_multiplier": Variable("PROFILE_COLD_START_MULTIPLIER", SHARE, 0.5),
    "profile_starter_blend_weight": Variable("PROFILE_STARTER_BLEND_WEIGHT", SHARE, 0.6),
    "max_k": Variable("RECOMMENDATION_MAX_K", parse.whole(), 0),
    "max_fanout": Variable("RECOMMENDATION_MAX_FANOUT", parse.whole(), 0),
    "max_exclude_ids": Variable("RECOMMENDATION_MAX_EXCLUDE_IDS", parse.whole(), 0),
    "max_anchors_injected": Variable("RECOMMENDATION_MAX_ANCHORS_INJECTED", parse.whole(), 0),
    "mmr_presets": Variable("MMR_PRESETS", parse.pairs(SHARE), MMR_PRESETS),
    "coverage_cache_ttl_seconds": Variable("COVERAGE_CACHE_TTL", parse.duration, 600.0),
    "coverage_long_tail_hint_threshold": Variable("COVERAGE_LONG_TAIL_HINT_THRESHOLD", SHARE, 0.01),
}
# Keys are fields of Settings; fixed from start to end.
FIXED: dict[str, Variable] = {
    "rules_enable": Variable("RULES_ENABLE", parse.flag, default=True),
    "rules_cache_refresh": Variable("RULES_CACHE_REFRESH", parse.duration, 2.0),
    "rules_max_pin_slots": Variable("RULES_MAX_PIN_SLOTS", parse.whole(1), 3),
    "blend_by_namespace": Variable("BLEND_WEIGHTS_OVERRIDES", parse.pairs(parse.weights), {}),
    "blend_by_segment": Variable("BLEND_SEGMENT_OVERRIDES", parse.pairs(parse.weights), {}),
    "starter_decay_events": Variable("PROFILE_STARTER_DECAY_EVENTS", parse.whole(1), 5),
    "starter_presets": Variable("PROFILE_STARTER_PRESETS", parse.presets, STARTER_PRESETS),
    "new_user_blend_alpha": Variable("NEW_USER_BLEND_ALPHA", parse.number(), None),
    "new_user_blend_beta": Variable("NEW_USER_BLEND_BETA", parse.number(), None),
    "new_user_blend_gamma": Variable("NEW_USER_BLEND_GAMMA", parse.number(), None),
    "new_user_mmr_lambda": Variable("NEW_USER_MMR_LAMBDA", SHARE, None),
    "new_user_pop_fanout": Variable("NEW_USER_POP_FANOUT", parse.whole(1), None),
    "auth_enabled": Variable("API_AUTH_ENABLED", parse.flag, default=False),
    "api_keys": Variable("API_AUTH_KEYS", parse.api_keys, {}),
    "rate_limit_rpm": Variable("API_RATE_LIMIT_RPM", parse.whole(), 0),
    "rate_limit_burst": Variable("API_RATE_LIMIT_BURST", parse.whole(1), 60),
    "git_commit": Variable("RECSYS_GIT_COMMIT", str, "unknown"),
    "build_time": Variable("RECSYS_BUILD_TIME", str, ""),
}
# Checked at start as the service does, without effect on anything the stand-in offers.
ECHOED: dict[str, Variable] = {
    "bandit_algo": Variable("BANDIT_ALGO", parse.choice("thompson", "ucb1")),
    "enabled": Variable("BANDIT_EXPERIMENT_ENABLED", parse.flag, default=False),
    "holdout_percent": Variable("BANDIT_EXPERIMENT_HOLDOUT_PERCENT", SHARE, 0.0),
    "surfaces": Variable("BANDIT_EXPERIMENT_SURFACES", parse.words, []),
    "label": Variable("BANDIT_EXPERIMENT_LABEL", str, "bandit_exploration_rt7d"),
    "rules_audit_sample": Variable("RULES_AUDIT_SAMPLE", parse.number(above=True), 1.0),
}
AUDITING = Variable("AUDIT_DECISIONS_ENABLED", parse.flag, default=False)
# Read only while auditing is on. Keys are fields of Audit.
AUDIT: dict[str, Variable] = {
    "queue": Variable("AUDIT_DECISIONS_QUEUE", parse.whole(1)),
    "batch": Variable("AUDIT_DECISIONS_BATCH", parse.whole(1)),
    "flush_seconds": Variable("AUDIT_DECISIONS_FLUSH_INTERVAL", parse.duration),
    "sample": Variable("AUDIT_DECISIONS_SAMPLE_DEFAULT", SHARE),
    "sample_by_namespace": Variable(
        "AUDIT_DECISIONS_SAMPLE_OVERRIDES", parse.unless_dash(parse.pairs(SHARE)), {}
    ),
    # The service demands a salt. Profiles carry no secrets, and what is hashed here is nobody's.
    "salt": Variable("AUDIT_DECISIONS_SALT", str, "stand-in"),
}


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """How decisions are recorded; the first three belong to a writer that the stand-in does not need.

    Samples are shares of the decisions, per lower-case namespace where it has one of its own.
    """

    queue: int
    batch: int
    flush_seconds: float
    sample: float
    sample_by_namespace: dict[str, float]
    salt: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything fixed at start; ``document`` is the initial admin document.

    Blend tables map a lower-case namespace or segment to (alpha, beta, gamma); starter presets map a lower-case
    segment to category shares; ``api_keys`` maps a key to its orgs (``*`` = all).
    """

    document: dict[str, Any]
    rules_enable: bool
    rules_cache_refresh: float
    rules_max_pin_slots: int
    blend_by_namespace: dict[str, tuple[float, float, float]]
    blend_by_segment: dict[str, tuple[float, float, float]]
    starter_decay_events: int
    starter_presets: dict[str, dict[str, float]]
    new_user_blend_alpha: float | None
    new_user_blend_beta: float | None
    new_user_blend_gamma: float | None
    new_user_mmr_lambda: float | None
    new_user_pop_fanout: int | None
    auth_enabled: bool
    api_keys: dict[str, frozenset[str]]
    rate_limit_rpm: int
    rate_limit_burst: int
    git_commit: str
    build_time: str
    audit: Audit | None


class SettingsError(Exception):
    """The environment cannot be used; ``problems`` holds one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _read(
    variables: Mapping[str, Variable], environ: Mapping[str, str], problems: list[str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field, (name, read, default) in variables.items():
        text = environ.get(name, "").strip()
        if not text:
            if default is REQUIRED:
                problems.append(f"{name} is required and not set.")
            values[field] = default
            continue
        try:
            values[field] = read(text)
        except ValueError as error:
            shown = "set" if name == "API_AUTH_KEYS" else repr(text)
            problems.append(f"{name} is {shown}, {error}.")
    return values


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read all settings; raises ``SettingsError`` with every problem found."""
    problems: list[str] = []
    live, fixed, echoed = (_read(group, environ, problems) for group in (LIVE, FIXED, ECHOED))
    audit = _audit(environ, problems)
    if problems:
        raise SettingsError(problems)
    if fixed["starter_presets"] is None:
        fixed["starter_presets"] = STARTER_PRESETS
    document = live | {"rules_enabled": fixed["rules_enable"], "segment_profiles": {}}
    document |= {
        name: value for name, value in fixed.items() if name.startswith("new_user_") and value is not None
    }
    document["bandit_experiment"] = {
        name: echoed[name] for name in ("enabled", "holdout_percent", "surfaces", "label")
    }
    return Settings(document=document, audit=audit, **fixed)


def _audit(environ: Mapping[str, str], problems: list[str]) -> Audit | None:
    """Return how to record decisions, None while that is off; production has it on unless told otherwise."""
    production = environ.get("ENV", "").strip().lower() == "production"
    switch = {"on": AUDITING._replace(default=production)}
    if not _read(switch, environ, problems).get("on"):
        return None
    values = _read(AUDIT, environ, problems)
    if problems:
        return None
    return Audit(**values | {"sample": values["sample"] or 1.0})
