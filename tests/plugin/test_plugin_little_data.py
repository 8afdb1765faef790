"""Too little data: every check says that it could not be measured, and nothing breaks."""

from __future__ import annotations

import json

import pytest
from plugin_shop import HERE, Project, Ran, Record

STANDING = {"profile", "contract", "availability"}


def is_clear(ran: Ran, record: Record) -> None:
    assert ran.code == 1, ran.text
    assert "Traceback" not in ran.text
    assert "INTERNALERROR" not in ran.text
    assert ran.err == ""
    assert record.metadata["status"] == "finished"
    assert record.metadata["preparation_failure"] == ""
    outcomes = record.outcomes
    assert set(outcomes) >= {f"S{number}" for number in range(1, 11)} | {
        "catalog_coverage",
        "long_tail_share",
    }
    for name, outcome in outcomes.items():
        sentence = record.event(name)["sentence"]
        assert outcome in ("passed", "not_measured"), (name, sentence)
        if outcome == "not_measured":
            assert sentence.startswith("not measured: "), name
            assert len(sentence.splitlines()) == 1, name
    assert record.readme.startswith("# acme: Do not go live")


def test_the_sample_customer(acme: Project) -> None:
    """Shows the format; far too small to say anything about quality."""
    acme.write("fixtures/customers/acme.json", (HERE / "fixtures/sample_customer.json").read_text())
    (acme.folder / "guardrails.yml").unlink()
    ran = acme.simulate("-rf")
    record = acme.bundle()
    is_clear(ran, record)
    lifts = [outcome for name, outcome in record.outcomes.items() if name.startswith("segment_lift")]
    assert lifts
    assert set(lifts) == {"not_measured"}


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_no_events_at_all(acme: Project, world: dict, workers: tuple[str, ...]) -> None:
    acme.write("fixtures/customers/acme.json", json.dumps(world | {"events": []}))
    ran = acme.simulate(*workers)
    record = acme.bundle()
    is_clear(ran, record)
    assert "note: `events` is empty: nothing can be measured" in ran.out
    measured = {name for name, outcome in record.outcomes.items() if outcome == "passed"}
    assert measured <= STANDING
    assert record.metadata["users"]["evaluated"] == 0


@pytest.mark.long
def test_no_items_at_all(acme: Project, world: dict) -> None:
    """Nothing to recommend: still a verdict, not a crash."""
    acme.write("fixtures/customers/acme.json", json.dumps(world | {"items": [], "events": []}))
    ran = acme.simulate()
    record = acme.bundle()
    is_clear(ran, record)
    assert {name for name, outcome in record.outcomes.items() if outcome == "passed"} <= STANDING


@pytest.mark.long
def test_one_segment_without_anybody_new(acme: Project, world: dict) -> None:
    users = [user | {"traits": {"segment": "everybody"}} for user in world["users"]]
    acme.write("fixtures/customers/acme.json", json.dumps(world | {"users": users}))
    ran = acme.simulate("-k", "S7 or segment_lift")
    assert ran.code == 1, ran.text
    record = acme.bundle()
    assert set(record.outcomes) == {"S7", "segment_lift_ndcg everybody", "segment_lift_mrr everybody"}
    assert record.outcomes["S7"] == "not_measured"
    assert "new_users" in record.event("S7")["sentence"]


@pytest.mark.long
def test_a_sample_of_users_is_said(acme: Project) -> None:
    ran = acme.simulate("--recsim-sample-users", "20", "-k", "long_tail")
    facts = acme.bundle().metadata
    assert ran.code == 0, ran.text
    assert facts["users"]["sampled"] is True
    assert 15 <= facts["users"]["evaluated"] <= 25
    assert any("sample of" in caveat for caveat in facts["verdict"]["caveats"])


@pytest.mark.long
def test_a_window_drops_what_is_older(acme: Project) -> None:
    ran = acme.simulate("--recsim-window-days", "30", "-k", "long_tail")
    assert ran.code == 0, ran.text
    assert acme.bundle().artifact("seed_manifest.json")["split"]["dropped_before_window"] > 0
