"""Which settings a request runs with, in the slow second opinion (contract 9.2, 11, 12.2)."""

from datetime import datetime

from oracle_profiles import DAY

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
# The seventeen knobs of a segment profile by the variable they replace, with what an omitted one means.
FROM_PROFILE = {
    "blend_alpha": ("blend_alpha", 0),
    "blend_beta": ("blend_beta", 0),
    "blend_gamma": ("blend_gamma", 0),
    "mmr_lambda": ("mmr_lambda", 0),
    "brand_cap": ("brand_cap", 0),
    "category_cap": ("category_cap", 0),
    "profile_boost": ("profile_boost", 0),
    "profile_window_days": ("profile_window_days", 0),
    "profile_top_n": ("profile_top_n", 0),
    "popularity_halflife_days": ("half_life_days", 0),
    "covis_window_days": ("co_vis_window_days", 0),
    "purchased_window_days": ("purchased_window_days", 0),
    "rule_exclude_events": ("rule_exclude_events", False),
    "exclude_event_types": ("exclude_event_types", []),
    "brand_tag_prefixes": ("brand_tag_prefixes", []),
    "category_tag_prefixes": ("category_tag_prefixes", []),
    "popularity_fanout": ("popularity_fanout", 0),
}
BLEND = ("blend_alpha", "blend_beta", "blend_gamma")


def micros(text):
    return round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1_000_000)


def surface_of(request):
    return request.get("context", {}).get("surface", "").strip() or "default"


def holds(test, look, now):
    """Evaluate one test of the segment language; ``look`` finds a path, None if there is nothing."""
    ((operator, arguments),) = test.items()
    if operator == "any":
        return any(holds(part, look, now) for part in arguments)
    if operator == "all":
        return all(holds(part, look, now) for part in arguments)
    if operator == "not":
        return not holds(arguments, look, now)
    if operator == "exists":
        return look(arguments) is not None
    have, want = look(arguments[0]), arguments[1]
    if have is None:
        return False
    return {
        "eq": lambda: have == want,
        "gte": lambda: have >= want,
        "lt": lambda: have < want,
        "in": lambda: have in want,
        "contains": lambda: want in have,
        "gte_days_since": lambda: now - micros(have) >= want * DAY,
    }[operator]()


class Configuration:
    """The part of the oracle that knows segments, tables, overrides and new users."""

    def look(self, request, path):
        asked = {"namespace": request["namespace"], "surface": surface_of(request)}
        value = {
            "user": {"id": self.user, "traits": self.traits.get(self.user, {})},
            "ctx": request.get("context", {}),
            "request": asked,
        }
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def find_segment(self, request):
        """Return the matching configured segment, else the active one called ``default``, else None."""
        look = lambda path: self.look(request, path)  # noqa: E731 - the request is part of every look-up
        for segment in sorted(self.segments, key=lambda s: -s["priority"]):
            tests = [rule["rule"] for rule in segment["rules"] if rule["enabled"]]
            if segment["active"] and (not tests or any(holds(test, look, self.now) for test in tests)):
                return segment
        return next((s for s in self.segments if s["segment_id"] == "default" and s["active"]), None)

    def layered(self, request):
        """Return the settings after steps 1 to 5 of contract 11."""
        cfg = dict(self.env)
        if self.segment:
            (profile,) = (p for p in self.profiles if p["profile_id"] == self.segment["profile_id"])
            cfg |= {name: profile.get(key, empty) for name, (key, empty) in FROM_PROFILE.items()}
        spaces = self.fold(self.env["blend_weights_overrides"])
        hints = self.fold(self.env["blend_segment_overrides"])
        self.table = ""
        for name, weights in (
            ("namespace", spaces.get(request["namespace"].lower(), spaces.get("*"))),
            ("segment", hints.get(self.hint.lower())),
        ):
            if weights:
                cfg |= zip(BLEND, weights, strict=True)
                self.table = name
        cfg |= request.get("overrides", {})
        cfg["profile_starter_blend_weight"] = min(1, max(0, cfg["profile_starter_blend_weight"]))
        return cfg

    @staticmethod
    def fold(table):
        return {name.lower(): weights for name, weights in (table or {}).items()}

    def configure(self, request):
        self.segment = self.find_segment(request)
        trait = self.traits.get(self.user, {}).get("segment", "")
        self.hint = self.segment["segment_id"] if self.segment else trait
        cfg = self.layered(request)
        least = cfg["profile_min_events_for_boost"]
        window = cfg["profile_window_days"] or 30
        self.recent = self.distinct_recent(window, max(10, least + 1)) if least else []
        self.sparse = len(self.recent) < least
        self.new = self.hint.lower() == "new_users"
        self.reported = len(self.recent)
        if self.new:
            self.reported = min(self.reported, max(least - 1, 0))
            cfg["rule_exclude_events"] = False
        if self.sparse or self.new:
            for name in (*BLEND, "mmr_lambda"):
                if cfg["new_user_" + name] is not None:
                    cfg[name] = cfg["new_user_" + name]
            cfg["popularity_fanout"] = cfg["new_user_pop_fanout"] or max(cfg["popularity_fanout"], 1000)
        self.weights = [cfg[name] for name in BLEND]
        if "blend" in request:
            self.weights = [request["blend"].get(name, 0) for name in ("pop", "cooc", "similarity")]
        if self.weights == [0, 0, 0]:
            self.weights = [1, 0, 0]
        return cfg

    def length(self, request):
        """Return k in effect."""
        k = request.get("k") or 20
        if "items" in request:
            size = len({row["item_id"].strip() for row in request["items"]} - {""})
            k = request.get("k", 0) if 0 < request.get("k", 0) <= size else size
        return min(k, self.cfg["recommendation_max_k"] or k)
