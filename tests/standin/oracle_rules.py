"""Rules, MMR and caps of the slow second opinion (contract 8.5, 12.8)."""

from fractions import Fraction

from oracle_profiles import folded, low


class Merchandising:
    """The part of the oracle that knows rules, caps and diversity."""

    def values(self, item_id, prefixes):
        tags = folded(self.items[item_id]) if item_id in self.items else []
        return {low(t[len(p) + 1 :]) for t in tags for p in prefixes if t.startswith(p + ":")} - {""}

    def plain(self, item_id):
        prefixes = [*self.env["brand_tag_prefixes"], *self.env["category_tag_prefixes"]]
        tags = folded(self.items[item_id]) if item_id in self.items else []
        return {t for t in tags if not any(t.startswith(p + ":") for p in prefixes)}

    def matches(self, rule, candidates):
        if rule["target_type"] == "ITEM":
            return list(rule["item_ids"])
        key = low(rule["target_key"])
        carried = {
            "TAG": self.plain,
            "BRAND": lambda i: self.values(i, self.env["brand_tag_prefixes"]),
            "CATEGORY": lambda i: self.values(i, self.env["category_tag_prefixes"]),
        }[rule["target_type"]]
        return sorted(i for i in candidates if key in carried(i))

    def apply_rules(self, request, scores):
        """Return pins, the remaining candidates in order, and the summed boost of every boosted id."""
        surface = request.get("context", {}).get("surface", "default")
        rules = (
            [r for r in self.rules if r["surface"] == surface and r.get("enabled", True)]
            if self.env["rules_enable"]
            else []
        )
        rules.sort(key=lambda r: -r.get("priority", 0))
        named = [(rule, self.matches(rule, list(scores))) for rule in rules]
        blocked = {i for rule, ids in named if rule["action"] == "BLOCK" for i in ids}
        pins, slots, changes, order = [], self.env["rules_max_pin_slots"], {}, list(scores)
        for rule, ids in named:
            fresh = [i for i in ids if i not in blocked and i not in pins] if rule["action"] == "PIN" else []
            pins += fresh[: min(rule.get("max_pins", slots), slots - len(pins))]
        for rule, ids in named:
            for i in ids if rule["action"] == "BOOST" else []:
                if i in blocked:
                    continue
                if i not in scores:
                    scores[i] = 0.0
                    order.append(i)
                change = scores[i] * rule["boost_value"] or rule["boost_value"]
                scores[i] += change
                changes[i] = changes.get(i, 0.0) + change
        for i in pins:
            scores.setdefault(i, 0.0)
        return pins, [i for i in order if i not in blocked and i not in pins], changes

    def diversified(self, candidates, scores, k):
        lam = self.cfg["mmr_lambda"]
        limits = [
            (self.cfg[name + "_cap"], self.env[name + "_tag_prefixes"]) for name in ("brand", "category")
        ]
        caps = [(limit, prefixes, {}) for limit, prefixes in limits if limit > 0]
        if lam == 0 and not caps:
            return candidates
        highest, picked = max([scores[i] for i in candidates], default=0.0), []
        while len(picked) < k:
            best = None
            for i in candidates:
                if i in picked or self.full(i, caps):
                    continue
                relevance = lam * (scores[i] / highest) if highest > 0 else 0.0
                value = relevance - (1 - lam) * max([self.jaccard(i, other) for other in picked], default=0.0)
                if best is None or value > best[0]:
                    best = (value, i)
            if best is None:
                break
            picked.append(best[1])
            for _, prefixes, counts in caps:
                for value in self.values(best[1], prefixes):
                    counts[value] = counts.get(value, 0) + 1
        return picked

    def full(self, item_id, caps):
        return any(
            counts.get(v, 0) >= limit
            for limit, prefixes, counts in caps
            for v in self.values(item_id, prefixes)
        )

    def jaccard(self, a, b):
        a, b = self.plain(a), self.plain(b)
        return float(Fraction(len(a & b), len(a | b))) if a and b else 0.0
