"""Data sets, from rich to deliberately poor, on which `recsim validate` has to foretell what a run will not measure."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_recsim.sources.generator import generate

Document = dict[str, Any]
Change = Callable[[Document], None]
GUARDRAILS = """\
schema_version: 1
defaults:
  quality:
    max_intra_list_similarity: 0.9
    min_novelty: 1
    max_gini: 0.95
    min_recall: 0.001
    max_rank_instability: 0.5
    max_p95_ms: 100000
    max_error_rate: 0.5
"""


@dataclass(frozen=True)
class Set:
    """One data set: template and size, what is done to it, and options of the run."""

    name: str
    template: str = "retail"
    seed: int = 1
    items: int = 150
    users: int = 220
    events: int = 7000
    change: Change = lambda _: None
    profile: str = "prod"
    overrides: tuple[str, ...] = ()
    window_days: float | None = None

    def document(self) -> Document:
        document = generate(self.template, self.seed, items=self.items, users=self.users, events=self.events)
        document = json.loads(json.dumps(document))
        self.change(document)
        return document

    @property
    def options(self) -> dict[str, Any]:
        """As keywords of ``plan_for``."""
        found: dict[str, Any] = {"env_profile": self.profile, "env_overrides": self.overrides}
        return found | ({"window_days": self.window_days} if self.window_days else {})

    @property
    def arguments(self) -> list[str]:
        """The same on the command line."""
        found = ["--env-profile", self.profile, *(f"--env-override={one}" for one in self.overrides)]
        return found + ([f"--recsim-window-days={self.window_days:g}"] if self.window_days else [])


def write(folder: Path, one: Set) -> None:
    place = folder / "fixtures" / "customers"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{one.name}.json").write_text(json.dumps(one.document()), encoding="utf-8")
    (folder / "guardrails.yml").write_text(GUARDRAILS, encoding="utf-8")


# --- what makes a data set poor ---


def without_tags(*prefixes: str) -> Change:
    """Take tags with these prefixes away; the prefix "" is every tag."""

    def change(document: Document) -> None:
        for item in document["items"]:
            item["tags"] = [tag for tag in item["tags"] if not tag.startswith(prefixes)]

    return change


def without(*fields: str) -> Change:
    def change(document: Document) -> None:
        for item in document["items"]:
            for field in fields:
                item.pop(field, None)

    return change


def no_margins(document: Document) -> None:
    for item in document["items"]:
        item["props"].pop("margin", None)


def few_margins(document: Document) -> None:
    for item in document["items"][: len(document["items"]) * 2 // 3]:
        item["props"].pop("margin", None)


def one_tag_for_all(document: Document) -> None:
    for item in document["items"]:
        item["tags"] = ["everything"]


def a_tag_each(document: Document) -> None:
    for item in document["items"]:
        item["tags"] = [f"t-{item['item_id']}"]


def only_types(*types: int) -> Change:
    def change(document: Document) -> None:
        document["events"] = [event for event in document["events"] if event["type"] in types]

    return change


def later_only_for(*segments: str, but: bool = False) -> Change:
    """Keep events of the last quarter for these segments only, or for all but these."""

    def change(document: Document) -> None:
        segment = {user["user_id"]: user["traits"]["segment"] for user in document["users"]}
        times = sorted(event["ts"] for event in document["events"])
        cut = times[len(times) * 3 // 4]
        document["events"] = [
            event
            for event in document["events"]
            if event["ts"] <= cut or (segment[event["user_id"]] in segments) != but
        ]

    return change


def everybody_in(name: str) -> Change:
    def change(document: Document) -> None:
        for user in document["users"]:
            user["traits"]["segment"] = name

    return change


def available(count: int) -> Change:
    """Leave that many items available."""

    def change(document: Document) -> None:
        popular = list(dict.fromkeys(event["item_id"] for event in document["events"]))
        keep = set(popular[:count])
        for item in document["items"]:
            item["available"] = item["item_id"] in keep

    return change


def no_events(document: Document) -> None:
    document["events"] = []


def one_instant(document: Document) -> None:
    for event in document["events"]:
        event["ts"] = "2026-10-01T00:00:00Z"


def no_value(document: Document) -> None:
    for event in document["events"]:
        event["value"] = 0


def shuffled_people(document: Document) -> None:
    """Nobody has a taste: events change hands."""
    dice = random.Random(5)
    items = [item["item_id"] for item in document["items"]]
    for event in document["events"]:
        event["item_id"] = dice.choice(items)


def one_event_each(document: Document) -> None:
    seen: set[str] = set()
    kept = []
    for event in document["events"]:
        if event["user_id"] not in seen or len(kept) < 100:
            kept.append(event)
        seen.add(event["user_id"])
    document["events"] = kept


def both(*changes: Change) -> Change:
    def change(document: Document) -> None:
        for one in changes:
            one(document)

    return change


PLAIN = [
    Set(f"{template}-{seed}", template, seed, *size)
    for template, seed, size in (
        ("retail", 1, (150, 220, 7000)),
        ("retail", 2, (400, 400, 14000)),
        ("media", 3, (150, 220, 7000)),
        ("media", 4, (300, 160, 5000)),
        ("marketplace", 5, (150, 220, 7000)),
        ("marketplace", 6, (500, 300, 12000)),
    )
]
POOR = [
    Set("no-brands", change=both(without_tags("brand:"), without("brand"))),
    Set("no-categories", change=both(without_tags("category:"), without("category"))),
    Set(
        "no-plain-tags",
        change=lambda d: [i.update(tags=[t for t in i["tags"] if ":" in t]) for i in d["items"]],
    ),
    Set("no-tags", change=without_tags("")),
    Set("one-tag", change=one_tag_for_all),
    Set("a-tag-each", change=a_tag_each),
    Set("no-prices", change=without("price")),
    Set("no-margins", change=no_margins),
    Set("few-margins", change=few_margins),
    Set("few-users", users=30, events=1500),
    Set("very-few-users", users=20, events=400),
    Set("many-people-little-each", users=600, events=4000),
    Set("one-segment-blind", change=later_only_for("regulars", but=True)),
    Set("only-new-later", change=later_only_for("new_users")),
    Set("no-new-later", change=later_only_for("new_users", but=True)),
    Set("all-new", change=everybody_in("new_users")),
    Set("one-segment", change=everybody_in("shoppers")),
    Set("no-purchases", change=only_types(0, 1, 2)),
    Set("views-only", "media", 9, change=only_types(0)),
    Set("catalogue-4", change=available(4)),
    Set("catalogue-8", change=available(8)),
    Set("catalogue-18", change=available(18)),
    Set("catalogue-22", change=available(22)),
    Set("catalogue-30", change=available(30)),
    Set("catalogue-45", change=available(45)),
    Set("catalogue-60-dev", change=available(60), profile="dev"),
    Set("nothing-available", change=available(0)),
    Set("no-events", change=no_events),
    Set("one-instant", change=one_instant),
    Set("no-value", change=no_value),
    Set("no-taste", change=shuffled_people),
    Set("short-window", window_days=5.0),
    Set("tight-caps", overrides=("BRAND_CAP=1", "CATEGORY_CAP=1")),
    Set("no-caps", overrides=("BRAND_CAP=0", "CATEGORY_CAP=0")),
    Set("short-lists", overrides=("RECOMMENDATION_MAX_K=10",)),
    Set("small-fanout", overrides=("POPULARITY_FANOUT=15",)),
    Set("rules-off", profile="test"),
    Set("one-event-each", change=one_event_each),
]
SETS = {one.name: one for one in [*PLAIN, *POOR]}
