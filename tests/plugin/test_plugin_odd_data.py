"""Data sets that can show nothing of a kind: the checks concerned are not measured, with a reason that is true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from plugin_shop import LOOSE, Project, Record

World = dict[str, list[dict[str, Any]]]
CATALOGUE = ("catalog_coverage", "long_tail_share")


def run(acme: Project, world: World, *words: str, quality: str = "") -> Record:
    """Run the suite on a data set; it must come to its end, whatever the verdict."""
    acme.write("fixtures/customers/acme.json", json.dumps(world))
    acme.write("guardrails.yml", LOOSE.replace("  quality:\n", f"  quality:\n    {quality}\n"))
    ran = acme.simulate(*words)
    assert ran.code == 1, ran.text
    assert "Traceback" not in ran.text
    record = acme.bundle()
    assert (record.metadata["status"], record.metadata["preparation_failure"]) == ("finished", "")
    return record


def reasons(record: Record, *checks: str) -> set[str]:
    """Why these checks were not measured; another outcome is told as it is."""
    return {
        row["sentence"]
        if row["outcome"] == "not_measured"
        else f"{row['check']} {row['outcome']}: {row['sentence']}"
        for row in record.events
        if row["check"] in checks
    }


LIFTS = ("segment_lift_ndcg", "segment_lift_mrr")


def squeezed(world: World, n_items: int) -> World:
    """The same shop with its events spread over the first few items."""
    ids = [item["item_id"] for item in world["items"]]
    fewer = {item: ids[place % n_items] for place, item in enumerate(ids)}
    return {
        "items": [item | {"available": True} for item in world["items"][:n_items]],
        "users": world["users"],
        "events": [event | {"item_id": fewer[event["item_id"]]} for event in world["events"]],
    }


def equally_popular(world: World) -> World:
    """Every item is seen equally often before the split."""
    ids, users = (
        [one[name] for one in world[kind]] for kind, name in (("items", "item_id"), ("users", "user_id"))
    )
    events = [
        {
            "user_id": users[n % len(users)],
            "item_id": ids[n % len(ids)],
            "type": 0,
            "ts": f"2026-01-{1 + n // 160:02}T00:00:00Z",
        }
        for n in range(40 * len(ids))
    ]
    return world | {"events": events}


@pytest.mark.long
def test_a_split_before_all_events_leaves_no_popularity_to_compare_with(acme: Project, world: World) -> None:
    record = run(
        acme, world, "-k", "segment_lift or catalog or tail or S7", quality="split: 2020-01-01T00:00:00Z"
    )
    assert set(record.outcomes.values()) == {"not_measured"}
    assert all("no event was seeded" in one for one in reasons(record, *LIFTS, *CATALOGUE, "S7"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "quality", "reason"),
    [
        (
            lambda world: world | {"events": [event | {"type": 77} for event in world["events"]]},
            "",
            "add up to nothing",
        ),
        (
            lambda world: world | {"events": [event | {"value": 0} for event in world["events"]]},
            "",
            "add up to nothing",
        ),
        (
            lambda world: world | {"events": [event | {"value": -1} for event in world["events"]]},
            "",
            "add up to nothing",
        ),
        (
            lambda world: world,
            "weights: {view: 0, click: 0, add: 0, purchase: 0, custom: 0}",
            "add up to nothing",
        ),
        (equally_popular, "", "every available item is equally popular"),
    ],
    ids=["a type without weight", "values 0", "returns only", "weights 0", "all alike"],
)
def test_no_list_beats_an_order_that_is_only_that_of_ids(
    acme: Project, world: World, change: Callable[[World], World], quality: str, reason: str
) -> None:
    record = run(acme, change(world), "-k", "segment_lift or tail", quality=quality)
    assert all(reason in one for one in reasons(record, *LIFTS, "long_tail_share"))


@pytest.mark.long
@pytest.mark.parametrize("n_items", [1, 5, 10, 15, 20, 21])
def test_a_catalogue_that_fits_into_a_list_proves_neither_variety_nor_coverage(
    acme: Project, world: World, n_items: int
) -> None:
    record = run(acme, squeezed(world, n_items))
    assert record.outcomes["S4"] == "not_measured"
    assert {record.outcomes[name] for name in CATALOGUE} == {"not_measured"}
    assert {row["check"] for row in record.events if row["outcome"] not in ("passed", "not_measured")} <= {
        "profile"
    }


@pytest.mark.long
def test_items_with_the_same_plain_tags_cannot_be_varied(acme: Project, world: World) -> None:
    items = [
        item | {"tags": ["same", *(tag for tag in item["tags"] if ":" in tag)]} for item in world["items"]
    ]
    record = run(acme, world | {"items": items}, "-k", "S1 or S2 or S4")
    assert "cannot be varied" in record.event("S4")["sentence"]
    assert record.outcomes["S2"] == "not_measured"
    assert record.outcomes["S1"] in ("passed", "not_measured")


@pytest.mark.long
def test_weights_next_to_nothing_are_weights(acme: Project, world: World) -> None:
    acme.write("fixtures/customers/acme.json", json.dumps(world))
    found = []
    for scale in (1, 1e-17):
        weights = {"view": 0.1, "click": 0.3, "add": 0.7, "purchase": 1.0, "custom": 0.2}
        text = json.dumps({name: weight * scale for name, weight in weights.items()})
        acme.write("guardrails.yml", LOOSE.replace("  quality:\n", f"  quality:\n    weights: {text}\n"))
        acme.simulate("-k", "segment_lift")
        found.append(
            [lift["mean"] for lift in Record(acme.bundles()[-1]).artifact("quality_metrics.json")["lifts"]]
        )
    assert all(value is not None for value in found[1])
    assert found[1] == pytest.approx(found[0], abs=0.05)


@pytest.mark.long
def test_blank_tags_are_no_tags(acme: Project, world: World) -> None:
    """A filter on blanks alone is none for the service, and a rule cannot name them."""
    items = [item | {"tags": [*item["tags"], "", " "]} for item in world["items"]]
    acme.write("fixtures/customers/acme.json", json.dumps(world | {"items": items}))
    ran = acme.simulate("-k", "S1 or S2 or S4 or S6")
    assert ran.code == 0, ran.text


@pytest.mark.long
def test_ids_and_segments_with_marks_of_direction_and_markup_are_shown_escaped(
    acme: Project, world: World
) -> None:
    odd = "\u202e<img src=x>![a](http://x)|"
    users = [user | {"traits": {"segment": f"{user['traits']['segment']}{odd}"}} for user in world["users"]]
    items = [item | {"item_id": f"{item['item_id']}{odd}"} for item in world["items"]]
    events = [event | {"item_id": f"{event['item_id']}{odd}"} for event in world["events"]]
    acme.write("fixtures/customers/acme.json", json.dumps({"items": items, "users": users, "events": events}))
    acme.write("guardrails.yml", LOOSE.replace("min_catalog_coverage: 0.3", "min_catalog_coverage: 1"))
    acme.scenario(
        "dear", "import pytest\ndef test_dear(sim, check):\n    check.at_least('```\\n<img src=y>', 0, 1)\n"
    )
    ran = acme.simulate("-k", "coverage or lift or dear", "-v", "--html=page.html", "--self-contained-html")
    assert (ran.code, ran.err) == (1, "")
    assert "most wanted" in ran.out
    assert "\\u202e<img" in ran.out
    for shown in (ran.out, acme.bundle().readme):
        assert "\u202e" not in shown
    assert "<img" not in re.sub(r"(?ms)^(`{3,})text\n.*?^\1\n", "", acme.bundle().readme)
    blob = re.search(r'data-jsonblob="([^"]*)"', (acme.folder / "page.html").read_text())
    tests = json.loads(unescape(blob[1]))["tests"].values()
    shown = [text for runs in tests for run in runs for text in (*run["resultsTableRow"], run["log"])]
    assert any("&lt;img src=x&gt;" in text for text in shown)  # the page's script makes elements of these
    assert not any("<img" in text for text in shown)


def test_data_that_the_service_would_refuse_is_found_before_anything_is_sent(
    acme: Project, world: World
) -> None:
    items = [item | {"item_id": f" {item['item_id']}"} for item in world["items"]]
    events = [event | {"item_id": f" {event['item_id']}"} for event in world["events"]]
    items[1] |= {"price": 9_999_999_999.999}
    acme.write("fixtures/customers/acme.json", json.dumps(world | {"items": items, "events": events}))
    ran = acme.simulate()
    assert ran.code == 4
    assert "acme.json#/items/0/item_id:" in ran.text
    assert "has a space at an end" in ran.text
    assert "acme.json#/items/1/price: 9999999999.999" in ran.text
    assert (
        f"({len(items) - 1} more like it, first at fixtures/customers/acme.json#/items/1/item_id" in ran.text
    )
    assert acme.left_behind == []
