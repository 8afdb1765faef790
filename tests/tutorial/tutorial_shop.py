"""Makes the raw export that docs/tutorial.md begins with: ``python tests/tutorial/tutorial_shop.py [FOLDER]``.

It is what shop systems hand out: semicolons, latin-1, German dates and decimal commas, guests, returns. What people want
comes from our own generator, so that there is something to find.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_recsim.sources.generator import generate

ACTIONS = ("Ansicht", "Klick", "Warenkorb", "Kauf")
GUESTS, RETURNS = 0.02, 0.05
SHOP = {"seed": 7, "items": 240, "users": 900, "events": 30_000}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    made = generate("retail", **SHOP, end=datetime(2026, 11, 1, tzinfo=UTC))
    write(folder / "artikel.csv", articles(made["items"]))
    write(folder / "vorgaenge.csv", actions(made["events"]))


def write(path: Path, rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="latin-1", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)


def articles(items: list[dict[str, Any]]) -> Iterator[list[str]]:
    yield ["Artikelnr", "Bezeichnung", "Preis", "Marge", "Marke", "Kategorie", "Schlagworte", "lieferbar"]
    for item in items:
        tags = [tag for tag in item["tags"] if ":" not in tag]
        named = dict(tag.split(":", 1) for tag in item["tags"] if ":" in tag)
        margin = decimal(item["props"]["margin"])
        words = [number(item["item_id"]), f"{item['description']}, Größe M", decimal(item["price"]), margin]
        there = "ja" if item.get("available", True) else "nein"
        yield [*words, named.get("brand", ""), named.get("category", ""), "|".join(tags), there]


def actions(events: list[dict[str, Any]]) -> Iterator[list[str]]:
    dice = random.Random(7)
    yield ["Kundennr", "Artikelnr", "Datum", "Uhrzeit", "Vorgang"]
    for event in events:
        moment = datetime.fromisoformat(event["ts"])
        when = [f"{moment:%d.%m.%Y}", f"{moment:%H:%M:%S}"]
        kind = ACTIONS[event["type"]] if event["type"] < len(ACTIONS) else "Ansicht"
        user = "" if dice.random() < GUESTS else number(event["user_id"])
        yield [user, number(event["item_id"]), *when, kind]
        if kind == "Kauf" and dice.random() < RETURNS:
            yield [user, number(event["item_id"]), when[0], "23:59:59", "Retoure"]


def number(id_: str) -> str:
    """An id as shops have them: with zeros in front."""
    return id_[1:].zfill(7)


def decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "export"))
