"""Notes of changes, holds on services, and taking back by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_recsim.apply import admin
from pytest_recsim.apply.hold import Hold
from pytest_recsim.apply.journal import Entry, Journal, journals
from pytest_recsim.apply.leftover import restore_all
from pytest_recsim.data.problems import InputError

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
def test_many_may_use_a_service_and_only_one_may_change_it(other, tmp_path, theirs, ours, waits):
    url = f"http://{tmp_path.name}"
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
        hold.acquire(said.append, 10)
    finally:
        hold.release()
        hold.release()


def restore(reports):
    told = []
    return restore_all(reports, api_key=None, ca_file=None, restart="", tell=told.append), told


def test_a_change_is_taken_back_by_hand(stand_in, talk, tmp_path):
    service = talk(stand_in.url)
    before = service.admin_config()
    admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path, stand_in.url))
    found, told = restore(tmp_path)
    assert found == 1
    assert "what run r1 had changed" in told[-1]
    assert service.admin_config() == before
    assert restore(tmp_path) == (0, [])


def test_nothing_is_taken_back_while_the_run_is_at_work(stand_in, talk, tmp_path, other):
    service = talk(stand_in.url)
    entry = admin.set_knobs(service, {"mmr_lambda": 0.9}, "r1", Journal.of(tmp_path, stand_in.url))
    other(stand_in.url, "alone")
    with pytest.raises(InputError, match="still in use"):
        restore(tmp_path)
    assert service.admin_config()["mmr_lambda"] == 0.9
    admin.restore(service, entry)
