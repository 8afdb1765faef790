"""Which cases a compared request was, so that the comparison can show what it covered."""

from oracle_config import micros, surface_of

BLEND = ("blend_alpha", "blend_beta", "blend_gamma")
# Overrides that new-user settings overwrite (contract 11, step 6).
FORCED = {name: f"new_user_{name}" for name in (*BLEND, "mmr_lambda")}
FORCED["popularity_fanout"] = "new_user_pop_fanout"


def census(world, slow, request, body):
    """Return for every case whether the oracle's last answer was one; what did not matter for it does not count."""
    groups = (_lists, _users, _settings, _rules, _manual, _filters, _signals, _selection)
    found = {}
    for group in groups:
        found |= group(world, slow, request, body)
    return {name: bool(holds) for name, holds in found.items()}


def to_come(rule, now):
    return "valid_from" in rule and micros(rule["valid_from"]) > now


def over(rule, now):
    return "valid_until" in rule and micros(rule["valid_until"]) < now


def _lists(world, slow, request, body):
    rows = body["items"]
    return {
        "list: not empty": rows,
        "list: five or more": len(rows) >= 5,
        "list: cut to k": slow.policy["after_rules"] + len(slow.pins) > len(rows) == slow.length(request),
        "rerank": rows and "items" in request,
        "explain: full": rows and request["explain_level"] == "full",
        "explain: numeric": rows and request["explain_level"] == "numeric",
        "reasons": rows and request["include_reasons"],
    }


def _users(world, slow, request, body):
    cold, rows = slow.sparse or slow.new, body["items"]
    return {
        "user: established": rows and not cold and slow.recent,
        "user: sparse": rows and slow.sparse and not slow.new and slow.recent,
        "user: new with history": rows and slow.new and slow.recent,
        "user: new without history": rows and slow.new and not slow.recent,
        "user: unknown": rows and slow.user not in world.traits,
        "user: starter anchors": rows and slow.new and not slow.recent and slow.injected,
        "user: anchors promoted": slow.promoted,
        "user: forced settings": rows and cold and any(slow.env[name] for name in FORCED.values()),
        "user: overwritten override": rows
        and cold
        and any(slow.env[FORCED[name]] for name in request.get("overrides", {}) if name in FORCED),
        "user: more than reported": slow.new and slow.reported < len(slow.recent),
    }


def _settings(world, slow, request, body):
    cfg, rows = slow.cfg, body["items"]
    return {
        "settings: admin document": rows and world.live == "admin",
        "settings: segment profile": rows and slow.segment,
        "settings: fallback segment": rows and slow.segment and slow.segment["segment_id"] == "default",
        "settings: blend by namespace": rows and slow.table == "namespace",
        "settings: blend by segment": rows and slow.table == "segment",
        "settings: request overrides": rows and "overrides" in request,
        "settings: request blend": rows and "blend" in request,
        "settings: min events 0": rows and cfg["profile_min_events_for_boost"] == 0,
        "settings: half-life 0": rows and cfg["popularity_halflife_days"] == 0,
        "settings: covis window 0": rows and slow.seeds and cfg["covis_window_days"] == 0,
        "settings: profile window 0": rows and cfg["profile_window_days"] == 0,
        "settings: purchase window 0": rows
        and cfg["rule_exclude_events"]
        and int(cfg["purchased_window_days"]) == 0,
        "settings: top n 0": rows and cfg["profile_top_n"] == 0,
        "settings: own half-life": rows and any(half for _, half in slow.types.values()),
        "settings: inactive type": rows and any(not active for _, _, active in world.types.values()),
    }


def _rules(world, slow, request, body):
    ids = [row["item_id"] for row in body["items"]]
    matched = [rule for rule in slow.active if "override_id" not in rule]
    here = [rule for rule in slow.rules if rule["surface"] == surface_of(request)]
    shut = [rule for rule in here if to_come(rule, slow.now) or over(rule, slow.now)]
    return {
        "rule: in force": matched,
        "rule: of a segment": any("segment_id" in rule for rule in matched),
        "rule: by tag, brand or category": any(
            rule["target_type"] != "ITEM" and slow.matches(rule, slow.parts) for rule in matched
        ),
        "rule: window open": any("valid_from" in rule or "valid_until" in rule for rule in matched),
        "rule: window shut": [rule for rule in shut if "override_id" not in rule],
        "rule: blocks a candidate": any(i in slow.parts for i in slow.blocked),
        "rule: block meets pin or boost": any(
            rule["action"] != "BLOCK" and slow.blocked.intersection(slow.matches(rule, slow.parts))
            for rule in slow.active
        ),
        "rule: fewer slots than pins": sum(rule["action"] == "PIN" for rule in matched) > len(slow.pins) > 0,
        "rule: switched off": slow.rules and not (slow.env["rules_enable"] and slow.env["rules_enabled"]),
        "rule: pin shown": any(i in slow.pins for i in ids),
        "rule: boost shown": any(i in slow.boosts for i in ids),
        "rule: several boosts on one": any(len(changes) > 1 for changes in slow.boosts.values()),
        "rule: boost on a pin": any(i in slow.pins for i in slow.boosts),
        "rule: outside id in the list": any(i not in slow.parts for i in ids),
        "rule: leak": slow.policy["constraint_leak_count"],
    }


def _manual(world, slow, request, body):
    active = [rule for rule in slow.active if "override_id" in rule]
    off = any(kind == "override" and cancelled for kind, _, cancelled in world.merchandise)
    past = any(over(rule, slow.now) for rule in slow.rules if "override_id" in rule)
    served = body["trace"]["extras"].get("manual_overrides", [])
    return {
        "override: boost in force": any(rule["action"] == "BOOST" for rule in active),
        "override: suppress in force": any(rule["action"] == "BLOCK" for rule in active),
        "override: served": any("served" in row for row in served),
        "override: expired": past,
        "override: cancelled": off,
    }


def _filters(world, slow, request, body):
    limits, policy = request.get("constraints", {}), slow.policy
    return {
        "filter: tags": body["items"] and limits.get("include_tags_any"),
        "filter: price": body["items"] and limits.get("price_between"),
        "filter: age": body["items"] and limits.get("created_after"),
        "filter: takes candidates": policy["constraint_filtered_count"],
        "filter: explicit exclusion": policy["explicit_exclude_hits"],
        "filter: recent purchases": policy["recent_event_exclude_hits"],
    }


def _signals(world, slow, request, body):
    shown = [slow.parts[row["item_id"]] for row in body["items"] if row["item_id"] in slow.parts]
    raw = lambda name: any(parts["raw"][name] > 0 for parts in shown)  # noqa: E731 - one line per signal
    return {
        "signal: popularity": raw("pop"),
        "signal: co-visitation": raw("cooc"),
        "signal: embedding": raw("embedding"),
        "signal: content": raw("content"),
        "signal: session": raw("session"),
        "signal: personal boost": any(parts["multiplier"] > 1 for parts in shown),
        "signal: damped boost": any(parts["multiplier"] > 1 for parts in shown)
        and slow.boost_factor(len(slow.seeds)) < slow.cfg["profile_boost"],
        "signal: starter profile": shown and slow.starter,
        "pool: overflows": slow.overflow,
    }


def _selection(world, slow, request, body):
    k = slow.length(request)
    best = sorted(slow.free, key=lambda i: (-slow.scores[i], i))[:k]
    boosted = [row["item_id"] for row in body["items"] if row["item_id"] not in slow.pins]
    return {
        "selection: ran": slow.picks,
        "selection: changes the set": slow.picks and set(slow.picks) != set(best),
        "selection: a cap excludes": slow.picks and slow.capped,
        "selection: pure diversity": slow.picks and slow.cfg["mmr_lambda"] == 0,
        "order: boosted to the front": any(slow.boost_of(i) > 0 for i in boosted),
    }
