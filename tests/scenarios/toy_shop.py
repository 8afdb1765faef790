"""A toy recommender with the face of `sim`: 60 items, 50 people, every behaviour of S1 to S10, and defects on demand."""

from __future__ import annotations

import math
import random
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace

from pytest_recsim.data.fixtures.model import Item, User
from pytest_recsim.plan.model import KnobSetting
from pytest_recsim.plan.modes import MODES
from pytest_recsim.record.asked import Limit
from pytest_recsim.record.quality import Noise
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import (
    Answer,
    Blend,
    Explain,
    Extras,
    Mmr,
    OverrideEffect,
    Personalization,
    Policy,
    ScoredItem,
    Signals,
    Trace,
)
from pytest_recsim.simulation.truth.applied import Applied

LIMITS = {
    "min_segment_users": 10,
    "s4_max_ndcg_loss": 0.30,
    "s7_min_avg_mrr": 0.20,
    "s7_min_avg_categories": 4,
    "s8_min_exposure": 0.20,
    "s9_min_margin_span": 0.003,
    "s9_ndcg_tolerance": 0.02,
}
WEIGHTS = {"ALPHA": 0.3, "BETA": 0.5, "GAMMA": 0.2}
PROBE = "probe"


def chance(*parts: object) -> float:
    """A reproducible number in [0, 1)."""
    return zlib.crc32("/".join(map(str, parts)).encode()) / 2**32


@dataclass
class Rule:
    rule_id: str
    surface: str
    action: str
    items: tuple[str, ...] = ()
    tag: str = ""
    value: float = 0.0
    enabled: bool = True
    over: bool = False
    manual: bool = False
    shop: ToyShop | None = None

    @property
    def override_id(self) -> str:
        return f"o-{self.rule_id}"

    def set(self, *, boost_value: float) -> None:
        self.value = boost_value

    def disable(self) -> None:
        self.enabled, self.over = False, False

    def expire(self) -> None:
        self.over = True

    def enable(self) -> None:
        self.enabled, self.over = True, False


class Doubtful:
    """Signals that no answer follows from."""

    told = "compared"

    def popularity_holds(self, *_) -> bool:
        return False

    covisits_hold = popularity_holds


STEADY = Noise(users=6, times=3, overlap=1.0, lowest_overlap=1.0, agreement=1.0, score_drift=0.0)

VARIED = Noise(users=6, times=3, overlap=0.5, lowest_overlap=0.3, agreement=0.4, score_drift=0.0, differing=6)


@dataclass
class ToyShop:
    """``defects`` switches single behaviours off or makes them wrong; see the tests for their names.

    ``whims`` seeds what a healthy real service does by chance (contract 18): long lists lose single items, sparse and
    new users get other lists each time, and a fresh item is now and then a candidate without any score.
    """

    defects: frozenset[str] = frozenset()
    whims: int | None = None
    rules: list[Rule] = field(default_factory=list)
    asked: int = 0
    size: int = 60

    def __post_init__(self) -> None:
        self.items = {f"i{n:02}": self._item(n) for n in range(self.size)}
        names = ["deal_hunters", "families", "gifters", "power_users", "new_users"]
        self.users = {
            f"u{n:02}": User(user_id=f"u{n:02}", traits={"segment": names[n % 5]}) for n in range(50)
        }
        self.available = frozenset(name for name, item in self.items.items() if item.available)
        self.popularity = tuple(sorted(self.available))
        self.seeded_events = dict.fromkeys(self.items, 0 if "nothing seeded" in self.defects else 1)
        self.probe_id, self.probe_source = PROBE, f"i{min(10, self.size - 1):02}"
        self.offered = frozenset(self.items)
        self.rules_off, self.applied, self.most_excluded = "", Applied(), 2
        self.signals = Doubtful() if "signals off" in self.defects else None
        self.plan = SimpleNamespace(
            mode=MODES["env"],
            knobs={"BLEND_ALPHA": KnobSetting("0.4", 0.4, "toy")},
            namespace=SimpleNamespace(value="toy"),
            surface="default",
        )
        self.kept: dict[str, dict[str, Exchange]] = {}
        self.caps = (3, None)
        self.noise = {"established": STEADY, "sparse": STEADY if self.whims is None else VARIED}
        self.answers = 0
        self.lists = self.recommend(self.users)
        self.asked = 0

    def _item(self, n: int) -> Item:
        category = 0 if "one category" in self.defects and n < 55 else n % 6
        tags = (f"tag{n % 7}", f"tag{7 + n % 5}", f"brand:b{n % 4}", f"category:c{category}")
        margin = {} if "no margins" in self.defects else {"margin": 0.1 + 0.4 * chance("margin", n)}
        if "one kind of item" in self.defects:
            tags = ("tag0", "tag1", *tags[2:])
        if "one tag each" in self.defects:
            tags = (f"tag{n % 3}", *tags[2:])
        plain = tuple(tag for tag in tags if not ("no brands" in self.defects and tag.startswith("brand")))
        price = 5.0 + n
        return Item(item_id=f"i{n:02}", available=n % 20 != 19, tags=plain, props=margin, price=price)

    # --- look-ups ---

    def plain_tags(self, item: str) -> frozenset[str]:
        return frozenset(tag for tag in self.items[item].tags if ":" not in tag)

    def folded_tags(self, item: str) -> frozenset[str]:
        return frozenset(self.items[item].tags)  # all of them are lower case

    @property
    def tagged(self) -> dict[str, frozenset[str]]:
        there = self.available & self.offered
        tags = {tag for item in there for tag in self.items[item].tags}
        return {tag: frozenset(item for item in there if tag in self.items[item].tags) for tag in tags}

    def brand_tags(self, item: str) -> frozenset[str]:
        return frozenset(tag for tag in self.items[item].tags if tag.startswith("brand:"))

    def category_of(self, item: str) -> str | None:
        if "no categories" in self.defects:
            return None
        return next((tag for tag in self.items[item].tags if tag.startswith("category:")), None)

    def hidden(self, user: str) -> frozenset[str]:
        return frozenset()

    def surely_ranked(self, user: str, eligible: int, k: int) -> int:
        return min(eligible, k)

    def limit(self, key: str, segment: str | None = None) -> Limit:
        value = 99 if key == "min_segment_users" and "few people" in self.defects else LIMITS[key]
        return Limit(key, value, "block", "guardrails.yml:1")

    def knob(self, name: str):
        return WEIGHTS.get(name.removeprefix("BLEND_"), {"CATEGORY_CAP": 3}.get(name))

    def rng(self, name: str) -> random.Random:
        return random.Random(name)

    def surface(self, name: str) -> str:
        return f"recsim-{name}"

    def is_established(self, user: str) -> bool:
        return self.users[user].segment != "new_users"

    def established(self, n: int) -> list[str]:
        few = 12 if "few people" in self.defects else n
        return [user for user in self.users if self.is_established(user)][:few]

    def sample(self, per_segment: int) -> list[str]:
        groups: dict[str, list[str]] = {}
        for user in self.users:
            groups.setdefault(self.users[user].segment, []).append(user)
        return [user for name in sorted(groups) for user in groups[name][:per_segment]]

    # --- truth: what a user likes best is what is relevant ---

    def relevance(self, which: str = "unseen") -> dict[str, dict[str, float]]:
        sign = 1 if "nothing fits" in self.defects else -1
        return {
            user: dict.fromkeys(
                sorted(self.available, key=lambda item: sign * self.score(user, item))[:4], 1.0
            )
            for user in self.users
        }

    def mrr(self, ids, relevant, k: int = 10) -> float:
        return next((1 / rank for rank, item in enumerate(ids[:k], 1) if item in relevant), 0.0)

    def mean_ndcg(self, lists, which: str = "unseen", k: int = 10):
        truth, values = self.relevance(), []
        for user, shown in lists.items():
            got = sum(1 / math.log2(r + 1) for r, i in enumerate(shown.ids[:k], 1) if i in truth[user])
            values.append(got / sum(1 / math.log2(r + 1) for r in range(1, len(truth[user]) + 1)))
        return sum(values) / len(values), len(values), sum(value > 0 for value in values)

    # --- ranking ---

    def score(self, user: str, item: str) -> float:
        return 0.1 + 0.9 * chance(user, item)

    def recommend(self, users, *, k=20, surface=None, overrides=None, constraints=None, explain="numeric"):
        surface = surface or "default"
        asks = [
            Ask(
                user_id=user,
                k=k,
                surface=surface,
                explain_level=explain,
                overrides=overrides,
                constraints=constraints,
            )
            for user in users
        ]
        self.asked += len(asks)
        return {
            ask.user_id: Exchange(ask, self._answer(ask), 0.0, "http://toy", "org", "toy") for ask in asks
        }

    def once(self, name, users, **question):
        if name not in self.kept:
            self.kept[name] = self.recommend(users, surface=self.surface(name), **question)
        return {user: self.kept[name][user] for user in users}

    def settled(self, users, surface, predicate, **question):
        return self.recommend(users, surface=surface, **question)

    def recommend_each(self, questions):
        return {user: self.recommend([user], **question)[user] for user, question in questions.items()}

    def settled_each(self, questions, predicates):
        return self.recommend_each(questions)

    def unchanged(self, users, surface):
        return {user: self.lists[user] for user in users}

    def _answer(self, ask: Ask) -> Answer:
        limits = ask.constraints or {}
        wanted, left_out = limits.get("include_tags_any", []), set(limits.get("exclude_item_ids", []))
        low, high = limits.get("price_between", [0, math.inf])
        left_out = set() if "excluded ids ignored" in self.defects else left_out
        high = math.inf if "price ignored" in self.defects else high
        late = "filter after the cut" in self.defects
        unfiltered = late or "filter ignored" in self.defects
        pool = {
            item: self.score(ask.user_id, item)
            for item in self.available
            if unfiltered or not wanted or set(wanted) & set(self.items[item].tags)
            if item not in left_out and low <= self.items[item].price <= high
        }
        if (
            chance("finds the probe", ask.user_id) < 0.2
            and "everybody finds it" not in self.defects
            and not wanted
        ):
            pool[PROBE] = 0.05
        if "everybody finds it" in self.defects:
            pool[PROBE] = 3.0
        everywhere = "rules everywhere" in self.defects
        rules = [
            rule
            for rule in self.rules
            if (everywhere or rule.surface == ask.surface)
            and rule.enabled
            and (not rule.over or "time ignored" in self.defects)
        ]
        rules = [] if "rules off" in self.defects else rules
        reasons: dict[str, list[str]] = {item: ["recent_popularity"] for item in self.items} | {PROBE: ["x"]}
        self._by_chance(ask, pool)
        base = dict(pool)
        pool, pins = self._ruled(pool, rules, reasons)
        ids = self._picked(pool, ask)
        front = [item for item in ids if len(reasons[item]) > 1]
        ids = front + [item for item in ids if item not in front]
        at = 3 if "pin in third place" in self.defects else 0
        ids = [item for item in ids if item not in pins]
        ids = (ids[:at] + pins + ids[at:])[: ask.k]
        if late:
            ids = [item for item in ids if not wanted or set(wanted) & set(self.items[item].tags)]
        if "short lists" in self.defects:
            ids = ids[:3]
        if "fresh items dropped" in self.defects and chance("dropped", ask.user_id) < 0.3:
            ids = [item for item in ids if item != PROBE]
        scores = {item: (pool.get(item, 0.0), base.get(item, 0.0)) for item in ids}
        return self._told(ask, scores, reasons, rules, set(pool) - set(base))

    def _by_chance(self, ask: Ask, pool: dict[str, float]) -> None:
        self.answers += 1
        if self.whims is None:
            return

        def happens(share: float, what: str) -> bool:
            return chance(self.whims, self.answers, what) < share

        if happens(0.3, PROBE) and not (ask.constraints or {}).get("include_tags_any"):
            pool.setdefault(PROBE, 0.0)
        established = self.is_established(ask.user_id)
        lost = 0.2 if established else 0.4
        usual = sorted(pool, key=pool.__getitem__)[-20:] if established else ()
        for item in [item for item in pool if self._by_content(item) and item not in usual]:
            if item != PROBE and happens(lost, item):
                del pool[item]

    def _by_content(self, item: str) -> bool:
        """Whether its content alone makes an item a candidate, which may fail."""
        return self.whims is not None and chance("content", item) < 0.5

    def _ruled(self, pool, rules, reasons):
        pins: list[str] = []
        for rule in rules:
            if rule.action == "BLOCK":
                every = "block empties the list" in self.defects
                pool = {i: s for i, s in pool.items() if not every and rule.tag not in self._tags(i)}
                if "block takes others" in self.defects:
                    pool = {i: s for i, s in pool.items() if chance("taken", i) > 0.1}
            elif rule.action == "PIN":
                pins += rule.items
                for item in rule.items:
                    told = [] if "pin untold" in self.defects else [f"rule.pin[{rule.rule_id}]"]
                    reasons[item] = [*reasons[item], *told]
            else:
                if "boost moves others" in self.defects:
                    pool = {i: s * (1.5 if i in self.popularity[:20] else 1) for i, s in pool.items()}
                half = len(rule.items) // 2 if "rule cut off" in self.defects else 0
                for item in rule.items[half:]:
                    pool[item] = self._boosted(item, pool.get(item, 0.0), rule, reasons, known=item in pool)
            if rule.value == 0.8 and "boost backfires" in self.defects:
                pool = {item: score * (1 if item in rule.items else 3) for item, score in pool.items()}
        return pool, pins

    def _tags(self, item: str) -> tuple[str, ...]:
        return self.items[self.probe_source if item == PROBE else item].tags

    def _boosted(self, item: str, score: float, rule: Rule, reasons, *, known: bool) -> float:
        value = rule.value
        if "boost backwards" in self.defects:
            value = -value / 2
        if "boost shrinks" in self.defects:
            value = 0.9 / value
        scoreless = not known and "no injection" not in self.defects
        delta = score * value or (value if scoreless else 0.0)
        if "boost added" in self.defects:
            delta = value
        told = 0.0 if "boost untold" in self.defects else delta
        if delta:  # one that scores nothing is not moved to the front
            reasons[item] = [*reasons[item], f"rule.boost:{told:+.2f}[{rule.rule_id}]"]
        return score + delta

    def _picked(self, pool, ask: Ask) -> list[str]:
        lam = 0.7 if "lambda ignored" in self.defects else (ask.overrides or {}).get("mmr_lambda", 0.7)
        if "profile ruins relevance" in self.defects and "mmr_lambda" not in (ask.overrides or {}):
            return sorted(pool, key=lambda item: pool[item])[: ask.k]
        order = sorted(pool, key=lambda item: (-pool[item], item))
        top = max(pool.values(), default=1.0)
        near, picked = dict.fromkeys(order, 0.0), []
        while near and len(picked) < ask.k:
            best = max(near, key=lambda i: lam * pool[i] / top - (1 - lam) * near[i])
            picked.append(best)
            del near[best]
            near = {item: max(value, self.alike[item, best]) for item, value in near.items()}
        return sorted(picked, key=lambda item: (-pool[item], item))

    @cached_property
    def alike(self) -> dict[tuple[str, str], float]:
        """Jaccard similarity of plain tags."""
        tags = {i: {tag for tag in self._tags(i) if ":" not in tag} for i in (*self.items, PROBE)}
        return {(a, b): len(tags[a] & tags[b]) / len(tags[a] | tags[b]) for a in tags for b in tags}

    def _told(self, ask, scores, reasons, rules, added=frozenset()) -> Answer:
        boosted = {item for rule in rules if rule.action == "BOOST" for item in rule.items}
        served = len(boosted & set(scores)) + ("miscounted exposure" in self.defects)
        counts = dict.fromkeys(Policy.__struct_fields__[:16], 0)
        counts |= {
            "final_count": len(scores),
            "rule_boost_exposure": served,
            "rule_boost_injected": len(added),
        }
        policy = Policy(**counts)
        effects = [
            OverrideEffect(override_id=rule.override_id, rule_id=rule.rule_id)
            for rule in rules
            if rule.manual
        ]
        items = [
            ScoredItem(
                item_id=item,
                score=score,
                reasons=["diversity"] if "only diversity" in self.defects else [*reasons[item], "diversity"],
                explain=self._explain(before, popular=not self._by_content(item)),
            )
            for item, (score, before) in scores.items()
        ]
        recent = 8 if self.is_established(ask.user_id) else 0
        extras = Extras(
            policy=policy,
            recent_event_count=recent,
            manual_overrides=effects,
            candidate_sources={},
            signal_status={},
        )
        version = "" if "no version" in self.defects else "popularity_v1"
        return Answer(model_version=version, items=items, trace=Trace(extras=extras))

    def _explain(self, score: float, *, popular: bool) -> Explain:
        alpha, beta, gamma = 0.3, 0.5, 0.2
        if "other weights" in self.defects:
            alpha = 0.31
        factor = 1.25
        norm = score / factor / (alpha * popular + beta + gamma)
        pop = norm * popular
        shift = 0.001 if "contribution off" in self.defects else 0.0
        contrib = Signals(pop=alpha * pop + shift, cooc=beta * norm, similarity=gamma * norm)
        factor = 1.3 if "factor off" in self.defects else factor
        return Explain(
            blend=Blend(
                alpha=alpha,
                beta=beta,
                gamma=gamma,
                pop_norm=pop,
                cooc_norm=norm,
                similarity_norm=norm,
                contrib=contrib,
                raw=Signals(pop=1.0, cooc=1.0, similarity=1.0),
            ),
            personalization=Personalization(overlap=0.3, boost_multiplier=factor),
            mmr=Mmr(lambda_=0.7, max_sim=0.5, penalty=0.1 if "penalty off" in self.defects else 0.15),
        )

    # --- rules ---

    @contextmanager
    def rule(self, surface, name, *, action, target_type, target_key=None, item_ids=None, boost_value=None):
        held = Rule(name, surface, action, tuple(item_ids or ()), target_key or "", boost_value or 0.0)
        yield from self._held(held)

    @contextmanager
    def boost(self, surface, item_id, boost_value):
        held = Rule(f"{item_id}-{boost_value}", surface, "BOOST", (item_id,), value=boost_value, manual=True)
        yield from self._held(held)

    @contextmanager
    def boosts(self, wanted):
        with ExitStack() as stack:
            yield [stack.enter_context(self.boost(*one)) for one in wanted]

    def _held(self, held: Rule):
        self.rules.append(held)
        if "value ignored" in self.defects:
            held.set = lambda **_: None  # type: ignore[method-assign]
        if "disable ignored" in self.defects:
            held.disable = lambda: setattr(held, "over", False)  # type: ignore[method-assign]
        yield held
        if held.value < 3 or "cancel ignored" not in self.defects:
            self.rules.remove(held)
