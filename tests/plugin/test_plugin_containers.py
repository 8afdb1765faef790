"""A data set in another container is the same simulation: figures, lists, and what the data set is known by."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pytest_recsim import evaluate, plan_for
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.share.known import ids_of
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import write_fixture

CONTAINERS = {
    "plain.json": "jsonl", "packed.json.gz": "jsonl", "lines": "jsonl", "packed-lines": "jsonl.gz", "tables": "parquet",
}  # fmt: skip


def lists(bundle):
    with gzip.open(bundle.artifacts / "recommendation_dump.jsonl.gz", "rt") as lines:
        answers = [json.loads(line) for line in lines]
    return {
        one["request"]["user_id"]: [item["item_id"] for item in one["response"]["items"]] for one in answers
    }


@pytest.mark.long
def test_the_same_data_in_another_container_are_the_same_simulation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = generate("retail", 5, items=80, users=150, events=3000)
    found = {}
    for name, form in CONTAINERS.items():
        write_fixture(document, tmp_path / name, form=form)
        record = evaluate(plan_for("acme", root=tmp_path, fixture_path=name), reports=tmp_path / "reports")
        bundle = Bundle(Path(record.bundle))
        facts = record.metadata.fixture
        assert ids_of(bundle, bundle.read_metadata(), []) >= {user["user_id"] for user in document["users"]}
        found[name] = (facts.sha256, facts.suspicions, record.quality, lists(bundle))
    first = found["plain.json"]
    assert len(first[3]) > 50
    assert all(one == first for one in found.values())
