"""A small world made by hand: three items, three users, a dozen events, nothing asked of any service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.prepare.seed import Material
from pytest_recsim.simulation.truth.dataset import World
from pytest_recsim.simulation.truth.knobs_in_effect import Effective

NOW = datetime(2026, 11, 22, tzinfo=UTC)


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


@pytest.fixture
def make_world(tmp_path):
    """Return a factory: knob overrides, admin document and options -> World."""

    def make(*overrides, admin=None, document=DOCUMENT, **options):
        path = tmp_path / "acme.json"
        path.write_text(json.dumps(document))
        (plan,) = resolve(
            Options(
                customers=("acme",),
                root=tmp_path,
                here=tmp_path,
                fixture_path="acme.json",
                env_overrides=overrides,
                **options,
            )
        ).plans
        fixture = load_fixture(path)
        table = columns(fixture)
        material = Material(fixture, table, split_events(table, plan.split, plan.window_days))
        return World(plan, material, Effective(plan, admin or {}), 0, to_us(NOW))

    return make
