"""Turning one knob: the ways there are to turn it, the same question before and after, and what changed in between."""

import json

import pytest
from standin_town import NOW_US, TRAITS, USERS, town
from standin_worlds_load import call, send

from pytest_recsim.data.profiles.knob_table import KNOBS
from pytest_recsim.standin.process import app as standin

SEEDS = (1, 2)
# Wide settings under which a list of WIDE items holds every candidate and nothing but the score orders it.
WIDE = 60
BASE = {
    "BLEND_ALPHA": 0.3,
    "BLEND_BETA": 0.5,
    "BLEND_GAMMA": 0.2,
    "POPULARITY_HALFLIFE_DAYS": 5,
    "POPULARITY_FANOUT": 300,
    "COVIS_WINDOW_DAYS": 21,
    "MMR_LAMBDA": 0,
    "BRAND_CAP": 0,
    "CATEGORY_CAP": 0,
    "BRAND_TAG_PREFIXES": ["brand"],
    "CATEGORY_TAG_PREFIXES": ["category"],
    "RULE_EXCLUDE_EVENTS": False,
    "EXCLUDE_EVENT_TYPES": [3],
    "PURCHASED_WINDOW_DAYS": 30,
    "PROFILE_WINDOW_DAYS": 30,
    "PROFILE_BOOST": 0.8,
    "PROFILE_TOP_N": 64,
    "PROFILE_MIN_EVENTS_FOR_BOOST": 5,
    "PROFILE_COLD_START_MULTIPLIER": 0.5,
    "PROFILE_STARTER_BLEND_WEIGHT": 0.6,
    "PROFILE_STARTER_DECAY_EVENTS": 5,
    "BANDIT_ALGO": "thompson",
}
# The knobs of a segment profile (contract 11, step 2) with their key in it.
IN_PROFILES = {
    "BLEND_ALPHA": "blend_alpha",
    "BLEND_BETA": "blend_beta",
    "BLEND_GAMMA": "blend_gamma",
    "MMR_LAMBDA": "mmr_lambda",
    "BRAND_CAP": "brand_cap",
    "CATEGORY_CAP": "category_cap",
    "PROFILE_BOOST": "profile_boost",
    "PROFILE_WINDOW_DAYS": "profile_window_days",
    "PROFILE_TOP_N": "profile_top_n",
    "POPULARITY_HALFLIFE_DAYS": "half_life_days",
    "COVIS_WINDOW_DAYS": "co_vis_window_days",
    "PURCHASED_WINDOW_DAYS": "purchased_window_days",
    "RULE_EXCLUDE_EVENTS": "rule_exclude_events",
    "EXCLUDE_EVENT_TYPES": "exclude_event_types",
    "BRAND_TAG_PREFIXES": "brand_tag_prefixes",
    "CATEGORY_TAG_PREFIXES": "category_tag_prefixes",
    "POPULARITY_FANOUT": "popularity_fanout",
}
EXPLAINED = {"explain_level": "full", "include_reasons": True}
# Which ways every knob was turned by some metamorphic test; filled while the test modules are imported.
TURNED = {}


def text(value):
    """Write a value as an environment variable."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


class Service:
    """An application that holds a place; ``overrides`` go with every request."""

    def __init__(self, place, settings, overrides=None):
        self.overrides = overrides or {}
        variables = {name: text(value) for name, value in settings.items() if value is not None}
        self.app = standin.build(variables, NOW_US)
        for name in place.namespaces:
            self._load(place, name)

    def _load(self, place, name):
        users = [{"user_id": user, "traits": traits} for user, traits in place.users.items()]
        for path, rows in (("items", place.items), ("users", users)):
            self.post(f"/v1/{path}:upsert", namespace=name, **{path: rows})
        self.post("/v1/events:batch", namespace=name, events=place.events)
        if place.types:
            self.post("/v1/event-types:upsert", namespace=name, types=place.types)
        for body in place.rules:
            self.post("/v1/admin/rules", namespace=name, **body)

    def status(self, user, **request):
        """Return the status and the code of the answer to a request that may be refused."""
        body = {"namespace": "n", "user_id": user} | request
        reply = send(self.app, "POST", "/v1/recommendations", body)
        return reply.status, json.loads(reply.body).get("error")

    def post(self, path, **body):
        return call(self.app, "POST", path, body)

    def document(self):
        return call(self.app, "GET", "/v1/admin/recommendation/config")["config"]

    def configure(self, **changes):
        """Change members of the admin document."""
        self.post("/v1/admin/recommendation/config", config=self.document() | changes)

    def segment(self, profile, segment_id="regulars"):
        """Give the users whose trait names this segment a configured segment of that name with this profile."""
        self.post("/v1/segment-profiles:upsert", namespace="n", profiles=[{"profile_id": "p"} | profile])
        test = {"eq": ["user.traits.segment", segment_id]}
        segment = {"segment_id": segment_id, "name": "s", "profile_id": "p", "active": True}
        rules = [{"rule": test, "enabled": True}]
        self.post("/v1/segments:upsert", namespace="n", segment=segment | {"rules": rules})

    def ask(self, user="regular", **request):
        """Return the answer to a request that explains everything."""
        body = {"namespace": "n", "user_id": user, "k": WIDE} | EXPLAINED
        overrides = self.overrides | request.pop("overrides", {})
        path = "/v1/rerank" if "items" in request else "/v1/recommendations"
        return self.post(path, **body | ({"overrides": overrides} if overrides else {}) | request)

    def rows(self, user="regular", **request):
        """Return the items of an answer by id, in their order."""
        return {row["item_id"]: row for row in self.ask(user, **request)["items"]}

    def ids(self, user="regular", **request):
        return list(self.rows(user, **request))

    def policy(self, user="regular", **request):
        return self.ask(user, **request)["trace"]["extras"]["policy"]

    def everything(self, **request):
        """Return the answers to all kinds of users."""
        return {user: self.ask(user, **request) for user in USERS}


class Turn:
    """One way to turn one knob. Calling it starts a service in which the knob has this value."""

    def __init__(self, name, how):
        self.name, self.how = name, how

    def __call__(self, place, value, **others):
        """Start a service; ``others`` are variables that differ from the usual ones, whatever way this is."""
        settings, knob = BASE | others, KNOBS[self.name]
        if self.how == "env":
            return Service(place, settings | {self.name: value})
        if self.how == "request":
            return Service(place, settings, {knob.override_key: value})
        service = Service(place, settings)
        if self.how == "admin":
            service.configure(**{knob.admin_key: value})
        else:
            profile = {key: settings[name] for name, key in IN_PROFILES.items()}
            service.segment(profile | {IN_PROFILES[self.name]: value})
        return service

    def reaches(self, user):
        """Tell whether turning it can concern this user: a segment profile serves its own segment."""
        return self.how != "segment" or TRAITS.get(user, {}).get("segment") == "regulars"


def ways(name):
    """Return how a knob can be turned: ``env``, ``request``, ``admin``, ``segment``."""
    knob = KNOBS[name]
    found = ["env"]
    found += ["request"] if knob.override_key else []
    found += ["admin"] if knob.admin_key and not knob.admin_echo else []
    return found + (["segment"] if name in IN_PROFILES else [])


def turning(*names, only=("env", "request", "admin", "segment")):
    """Make a test a metamorphic test of these knobs: it runs for each of them and each way to turn it."""
    turns = [Turn(name, how) for name in names for how in ways(name) if how in only]

    def mark(test):
        for turn in turns:
            TURNED.setdefault(turn.name, set()).add(turn.how)
        label = "{0.how}" if len(names) == 1 else "{0.name}-{0.how}"
        params = [pytest.param(turn, id=label.format(turn)) for turn in turns]
        return pytest.mark.parametrize("turn", params)(test)

    return mark


# --- what changed ---------------------------------------------------------------------------------------------


def facets(answer):
    """Take an answer apart into what the contract treats separately; what belongs to an item is kept by item."""
    rows, extras = {row["item_id"]: row for row in answer["items"]}, answer["trace"]["extras"]
    blends = {item_id: row["explain"]["blend"] for item_id, row in rows.items()}
    found = {
        "order": list(rows),
        "members": set(rows),
        "score": {item_id: row["score"] for item_id, row in rows.items()},
        "reasons": {item_id: row.get("reasons") for item_id, row in rows.items()},
        "weights": {i: [b.get(name) for name in ("alpha", "beta", "gamma")] for i, b in blends.items()},
        "anchors": next(iter(rows.values()))["explain"]["anchors"] if rows else None,
        "recent": extras["recent_event_count"],
        "sources": extras["candidate_sources"],
        "signals": extras["signal_status"],
        "starter": extras.get("starter_profile"),
        "omega": extras.get("starter_profile_weight"),
        "policy": extras["policy"],
        "rest": {name: value for name, value in answer.items() if name not in ("items", "trace")},
    }
    for name in ("pop", "cooc", "similarity"):
        found[name] = {i: (b["raw"].get(name), b.get(f"{name}_norm")) for i, b in blends.items()}
        found[f"contrib.{name}"] = {i: b["contrib"].get(name) for i, b in blends.items()}
    for part in ("overlap", "boost_multiplier"):
        found[part] = {i: row["explain"].get("personalization", {}).get(part) for i, row in rows.items()}
    for part in ("mmr", "caps"):
        found[part] = {i: row["explain"].get(part) for i, row in rows.items()}
    return found


def changed(before, after):
    """Return the names of the facets in which two answers differ; items count where both answers list them."""
    old, new = facets(before), facets(after)
    both = old["members"] & new["members"]

    def same(name):
        if isinstance(old[name], dict) and old[name].keys() == old["members"]:
            return all(old[name][item_id] == new[name][item_id] for item_id in both)
        return old[name] == new[name]

    return {name for name in old if not same(name)}


def frame(turn, before, after, may, others=None, **request):
    """Turn a knob in random towns: nothing changes but the named facets, and for nobody but the users named.

    ``may`` maps a user, or several in one string, to facets. Every facet but those with a question mark has to change
    for somebody, and something for every user, or the frame would be wider than what it frames.
    """
    named = {user: set(names.split()) for users, names in may.items() for user in users.split()}
    allowed = {user: {name.removesuffix("?") for name in names} for user, names in named.items()}
    seen = {user: set() for user in USERS}
    for seed in SEEDS:
        old, new = (turn(town(seed), value, **others or {}) for value in (before, after))
        for user in USERS:
            seen[user] |= changed(old.ask(user, **request), new.ask(user, **request))
    too_much = {user: sorted(seen[user] - allowed.get(user, set())) for user in USERS}
    assert not any(too_much.values()), too_much
    unmoved = set().union(*named.values()) - set().union(*seen.values())
    assert not {name for name in unmoved if not name.endswith("?")}
    assert all(seen[user] for user in allowed)
