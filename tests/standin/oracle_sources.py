"""Candidates, filters and signals of the slow second opinion (contract 12.3, 12.4, 12.6)."""

import hashlib
import math

from oracle_profiles import DAY, folded, low

SESSION = 30 * 60 * 1_000_000


def sat(x):
    return x / (1 + x) if x > 0 else 0.0


def embedding(item):
    if item.get("embedding"):
        return item["embedding"]
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


class Sources:
    """The part of the oracle that knows where candidates come from and what speaks for them."""

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

    def available(self, item_id):
        return item_id in self.items and self.items[item_id]["available"]

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
        return {item_id: x for item_id, x in total.items() if self.available(item_id)}

    @staticmethod
    def ranked(total):
        return sorted(total, key=lambda i: (-round(total[i], 9), i))

    def session(self):
        mine, counts = self.mine(), {}
        for event in mine[:10]:
            for other in mine:
                gap = other["ts"] - event["ts"]
                if 0 < gap <= SESSION and other["item_id"] != event["item_id"]:
                    counts[other["item_id"]] = counts.get(other["item_id"], 0) + 1
        return {i: n for i, n in counts.items() if self.available(i)}

    def content(self, profile):
        wanted = {tag for tag, weight in profile.items() if weight > 0}
        counts = {i: len(wanted & set(self.items[i]["tags"])) for i in self.items if self.available(i)}
        return {i: n for i, n in counts.items() if n}

    def sent_list(self, request):
        """Return the pool of a rerank."""
        self.pops = {}
        for row in request["items"]:
            if row["item_id"].strip():
                self.pops.setdefault(row["item_id"].strip(), max(0.0, row.get("score") or 0.0))
        self.counts = {"prefetched": len(self.pops)}
        return list(self.pops)

    def pool(self, request, limits, k):
        if "items" in request:
            return self.sent_list(request)
        fanout = max(self.cfg["popularity_fanout"], k)
        fanout = min(fanout, self.cfg["recommendation_max_fanout"] or fanout)
        total = self.popularity(limits.get("created_after_us"))
        first = [i for i in self.ranked(total) if self.pushed_down(i, limits)][:fanout]
        self.counts = {"popularity": len(first), "collaborative": 0}
        self.pops = {i: total[i] for i in first}
        highest = max([x for x in self.pops.values() if x > 0], default=1.0)
        for anchor in self.injected:
            if anchor not in self.pops:
                first.append(anchor)
                self.pops[anchor] = highest
        sources = []
        for name, counts in (("content", self.content(self.content_profile)), ("session", self.session())):
            best = sorted(counts, key=lambda i: (-counts[i], i))[:fanout]
            sources.append({i: counts[i] for i in sorted(best) if i not in self.pops})
            self.counts[name] = len(sources[-1])
        self.content_hits, self.session_hits = sources
        extra = list(dict.fromkeys([*sources[0], *sources[1]]))
        limit = max(len(first), k, fanout)
        self.overflow = len(first) + len(extra) > limit
        reserve = min(max(len(first) // 4, 1), 20, len(first)) if extra else 0
        head = first[: limit - reserve]
        head += extra[: limit - len(head)]
        return (head + [i for i in first if i not in head])[:limit]

    def anchors(self, k):
        self.injected = []
        if self.sparse or self.new:
            self.injected = [i for i in self.recent if self.available(i)]
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

    # --- 5.2, 12.4: constraints and exclusions --------------------------------------------------------------

    @staticmethod
    def price_range(limits):
        """Return (lowest, highest), None without one."""
        price = [0 if bound is None else bound for bound in limits.get("price_between") or []]
        return (price[0] if price else None), (price[1] if len(price) > 1 else None)

    def pushed_down(self, item_id, limits):
        item, tags = self.items[item_id], limits.get("include_tags_any")
        if tags and not set(tags) & set(item["tags"]):
            return False
        return item_id not in limits.get("exclude_item_ids", []) and not self.wrong_price_or_age(item, limits)

    def wrong_price_or_age(self, item, limits):
        lowest, highest = self.price_range(limits)
        if lowest is not None and item["price"] is None:
            return "price_missing"
        if lowest is not None and item["price"] < lowest:
            return "price_below_min"
        if highest is not None and item["price"] > highest:
            return "price_above_max"
        return "stale_item" if item["created"] < limits.get("created_after_us", 0) else None

    def broken_constraint(self, item_id, limits):
        """Return which constraint a candidate breaks, None if none."""
        tags = {low(tag) for tag in limits.get("include_tags_any") or []} - {""}
        if not tags and not limits.get("price_between") and "created_after_us" not in limits:
            return None
        item = self.items.get(item_id)
        if item is None:
            return "unknown"
        if tags and not item["tags"]:
            return "missing_tags"
        if tags and not tags & set(folded(item)):
            return "include_tags"
        return self.wrong_price_or_age(item, limits)

    def recently_touched(self):
        days, types = int(self.cfg["purchased_window_days"]), self.cfg["exclude_event_types"]
        if not self.cfg["rule_exclude_events"] or not days:
            return set()
        since = self.now - days * DAY
        return {e["item_id"] for e in self.mine() if e["ts"] >= since and (not types or e["type"] in types)}

    def filtered(self, pool, limits):
        """Return the pool after exclusions and constraints, and count what each of them takes."""
        named = [item_id.strip() for item_id in limits.get("exclude_item_ids", [])]
        left = [i for i in pool if i not in named]
        touched = self.recently_touched()
        kept = [i for i in left if i not in touched]
        broken = {i: self.broken_constraint(i, limits) for i in kept}
        self.broken = {i: reason for i, reason in broken.items() if reason}
        after = [i for i in kept if i not in self.broken]
        self.policy = {
            "total_candidates": len(pool),
            "explicit_exclude_hits": len(pool) - len(left),
            "recent_event_exclude_hits": len(left) - len(kept),
            "after_exclusions": len(kept),
            "constraint_filtered_count": len(self.broken),
            "after_constraint_filters": len(after),
        }
        self.counts |= {
            "merged": len(pool),
            "post_exclusion": len(kept),
            "post_constraints": len(after),
        }
        return after

    # --- 12.6: signals --------------------------------------------------------------------------------------

    def pairs_with(self, anchor, events):
        visits, pairs = {}, {}
        for event in events:
            if event["item_id"] == anchor:
                visits[event["user_id"]] = visits.get(event["user_id"], 0) + 1
        for event in events:
            if event["item_id"] != anchor and event["user_id"] in visits:
                pairs[event["item_id"]] = pairs.get(event["item_id"], 0) + visits[event["user_id"]]
        return pairs

    def cooc(self, anchors):
        since, best = self.now - (int(self.cfg["covis_window_days"]) or 30) * DAY, {}
        events = [e for e in self.events if e["ts"] >= since]
        for anchor in anchors:
            pairs = self.pairs_with(anchor, events)
            for item_id in sorted(pairs, key=lambda i: (-pairs[i], i))[:200]:
                best[item_id] = max(best.get(item_id, 0), pairs[item_id])
        return best

    def cosines(self, anchor):
        """Return the cosine of every other available item with an embedding."""
        mine = self.vectors.get(anchor)
        if mine is None:
            return {}
        others = [i for i in self.items if i != anchor and self.available(i) and self.vectors[i]]
        return {i: cosine(mine, self.vectors[i]) for i in others}

    def nearest(self, anchors):
        best = {}
        for anchor in anchors:
            near = self.cosines(anchor)
            for item_id in sorted(near, key=lambda i: (-near[i], i))[:200]:
                best[item_id] = max(best.get(item_id, 0.0), min(1.0, max(0.0, near[item_id])))
        return best
