"""A snapshot brings back everything: whatever was written, a restarted service answers as the first one did."""

import asyncio
import json
import os

import msgspec
import pytest
import standin_worlds as worlds
import standin_worlds_load as loading
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import LIMIT_S

from pytest_recsim.standin.process import app as standin
from pytest_recsim.standin.process import persistence, snapshot

ORGS = ("7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a", "00000000-0000-0000-0000-000000000002")
NAMES = st.sampled_from(["n", "N", "shop é"])
IDS = st.one_of(st.sampled_from(["a", "b", "c"]), st.text(max_size=4))
NUMBERS = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
TAGS = st.lists(st.sampled_from(["books", "Books", " home ", "brand:x", "cat:y", "ü"]), max_size=4)
MOMENTS = st.integers(worlds.NOW_US - 40 * worlds.DAY, worlds.NOW_US + worlds.DAY).map(worlds.rfc3339)


def objects(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


ITEM = objects(
    {"item_id": IDS},
    available=st.just(value=True),
    price=st.floats(0, 1000),
    tags=TAGS,
    props=ANYTHING,
    category_path=TAGS,
    brand=st.text(max_size=3),
    description=st.sampled_from(["same", "other"]),
    embedding=st.floats(-1, 1).map(lambda value: [value, 0.5, -1e-9] * 128),
)
USER = objects(
    {"user_id": IDS}, traits=st.dictionaries(st.sampled_from(["segment", "plan", "x"]), ANYTHING, max_size=3)
)
EVENT = objects(
    {"user_id": IDS, "item_id": IDS},
    type=st.integers(-3, 9),
    value=st.floats(-2, 5),
    ts=MOMENTS,
    meta=ANYTHING,
    source_event_id=IDS,
)
KIND = objects({"type": st.integers(0, 9), "weight": st.floats(0.01, 5)}, half_life_days=st.floats(0.5, 9))
RULE = st.one_of(
    objects(
        {
            "action": st.just("BOOST"),
            "target_type": st.sampled_from(["TAG", "BRAND"]),
            "target_key": st.sampled_from(["books", "x"]),
            "boost_value": st.floats(0.1, 3),
        },
        priority=st.integers(-5, 5),
        valid_from=MOMENTS,
    ),
    objects(
        {"action": st.just("PIN"), "target_type": st.just("ITEM"), "item_ids": st.lists(IDS, min_size=1)}
    ),
).map(lambda rule: rule | {"surface": "default", "name": "r"})
OVERRIDE = objects({"item_id": IDS, "action": st.sampled_from(["boost", "suppress"])}, expires_at=MOMENTS)
PROFILE = objects({"profile_id": IDS}, blend_alpha=st.floats(0, 1), brand_cap=st.integers(0, 3))
SEGMENT = objects(
    {"segment_id": IDS, "profile_id": IDS, "active": st.booleans()},
    rules=st.just([{"rule": {"eq": ["user.traits.plan", "pro"]}, "enabled": True}]),
)
CONFIG = objects(
    {"blend_alpha": st.floats(0, 1)}, mmr_lambda=st.floats(0, 1), popularity_fanout=st.integers(1, 9)
)


def sent(path, key, member):
    """Return requests to a path whose body holds the namespace and ``member`` under ``key``."""
    return st.tuples(
        st.just(path), st.builds(lambda name, value: {"namespace": name, key: value}, NAMES, member)
    )


def flat(path, member):
    return st.tuples(st.just(path), st.builds(lambda name, value: {"namespace": name} | value, NAMES, member))


def some(member):
    return st.lists(member, min_size=1, max_size=4)


WRITE = st.one_of(
    sent("/v1/items:upsert", "items", some(ITEM)),
    sent("/v1/users:upsert", "users", some(USER)),
    sent("/v1/events:batch", "events", some(EVENT)),
    sent("/v1/event-types:upsert", "types", some(KIND)),
    sent("/v1/segment-profiles:upsert", "profiles", some(PROFILE)),
    sent("/v1/segments:upsert", "segment", SEGMENT),
    flat("/v1/admin/rules", RULE),
    flat("/v1/admin/manual_overrides", OVERRIDE),
    sent("/v1/admin/recommendation/config", "config", CONFIG),
    flat("/v1/items:delete", objects({"item_id": IDS})),
)


def environ(**changes):
    """Knobs as variables: those of a random world that gets them that way."""
    drawn = (worlds.draw_world(seed)[1] for seed in range(100))
    knobs = next(world.knobs for world in drawn if world.live == "env")
    return loading.environ(
        {name: value for name, value in (knobs | changes).items() if name != "rules_enabled"}
    )


def fresh():
    return standin.build(environ(), worlds.NOW_US)


def call(app, path, body=None, org=ORGS[0], query=""):
    scope = {
        "method": "GET" if body is None else "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"x-org-id", org.encode())],
    }
    return app.reply(scope, json.dumps(body).encode())


def answers(app):
    """Return everything that a client can see, and the id that comes next."""
    seen = []
    listings = ("items", "users", "events", "event-types", "segments", "segment-profiles")
    admin = ("admin/rules", "admin/manual_overrides", "admin/recommendation/config")
    for org in ORGS:
        for name in ("n", "N", "shop%20%C3%A9"):
            query = f"namespace={name}&limit=1000&include_expired=true"
            seen += [call(app, f"/v1/{path}", org=org, query=query) for path in listings + admin]
        for user in ("a", "b", "zz"):
            ask = {"user_id": user, "namespace": "n", "include_reasons": True, "explain_level": "full"}
            seen.append(call(app, "/v1/recommendations", ask, org))
        seen.append(call(app, "/v1/items/a/similar", org=org, query="namespace=n"))
    rule = {"surface": "s", "name": "r", "action": "BLOCK", "target_type": "ITEM", "item_ids": ["a"]}
    return [*seen, call(app, "/v1/admin/rules", rule)]


def compare(writes):
    app, again = fresh(), fresh()
    for org, (path, body) in writes:
        call(app, path, body, org)
    text = snapshot.dump(app.service)
    snapshot.restore(again.service, text)
    assert snapshot.dump(again.service) == text
    assert answers(again) == answers(app)


WRITES = st.lists(st.tuples(st.sampled_from(ORGS), WRITE), min_size=5, max_size=25)
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=20, **QUIET)
@given(WRITES)
def test_a_restored_service_answers_as_the_one_before(writes):
    compare(writes)


@pytest.mark.long
@settings(max_examples=200, **QUIET)
@given(WRITES)
def test_two_hundred_restored_services_answer_as_the_ones_before(writes):
    compare(writes)


@pytest.mark.parametrize("seed", range(8))
def test_a_restored_world_gives_the_same_lists(seed):
    rng, world, users = worlds.draw_world(seed)
    app, again = loading.load(world), loading.start(world)
    snapshot.restore(again.service, snapshot.dump(app.service))
    for _ in range(12):
        request = worlds.draw_request(rng, world.items, users)
        request.pop("items", None)
        request |= {"explain_level": "full", "include_reasons": True, "k": abs(request["k"])}
        sent = {name: value for name, value in request.items() if not name.endswith("_us")}
        first, second = (loading.send(one, "POST", "/v1/recommendations", sent) for one in (app, again))
        assert first == second
        assert first.status == 200, first.body


def test_knobs_come_from_the_new_profile_unless_the_api_replaced_them():
    before = standin.build(environ(brand_cap=1), worlds.NOW_US)
    after = standin.build(environ(brand_cap=2), worlds.NOW_US)
    snapshot.restore(after.service, snapshot.dump(before.service))
    assert after.service.knobs.brand_cap == 2
    call(before, "/v1/admin/recommendation/config", {"config": {"brand_cap": 3}, "author": "me"})
    snapshot.restore(after.service, snapshot.dump(before.service))
    assert after.service.knobs.brand_cap == 3
    assert call(after, "/v1/admin/recommendation/config") == call(before, "/v1/admin/recommendation/config")


def small():
    app = fresh()
    call(app, "/v1/items:upsert", {"namespace": "n", "items": [{"item_id": "a", "available": True}]})
    call(
        app, "/v1/events:batch", {"namespace": "n", "events": [{"user_id": "u", "item_id": "a", "value": 1}]}
    )
    return snapshot.dump(app.service)


SMALL = small()


@given(st.integers(0, len(SMALL) - 2), st.integers(1, 255))
def test_a_snapshot_with_any_byte_changed_is_refused_and_nothing_is_loaded(place, change):
    app = fresh()
    damaged = bytearray(SMALL)
    damaged[place] ^= change
    with pytest.raises(snapshot.SnapshotError):
        snapshot.restore(app.service, bytes(damaged))
    assert not app.service.namespaces


@given(st.integers(0, len(SMALL) - 2))
def test_a_snapshot_cut_anywhere_is_refused(length):
    with pytest.raises(snapshot.SnapshotError):
        snapshot.restore(fresh().service, SMALL[:length])


def written(body, **header):
    """Return a text with a true checksum."""
    head = snapshot.Header(snapshot.FORMAT, snapshot.VERSION, snapshot.hashlib.sha256(body).hexdigest())
    return msgspec.json.encode(msgspec.structs.replace(head, **header)) + b"\n" + body + b"\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is no snapshot"),
        (b'{"items": []}', "is no snapshot"),
        (b"\x89PNG\r\n\x1a\n", "is no snapshot"),
        (b"[" * 100_000, "is no snapshot"),
        (written(b"{}", version=9), "has version 9, this stand-in reads 1"),
        (written(b"{}", sha256="0"), "is damaged"),
        (written(b"{}"), "cannot be used: Object missing required field `serial`"),
    ],
)
def test_what_cannot_be_used_is_told(text, said):
    with pytest.raises(snapshot.SnapshotError, match=said):
        snapshot.restore(fresh().service, text)


VERSION_1 = (
    b'{"serial":7,"namespaces":[{"org":"7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a","namespace":"n","items":[{"item_id":"a",'
    b'"available":true,"price":2.5,"tags":["books"],"props":"{}","category_path":[],"brand":"acme","category":null,'
    b'"description":null,"image_url":null,"metadata_version":null,"embedding":"acme","created":1700000000000000,'
    b'"updated":1700000000000000}],"users":[{"user_id":"u","traits":{"plan":"pro"},"traits_text":"{}",'
    b'"created":1700000000000000,"updated":1700000000000000}],"events":[{"user_id":"u","item_id":"a","type":3,'
    b'"value":1.0,"ts":1700000000000000,"meta":"{}","source_event_id":null}],"event_types":[{"code":3,"name":null,'
    b'"weight":2.0,"half_life_days":null,"active":true,"source":"tenant"}],"segments":[{"segment_id":"s","name":"",'
    b'"priority":1,"active":true,"profile_id":"p","description":"","rules":[{"rule_id":1,"rule":{},"enabled":true}],'
    b'"created":0,"updated":0}],"profiles":[{"profile_id":"p","description":"","knobs":{"blend_alpha":1.0},"created":0,'
    b'"updated":0}]}],"rules":[["7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a",{"rule_id":"r","namespace":"n","surface":"default",'
    b'"name":"r","description":"","action":"PIN","target_type":"ITEM","target_key":"","item_ids":["a"],'
    b'"boost_value":null,"max_pins":null,"segment_id":"","priority":0,"enabled":true,"valid_from":null,'
    b'"valid_until":null,"created":0,"updated":0,"serial":2,"override_id":""}]],"overrides":'
    b'[["7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a",{"override_id":"o","namespace":"n","surface":"default","item_id":"a",'
    b'"action":"boost","boost_value":1.0,"notes":"","created_by":"","created":0,"expires":null,"rule_id":"r","serial":3,'
    b'"cancelled":null,"cancelled_by":""}]],"document":{"blend_alpha":0.7},"metadata":{"source":"api","updated_at":"x"}}'
)


def test_files_of_version_1_can_be_read_for_ever():
    app = fresh()
    snapshot.restore(app.service, written(VERSION_1))
    assert app.service.serial == 7
    assert app.service.knobs.blend_alpha == 0.7
    for path in (
        "items",
        "users",
        "events",
        "segments",
        "segment-profiles",
        "admin/rules",
        "admin/manual_overrides",
    ):
        body = json.loads(call(app, f"/v1/{path}", query="namespace=n").body)
        rows = (
            body
            if isinstance(body, list)
            else next(value for value in body.values() if isinstance(value, list))
        )
        assert len(rows) == 1, path


@pytest.fixture
def kept(tmp_path):
    """Return a function that opens a keeper of a fresh service on one and the same file."""

    opened = []

    def open_again():
        app = fresh()
        keeper = persistence.Keeper(tmp_path / "state.json", app.service)
        keeper.open()
        opened.append(keeper)
        return app, keeper

    yield open_again
    for keeper in opened:
        keeper.close()


def changed(app, keeper, item_id="a"):
    call(app, "/v1/items:upsert", {"namespace": "n", "items": [{"item_id": item_id}]})
    keeper.note("POST", "/v1/items:upsert", 202, 0.0)


def test_what_was_written_is_there_after_an_orderly_end(kept):
    app, keeper = kept()
    changed(app, keeper)
    assert keeper.close()
    again, _ = kept()
    assert "a" in again.service.peek(ORGS[0], "n").items


def test_a_file_that_only_its_owner_may_read_stays_one(kept, tmp_path):
    _, keeper = kept()
    assert keeper.close()
    (tmp_path / "state.json").chmod(0o600)
    app, keeper = kept()
    changed(app, keeper)
    assert keeper.close()
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


def test_changes_are_written_every_few_seconds_and_only_then(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "EVERY_SECONDS", 0.01)
    app, keeper = kept()
    file = tmp_path / "state.json"

    async def watch():
        task = asyncio.create_task(keeper.keep())
        empty = file.stat().st_ino
        await asyncio.sleep(0.1)
        keeper.note("GET", "/v1/items", 200, 0.0)
        keeper.note("POST", "/v1/recommendations", 200, 0.0)
        keeper.note("POST", "/v1/items:upsert", 400, 0.0)
        await asyncio.sleep(0.1)
        assert file.stat().st_ino == empty
        changed(app, keeper, "written by and by")
        for _ in range(int(LIMIT_S / 0.01)):
            if b"by and by" in file.read_bytes():
                break
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(watch())
    assert b"by and by" in file.read_bytes()


def test_two_stand_ins_never_share_a_file(kept):
    app, keeper = kept()
    for _ in range(2):
        with pytest.raises(persistence.KeepError, match="in use by another stand-in"):
            kept()
        changed(app, keeper)
        keeper._try(snapshot.dump(app.service))  # the new file is locked as well


def test_a_write_that_fails_keeps_the_file_from_before_and_is_told_once(kept, tmp_path, monkeypatch, capsys):
    app, keeper = kept()
    before = (tmp_path / "state.json").read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        changed(app, keeper)
        assert not keeper.close()
        assert not keeper.close()
    assert (tmp_path / "state.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert capsys.readouterr().err.count("No space left on device; the state from before is kept") == 1
    assert keeper.close()
    assert b'"item_id":"a"' in (tmp_path / "state.json").read_bytes()
