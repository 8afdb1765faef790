"""Random small worlds: a catalogue, users, events, knobs, rules and requests, for the stand-in and the oracle alike."""

import json
import random
from datetime import UTC, datetime, timedelta

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
PREFIXED = ["brand:a", "Brand:A", "brand:b", "brand:c", "category:x", "cat:y", "category:z", "brand:"]


def rfc3339(us):
    return (EPOCH + timedelta(microseconds=us)).isoformat()


def draw_items(rng, count):
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


def draw_knobs(rng):
    """Return knobs by lower-case variable name."""
    maybe = lambda value: value if rng.random() < 0.4 else None  # noqa: E731 - one line per knob reads best
    return {
        "blend_alpha": rng.choice([0.0, 0.3, 1.0]),
        "blend_beta": rng.choice([0.0, 0.5]),
        "blend_gamma": rng.choice([0.0, 0.2, 0.55]),
        "popularity_halflife_days": rng.choice([1.0, 5.0, 4.5]),
        "popularity_fanout": rng.choice([1, 4, 10, 300]),
        "covis_window_days": rng.choice([3.7, 21.0]),
        "mmr_lambda": rng.choice([0.0, 0.35, 0.8, 1.0]),
        "brand_cap": rng.choice([0, 1, 2]),
        "category_cap": rng.choice([0, 0, 1, 3]),
        "brand_tag_prefixes": ["brand"],
        "category_tag_prefixes": ["category", "cat"],
        "rule_exclude_events": rng.random() < 0.5,
        "exclude_event_types": rng.choice([[], [3], [2, 3]]),
        "purchased_window_days": rng.choice([0.5, 30.0]),
        "profile_window_days": rng.choice([2.5, 30.0]),
        "profile_boost": rng.choice([0.0, 0.8]),
        "profile_top_n": rng.choice([1, 3, 64]),
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
        "rules_max_pin_slots": rng.choice([1, 3]),
        "bandit_algo": "thompson",
    }


def environ(knobs):
    """Return the knobs as environment variables."""

    def written(value):
        if isinstance(value, list):
            return ",".join(map(str, value))
        return json.dumps(value) if isinstance(value, dict) else str(value)

    return {name.upper(): written(value) for name, value in knobs.items() if value is not None}


def draw_rules(rng, items):
    ids = [item["item_id"] for item in items] + ["stranger", "Ghost"]
    rules = []
    for number in range(rng.choice([0, 0, 1, 2, 5])):
        action, target = (
            rng.choice(["BLOCK", "PIN", "BOOST", "BOOST"]),
            rng.choice(["ITEM", "ITEM", "TAG", "BRAND", "CATEGORY"]),
        )
        rule = {
            "surface": rng.choice(["default", "default", "home"]),
            "name": f"r{number}",
            "action": action,
            "target_type": target,
        }
        rule |= {"priority": rng.randrange(3), "enabled": rng.random() < 0.9}
        if target == "ITEM" or action == "PIN":
            rule["item_ids"] = rng.sample(ids, rng.randint(1, min(4, len(ids))))
        if target != "ITEM":
            rule["target_key"] = rng.choice(["Books ", "garden", "a", "b", "x", "y", "brand:a", "sale"])
        if action == "BOOST":
            rule["boost_value"] = rng.choice([0.01, 0.5, 2.0, -0.4])
        if action == "PIN" and rng.random() < 0.5:
            rule["max_pins"] = rng.choice([1, 2])
        rules.append(rule)
    return rules


def draw_request(rng, items, users):
    ids = [item["item_id"] for item in items] + ["stranger"]
    request = {
        "user_id": rng.choice([*users, "nobody", "fresh"]),
        "namespace": "n",
        "k": rng.choice([0, 1, 3, 10, 20]),
    }
    limits = {}
    if rng.random() < 0.2:
        limits["include_tags_any"] = rng.choice(
            [["books"], ["Books", "smart"], [" Garden "], ["brand:a"], [" "]]
        )
    if rng.random() < 0.2:
        limits["exclude_item_ids"] = [
            f" {i}" if rng.random() < 0.3 else i for i in rng.sample(ids, min(2, len(ids)))
        ]
    if rng.random() < 0.15:
        limits["price_between"] = rng.choice([[10], [5, 30.5], [0, 20, 1]])
    if rng.random() < 0.1:
        limits["created_after_us"] = NOW_US - DAY
        limits["created_after"] = rfc3339(limits["created_after_us"])
    if limits:
        request["constraints"] = limits
    if rng.random() < 0.25:
        request["blend"] = {
            name: rng.choice([0, 0.4, 1])
            for name in rng.sample(["pop", "cooc", "similarity"], rng.randrange(4))
        }
    if rng.random() < 0.4:
        request["overrides"] = draw_overrides(rng)
    if rng.random() < 0.3:
        request["context"] = {"surface": rng.choice(["home", "default"])}
    if rng.random() < 0.2:
        request["items"] = [
            {"item_id": i, "score": rng.choice([0.5, 2, -1, 0])}
            for i in rng.sample(ids, rng.randint(1, len(ids)))
        ]
    return request


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
        "blend_gamma": [0.7],
    }
    return {name: rng.choice(choices[name]) for name in rng.sample(sorted(choices), rng.randint(1, 4))}


def draw_world(seed):
    """Return everything one comparison needs."""
    rng = random.Random(seed)
    items = draw_items(rng, rng.choice([0, 1, 5, 12, 25]))
    users = [f"u{number}" for number in range(rng.randint(1, 5))]
    traits = {
        user: rng.choice([{}, {"segment": "vip"}, {"segment": "New_Users"}, {"segment": ""}])
        for user in users
    }
    traits["fresh"] = {"segment": "new_users"}
    events = draw_events(rng, items, users, rng.choice([0, 5, 40, 120]))
    types = rng.choice([{}, {}, {1: (0.9, 2.0), 9: (0.5, None)}])
    rules = draw_rules(rng, items)
    return rng, items, users, traits, events, draw_knobs(rng), rules, types
