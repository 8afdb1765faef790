"""A seeded stand-in hands its rows to another one of the same run, and to nobody else."""

from __future__ import annotations

import json

import pytest

from pytest_recsim.standin.http.door import Door
from pytest_recsim.standin.process.app import App

ORG = b"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
ITEM = {"item_id": "i1", "available": True}


@pytest.fixture
def of_a_run(start):
    """Return a factory of stand-ins that a run has started, with a function to ask each."""

    def make(token="open sesame", **knobs):
        return App(start(**knobs).app.service, door=Door("127.0.0.1", token))

    return make


def ask(app, path, body=None, method="POST", query=b""):
    scope = {"method": method, "path": path, "query_string": query, "headers": [(b"x-org-id", ORG)]}
    reply = app.reply(scope, json.dumps(body).encode() if body is not None else b"")
    return reply.status, json.loads(reply.body or b"{}")


def items(app):
    return [row["item_id"] for row in ask(app, "/v1/items", method="GET", query=b"namespace=n")[1]["items"]]


def upsert(app, *ids):
    rows = [ITEM | {"item_id": name} for name in ids]
    assert ask(app, "/v1/items:upsert", {"namespace": "n", "items": rows})[0] == 202


def test_rows_are_handed_over_in_place_of_what_was_there(of_a_run, tmp_path):
    one, other = of_a_run(), of_a_run()
    upsert(one, "i1", "i2")
    upsert(other, "old")
    file = {"file": str(tmp_path / "rows")}
    assert ask(one, "/stand-in/rows:save", file)[0] == 200
    assert ask(other, "/stand-in/rows:load", file)[0] == 200
    assert sorted(items(other)) == ["i1", "i2"]
    upsert(one, "i3")
    assert "i3" not in items(other), "from then on each has its own"


def test_knobs_and_configuration_stay_those_of_the_one_that_takes_the_rows(of_a_run, tmp_path):
    one, other = of_a_run(MMR_LAMBDA="0.3"), of_a_run(MMR_LAMBDA="0.7")
    path, file = "/v1/admin/recommendation/config", {"file": str(tmp_path / "rows")}
    document = ask(one, path, method="GET")[1]["config"]
    assert ask(one, path, {"config": document | {"brand_cap": 9}, "author": "me"})[0] == 200
    mine = ask(other, path, method="GET")[1]
    ask(one, "/stand-in/rows:save", file)
    assert ask(other, "/stand-in/rows:load", file)[0] == 200
    assert ask(other, path, method="GET")[1] == mine
    assert other.service.knobs.mmr_lambda == 0.7


@pytest.mark.parametrize("body", [{"file": "/no/such/folder/rows"}, {}, {"file": 1}, None])
@pytest.mark.parametrize("path", ["/stand-in/rows:save", "/stand-in/rows:load"])
def test_a_file_that_cannot_be_used_changes_nothing_and_is_said(of_a_run, path, body):
    app = of_a_run()
    upsert(app, "i1")
    status, answer = ask(app, path, body)
    assert (status, answer["error"]) == (400, "rows_not_handed_over")
    assert items(app) == ["i1"]


def test_a_file_that_is_no_snapshot_changes_nothing(of_a_run, tmp_path):
    app = of_a_run()
    upsert(app, "i1")
    (tmp_path / "rows").write_text("{}\n")
    status, answer = ask(app, "/stand-in/rows:load", {"file": str(tmp_path / "rows")})
    assert (status, "no snapshot" in answer["message"]) == (400, True)
    assert items(app) == ["i1"]


def test_a_stand_in_that_no_run_has_started_writes_no_files(of_a_run, tmp_path):
    app = of_a_run(token="")
    assert ask(app, "/stand-in/rows:save", {"file": str(tmp_path / "rows")})[0] == 405
    assert list(tmp_path.iterdir()) == []
