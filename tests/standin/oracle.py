"""A slow second opinion on ranking: contract sections 11 and 12 in plain Python, sharing no code with the stand-in.

It knows items, users, events, rules and knobs as the dictionaries that were sent, works on item ids throughout and
computes everything anew for every request. Where the contract leaves a tie open it takes the smaller item id.
"""

import hashlib
import math

from oracle_profiles import DAY, Profiles, folded, low
from oracle_rules import Merchandising

WEIGHTS = {0: 0.1, 1: 0.3, 2: 0.7, 3: 1.0, 4: 0.2}


def sat(x):
    return x / (1 + x) if x > 0 else 0.0


def embedding(item):
    parts = [item[field] for field in ("brand", "category", "description") if item.get(field)]
    text = " ".join(parts or item["tags"]).strip().lower().encode()
    if not text:
        return None
    blocks = [hashlib.sha256(text).digest()] + [
        hashlib.sha256(text + bytes([n])).digest() for n in range(1, 12)
    ]
    return [byte / 127.5 - 1 for block in blocks for byte in block]


def cosine(a, b):
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return round(dot / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b)), 12)


class Oracle(Profiles, Merchandising):
    """One namespace at one instant.

    ``knobs`` uses the names of the environment variables in lower case; missing optional ones are None.
    """

    def __init__(self, *, items, traits, events, knobs, rules, types, now):
        self.items = {item["item_id"]: item for item in items}
        self.traits, self.events, self.rules, self.now = traits, events, rules, now
        self.env = knobs
        self.types = {code: (weight, None) for code, weight in WEIGHTS.items()} | types
        self.vectors = {item_id: embedding(item) for item_id, item in self.items.items()}

    # --- 11: the configuration of one request ---------------------------------------------------------------

    def configure(self, request):
        cfg = dict(self.env)
        cfg |= request.get("overrides", {})
        cfg["profile_starter_blend_weight"] = min(1, max(0, cfg["profile_starter_blend_weight"]))
        least = cfg["profile_min_events_for_boost"]
        window = cfg["profile_window_days"] or 30
        self.recent = self.distinct_recent(window, max(10, least + 1)) if least else []
        self.sparse = len(self.recent) < least
        self.hint = self.traits.get(self.user, {}).get("segment", "")
        self.new = self.hint.lower() == "new_users"
        self.reported = len(self.recent)
        if self.new:
            self.reported = min(self.reported, max(least - 1, 0))
            cfg["rule_exclude_events"] = False
        if self.sparse or self.new:
            for name in ("blend_alpha", "blend_beta", "blend_gamma", "mmr_lambda"):
                if cfg["new_user_" + name] is not None:
                    cfg[name] = cfg["new_user_" + name]
            cfg["popularity_fanout"] = cfg["new_user_pop_fanout"] or max(cfg["popularity_fanout"], 1000)
        self.weights = [cfg["blend_alpha"], cfg["blend_beta"], cfg["blend_gamma"]]
        if "blend" in request:
            self.weights = [request["blend"].get(name, 0) for name in ("pop", "cooc", "similarity")]
        if self.weights == [0, 0, 0]:
            self.weights = [1, 0, 0]
        return cfg

    def mine(self):
        """Return the user's events, newest first, equal times by item id."""
        return sorted(
            (e for e in self.events if e["user_id"] == self.user), key=lambda e: (-e["ts"], e["item_id"])
        )

    def distinct_recent(self, days, limit):
        found = []
        for event in self.mine():
            if event["ts"] >= self.now - days * DAY and event["item_id"] not in found:
                found.append(event["item_id"])
        return found[:limit]

    # --- 12.3: sources --------------------------------------------------------------------------------------

    def popularity(self, since=None):
        total = {}
        for event in self.events:
            if event["type"] not in self.types or (since is not None and event["ts"] < since):
                continue
            weight, own = self.types[event["type"]]
            half = own or self.cfg["popularity_halflife_days"] or 14
            gain = weight * event["value"] * 0.5 ** ((self.now - event["ts"]) / DAY / half)
            total[event["item_id"]] = total.get(event["item_id"], 0.0) + gain
        return {i: x for i, x in total.items() if i in self.items and self.items[i]["available"]}

    @staticmethod
    def ranked(total):
        return sorted(total, key=lambda i: (-round(total[i], 9), i))

    def pushed_down(self, item_id, limits):
        item = self.items[item_id]
        tags, price = limits.get("include_tags_any"), limits.get("price_between") or []
        if tags and not set(tags) & set(item["tags"]):
            return False
        if price and (item["price"] is None or item["price"] < price[0]):
            return False
        if len(price) > 1 and item["price"] > price[1]:
            return False
        if "created_after_us" in limits and item["created"] < limits["created_after_us"]:
            return False
        return item_id not in limits.get("exclude_item_ids", [])

    def session(self):
        mine, counts = self.mine(), {}
        for event in mine[:10]:
            for other in mine:
                gap = other["ts"] - event["ts"]
                if 0 < gap <= 30 * 60_000_000 and other["item_id"] != event["item_id"]:
                    counts[other["item_id"]] = counts.get(other["item_id"], 0) + 1
        return {i: n for i, n in counts.items() if i in self.items and self.items[i]["available"]}

    def content(self, profile):
        wanted = {tag for tag, weight in profile.items() if weight > 0}
        counts = {i: len(wanted & set(item["tags"])) for i, item in self.items.items() if item["available"]}
        return {i: n for i, n in counts.items() if n}

    def pool(self, request, k):
        if "items" in request:
            self.pops = {}
            for row in request["items"]:
                if row["item_id"].strip():
                    self.pops.setdefault(row["item_id"].strip(), max(0.0, row.get("score") or 0.0))
            return list(self.pops)
        limits = request.get("constraints", {})
        fanout = max(self.cfg["popularity_fanout"], k)
        if self.cfg["recommendation_max_fanout"]:
            fanout = min(fanout, self.cfg["recommendation_max_fanout"])
        total = self.popularity(limits.get("created_after_us"))
        first = [i for i in self.ranked(total) if self.pushed_down(i, limits)][:fanout]
        self.pops = {i: total[i] for i in first}
        highest = max([x for x in self.pops.values() if x > 0], default=1.0)
        for anchor in self.injected:
            if anchor not in self.pops:
                first.append(anchor)
                self.pops[anchor] = highest
        sources = []
        for counts in (self.content(self.content_profile), self.session()):
            best = sorted(counts, key=lambda i: (-counts[i], i))[:fanout]
            sources.append({i: counts[i] for i in sorted(best) if i not in self.pops})
        self.content_hits, self.session_hits = sources
        extra = list(dict.fromkeys([*sources[0], *sources[1]]))
        limit = max(len(first), k, fanout)
        reserve = min(max(len(first) // 4, 1), 20, len(first)) if extra else 0
        head = first[: limit - reserve]
        head += extra[: limit - len(head)]
        return (head + [i for i in first if i not in head])[:limit]

    def anchors(self, k):
        self.injected = []
        if self.sparse or self.new:
            self.injected = [i for i in self.recent if i in self.items and self.items[i]["available"]]
            if self.new and not self.injected and self.starter:
                self.injected = self.starter_anchors(min(k, 5))
            self.injected = self.injected[: self.cfg["recommendation_max_anchors_injected"] or None]
        return self.injected or self.distinct_recent(int(self.cfg["covis_window_days"]) or 30, 10)

    def starter_anchors(self, wanted):
        order, found = self.ranked(self.popularity()), []
        per_tag = [
            [i for i in order if tag in self.items[i]["tags"]][:wanted]
            for tag in self.by_weight(self.starter)
        ]
        for turn in range(wanted):
            for best in per_tag:
                if turn < len(best) and best[turn] not in found:
                    found.append(best[turn])
        return found[:wanted]

    # --- 12.4: filters --------------------------------------------------------------------------------------

    def survives(self, item_id, limits):
        if item_id in [e.strip() for e in limits.get("exclude_item_ids", [])]:
            return False
        days = int(self.cfg["purchased_window_days"])
        if self.cfg["rule_exclude_events"] and days:
            types = self.env["exclude_event_types"]
            for e in self.mine():
                if (
                    e["item_id"] == item_id
                    and e["ts"] >= self.now - days * DAY
                    and (not types or e["type"] in types)
                ):
                    return False
        tags = {low(tag) for tag in limits.get("include_tags_any") or []} - {""}
        price = limits.get("price_between") or []
        if not tags and not price and "created_after_us" not in limits:
            return True
        item = self.items.get(item_id)
        if item is None or (tags and not tags & set(folded(item))):
            return False
        return self.pushed_down(
            item_id,
            {name: value for name, value in limits.items() if name in ("price_between", "created_after_us")},
        )

    # --- 12.6, 12.7: scores ---------------------------------------------------------------------------------

    def cooc(self, anchors):
        since, best = self.now - (int(self.cfg["covis_window_days"]) or 30) * DAY, {}
        events = [e for e in self.events if e["ts"] >= since]
        for anchor in anchors:
            visits = {}
            for event in events:
                if event["item_id"] == anchor:
                    visits[event["user_id"]] = visits.get(event["user_id"], 0) + 1
            pairs = {}
            for event in events:
                if event["item_id"] != anchor and event["user_id"] in visits:
                    pairs[event["item_id"]] = pairs.get(event["item_id"], 0) + visits[event["user_id"]]
            for item_id in sorted(pairs, key=lambda i: (-pairs[i], i))[:200]:
                best[item_id] = max(best.get(item_id, 0), pairs[item_id])
        return best

    def nearest(self, anchors):
        best = {}
        for anchor in anchors:
            mine = self.vectors.get(anchor)
            if mine is None:
                continue
            others = [i for i in self.items if i != anchor and self.items[i]["available"] and self.vectors[i]]
            near = {i: cosine(mine, self.vectors[i]) for i in others}
            for item_id in sorted(near, key=lambda i: (-near[i], i))[:200]:
                best[item_id] = max(best.get(item_id, 0.0), min(1.0, max(0.0, near[item_id])))
        return best

    def score(self, candidates, anchors):
        alpha, beta, gamma = self.weights
        cooc = self.cooc(anchors) if beta > 0 else {}
        near = self.nearest(anchors) if gamma > 0 else {}
        least = self.cfg["profile_min_events_for_boost"]
        seen = self.reported or len(anchors)
        seen = min(seen, len(anchors)) if anchors else seen
        factor = self.cfg["profile_boost"] * (
            self.cfg["profile_cold_start_multiplier"] if 0 < seen + 1 <= least else 1
        )
        scores = {}
        for i in candidates:
            sim = max(near.get(i, 0.0), sat(self.content_hits.get(i, 0)), sat(self.session_hits.get(i, 0)))
            blend = alpha * sat(self.pops.get(i, 0.0)) + beta * sat(cooc.get(i, 0)) + gamma * sim
            overlap = (
                sum(self.boost_profile.get(tag, 0.0) for tag in folded(self.items[i]))
                if i in self.items
                else 0.0
            )
            scores[i] = round(blend * (1 + factor * overlap), 12)
        return scores

    # --- the answer -----------------------------------------------------------------------------------------

    def answer(self, request):
        """Return [(item id, score)] for a recommendations or, with ``items``, a rerank body."""
        self.user = request["user_id"]
        self.content_hits, self.session_hits = {}, {}
        self.cfg = self.configure(request)
        k = request.get("k") or 20
        if "items" in request:
            size = len({row["item_id"].strip() for row in request["items"]} - {""})
            k = request.get("k", 0) if 0 < request.get("k", 0) <= size else size
        if self.cfg["recommendation_max_k"]:
            k = min(k, self.cfg["recommendation_max_k"])
        self.starter = self.starter_profile()
        top = self.cfg["profile_top_n"]
        self.boost_profile = self.mixed(self.own_profile(top or 1))
        self.content_profile = self.boost_profile if top else self.mixed({})
        anchors = self.anchors(k)
        limits = dict(request.get("constraints", {}))
        if most := self.cfg["recommendation_max_exclude_ids"]:
            limits["exclude_item_ids"] = limits.get("exclude_item_ids", [])[:most]
        pool = self.pool(request | {"constraints": limits}, k)
        scores = self.score([i for i in pool if self.survives(i, limits)], anchors)
        pins, rest, changes = self.apply_rules(request, scores)
        chosen = self.diversified(rest, scores, k)
        order = (pins + sorted(chosen, key=lambda i: (-scores[i], i)))[:k]
        promoted = [i for i in self.injected if i in order][:3]
        order = promoted + [i for i in order if i not in promoted]
        lifted = [i for i in order if i not in pins and changes.get(i, 0) > 0]
        if lifted:
            head = [i for i in order if i in pins] + lifted
            order = head + [i for i in order if i not in head]
        return [(i, scores[i]) for i in order]
