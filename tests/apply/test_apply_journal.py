"""Notes of changes, holds on services, and taking back by hand."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import msgspec
import pytest
from kept_port import kept_port
from waiting import LIMIT_S

from pytest_recsim.apply import admin
from pytest_recsim.apply import hold as hold_module
from pytest_recsim.apply.hold import Hold, holder
from pytest_recsim.apply.journal import Entry, Journal, journals
from pytest_recsim.apply.leftover import Restored, Terms, restore_all
from pytest_recsim.data.input.problems import InputError

ENTRY = Entry(mode="admin", url="http://x", org_id="o", run_id="r1", written_at="then", previous={"a": 1})
OTHER = """\
import sys
from pytest_recsim.apply.hold import Hold
hold = Hold(sys.argv[1], alone=sys.argv[2] == "alone")
hold.acquire(lambda said: None)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_note_reads_back_as_it_was_written(tmp_path):
    journal = Journal.of(tmp_path / "reports", ENTRY.url)
    assert journal.read() is None
    journal.write(ENTRY)
    assert journal.read() == ENTRY
    assert [found.read() for found in journals(tmp_path / "reports")] == [ENTRY]
    journal.clear()
    journal.clear()
    assert journals(tmp_path / "reports") == []


def test_a_damaged_note_is_told_and_kept(tmp_path):
    journal = Journal.of(tmp_path, ENTRY.url)
    journal.path.parent.mkdir()
    journal.path.write_text("{")
    with pytest.raises(InputError, match="restore the service's configuration by hand"):
        journal.read()
    assert journal.path.read_text() == "{"


def test_a_note_that_is_nested_too_deeply_is_told_although_somebody_named_it(tmp_path):
    journal = Journal(tmp_path / "note.json")
    deep = msgspec.json.encode(ENTRY)[:-1] + b', "previous": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}"
    journal.path.write_bytes(deep)
    with pytest.raises(InputError, match="nested deeper than 100 levels"):
        journal.read(named=True)
    assert journal.path.read_bytes() == deep


@pytest.fixture
def other():
    """Another process that holds a service until the test ends."""
    started = []

    def hold(url, how):
        words = [sys.executable, "-c", OTHER, url, how]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.communicate()


@pytest.mark.parametrize(
    ("theirs", "ours", "waits"),
    [("shared", False, False), ("shared", True, True), ("alone", False, True), ("alone", True, True)],
)
def test_many_may_use_a_service_and_only_one_may_change_it(other, theirs, ours, waits, monkeypatch):
    monkeypatch.setattr(hold_module, "MEET_S", 0.05 if waits else LIMIT_S)
    url = f"http://{uuid4()}"  # holds are of the whole machine, where these tests may run twice at once
    process = other(url, theirs)
    hold, said = Hold(url, alone=ours), []
    try:
        if not waits:
            hold.acquire(said.append, 0)
            assert said == []
            return
        with pytest.raises(InputError, match="still in use by other runs"):
            hold.acquire(said.append, 0.05)
        assert len(said) == 1
        process.kill()
        hold.acquire(said.append, LIMIT_S)
    finally:
        hold.release()
        hold.release()


BRIEF = """\
import sys
from pytest_recsim.apply import hold as hold_module
from pytest_recsim.apply.hold import Hold
hold_module.MEET_S = 60.0  # on a busy machine, with a slow disk, it takes longer
sys.stdin.readline()
for round in range(20):
    hold = Hold(f"{sys.argv[1]}/{round}", alone=True)
    hold.acquire(lambda said: print(said, flush=True))
    hold.release()
"""


def test_runs_that_only_meet_at_the_lock_do_not_say_that_they_wait():
    assert hold_module.MEET_S >= 1
    words = [sys.executable, "-c", BRIEF, f"http://{uuid4()}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    racing = [subprocess.Popen(words, **pipes) for _ in range(4)]
    for one in racing:
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate(timeout=LIMIT_S)[0] for one in racing] == [""] * len(racing)
    assert {one.returncode for one in racing} == {0}


@pytest.fixture
def closed():
    """An address where nobody listens."""
    with kept_port() as port:
        yield f"http://127.0.0.1:{port}"


def restore(reports, **terms):
    told = []
    return restore_all(reports, Terms(tell=told.append, **terms)), told


def test_a_change_is_taken_back_by_hand(stand_in, talk, tmp_path):
    service = talk(stand_in.url)
    before = service.admin_config()
    admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path, stand_in.url))
    found, told = restore(tmp_path)
    assert found == Restored(done=1)
    assert "what run r1 had changed" in told[-1]
    assert service.admin_config() == before
    assert restore(tmp_path) == (Restored(), [])


def test_nothing_is_taken_back_while_the_run_is_at_work(stand_in, talk, tmp_path, other, monkeypatch):
    monkeypatch.setattr(hold_module, "MEET_S", 0.05)
    service = talk(stand_in.url)
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path, stand_in.url))
    other(stand_in.url, "alone")
    found, told = restore(tmp_path)
    assert found == Restored(busy=1)
    assert "still in use" in told[-1]
    assert service.admin_config()["mmr_lambda"] == 0.9
    admin.restore(service, entry)


def test_what_cannot_be_taken_back_keeps_its_note_and_does_not_keep_the_others(
    stand_in, talk, tmp_path, closed
):
    service = talk(stand_in.url)
    before = service.admin_config()
    gone = Journal.of(tmp_path, closed)
    gone.write(msgspec.structs.replace(ENTRY, url=closed))
    damaged = Journal.of(tmp_path, "http://elsewhere")
    damaged.path.write_text("{")
    admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path, stand_in.url))
    found, told = restore(tmp_path)
    assert found == Restored(done=1, left=2)
    assert service.admin_config() == before
    assert (gone.pending, damaged.pending) == (True, True)
    assert any(closed in sentence for sentence in told)


def test_what_others_changed_can_be_overwritten_or_kept(stand_in, talk, tmp_path):
    service, journal = talk(stand_in.url), Journal.of(tmp_path, stand_in.url)
    before = service.admin_config()
    try:
        for terms, lambda_ in (({"overwrite": True}, 0.35), ({"keep": True}, 0.5)):
            admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", journal)
            service.replace_admin_config(before | {"mmr_lambda": 0.5}, author="ops", notes="")
            for _ in range(2):
                found, told = restore(tmp_path)
                assert found == Restored(left=1)
                assert "mmr_lambda is 0.5, should be 0.35" in told[-2]
            assert restore(tmp_path, **terms)[0] == Restored(done=1)
            assert service.admin_config()["mmr_lambda"] == lambda_
            assert not journal.pending
    finally:
        service.replace_admin_config(before, author="test", notes="")


def test_who_shares_the_locks_of_a_place_has_one_word_for_it(tmp_path, monkeypatch):
    here = holder("http://x namespace a")
    assert here == holder("http://x namespace a")
    assert here != holder("http://x namespace b")
    monkeypatch.setattr(hold_module.tempfile, "gettempdir", lambda: str(tmp_path))
    assert holder("http://x namespace a") not in ("", here), "other locks, other machine"
    monkeypatch.setattr(hold_module.tempfile, "gettempdir", lambda: str(tmp_path / "not there"))
    assert holder("http://x namespace a") == ""
