"""Events of a data set, and answers as a service would give them, with what the rooms of `truth` read in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer, Extras, Policy, ScoredItem, Trace

NOW = datetime(2026, 11, 22, tzinfo=UTC)
"""The run's clock in the worlds that conftest.py makes."""


def event(user, item, days_ago, kind=0, **more):
    ts = (NOW - timedelta(days=days_ago)).isoformat()
    return {"user_id": user, "item_id": item, "type": kind, "ts": ts} | more


DOCUMENT = {
    "items": [
        {"item_id": "i1", "tags": ["books", "brand:acme", "category:c1"], "category": "Novels"},
        {"item_id": "i2", "tags": ["Brand:Beta", "cat:c2", "toys"], "available": False},
        {"item_id": "i3", "tags": ["books"]},
    ],
    "users": [
        {"user_id": "u1", "traits": {"segment": "vip"}},
        {"user_id": "u2", "traits": {"segment": "new_users"}},
        {"user_id": "u3", "traits": {"segment": "vip"}},
    ],
    "events": [
        event("u1", "i1", 50, 3),
        event("u1", "i1", 20, 3),
        event("u1", "i2", 19),
        event("u2", "i1", 18, 3),
        event("u3", "i2", 17, 1),
        event("u3", "i3", 16, 2, value=2.0),
        event("u1", "i3", 2, 3),
        event("u2", "i3", 1, 0),
    ],
}


def answered(user, *items, recent=9, explain=None):
    """The list that a user was shown, best first; ``recent`` is what the trace says of recent items."""
    policy = Policy(**dict.fromkeys(Policy.__struct_fields__[:16], 0))
    extras = Extras(policy=policy, recent_event_count=recent, candidate_sources={}, signal_status={})
    listed = [ScoredItem(item_id=item, score=1.0, explain=explain) for item in items]
    answer = Answer(model_version="m", items=listed, trace=Trace(extras=extras))
    return Exchange(Ask(user), answer, 0.01, "u", "o", "n")
