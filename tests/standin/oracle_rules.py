"""Rules, manual overrides, MMR and caps of the slow second opinion (contract 8.4, 8.5, 12.8)."""

from fractions import Fraction

from oracle_config import micros, surface_of
from oracle_profiles import folded, low

DEFAULT_PRIORITY = 1000


class Merchandising:
    """The part of the oracle that knows rules, caps and diversity."""

    # --- which rules ----------------------------------------------------------------------------------------

    def all_rules(self, merchandise):
        """Return rules, and the rules behind manual overrides, oldest first."""
        made = [
            body if kind == "rule" else self.behind(body, cancelled) for kind, body, cancelled in merchandise
        ]
        return sorted(made, key=lambda rule: rule["created"])

    @staticmethod
    def behind(body, cancelled):
        """Return the rule that a manual override creates."""
        boost = body["action"].lower() == "boost"
        rule = {
            "rule_id": body["rule_id"],
            "override_id": body["override_id"],
            "surface": body.get("surface", "default"),
            "action": "BOOST" if boost else "BLOCK",
            "target_type": "ITEM",
            "item_ids": [body["item_id"]],
            "priority": body["priority"] if body.get("priority", 0) > 0 else DEFAULT_PRIORITY,
            "enabled": not cancelled,
            "created": body["created"],
        }
        if boost:
            rule["boost_value"] = body.get("boost_value", 1.0)
        return rule | ({"valid_until": body["expires_at"]} if "expires_at" in body else {})

    def in_force(self, request):
        if not (self.env["rules_enable"] and self.env["rules_enabled"]):
            return []
        segment = self.segment["segment_id"] if self.segment else None
        active = [
            rule
            for rule in self.rules
            if rule["surface"] == surface_of(request)
            and rule.get("enabled", True)
            and rule.get("segment_id") in (None, segment)
            and ("valid_from" not in rule or micros(rule["valid_from"]) <= self.now)
            and ("valid_until" not in rule or self.now <= micros(rule["valid_until"]))
        ]
        return sorted(active, key=lambda rule: -rule.get("priority", 0))

    # --- what they do ---------------------------------------------------------------------------------------

    def values(self, item_id, prefixes):
        tags = folded(self.items[item_id]) if item_id in self.items else []
        return {low(t[len(p) + 1 :]) for t in tags for p in prefixes if t.startswith(p + ":")} - {""}

    def brands(self, item_id):
        return self.values(item_id, self.cfg["brand_tag_prefixes"])

    def categories(self, item_id):
        return self.values(item_id, self.cfg["category_tag_prefixes"])

    def plain(self, item_id):
        prefixes = [*self.cfg["brand_tag_prefixes"], *self.cfg["category_tag_prefixes"]]
        tags = folded(self.items[item_id]) if item_id in self.items else []
        return {t for t in tags if not any(t.startswith(p + ":") for p in prefixes)}

    def matches(self, rule, candidates):
        if rule["target_type"] == "ITEM":
            return list(rule["item_ids"])
        key = low(rule["target_key"])
        carried = {"TAG": self.plain, "BRAND": self.brands, "CATEGORY": self.categories}[rule["target_type"]]
        return sorted(i for i in candidates if key in carried(i))

    def apply_rules(self, request):
        """Settle blocks, then pins, then boosts; ``free`` are the candidates that are left to compete."""
        candidates = list(self.scores)
        self.active = self.in_force(request)
        named = [(rule, self.matches(rule, candidates)) for rule in self.active]
        self.blocked_by = {rule["rule_id"]: ids for rule, ids in named if rule["action"] == "BLOCK" and ids}
        self.blocked = {i for ids in self.blocked_by.values() for i in ids}
        self.pin([(rule, ids) for rule, ids in named if rule["action"] == "PIN"])
        self.boosts, self.added = {}, []
        for rule, ids in named:
            for i in ids if rule["action"] == "BOOST" else []:
                if i not in self.blocked:
                    self.boost(rule, i)
        for i in self.pins:
            self.scores.setdefault(i, 0.0)
        self.free = [i for i in candidates + self.added if i not in self.blocked and i not in self.pins]
        self.policy |= {
            "rule_block_count": len(self.blocked),
            "rule_block_exposure": len(self.blocked),
            "rule_pin_count": len(self.pins),
            "rule_boost_count": len(self.boosts),
            "rule_boost_injected": len(self.added),
            "after_rules": len(self.free),
        }

    def pin(self, named):
        """Fill the slots; ``pins`` maps an id to the rules that pin it, in the order shown."""
        self.pins, slots = {}, self.env["rules_max_pin_slots"]
        for rule, ids in named:
            room = rule.get("max_pins", slots)
            for i in ids:
                if i in self.pins:
                    self.pins[i].append(rule["rule_id"])
                elif i not in self.blocked and room > 0 and len(self.pins) < slots:
                    self.pins[i] = [rule["rule_id"]]
                    room -= 1

    def boost(self, rule, item_id):
        if item_id not in self.scores:
            self.scores[item_id] = 0.0
            if item_id not in self.pins:
                self.added.append(item_id)
        change = self.scores[item_id] * rule["boost_value"] or rule["boost_value"]
        self.scores[item_id] += change
        self.boosts.setdefault(item_id, []).append((rule["rule_id"], change))

    def boost_of(self, item_id):
        return sum(change for _, change in self.boosts.get(item_id, []))

    # --- 12.8: MMR and caps ---------------------------------------------------------------------------------

    def diversified(self, candidates, k):
        """Return who is selected; ``picks`` maps each to the values at its selection, None when nothing ran."""
        self.picks, share = None, self.cfg["mmr_lambda"]
        values_of = {"brand": self.brands, "category": self.categories}
        caps = {kind: (self.cfg[f"{kind}_cap"], values_of[kind]) for kind in values_of}
        self.caps = {kind: cap for kind, cap in caps.items() if cap[0] > 0}
        if share == 0 and not self.caps:
            return candidates
        self.picks, self.capped = {}, 0
        used = {kind: {} for kind in self.caps}
        highest = max([self.scores[i] for i in candidates], default=0.0)
        while len(self.picks) < k:
            best = None
            for i in candidates:
                if i in self.picks or self.full(i, used):
                    continue
                relevance = share * (self.scores[i] / highest) if highest > 0 else 0.0
                closest = max([self.jaccard(i, other) for other in self.picks], default=0.0)
                value = relevance - (1 - share) * closest
                if best is None or value > best["value"]:
                    best = {"value": value, "id": i, "relevance": relevance, "max_sim": closest}
            if best is None:
                break
            uses = {kind: self.use(kind, best["id"], used[kind]) for kind in self.caps}
            best |= {"penalty": (1 - share) * best["max_sim"], "rank": len(self.picks) + 1, "caps": uses}
            self.picks[best["id"]] = best
        self.capped = sum(self.full(i, used) for i in candidates if i not in self.picks)
        return list(self.picks)

    def use(self, kind, item_id, used):
        """Count a pick and return what explain says about its cap."""
        limit, values_of = self.caps[kind]
        values = values_of(item_id)
        for value in values:
            used[value] = used.get(value, 0) + 1
        shown = {"applied": bool(values), "limit": limit}
        for value in values if len(values) == 1 else ():
            shown |= {"value": value, "count": used[value]}
        return shown

    def full(self, item_id, used):
        return any(
            used[kind].get(value, 0) >= limit
            for kind, (limit, values_of) in self.caps.items()
            for value in values_of(item_id)
        )

    def jaccard(self, a, b):
        a, b = self.plain(a), self.plain(b)
        return float(Fraction(len(a & b), len(a | b))) if a and b else 0.0
