"""A slow second opinion on ranking: contract sections 5 to 8, 11 and 12 in plain Python, sharing no code with the stand-in.

It knows a namespace as the dictionaries that were sent, works on item ids throughout and computes everything anew for
every request. Where the contract leaves a tie open it takes the smaller item id.
"""

from oracle_config import Configuration
from oracle_explain import Explanation
from oracle_profiles import Profiles, folded
from oracle_rules import Merchandising
from oracle_sources import Sources, embedding, sat

WEIGHTS = {0: 0.1, 1: 0.3, 2: 0.7, 3: 1.0, 4: 0.2}


class Oracle(Configuration, Sources, Profiles, Merchandising, Explanation):
    """One namespace at one instant.

    ``world`` has the attributes of ``standin_worlds.World``; its merchandise carries the ids and times of creation.
    """

    def __init__(self, world, now):
        self.items = {item["item_id"]: item for item in world.items}
        self.traits, self.events, self.env, self.now = world.traits, world.events, world.knobs, now
        self.profiles, self.segments = world.profiles, world.segments
        own = {code: (weight, half) for code, (weight, half, active) in world.types.items() if active}
        gone = {code for code, (_, _, active) in world.types.items() if not active}
        common = {code: (weight, None) for code, weight in WEIGHTS.items() if code not in gone}
        self.types = common | own
        self.rules = self.all_rules(world.merchandise)
        self.vectors = {item_id: embedding(item) for item_id, item in self.items.items()}

    def signals(self, candidates, anchors):
        """Score the candidates (contract 12.6, 12.7); what went into a score is kept for its explanation."""
        cooc = self.cooc(anchors) if self.weights[1] > 0 else {}
        near = self.nearest(anchors) if self.weights[2] > 0 else {}
        factor = self.boost_factor(len(anchors))
        self.parts, scores = {}, {}
        for i in candidates:
            raw = {
                "pop": self.pops.get(i, 0.0),
                "cooc": cooc.get(i, 0),
                "embedding": near.get(i, 0.0),
                "content": self.content_hits.get(i, 0),
                "session": self.session_hits.get(i, 0),
            }
            similar = max(raw["embedding"], sat(raw["content"]), sat(raw["session"]))
            norms = [sat(raw["pop"]), sat(raw["cooc"]), similar]
            tags = folded(self.items[i]) if i in self.items else []
            overlap = sum(self.boost_profile.get(tag, 0.0) for tag in tags)
            multiplier = 1 + factor * overlap
            blend = sum(weight * norm for weight, norm in zip(self.weights, norms, strict=True))
            scores[i] = round(blend * multiplier, 12)
            self.parts[i] = {"raw": raw, "norms": norms, "overlap": overlap, "multiplier": multiplier}
        return scores

    def boost_factor(self, anchors):
        least = self.cfg["profile_min_events_for_boost"]
        seen = self.reported if self.reported > 0 else anchors
        if anchors > 0:
            seen = min(seen, anchors)
        cold = least > 0 and seen < least
        return self.cfg["profile_boost"] * (self.cfg["profile_cold_start_multiplier"] if cold else 1)

    def answer(self, request):
        """Return the expected body of a recommendations or, with ``items``, a rerank request."""
        self.user = request["user_id"]
        self.content_hits, self.session_hits, self.overflow = {}, {}, False
        self.cfg = self.configure(request)
        k = self.length(request)
        self.starter = self.starter_profile()
        top = self.cfg["profile_top_n"]
        self.boost_profile = self.mixed(self.own_profile(top or 1))
        self.content_profile = self.boost_profile if top else self.mixed({})
        self.seeds = self.anchors(k)
        limits = dict(request.get("constraints", {}))
        if most := self.cfg["recommendation_max_exclude_ids"]:
            limits["exclude_item_ids"] = limits.get("exclude_item_ids", [])[:most]
        kept = self.filtered(self.pool(request, limits, k), limits)
        self.scores = self.signals(kept, self.seeds)
        self.apply_rules(request)
        self.chosen = self.diversified(self.free, k)
        return self.body(request, self.final(k))

    def final(self, k):
        """Return the final list (contract 12.9)."""
        ranked = sorted(self.chosen, key=lambda i: (-self.scores[i], i))
        order = (list(self.pins) + ranked)[:k]
        self.promoted = [i for i in self.injected if i in order][:3]
        order = self.promoted + [i for i in order if i not in self.promoted]
        lifted = [i for i in order if i not in self.pins and self.boost_of(i) > 0]
        if lifted:
            head = [i for i in order if i in self.pins] + lifted
            order = head + [i for i in order if i not in head]
        return order

    def similar(self, item_id, k):
        """Return the expected (id, score, reason) of similar items (contract 7); only live knobs matter."""
        if near := self.cosines(item_id):
            best = sorted(near, key=lambda i: (-near[i], i))[:k]
            return [(i, near[i], "embedding_similarity") for i in best]
        since = self.now - (int(self.env["covis_window_days"]) or 30) * 86_400_000_000
        pairs = self.pairs_with(item_id, [e for e in self.events if e["ts"] >= since])
        best = sorted(pairs, key=lambda i: (-pairs[i], i))[:k]
        return [(i, pairs[i], "co_visitation") for i in best if self.available(i)]
