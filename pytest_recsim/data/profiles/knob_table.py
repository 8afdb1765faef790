"""Every algorithm knob of the service (contract, section 10.1), with type, range, default and where it can be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# One row per knob: name | kind | valid | unit | default | request override | admin key | ranks | meaning.
# default: `req` = start-up fails without it (`req:X` = only while X is true), `unset`, `empty`, else the text itself.
# override: `key!` takes whole numbers only.  admin: `key~` is echoed by the service but has no effect.
_ROWS = """
BLEND_ALPHA | float | >=0 | weight | req | blend_alpha | blend_alpha | yes | weight of popularity in the blend
BLEND_BETA | float | >=0 | weight | req | blend_beta | blend_beta | yes | weight of co-visitation in the blend
BLEND_GAMMA | float | >=0 | weight | req | blend_gamma | blend_gamma | yes | weight of similarity in the blend
BLEND_WEIGHTS_OVERRIDES | weights | any | weights | empty | - | - | yes | blend weights per namespace, `*` for all; beats segment profiles
BLEND_SEGMENT_OVERRIDES | weights | any | weights | empty | - | segment_profiles~ | yes | blend weights per segment; beats the weights per namespace
POPULARITY_HALFLIFE_DAYS | float | >0 | days | req | popularity_halflife_days! | half_life_days | yes | half-life of popularity, in days
POPULARITY_FANOUT | int | >0 | items | req | popularity_fanout | popularity_fanout | yes | candidates fetched per source
COVIS_WINDOW_DAYS | float | >0 | days | req | covis_window_days! | co_vis_window_days | yes | window of anchors and co-visitation, in days
MMR_LAMBDA | float | 0..1 | share | req | mmr_lambda | mmr_lambda | yes | share of relevance against diversity: 1 is plain relevance; 0 is off without caps, pure diversity with one
MMR_PRESETS | pairs | 0..1 | share | home=0.25,product_detail=0.35,search=0.2,email=0.3 | - | mmr_presets~ | - | lambdas published per surface; never applied by themselves
BRAND_CAP | int | >=0 | items | req | brand_cap | brand_cap | yes | most items per brand tag in a list, 0 is off
CATEGORY_CAP | int | >=0 | items | req | category_cap | category_cap | yes | most items per category tag in a list, 0 is off
BRAND_TAG_PREFIXES | csv | filled | prefixes | req | - | brand_tag_prefixes | yes | tag prefixes that are read as a brand
CATEGORY_TAG_PREFIXES | csv | filled | prefixes | req | - | category_tag_prefixes | yes | tag prefixes that are read as a category
RULE_EXCLUDE_EVENTS | bool | any | - | false | rule_exclude_events | rule_exclude_events | yes | hide items that the user recently bought
EXCLUDE_EVENT_TYPES | csv_int | any | codes | empty | - | exclude_event_types | yes | event type codes that count for that exclusion; empty is every type
PURCHASED_WINDOW_DAYS | float | >0 | days | req | purchased_window_days! | purchased_window_days | yes | look-back of that exclusion, in days
PROFILE_WINDOW_DAYS | float | >0 | days | req | profile_window_days! | profile_window_days | yes | history that feeds the tag profile and the recent items, in days
PROFILE_BOOST | float | >=0 | factor | req | profile_boost | profile_boost | yes | strength of the boost by tag overlap, 0 is off
PROFILE_TOP_N | int | >0 | tags | req | profile_top_n | profile_top_n_tags | yes | tags kept in a tag profile
PROFILE_MIN_EVENTS_FOR_BOOST | int | >=0 | items | 3 | - | profile_min_events_for_boost | yes | distinct recent items below which a user counts as sparse
PROFILE_COLD_START_MULTIPLIER | float | 0..1 | factor | 0.5 | - | profile_cold_start_multiplier | yes | damping of the boost for sparse users
PROFILE_STARTER_BLEND_WEIGHT | float | 0..1 | weight | 0.6 | profile_starter_blend_weight | profile_starter_blend_weight | yes | floor of the starter profile's weight
PROFILE_STARTER_DECAY_EVENTS | int | >0 | items | 5 | - | - | yes | recent items until that floor is reached
PROFILE_STARTER_PRESETS | presets | any | weights | {"new_users":{"electronics":0.25,"books":0.2,"home":0.2,"fashion":0.2,"beauty":0.15}} | - | - | yes | starter interests: weight per category and segment
NEW_USER_BLEND_ALPHA | float | >=0 | weight | unset | - | new_user_blend_alpha~ | yes | forced popularity weight for sparse and new users
NEW_USER_BLEND_BETA | float | >=0 | weight | unset | - | new_user_blend_beta~ | yes | forced co-visitation weight for them
NEW_USER_BLEND_GAMMA | float | >=0 | weight | unset | - | new_user_blend_gamma~ | yes | forced similarity weight for them
NEW_USER_MMR_LAMBDA | float | 0..1 | share | unset | - | new_user_mmr_lambda~ | yes | forced lambda for them
NEW_USER_POP_FANOUT | int | >0 | items | unset | - | new_user_pop_fanout~ | yes | forced fanout for them; unset is at least 1000
RECOMMENDATION_MAX_K | int | >=0 | items | 0 | - | max_k | yes | largest list length, 0 is none
RECOMMENDATION_MAX_FANOUT | int | >=0 | items | 0 | - | max_fanout | yes | largest fanout, 0 is none; may go below k
RECOMMENDATION_MAX_EXCLUDE_IDS | int | >=0 | ids | 0 | - | max_exclude_ids | yes | exclude ids kept per request, 0 is all; the rest is dropped silently
RECOMMENDATION_MAX_ANCHORS_INJECTED | int | >=0 | items | 0 | - | max_anchors_injected | yes | most injected anchors, 0 is no limit
RULES_ENABLE | bool | any | - | true | - | rules_enabled | yes | switch of the rule engine
RULES_CACHE_REFRESH | duration | >0 | time | 2s | - | - | - | age at which cached rules are read again, as a Go duration
RULES_MAX_PIN_SLOTS | int | >0 | items | 3 | - | - | yes | most pins per response
RULES_AUDIT_SAMPLE | float | >0 | share | 1.0 | - | - | - | share of audit records that carry rule detail
COVERAGE_CACHE_TTL | duration | >0 | time | 10m | - | coverage_cache_ttl_seconds | - | cache of the coverage metrics, as a Go duration; metrics only
COVERAGE_LONG_TAIL_HINT_THRESHOLD | float | 0..1 | share | 0.01 | - | coverage_long_tail_hint_threshold | - | share below which an item counts as long tail; metrics only
BANDIT_ALGO | choice | thompson/ucb1 | - | req | bandit_algo | - | - | algorithm of the bandit endpoints
BANDIT_EXPERIMENT_ENABLED | bool | any | - | false | - | bandit_experiment.enabled | - | experiment on the bandit endpoints; needs a holdout above 0
BANDIT_EXPERIMENT_HOLDOUT_PERCENT | float | 0..1 | share | 0 | - | bandit_experiment.holdout_percent | - | control share of that experiment: a fraction, whatever the name says
BANDIT_EXPERIMENT_SURFACES | csv | any | - | empty | - | bandit_experiment.surfaces | - | surfaces of that experiment; empty is all
BANDIT_EXPERIMENT_LABEL | text | any | - | bandit_exploration_rt7d | - | bandit_experiment.label | - | label of that experiment
AUDIT_DECISIONS_ENABLED | bool | any | - | false | - | - | - | store decision records (on by default when ENV is production)
AUDIT_DECISIONS_QUEUE | int | >0 | records | req:AUDIT_DECISIONS_ENABLED | - | - | - | records waiting to be written; overflow is dropped
AUDIT_DECISIONS_BATCH | int | >0 | records | req:AUDIT_DECISIONS_ENABLED | - | - | - | records written at once
AUDIT_DECISIONS_FLUSH_INTERVAL | duration | >0 | time | req:AUDIT_DECISIONS_ENABLED | - | - | - | longest wait before records are written, as a Go duration
AUDIT_DECISIONS_SAMPLE_DEFAULT | float | 0..1 | share | req:AUDIT_DECISIONS_ENABLED | - | - | - | share of decisions recorded; 0 is read as 1
AUDIT_DECISIONS_SAMPLE_OVERRIDES | pairs | 0..1 | share | empty | - | - | - | that share per namespace; `-` is none
"""

_RANGES: Mapping[str, tuple[float | None, float | None, bool]] = MappingProxyType(
    {">=0": (0.0, None, False), ">0": (0.0, None, True), "0..1": (0.0, 1.0, False)}
)
_DEFAULTS: Mapping[str, str | None] = MappingProxyType({"unset": None, "empty": ""})


@dataclass(frozen=True)
class Knob:
    """One algorithm knob.

    Attributes:
        name: the environment variable.
        kind: ``float int bool text choice csv csv_int pairs weights presets duration``; see knob_values.
        low, high: allowed range of its number (or of each number in it), None where there is no bound.
        low_open: the lower bound itself is not allowed.
        choices: allowed words of a ``choice``.
        unit: of its number or entries: ``days``, ``items``, ``share`` (0 to 1) ...; empty where it has none.
        filled: an empty ``csv`` is not allowed.
        required: the service does not start without it; with ``required_if`` only while that bool knob is true.
        default: what the service assumes without it, as text; None = unset.
        override_key: key in a request's ``overrides``, None if it has none.
        override_integer: it has such a key, which takes whole numbers only.
        admin_key: key in the admin config document, dotted when nested.
        admin_echo: the document carries the key, but ranking ignores it.
        ranks: whether it can change which items are recommended, or their order.
        meaning: one phrase for people, with the unit.
    """

    name: str
    kind: str
    low: float | None
    high: float | None
    low_open: bool
    choices: tuple[str, ...]
    unit: str
    filled: bool
    required: bool
    required_if: str | None
    default: str | None
    override_key: str | None
    override_integer: bool
    admin_key: str | None
    admin_echo: bool
    ranks: bool
    meaning: str

    @property
    def has_commas(self) -> bool:
        """Whether a value of it may hold commas, so that several values need something else between them."""
        return self.kind in ("csv", "csv_int", "pairs", "weights", "presets")


def _knob(row: str) -> Knob:
    name, kind, valid, unit, default, override, admin, ranks, meaning = (
        cell.strip() for cell in row.split(" | ")
    )
    low, high, low_open = _RANGES.get(valid, (None, None, False))
    required, _, condition = default.partition(":") if default.startswith("req") else ("", "", "")
    return Knob(
        name=name,
        kind=kind,
        low=low,
        high=high,
        low_open=low_open,
        choices=tuple(valid.split("/")) if kind == "choice" else (),
        unit="" if unit == "-" else unit,
        filled=valid == "filled",
        required=bool(required),
        required_if=condition or None,
        default=None if required else _DEFAULTS.get(default, default),
        override_key=None if override == "-" else override.removesuffix("!"),
        override_integer=override != "-" and (kind == "int" or override.endswith("!")),
        admin_key=None if admin == "-" else admin.removesuffix("~"),
        admin_echo=admin.endswith("~"),
        ranks=ranks == "yes",
        meaning=meaning,
    )


KNOBS: Mapping[str, Knob] = MappingProxyType(
    {knob.name: knob for knob in map(_knob, _ROWS.strip().splitlines())}
)

_OPERATIONAL = """
ENV APP_DEBUG API_PORT DATABASE_URL DATABASE_QUERY_TIMEOUT DATABASE_RETRY_ATTEMPTS DATABASE_RETRY_BACKOFF
DATABASE_RETRY_MAX_BACKOFF DATABASE_MIN_CONNS DATABASE_MAX_CONNS DATABASE_ACQUIRE_TIMEOUT DATABASE_MAX_CONN_IDLE
DATABASE_MAX_CONN_LIFETIME DATABASE_HEALTH_CHECK_PERIOD ORG_ID API_AUTH_ENABLED API_AUTH_KEYS API_RATE_LIMIT_RPM
API_RATE_LIMIT_BURST MIGRATE_ON_START MIGRATIONS_DIR CORS_ALLOWED_ORIGINS CORS_ALLOW_CREDENTIALS
OBSERVABILITY_METRICS_ENABLED OBSERVABILITY_METRICS_PATH OBSERVABILITY_TRACING_ENABLED
OBSERVABILITY_TRACING_EXPORTER RECSYS_GIT_COMMIT RECSYS_BUILD_TIME API_BASE_URL AUDIT_DECISIONS_SALT
"""

# Known to the service, no part of the algorithm (contract, 10.2). The salt stands in 10.1 but is a secret.
OPERATIONAL: frozenset[str] = frozenset(_OPERATIONAL.split())
