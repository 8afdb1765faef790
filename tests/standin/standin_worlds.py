"""Random small worlds: a catalogue, users, events, knobs and what an operator set up, for stand-in and oracle alike."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standin_worlds_admin import draw_merchandise, draw_profiles, draw_segments, draw_tables

NOW = "2026-11-22T12:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW_US = (datetime.fromisoformat(NOW) - EPOCH) // timedelta(microseconds=1)
DAY = 86_400_000_000
PLAIN = [
    "books",
    "Books",
    "reading",
    "electronics",
    "smart",
    "home",
    "garden",
    " Garden ",
    "sale",
    "decor",
    "style",
    "literature",
]
PREFIXED = ["brand:a", "Brand:A", "brand:b", "label:b", "category:x", "cat:y", "category:z", "brand:"]


def rfc3339(us):
    return (EPOCH + timedelta(microseconds=us)).isoformat()


def micros(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


@dataclass
class World:
    """One namespace as it is sent to the service.

    ``knobs`` by lower-case variable name; ``live`` tells whether the live ones arrive as variables or as an admin
    document; ``types`` by code: (weight, own half-life or None, active). ``merchandise`` lists rules and manual
    overrides in order of creation, as drawn in standin_worlds_admin.
    """

    items: list
    traits: dict
    events: list
    knobs: dict
    live: str
    types: dict
    merchandise: list
    profiles: list
    segments: list


def draw_items(rng, count):
    vectors = [[float(rng.choice([-1, 0, 1])) for _ in range(384)] for _ in range(3)]
    vectors.append([(x + y) / 2 for x, y in zip(vectors[0], vectors[1], strict=True)])
    own = rng.random() < 0.3
    return [
        {
            "item_id": f"{rng.choice('aBcé')}{number:02d}",
            "available": rng.random() < 0.85,
            "price": None if rng.random() < 0.2 else round(rng.uniform(1, 50), 2),
            "tags": rng.sample(PLAIN, rng.randrange(5)) + rng.sample(PREFIXED, rng.randrange(3)),
            "brand": rng.choice(["acme", "zeta", ""]),
            "description": rng.choice(["", "same text", f"text {number}"]),
            "created": NOW_US - (number % 3) * DAY,
        }
        | ({"embedding": rng.choice(vectors)} if own and rng.random() < 0.5 else {})
        for number in range(count)
    ]


def draw_events(rng, items, users, count):
    ids = [item["item_id"] for item in items] + ["ghost"]
    events = []
    for number in range(count):
        age = rng.choice([rng.expovariate(0.3), rng.uniform(0, 60), rng.randrange(20), -0.5])
        if events and rng.random() < 0.3:  # the same session, or the very same instant
            ts = events[-1]["ts"] + rng.choice([0, 60_000_000, 30 * 60_000_000, 1_800_000_001])
        else:
            ts = NOW_US - int(age * DAY)
        user = events[-1]["user_id"] if events and rng.random() < 0.4 else rng.choice(users)
        value = rng.choice([1.0, 1.0, 1.0, 2.5, 0.0, rng.random(), -0.5])
        events.append(
            {
                "user_id": user,
                "item_id": rng.choice(ids[: 1 + number % len(ids)] or ids),
                "type": rng.choice([0, 0, 1, 2, 3, 4, 9]),
                "value": value,
                "ts": ts,
            }
        )
    return events


def draw_traits(rng, users):
    def one():
        segment = rng.choice([{}, {}, {"segment": "vip"}, {"segment": "New_Users"}, {"segment": ""}])
        facts = {"tier": rng.choice(["gold", "silver"]), "age": rng.randrange(18, 70)}
        facts["likes"] = rng.sample(["tea", "coffee", "juice"], rng.randrange(3))
        facts["joined"] = rfc3339(NOW_US - rng.randrange(60) * DAY)
        return segment | facts

    return {user: one() for user in users} | {"fresh": {"segment": "new_users"}}


def draw_knobs(rng, live):
    """Return knobs by lower-case variable name; only an admin document can hold windows of length zero."""
    maybe = lambda value: value if rng.random() < 0.4 else None  # noqa: E731 - one line per knob reads best
    zero = [0] if live == "admin" else []
    return {
        "blend_alpha": rng.choice([0.0, 0.3, 1.0]),
        "blend_beta": rng.choice([0.0, 0.5]),
        "blend_gamma": rng.choice([0.0, 0.2, 0.55]),
        **draw_tables(rng),
        "popularity_halflife_days": rng.choice([1.0, 5.0, 4.5, *zero]),
        "popularity_fanout": rng.choice([1, 4, 10, 300, *zero]),
        "covis_window_days": rng.choice([3.7, 21.0, *zero]),
        "mmr_lambda": rng.choice([0.0, 0.35, 0.8, 1.0]),
        "brand_cap": rng.choice([0, 1, 2]),
        "category_cap": rng.choice([0, 0, 1, 3]),
        "brand_tag_prefixes": rng.choice([["brand"], ["brand", "label"]]),
        "category_tag_prefixes": rng.choice([["category", "cat"], ["cat"]]),
        "rule_exclude_events": rng.random() < 0.5,
        "exclude_event_types": rng.choice([[], [3], [2, 3]]),
        "purchased_window_days": rng.choice([0.5, 30.0, 30.0, *zero]),
        "profile_window_days": rng.choice([2.5, 30.0, *zero]),
        "profile_boost": rng.choice([0.0, 0.8]),
        "profile_top_n": rng.choice([1, 3, 64, *zero]),
        "profile_min_events_for_boost": rng.choice([0, 2, 5, 12]),
        "profile_cold_start_multiplier": rng.choice([0.0, 0.5]),
        "profile_starter_blend_weight": rng.choice([0.0, 0.6, 1.0]),
        "profile_starter_decay_events": rng.choice([1, 5]),
        "profile_starter_presets": rng.choice(
            [
                {"new_users": {"books": 0.5, "home": 0.3, "nonsense": 1}, "vip": {"electronics": 1}},
                {"vip": {"fashion": 1}},
            ]
        ),
        "new_user_blend_alpha": maybe(0.25),
        "new_user_blend_beta": maybe(0.45),
        "new_user_blend_gamma": maybe(0.3),
        "new_user_mmr_lambda": maybe(0.15),
        "new_user_pop_fanout": maybe(6),
        "recommendation_max_k": rng.choice([0, 0, 0, 5]),
        "recommendation_max_fanout": rng.choice([0, 0, 0, 3]),
        "recommendation_max_exclude_ids": rng.choice([0, 1]),
        "recommendation_max_anchors_injected": rng.choice([0, 1]),
        "rules_enable": rng.random() < 0.9,
        "rules_enabled": live == "env" or rng.random() < 0.9,
        "rules_max_pin_slots": rng.choice([1, 3]),
        "bandit_algo": "thompson",
    }


def draw_request(rng, items, users):
    ids = [item["item_id"] for item in items] + ["stranger"]
    request = {
        "user_id": rng.choice([*users, *users, *users, "nobody", "fresh"]),
        "namespace": "n",
        "k": rng.choice([0, 1, 3, 10, 20]),
        "explain_level": rng.choice(["full", "full", "full", "numeric", "tags"]),
        "include_reasons": rng.random() < 0.7,
    }
    if limits := draw_constraints(rng, ids):
        request["constraints"] = limits
    if rng.random() < 0.25:
        names = rng.sample(["pop", "cooc", "similarity"], rng.randrange(4))
        request["blend"] = {name: rng.choice([0, 0.4, 1]) for name in names}
    if rng.random() < 0.4:
        request["overrides"] = draw_overrides(rng)
    if rng.random() < 0.3:
        request["context"] = {"surface": rng.choice(["home", "default", " home ", ""])}
    if rng.random() < 0.2:
        chosen = rng.sample(ids, rng.randint(1, len(ids)))
        request["k"] = rng.choice([request["k"], -1])
        request["items"] = [{"item_id": item_id, "score": rng.choice([0.5, 2, -1, 0])} for item_id in chosen]
    return request


def draw_constraints(rng, ids):
    limits = {}
    if rng.random() < 0.2:
        choices = [["books"], ["Books", "smart"], [" Garden "], ["brand:a"], [" "]]
        limits["include_tags_any"] = rng.choice(choices)
    if rng.random() < 0.2:
        excluded = rng.sample(ids, min(2, len(ids)))
        limits["exclude_item_ids"] = [f" {i}" if rng.random() < 0.3 else i for i in excluded]
    if rng.random() < 0.15:
        limits["price_between"] = rng.choice([[10], [5, 30.5], [0, 20, 1], [None, 25]])
    if rng.random() < 0.1:
        limits["created_after_us"] = NOW_US - DAY
        limits["created_after"] = rfc3339(limits["created_after_us"])
    return limits


def draw_overrides(rng):
    choices = {
        "popularity_halflife_days": [0, 3],
        "covis_window_days": [0, 10],
        "popularity_fanout": [0, 2, 50],
        "mmr_lambda": [0, 0.5, 1],
        "brand_cap": [0, 1],
        "category_cap": [0, 2],
        "rule_exclude_events": [True, False],
        "purchased_window_days": [0, 5],
        "profile_window_days": [0, 7],
        "profile_boost": [0, 2.0],
        "profile_top_n": [0, 2],
        "profile_starter_blend_weight": [-1, 0.3, 7],
        "blend_alpha": [0.5],
        "blend_beta": [0, 0.6],
        "blend_gamma": [0.7],
    }
    return {name: rng.choice(choices[name]) for name in rng.sample(sorted(choices), rng.randint(1, 4))}


def draw_world(seed):
    """Return the generator, a world, and the users that requests are drawn for."""
    rng = random.Random(seed)
    items = draw_items(rng, rng.choice([0, 1, 5, 12, 12, 25, 25, 25, 25, 60]))
    users = [f"u{number}" for number in range(rng.randint(1, 5))]
    live = rng.choice(["env", "env", "admin"])
    profiles = draw_profiles(rng)
    world = World(
        items=items,
        traits=draw_traits(rng, users),
        events=draw_events(rng, items, users, rng.choice([0, 5, 40, 120, 120, 120])),
        knobs=draw_knobs(rng, live),
        live=live,
        types=rng.choice(
            [{}, {}, {1: (0.9, 2.0, True), 9: (0.5, None, True)}, {0: (0.4, None, False), 3: (2, 30.0, True)}]
        ),
        merchandise=draw_merchandise(rng, [item["item_id"] for item in items], NOW_US),
        profiles=profiles,
        segments=draw_segments(rng, profiles),
    )
    return rng, world, users
