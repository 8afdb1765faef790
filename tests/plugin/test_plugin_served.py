"""One complete run against a running service: what it sends, what it leaves, what never gets there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from plugin_namespace import marker, rows
from plugin_shop import Project, Served, Shown

pytestmark = pytest.mark.long


@pytest.fixture(scope="session")
def everything(shops, service_process: Served) -> tuple[Shown, Served, str]:
    """One complete run with two workers against a running service, and its access log."""
    project, served = shops("served"), service_process.from_here()
    ran = project.simulate("--base-url", served.url, "--namespace", "whole", "-n", "2")
    counted = Served(served.url, served.log, served.start, served.start + len(served.requests))
    return Shown(project, ran), counted, "whole"


def test_a_running_service_gives_a_green_run_too(everything: tuple[Shown, Served, str]) -> None:
    shown, served, _ = everything
    assert shown.ran.code == 0, shown.ran.text
    assert (
        f"acme on the service {served.url} (from --base-url), namespace whole (--namespace)" in shown.ran.out
    )
    facts = shown.record.metadata
    assert facts["profile"]["apply"]["value"] == "request"
    assert (
        facts["service"] | {"kind": "service", "url": served.url, "url_from": "--base-url"}
        == facts["service"]
    )
    assert not any("stand-in" in caveat for caveat in facts["verdict"]["caveats"])


def test_every_request_of_all_processes_is_counted(everything: tuple[Shown, Served, str]) -> None:
    shown, served, _ = everything
    facts = shown.record.metadata["requests"]
    assert facts["total"] == len(served.requests)
    assert facts["recommendations"] == served.count("POST", "/v1/recommendations")


def test_each_request_is_the_cost_of_a_check_or_of_what_is_around_the_checks(
    everything: tuple[Shown, Served, str],
) -> None:
    shown, served, _ = everything
    facts = shown.record.metadata["requests"]
    assert sum(one["requests"] for one in (facts["preparation"], *facts["by_check"])) == len(served.requests)
    (pinning,) = [one for one in facts["by_check"] if one["check"] == "S5"]
    assert pinning["requests"] - pinning["recommendations"] == 3, "its rule: made, read back, disabled"
    assert facts["preparation"]["recommendations"] >= shown.record.metadata["users"]["evaluated"]


def test_recommendations_are_few(everything: tuple[Shown, Served, str]) -> None:
    shown, served, _ = everything
    evaluated = shown.record.metadata["users"]["evaluated"]
    assert evaluated > 0
    assert served.count("POST", "/v1/recommendations") <= evaluated + 480


def test_seeded_exactly_once_whatever_the_number_of_workers(
    everything: tuple[Shown, Served, str], world: dict
) -> None:
    shown, served, _ = everything
    sent = shown.record.artifact("seed_manifest.json")["sent"]
    assert sent == {"items": len(world["items"]) + 1, "users": len(world["users"]), "events": sent["events"]}
    batches = -(-sent["events"] // 500)
    assert batches <= served.count("POST", "/v1/events:batch") <= 2 * batches
    assert served.count("POST", "/v1/events:delete") == 1


def test_nothing_of_ours_stays_active(everything: tuple[Shown, Served, str]) -> None:
    _, served, namespace = everything
    rules = served.ask("GET", f"/v1/admin/rules?namespace={namespace}&limit=500")["rules"]
    assert rules, "the scenarios made rules"
    assert [rule["name"] for rule in rules if rule["enabled"]] == []
    overrides = served.ask("GET", f"/v1/admin/manual_overrides?namespace={namespace}&status=active")
    assert overrides == []
    items = {row["item_id"] for row in rows(served, "items", namespace)}
    assert not [one for one in items if one.startswith("recsim-probe-")]
    assert marker(served, namespace)["finished"] is True


def test_no_holdout_event_reaches_the_service(everything: tuple[Shown, Served, str], world: dict) -> None:
    """The service's own event list against the fixture: exactly the earlier part, moved by one constant."""
    shown, served, namespace = everything
    manifest = shown.record.artifact("seed_manifest.json")
    shift = timedelta(seconds=manifest["clock"]["shift_seconds"])
    there = sorted(
        (row["user_id"], row["item_id"], datetime.fromisoformat(row["ts"]) - shift)
        for row in rows(served, "events", namespace)
    )
    cut = datetime.fromisoformat(manifest["split"]["cut"])
    whole = [(row["user_id"], row["item_id"], datetime.fromisoformat(row["ts"])) for row in world["events"]]
    seeded = sorted(row for row in whole if row[2] <= cut)
    assert len(there) == manifest["split"]["seeded_events"] == len(seeded)
    assert all(
        a[:2] == b[:2] and abs(a[2] - b[2]) < timedelta(milliseconds=1)
        for a, b in zip(there, seeded, strict=True)
    )
    assert len(whole) - len(seeded) == manifest["split"]["holdout_events"] > 0


def test_the_newest_seeded_event_is_about_a_minute_old(everything: tuple[Shown, Served, str]) -> None:
    shown, served, namespace = everything
    newest = max(datetime.fromisoformat(row["ts"]) for row in rows(served, "events", namespace))
    started = datetime.fromisoformat(shown.record.metadata["started_at"])
    assert timedelta(seconds=59) <= started - newest <= timedelta(seconds=61)


def test_one_process_and_two_workers_agree_on_the_counts(
    everything: tuple[Shown, Served, str], served: Served, acme: Project
) -> None:
    shown = everything[0]
    ran = acme.simulate("--base-url", served.url, "--namespace", "alone")
    assert ran.code == 0, ran.text
    facts, parallel = acme.bundle().metadata, shown.record.metadata
    assert facts["requests"]["total"] == len(served.requests)
    assert facts["users"] == parallel["users"]
    assert acme.bundle().outcomes == shown.record.outcomes
