from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.safety.interlock import (
    MARKER_USER,
    Counts,
    Marker,
    finish_marker,
    guard,
    inspect,
    read_marker,
    recognise,
    reset,
    write_marker,
)
from pytest_recsim.service.safety.rows import NEWEST, PAGES, event_id, offsets, stamp_of, stamped

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
MARKER = Marker("ab" * 32, "0.75", 1234.5, Counts(2, 1, 3), "run-1", NOW, stamped=True)
STAMP = stamp_of(MARKER.fixture_sha256)


def seed(service, items=2, users=1, events=3):
    rows = [{"item_id": f"i{n}", "available": True, "props": {"margin": 0.1}} for n in range(items)]
    service.upsert_items([stamped(row, "props", STAMP) for row in rows])
    rows = [{"user_id": f"u{n}", "traits": {"segment": "vip"}} for n in range(users)]
    service.upsert_users([stamped(row, "traits", STAMP) for row in rows])
    rows = [
        {"user_id": "u0", "item_id": "i0", "type": 0, "value": 1.0, "source_event_id": event_id(STAMP, n)}
        for n in range(events)
    ]
    service.send_events([{**row, "ts": "2026-11-22T22:00:00Z"} for row in rows])


def check(service, *, allow=None, run_id="run-1", now=NOW):
    guard(recognise(service, inspect(service)), namespace="ns", allow_reset=allow, run_id=run_id, now=now)


def test_an_empty_namespace_may_be_written(service):
    state = inspect(service)
    assert state.empty
    check(service)


def test_the_marker_survives_the_service_and_its_json_strings(service, recsys):
    write_marker(service, MARKER)
    assert read_marker(service) == MARKER
    assert recsys.rows["users"][MARKER_USER]["traits"]["segment"] == "recsim"
    assert recsys.rows["users"][MARKER_USER]["traits"]["counts"] == {"items": 2, "users": 1, "events": 3}


@pytest.mark.parametrize(
    ("told", "stored"),
    [
        ("2026-11-22T22:15:07Z", NOW + timedelta(seconds=7)),
        ("2026-11-23T00:15:07+02:00", NOW + timedelta(seconds=7)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_writing_the_marker_tells_what_time_the_service_thinks_it_is(service, recsys, told, stored):
    upsert = recsys._upsert

    def timed(name, body):
        return upsert(name, {**body, "users": [{**body["users"][0], "updated_at": told}]})

    recsys._upsert = timed
    assert write_marker(service, MARKER) == stored


def test_a_marked_namespace_within_its_counts_may_be_written_again(service):
    write_marker(service, MARKER)
    check(service)
    seed(service)
    state = inspect(service)
    assert state.totals == Counts(2, 2, 3)
    check(service)


@pytest.mark.parametrize("grown", [{"items": 3}, {"users": 2}, {"events": 4}])
def test_a_namespace_that_grew_beyond_its_marker_is_not_touched(service, grown):
    write_marker(service, MARKER)
    seed(service, **grown)
    with pytest.raises(InputError, match="grown beyond") as caught:
        check(service)
    assert "--recsim-allow-reset ns" in str(caught.value)
    check(service, allow="ns")


def test_foreign_data_is_not_touched_and_the_sentence_says_what_is_there(service):
    seed(service)
    with pytest.raises(InputError, match="2 items, 1 users, 3 events and carries no marker of ours"):
        check(service)
    check(service, allow="ns")


def test_the_override_counts_only_with_the_exact_name(service):
    seed(service)
    for typed in ("NS", "ns2", "", "*"):
        with pytest.raises(InputError, match="allow-reset ns"):
            check(service, allow=typed)


@pytest.mark.parametrize(
    "broken",
    [{"recsim_marker": 2}, {"counts": "many"}, {"written_at": "2026-11-22T22:15:00"}, {"run_id": None}],
)
def test_a_marker_that_cannot_be_understood_is_no_marker(service, broken):
    service.upsert_users([{"user_id": MARKER_USER, "traits": {**MARKER.traits(), **broken}}])
    assert read_marker(service) is None
    with pytest.raises(InputError, match="no marker"):
        check(service)


def test_a_fresh_marker_of_another_run_stops_us_until_it_is_old_finished_or_overridden(service):
    write_marker(service, MARKER)
    check(service, run_id="run-1")
    with pytest.raises(InputError, match="run run-1 marked it 60 s ago"):
        check(service, run_id="run-2", now=NOW + timedelta(seconds=60))
    with pytest.raises(InputError, match="has not finished"):
        check(service, run_id="run-2", now=NOW - timedelta(hours=1))
    check(service, run_id="run-2", now=NOW + timedelta(minutes=15))
    check(service, run_id="run-2", allow="ns")
    finish_marker(service, MARKER)
    check(service, run_id="run-2", now=NOW + timedelta(seconds=60))
    assert read_marker(service) == replace(MARKER, finished=True)


def test_two_runs_that_mark_at_the_same_moment_do_not_both_go_on(service, recsys):
    upsert = recsys._upsert

    def overtaken(name, body):
        reply = upsert(name, body)
        recsys.rows["users"][MARKER_USER]["traits"]["run_id"] = "run-2"
        return reply

    recsys._upsert = overtaken
    with pytest.raises(InputError, match="same moment"):
        write_marker(service, MARKER)


def test_a_reset_wipes_users_last_so_that_data_never_stands_without_its_marker(serve, recsys):
    server, service = serve(recsys)
    write_marker(service, MARKER)
    seed(service)
    server.seen.clear()
    assert reset(service, Counts(2, 2, 3)) == Counts(items=2, users=2, events=3)
    assert [seen.path for seen in server.seen] == [
        "/v1/events:delete",
        "/v1/items:delete",
        "/v1/users:delete",
    ]
    assert inspect(service).empty


# --- rows are recognised, not counted ---


def strange_item(service):
    """A row of theirs in the place of one of ours: the counts stay."""
    service.delete_items(item_id="i1")
    service.upsert_items([{"item_id": "theirs", "available": True}])


def overwritten_item(service):
    """Their catalogue has the same ids as the fixture that was taken from it."""
    service.upsert_items([{"item_id": "i1", "available": True, "props": {"margin": 0.1}}])


def overwritten_user(service):
    service.upsert_users([{"user_id": "u0", "traits": {"segment": "vip"}}])


def event_of_theirs(service, source=None):
    row = {"user_id": "u0", "item_id": "i0", "type": 0, "value": 1.0, "ts": "2026-11-22T22:00:00Z"}
    service.send_events([row | ({"source_event_id": source} if source else {})])


def event_without_an_id(service):
    event_of_theirs(service)


def event_with_their_id(service):
    event_of_theirs(service, "s1")


def event_of_another_fixture(service):
    event_of_theirs(service, event_id("cd" * 6, 1))


def odd_props(service):
    service.upsert_items([{"item_id": "i1", "available": True, "props": ["recsim", STAMP]}])


@pytest.mark.parametrize(
    "others",
    [strange_item, overwritten_item, overwritten_user, event_without_an_id, event_with_their_id,
     event_of_another_fixture, odd_props],
)  # fmt: skip
def test_a_row_that_no_run_of_ours_wrote_stops_the_run_though_no_count_has_grown(service, others):
    write_marker(service, MARKER)
    seed(service, events=2)
    check(service)
    others(service)
    assert not inspect(service).foreign, "counting would not notice"
    with pytest.raises(InputError, match="and has rows that no run of ours wrote: 1 of") as caught:
        check(service)
    assert "--recsim-allow-reset ns" in str(caught.value)
    check(service, allow="ns")


@pytest.mark.parametrize(
    "marker", [MARKER, replace(MARKER, stamped=False)], ids=["new", "as earlier versions"]
)
def test_a_marker_that_somebody_made_by_hand_proves_nothing(service, marker):
    service.upsert_items([{"item_id": f"theirs-{n}", "available": True} for n in range(2)])
    service.upsert_users([{"user_id": MARKER_USER, "traits": marker.traits()}])
    with pytest.raises(InputError, match="2 items, 1 users, 0 events"):
        check(service)


def test_a_namespace_that_holds_nothing_but_an_old_marker_may_be_written(service):
    write_marker(service, replace(MARKER, stamped=False))
    check(service)


def test_a_run_that_was_killed_while_it_seeded_leaves_rows_that_are_known(service):
    write_marker(service, MARKER)
    seed(service, items=1, users=0, events=0)
    check(service)


def test_names_of_strangers_cannot_steer_a_terminal_and_are_few(service):
    write_marker(service, replace(MARKER, counts=Counts(9, 9, 9)))
    service.upsert_items([{"item_id": f"\x1b[31m{n}", "available": True} for n in range(5)])
    with pytest.raises(InputError, match=r"5 of 5 items that were looked at \(.*, \.\.\.\)") as caught:
        check(service)
    assert "\x1b" not in str(caught.value)


def test_all_pages_are_read_of_twenty_thousand_rows_and_newest_and_oldest_of_more():
    assert offsets(0) == []
    assert offsets(1000) == [0]
    assert offsets(19_001) == [page * 1000 for page in range(PAGES)]
    many = offsets(1_000_000)
    assert len(many) == len(set(many)) == PAGES
    assert many[:NEWEST] == [page * 1000 for page in range(NEWEST)]
    assert many[-1] == 999_000


@pytest.mark.parametrize("kind", ["events", "items", "users"])
def test_a_reset_that_deletes_more_than_was_looked_at_stops_and_says_how_much_is_lost(service, recsys, kind):
    write_marker(service, MARKER)
    seed(service)
    looked_at = inspect(service).totals
    late = {"events": event_without_an_id, "items": strange_item, "users": lambda _: None}[kind]
    late(service)
    if kind == "items":
        recsys.rows["items"]["late"] = {"item_id": "late", "available": True}
    if kind == "users":
        recsys.rows["users"]["late"] = {"user_id": "late", "traits": {}}
    with pytest.raises(InputError, match=f"1 {kind} of theirs are lost"):
        reset(service, looked_at)
    assert (inspect(service).marker is None) == (kind == "users"), "nothing further was deleted"
