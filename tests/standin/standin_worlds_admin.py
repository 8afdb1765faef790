"""What an operator sets up in a random world: rules, manual overrides, segments with their profiles, blend tables."""

from datetime import UTC, datetime, timedelta

_DAY = 86_400_000_000
_SURFACES = ["default", "default", "home"]
_SEGMENTS = ["gold", "s1", "new_users"]
_TESTS = [
    {"eq": ["user.traits.tier", "gold"]},
    {"gte": ["user.traits.age", 40]},
    {"lt": ["user.traits.age", 30]},
    {"in": ["user.id", ["u0", "u1", "fresh"]]},
    {"contains": ["user.traits.likes", "tea"]},
    {"exists": "user.traits.segment"},
    {"gte_days_since": ["user.traits.joined", 20]},
    {"eq": ["ctx.surface", "home"]},
    {"eq": ["request.surface", "default"]},
    {"eq": ["request.namespace", "n"]},
]


def _moment(us):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat()


def draw_tables(rng):
    """Return the two blend tables, each often absent: (alpha, beta, gamma) by namespace and by segment."""
    weights = lambda: tuple(rng.choice([0, 0.2, 0.7]) for _ in range(3))  # noqa: E731 - drawn anew for each name
    spaces, hints = ["N", "*", "elsewhere"], ["vip", "gold", "new_users", "default"]
    tables = {
        "blend_weights_overrides": {name: weights() for name in rng.sample(spaces, rng.randint(1, 3))},
        "blend_segment_overrides": {name: weights() for name in rng.sample(hints, rng.randint(1, 4))},
    }
    return {name: table if rng.random() < 0.25 else None for name, table in tables.items()}


def draw_merchandise(rng, item_ids, now):
    """Return [(kind, body, cancelled)] in order of creation; kind is ``rule`` or ``override``."""
    ids = [*item_ids, "stranger", "Ghost"]
    if rng.random() < 0.6:  # few ids, so that rules meet on the same ones
        ids = rng.sample(ids, min(4, len(ids)))
    count = rng.choice([0, 0, 1, 2, 5])
    drawn = [("rule", _draw_rule(rng, number, ids, now), False) for number in range(count)]
    for _ in range(rng.choice([0, 0, 1, 3])):
        entry = ("override", _draw_manual(rng, ids, now), rng.random() < 0.25)
        drawn.insert(rng.randint(0, len(drawn)), entry)
    return drawn


def _draw_rule(rng, number, ids, now):
    action = rng.choice(["BLOCK", "PIN", "BOOST", "BOOST"])
    target = rng.choice(["ITEM", "ITEM", "TAG", "BRAND", "CATEGORY"])
    rule = {
        "surface": rng.choice(_SURFACES),
        "name": f"r{number}",
        "action": action,
        "target_type": target,
        "priority": rng.randrange(-1, 3),
        "enabled": rng.random() < 0.9,
    }
    if target == "ITEM" or action == "PIN":
        rule["item_ids"] = rng.sample(ids, rng.randint(1, min(4, len(ids))))
    if target != "ITEM":
        rule["target_key"] = rng.choice(["Books ", "garden", "a", "b", "x", "y", "brand:a", "sale"])
    if action == "BOOST":
        rule["boost_value"] = rng.choice([0.01, 0.5, 2.0, -0.4])
    if action == "PIN" and rng.random() < 0.5:
        rule["max_pins"] = rng.choice([1, 2])
    if rng.random() < 0.25:
        rule["segment_id"] = rng.choice([*_SEGMENTS, "default"])
    return rule | _draw_window(rng, now)


def _draw_window(rng, now):
    """Return a window that is open, over, still to come, or touches the present with one of its ends."""
    if rng.random() < 0.6:
        return {}
    begin, end = rng.choice([(-1, 1), (-2, -1), (1, 2), (0, 1), (-1, 0), (-1, None), (None, 1)])
    window = {
        "valid_from": None if begin is None else _moment(now + begin * _DAY),
        "valid_until": None if end is None else _moment(now + end * _DAY),
    }
    return {name: value for name, value in window.items() if value is not None}


def _draw_manual(rng, ids, now):
    body = {"item_id": rng.choice(ids), "action": rng.choice(["boost", "Suppress"])}
    if rng.random() < 0.5:
        body["surface"] = rng.choice(_SURFACES)
    if body["action"] == "boost" and rng.random() < 0.7:
        body["boost_value"] = rng.choice([0.05, 0.5, 3.0])
    if rng.random() < 0.5:
        body["expires_at"] = _moment(now + rng.choice([-1, 0, 1]) * _DAY)
    if rng.random() < 0.4:
        body["priority"] = rng.choice([-1, 0, 1, 5])
    return body


def draw_profiles(rng):
    """Return up to two segment profiles; whatever a profile leaves out is zero, false or empty."""
    choices = {
        "blend_alpha": [0.1, 0.8],
        "blend_beta": [0.3],
        "blend_gamma": [0.4],
        "mmr_lambda": [0.5, 1.0],
        "brand_cap": [1, 2],
        "category_cap": [1],
        "profile_boost": [0.5],
        "profile_window_days": [6.5, 40.0],
        "profile_top_n": [2, 20],
        "half_life_days": [2.5],
        "co_vis_window_days": [5],
        "purchased_window_days": [8],
        "rule_exclude_events": [True],
        "exclude_event_types": [[0, 3]],
        "brand_tag_prefixes": [["brand"], ["label"]],
        "category_tag_prefixes": [["cat"]],
        "popularity_fanout": [3, 100],
    }
    drawn = []
    for number in range(rng.choice([0, 1, 2, 2])):
        kept = rng.sample(sorted(choices), rng.choice([4, 12, 17]))
        drawn.append({"profile_id": f"p{number}"} | {name: rng.choice(choices[name]) for name in kept})
    return drawn


def draw_segments(rng, profiles):
    """Return segments of distinct priority; one called ``default`` comes last."""
    if not profiles:
        return []
    ids = rng.sample(_SEGMENTS, rng.choice([0, 1, 2, 3])) + (["default"] if rng.random() < 0.3 else [])
    return [
        {
            "segment_id": segment_id,
            "name": segment_id,
            "priority": len(ids) - place,
            "active": segment_id == "default" or rng.random() < 0.85,
            "profile_id": rng.choice(profiles)["profile_id"],
            "rules": [
                {"rule": _draw_test(rng, 2), "enabled": rng.random() < 0.8} for _ in range(rng.randint(0, 3))
            ],
        }
        for place, segment_id in enumerate(ids)
    ]


def _draw_test(rng, depth):
    operator = rng.choice(["any", "all", "not", *["plain"] * 4]) if depth else "plain"
    if operator == "plain":
        return rng.choice(_TESTS)
    if operator == "not":
        return {"not": _draw_test(rng, depth - 1)}
    return {operator: [_draw_test(rng, depth - 1) for _ in range(2)]}
