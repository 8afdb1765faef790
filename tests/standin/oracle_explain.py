"""What an answer says besides ids and scores, in the slow second opinion (contract 5.4, 5.5)."""

from oracle_profiles import low

REASONS = {
    "pop": "recent_popularity",
    "cooc": "co_visitation",
    "embedding": "embedding_similarity",
    "content": "content_similarity",
    "session": "session_sequence",
}
SHOWN = 20
NAMES = ("pop", "cooc", "similarity")
NOTHING = {"raw": dict.fromkeys(REASONS, 0), "norms": [0, 0, 0], "overlap": 0, "multiplier": 1}


def nonzero(values):
    return {name: value for name, value in values.items() if value != 0}


class Explanation:
    """The part of the oracle that words the answer."""

    def body(self, request, order):
        """Return the whole body; durations are left out, reasons are sorted."""
        self.policy |= {
            "final_count": len(order),
            "rule_pin_exposure": sum(i in self.pins for i in order),
            "rule_boost_exposure": sum(i in self.boosts for i in order),
            "constraint_leak_count": sum(i in self.broken for i in order),
        }
        blend = request.get("blend", {})
        mixed = blend.get("cooc", 0) > 0 or blend.get("similarity", 0) > 0
        found = {
            "model_version": "blend_v1" if mixed else "popularity_v1",
            "items": [self.row(request, i) for i in order],
            "trace": {"extras": self.extras(request, order)},
        }
        if self.segment:
            found |= {name: self.segment[name] for name in ("segment_id", "profile_id")}
        return found

    # --- items ----------------------------------------------------------------------------------------------

    def row(self, request, item_id):
        row = {"item_id": item_id, "score": self.scores[item_id]}
        if request["include_reasons"] and (reasons := self.reasons(item_id)):
            row["reasons"] = sorted(reasons)
        level = request["explain_level"]
        return row if level == "tags" else row | {"explain": self.explained(item_id, full=level == "full")}

    def reasons(self, item_id):
        parts = self.parts.get(item_id, NOTHING)
        found = [reason for name, reason in REASONS.items() if parts["raw"][name] > 0]
        found += ["diversity"] * (self.picks is not None)
        found += ["personalization"] * (parts["multiplier"] > 1)
        found += [f"rule.pin[{rule_id}]" for rule_id in self.pins.get(item_id, [])]
        return found + [
            f"rule.boost:{change:+.2f}[{rule_id}]" for rule_id, change in self.boosts.get(item_id, [])
        ]

    def explained(self, item_id, *, full):
        parts = self.parts.get(item_id, NOTHING)
        block = {"blend": self.blended(parts, full=full), "anchors": self.seeds or ["(no_recent_activity)"]}
        if parts["multiplier"] > 1:
            block["personalization"] = {"overlap": parts["overlap"], "boost_multiplier": parts["multiplier"]}
        if item_id in (self.picks or {}):
            pick = self.picks[item_id]
            names = ("max_sim", "penalty", "relevance", "rank") if full else ("max_sim", "penalty")
            numbers = {"lambda": self.cfg["mmr_lambda"]} | {name: pick[name] for name in names}
            block["mmr"] = nonzero(numbers)
            if self.caps:
                block["caps"] = {
                    kind: use if full else {"applied": use["applied"]} for kind, use in pick["caps"].items()
                }
        return block

    def blended(self, parts, *, full):
        norms = zip(NAMES, parts["norms"], strict=True)
        weights = dict(zip(("alpha", "beta", "gamma"), self.weights, strict=True))
        contrib = zip(NAMES, self.weights, parts["norms"], strict=True)
        block = nonzero(weights | {f"{name}_norm": norm for name, norm in norms})
        block["contrib"] = nonzero({name: weight * norm for name, weight, norm in contrib})
        if full:
            raw = {"pop": parts["raw"]["pop"], "cooc": parts["raw"]["cooc"], "similarity": parts["norms"][2]}
            block["raw"] = nonzero(raw)
        return block

    # --- trace.extras ---------------------------------------------------------------------------------------

    def extras(self, request, order):
        found = {
            "policy": self.policy | self.optional_policy(request, order),
            "recent_event_count": self.reported,
            "candidate_sources": {name: {"count": count} for name, count in self.counts.items()},
            "signal_status": {name: {"available": True} for name in self.signals_used(request)},
        }
        if self.starter:
            found["starter_profile"] = self.starter
            if self.share > 0:
                found["starter_profile_weight"] = self.share
        if overrides := [self.override(rule, order) for rule in self.active if "override_id" in rule]:
            found["manual_overrides"] = sorted(overrides, key=lambda row: row["override_id"])
        return found

    def signals_used(self, request):
        names = ["popularity"]
        names += [] if "items" in request else ["collaborative", "content", "session"]
        if self.seeds:
            names += ["cooc"] * (self.weights[1] > 0) + ["embedding"] * (self.weights[2] > 0)
        return names

    def optional_policy(self, request, order):
        tags = request.get("constraints", {}).get("include_tags_any", [])
        leaked = [i for i in order if i in self.broken]
        reasons = {}
        for i in leaked:
            reasons[self.broken[i]] = reasons.get(self.broken[i], 0) + 1
        found = {
            "constraint_include_tags": sorted({low(tag) for tag in tags} - {""}),
            "constraint_filtered_ids": sorted(list(self.broken)[:SHOWN]),
            "constraint_leak_ids": sorted(leaked[:SHOWN]),
            "constraint_leak_by_reason": reasons,
            "rule_block_exposure_by_rule": {rule_id: len(ids) for rule_id, ids in self.blocked_by.items()},
        }
        return {name: value for name, value in found.items() if value}

    def override(self, rule, order):
        """Return what the trace tells of a manual override that is in force."""
        (item_id,) = rule["item_ids"]
        block = rule["action"] == "BLOCK"
        boosted = [] if block or item_id in self.blocked else [item_id]
        lists = {
            "blocked": [item_id] if block else [],
            "boosted": boosted,
            "served": [i for i in boosted if i in order],
        }
        found = {
            "override_id": rule["override_id"],
            "rule_id": rule["rule_id"],
            "action": "block" if block else "boost",
            "matched": 1,
            "matched_items": [item_id],
        }
        for name, ids in lists.items():
            if ids:
                found |= {name: ids, f"{name}_items": ids}
        return found
