"""A town whose popularity is known: thirty items, each a little less wanted than the one before, and ten users."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
from truth_answers import answered

from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.judge import PADDING
from pytest_recsim.prepare.seed import Material
from pytest_recsim.record.asked import Limit
from pytest_recsim.simulation.truth.slates import Slates

ITEMS = [f"i{n:02}" for n in range(30)]
USERS = [f"u{n}" for n in range(10)]
"""u0 to u5 are `vip`, the others `new_users`; a crowd that nobody evaluates has made the popularity."""
LOOSE = {"min_segment_users": 1, "min_baseline_hits": 1, "split": "2026-11-01T00:00:00Z"}


def wanted(n):
    """What user ``n`` touches after the split: one of the sixth to tenth most popular items."""
    return ITEMS[5 + n % 5]


def _event(user, item, day, **more):
    return {"user_id": user, "item_id": item, "type": 0, "ts": f"2026-{day}T00:00:00Z"} | more


TOWN = {
    "items": [
        {"item_id": item, "tags": [f"t{n % 3}", f"T{n % 2} "], "available": n != 29}
        for n, item in enumerate(ITEMS)
    ],
    "users": [
        *(
            {"user_id": user, "traits": {"segment": "vip" if n < 6 else "new_users"}}
            for n, user in enumerate(USERS)
        ),
        {"user_id": "crowd", "traits": {"segment": "crowd"}},
    ],
    "events": [
        *(_event("crowd", item, "10-01", value=30.0 - n) for n, item in enumerate(ITEMS)),
        *(
            _event(user, item, f"10-{day}", value=0.01)
            for user in USERS[:9]
            for item, day in (("i21", "02"), ("i20", "03"))
        ),
        *(_event(user, wanted(n), "11-10") for n, user in enumerate(USERS)),
    ],
}


def held_to(world, **limits):
    """The same world under other thresholds and settings; a limit may be a dict by segment."""
    found = dict(world.plan.limits)
    for key, value in (LOOSE | limits).items():
        values = value if isinstance(value, dict) else {"": value}
        found[key] = {where: Limit(key, one, "block", "g:1") for where, one in values.items()}
    plan = msgspec.structs.replace(world.plan, limits=found)
    fixture, columns = world.material.fixture, world.material.columns
    return replace(
        world,
        plan=plan,
        material=Material(fixture, columns, split_events(columns, plan.split, plan.window_days)),
    )


def table_of(world, *lists):
    """Lists of u0, u1, ... as item positions."""
    rows = np.full((len(lists), 20), PADDING, dtype=np.int32)
    for row, items in enumerate(lists):
        rows[row, : len(items)] = items
    return Slates(world, tuple(range(len(lists))), rows)


def answers_of(world, *lists):
    """The same as answers of a service, item ids for positions."""
    return [answered(USERS[row], *(ITEMS[item] for item in items)) for row, items in enumerate(lists)]
