"""A small town to turn knobs in: a random shop whose users are one of each kind that the contract tells apart."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000
WORDS = ["books", "reading", "electronics", "smart", "home", "garden", "tea", "jazz", "chess", "Rare"]
# What a user is called, the traits it has and how many distinct items it recently touched.
ESTABLISHED = ("regular", "plain")
COLD = ("sparse", "newcomer", "fresh", "stranger")
USERS = (*ESTABLISHED, *COLD)
HISTORY = {"regular": 8, "plain": 9, "sparse": 2, "newcomer": 3, "fresh": 0, "stranger": 0}
TRAITS = {
    "regular": {"segment": "regulars"},
    "plain": {},
    "sparse": {"segment": "regulars"},
    "newcomer": {"segment": "new_users"},
    "fresh": {"segment": "new_users"},
}


@dataclass
class Place:
    """What every one of these namespaces holds, as it is sent: rows of items, events, users and types, bodies of rules."""

    items: list
    events: list
    users: dict = field(default_factory=lambda: dict(TRAITS))
    rules: list = field(default_factory=list)
    types: list = field(default_factory=list)
    namespaces: tuple = ("n",)


def event(user, item, days=1.0, kind=0, value=1.0):
    """Return an event that lies this many days back."""
    ts = (NOW - timedelta(days=days)).isoformat()
    return {"user_id": user, "item_id": item, "type": kind, "value": value, "ts": ts}


def item(item_id, *tags, **more):
    """Return an available item; its description, and so its embedding, is its own unless one is given."""
    return {"item_id": item_id, "available": True, "tags": list(tags), "description": item_id} | more


def rule(action, *ids, **more):
    """Return the body of a rule on the default surface."""
    body = {"surface": "default", "name": "r", "action": action, "target_type": "ITEM", "item_ids": list(ids)}
    return body | more


def town(seed):
    """Return a random place: 30 items, some of them untouched or unavailable, a crowd of 20, and the users above."""
    items, events = _drawn(seed)
    return Place([row | {"tags": list(row["tags"])} for row in items], list(events))


@cache
def _drawn(seed):
    rng = random.Random(seed)
    items = [
        item(
            f"i{n:02d}",
            *rng.sample(WORDS, rng.randrange(1, 4)),
            f"brand:b{rng.randrange(4)}",
            f"category:c{rng.randrange(4)}",
            description=f"text {n % 11}",
            price=float(n),
            available=n % 9 != 8,
        )
        for n in range(30)
    ]
    crowd = [
        event(f"fan{rng.randrange(20)}", f"i{int(24 * rng.random() ** 1.5):02d}", rng.uniform(0, 25), kind)
        for kind in (0, 0, 1, 3)
        for _ in range(30)
    ]
    return items, crowd + [row for user in USERS for row in _history(rng, user)]


def _history(rng, user):
    """Return a user's events: a touch of every item of its history, and one that followed within minutes."""
    touched = rng.sample(range(26), HISTORY[user])
    kinds = (3, 0, 1)
    rows = [event(user, f"i{n:02d}", rng.uniform(1, 28), kinds[p % 3]) for p, n in enumerate(touched)]
    days = 0.5 + rng.random() / 4
    return rows + [event(user, f"i{n:02d}", days - 0.005 * place) for place, n in enumerate(touched[:2])]
