"""Made-up customers of any size: quickly made, with tastes and a popular head, the same for the same sizes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pytest_recsim.sources.generator import generate

START = datetime(2026, 9, 1, tzinfo=UTC)
DAYS, CATEGORIES, BRANDS = 60, 25, 40
SEGMENTS = ("new_users", "power_users", "niche_readers", "trend_seekers", "general")
Rows = list[dict[str, Any]]


def world(items: int, users: int, events: int, seed: int = 1) -> dict[str, Rows]:
    """Return a fixture document.

    Everybody prefers one category; two thirds of what somebody does is there, the rest anywhere. Within a category
    and over all, few items have most of the events.
    """
    dice = np.random.default_rng(seed)
    who = dice.integers(0, users, events)
    rank = np.minimum((dice.pareto(0.8, events) * 3).astype(np.int64), items * 4) % items
    own = (dice.integers(0, CATEGORIES, users)[who] + rank * CATEGORIES) % items
    what = np.where(dice.random(events) < 0.67, own, rank)
    kind = dice.choice(4, events, p=[0.7, 0.15, 0.1, 0.05])
    seconds = np.sort(dice.integers(0, DAYS * 86_400, events))
    stamps = [f"{START + timedelta(seconds=int(second)):%Y-%m-%dT%H:%M:%SZ}" for second in seconds]
    columns = zip(who.tolist(), what.tolist(), kind.tolist(), stamps, strict=True)
    return {
        "items": [_item(number) for number in range(items)],
        "users": [
            {"user_id": f"user-{number:06d}", "traits": {"segment": SEGMENTS[number % len(SEGMENTS)]}}
            for number in range(users)
        ],
        "events": [
            {
                "user_id": f"user-{user:06d}",
                "item_id": f"item-{item:06d}",
                "type": one,
                "ts": ts,
                "value": 1.0,
            }
            for user, item, one, ts in columns
        ],
    }


def _item(number: int) -> dict[str, Any]:
    brand, category = f"brand-{number * 7 % BRANDS}", f"category-{number % CATEGORIES}"
    return {
        "item_id": f"item-{number:06d}",
        "available": number % 20 != 19,
        "price": 5.0 + number % 90,
        "tags": [f"brand:{brand}", f"category:{category}", f"style:{number % 11}"],
        "brand": brand,
        "category": category,
        "props": {"margin": 0.1 + number % 7 / 20},
    }


def retail(items: int, users: int, events: int) -> dict[str, Rows]:
    """Return what ``recsim generate`` makes, without the meta."""
    made = generate("retail", 1, items=items, users=users, events=events)
    return {name: list(made[name]) for name in ("items", "users", "events")}


def write(made: dict[str, Rows], folder: Path, customer: str = "acme") -> Path:
    """Make the folder one in which ``pytest --customer`` works."""
    place = folder / "fixtures" / "customers" / f"{customer}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(msgspec.json.encode(made))
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return place
