"""Importers that ask a running service: Recsys itself, by the stand-in, and Gorse, by a fake."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from formats_world import SAMPLES, fill, imported
from service.service_fakes import Reply, Server

from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.prepare.payload import event_row, item_row, user_row
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.retry import Patience
from pytest_recsim.service.launcher import launch
from pytest_recsim.service.safety.rows import MARKER_USER, stamp_of, stamped
from pytest_recsim.sources.formats import service
from pytest_recsim.sources.formats.gorse import read as read_gorse
from pytest_recsim.sources.formats.source import Source
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.importing.build import build
from pytest_recsim.sources.writer import write_fixture

ORG = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def stand_in():
    with launch(load_profile(packaged_profiles() / "prod.env").environment) as running:
        yield running


@pytest.fixture
def gorse():
    """Serve the sample, a page of one row each, and remember who asked."""
    opened = []

    def start(change=lambda reply: reply):
        rows = {
            f"/api/{name.partition('.')[0]}": [json.loads(line) for line in text.splitlines()]
            for name, text in SAMPLES["gorse"].items()
        }

        def handle(request):
            place = int(request.query.get("cursor") or 0)
            listed = rows[request.path]
            key = request.path.removeprefix("/api/").capitalize()
            more = str(place + 1) if place + 1 < len(listed) else ""
            return change(Reply(200, {"Cursor": more, key: listed[place : place + 1]}))

        opened.append(Server(handle))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def seed(url, fixture):
    """As a run does, with the stamp on every row and a marker beside them."""
    stamp = stamp_of(fixture.sha256)
    with Service(Endpoint(url, ORG, "shop", trust_env=False)) as there:
        there.upsert_items([stamped(item_row(one), "props", stamp) for one in fixture.items])
        there.upsert_users([stamped(user_row(one), "traits", stamp) for one in fixture.users])
        there.upsert_users([{"user_id": MARKER_USER, "traits": {"segment": "x"}}])
        rows = (event_row(one, place, shift=0, fixture=fixture) for place, one in enumerate(fixture.events))
        there.send_events(list(rows))


def whole_seconds(event):
    return event.__class__(
        **{name: getattr(event, name) for name in event.__struct_fields__ if name not in {"ts", "meta"}},
        ts=event.ts - timedelta(microseconds=event.ts.microsecond),
        meta=event.meta or None,
    )


def test_what_was_seeded_comes_back_as_the_same_fixture(stand_in, tmp_path):
    document = generate("retail", 7, items=40, users=20, events=400)
    document["items"][0]["props"]["size"] = {"l": 1, "m": ["x", 2.5]}
    document["users"][0]["traits"]["plan"] = "pro"
    document["events"][3] |= {"value": 2.5, "meta": {"from": "app"}}
    write_fixture(document, tmp_path / "seeded.json")
    seeded = load_fixture(tmp_path / "seeded.json")
    seed(stand_in.url, seeded)
    found = build(service.read(Source(stand_in.url, namespace="shop", org_id=ORG)))
    found.write(tmp_path / "found.json")
    back = load_fixture(tmp_path / "found.json")
    assert {one.item_id: one for one in back.items} == {one.item_id: one for one in seeded.items}
    assert {one.user_id: one for one in back.users} == {one.user_id: one for one in seeded.users}
    events = [Counter(repr(whole_seconds(one)) for one in data.events) for data in (back, seeded)]
    assert events[0] == events[1]
    assert "1 record of pytest-recsim: left out" in found.notes


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"org_id": ORG}, "--namespace: must be given"),
        ({"namespace": "shop"}, "--org-id: must be given"),
        ({"namespace": "none", "org_id": ORG}, "no event is left"),
    ],
)
def test_a_namespace_without_data_or_name_is_told(stand_in, said, sentence):
    with pytest.raises(InputError, match=sentence):
        build(service.read(Source(stand_in.url, **said)))


def test_a_service_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.setattr(service, "Endpoint", partial(Endpoint, patience=Patience(tries=1)))
    with pytest.raises(InputError, match=r"^http://127\.0\.0\.1:9 cannot be reached"):
        service.read(Source("http://127.0.0.1:9", namespace="shop", org_id=ORG))


def test_an_event_type_beyond_the_codes_of_a_fixture_is_one_sentence():
    event = {"user_id": "u", "item_id": "a", "type": 70_000, "value": 1, "ts": "2026-01-01T00:00:00Z"}
    rows = {"/v1/events": [event], "/v1/items": [], "/v1/users": []}
    server = Server(lambda asked: Reply(200, {"items": rows[asked.path], "total": len(rows[asked.path])}))
    with pytest.raises(InputError, match="an event of user u has type 70000; must be an integer code"):
        service.read(Source(server.url, namespace="shop", org_id=ORG))
    server.close()


def test_a_running_gorse_tells_what_its_export_tells(gorse, tmp_path):
    server = gorse()
    there, here = imported("gorse", server.url, api_key="k-1234"), imported("gorse", fill(tmp_path, "gorse"))
    for part in ("items", "users", "events"):
        assert there[part] == here[part]
    assert {request.headers.get("x-api-key") for request in server.seen} == {"k-1234"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda _: Reply(401, {}), "answered 401; its key comes from RECSIM_GORSE_API_KEY"),
        (lambda _: Reply(200, b"<html>"), "answered with something else"),
        (lambda _: Reply(200, {"Users": [{"UserId": 7}]}), "answered with something else"),
        (lambda reply: Reply(200, reply.body | {"Cursor": "1"}), "the same page again and again"),
        (lambda _: Reply(drop=True), "cannot be read"),
    ],
)
def test_a_gorse_that_answers_otherwise_is_one_sentence(gorse, change, sentence):
    with pytest.raises(InputError, match=sentence):
        read_gorse(Source(gorse(change).url))
