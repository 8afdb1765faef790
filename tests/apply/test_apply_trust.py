"""Notes that lie around are believed only when this user's key sealed them, and nothing goes where no command points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shlex import quote
from types import SimpleNamespace

import msgspec
import pytest
from service.service_fakes import Reply, Server

from pytest_recsim.apply.change import Change, take_back
from pytest_recsim.apply.journal import Entry, ForeignNoteError, Journal, Named, journals
from pytest_recsim.apply.leftover import Restored, Terms, restore_all, restore_one
from pytest_recsim.apply.seal import KEY, STATE_DIR, note_key
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.modes import MODES
from pytest_recsim.record.asked import Chosen

ENTRY = Entry(
    mode="admin",
    url="http://127.0.0.1:9",
    org_id="00000000-0000-0000-0000-000000000001",
    run_id="r1",
    written_at="then",
    previous={"a": 0.1, "b": [1, 2.5e-9], "c": "\u00fc"},
)


@pytest.fixture
def thief():
    """A service of somebody who wants the key; it remembers the headers that it was sent."""
    heard = []

    def answer(request):
        heard.append(dict(request.headers))
        return Reply(200, {"config": {}, "metadata": {}})

    server = Server(answer)
    server.heard = heard
    yield server
    server.close()


def forged(reports, entry):
    """Put a note down as somebody without our key can: with a seal that is made up, taken over or missing."""
    journal = Journal.of(reports, entry.url)
    journal.path.parent.mkdir(parents=True, exist_ok=True)
    journal.path.write_bytes(msgspec.json.encode(msgspec.to_builtins(entry) | {"seal": "0" * 64}))
    return Journal(journal.path)


def restore(reports, **terms):
    told = []
    return restore_all(reports, Terms(tell=told.append, **terms)), told


def test_a_forged_note_sends_nothing_anywhere_and_stays(thief, tmp_path):
    journal = forged(tmp_path, msgspec.structs.replace(ENTRY, url=thief.url))
    before = journal.path.read_bytes()
    for terms in ({}, {"overwrite": True}, {"keep": True}, {"base_url": thief.url}):
        found, (sentence,) = restore(tmp_path, api_key="secret-key", **terms)
        assert found == Restored(left=1)
        assert "does not carry the seal of this user on this machine" in sentence
    assert thief.heard == []
    assert journal.path.read_bytes() == before


@pytest.mark.parametrize("member", ["url", "previous", "posted", "env_file", "org_id", "run_id"])
def test_a_seal_covers_every_member(tmp_path, member):
    journal = Journal.of(tmp_path, ENTRY.url)
    journal.write(ENTRY)
    assert Journal(journal.path).read() == ENTRY
    document = json.loads(journal.path.read_text())
    document[member] = {"x": 1} if isinstance(document[member], dict) else "http://elsewhere"
    journal.path.write_text(json.dumps(document))
    with pytest.raises(ForeignNoteError):
        Journal(journal.path).read()


def test_the_key_goes_only_to_the_service_that_the_command_names(thief, tmp_path):
    Journal.of(tmp_path, thief.url).write(msgspec.structs.replace(ENTRY, url=thief.url))
    found, (sentence,) = restore(tmp_path, api_key="secret-key")
    assert found == Restored(left=1)
    assert f"--base-url {thief.url}" in sentence, "the whole command is there to be pasted"
    assert thief.heard == []
    assert restore(tmp_path, api_key="secret-key", base_url="http://127.0.0.1:1") == (Restored(), [])
    assert thief.heard == []


def test_an_env_file_is_written_only_by_a_command_that_names_it(tmp_path, talk, stand_in):
    victim = tmp_path / "victim.env"
    victim.write_text("A=1\n")
    Path(f"{victim}.recsim-backup").write_text("EVIL=1\n")
    other = tmp_path / "other.env"
    entry = msgspec.structs.replace(
        ENTRY, mode="env-file", url=stand_in.url, env_file=str(victim), backup=str(other)
    )
    journal = Journal.of(tmp_path, entry.url)
    for named in (Named(), Named(str(other), "true"), Named(str(tmp_path), "true")):
        (sentence,) = take_back(talk(stand_in.url), journal, entry, named, overwrite=True).left
        assert f"--env-file {quote(str(victim))} --restart-command" in sentence
    assert victim.read_text() == "A=1\n"
    assert Path(f"{victim}.recsim-backup").exists()


def test_a_note_without_a_seal_is_used_when_note_and_service_are_typed(tmp_path, stand_in, talk):
    service = talk(stand_in.url)
    before = service.admin_config()
    posted = before | {"mmr_lambda": 0.9}
    journal = forged(
        tmp_path, msgspec.structs.replace(ENTRY, url=stand_in.url, previous=before, posted=posted)
    )
    service.replace_admin_config(posted, author="recsim", notes="")
    told = []
    with pytest.raises(InputError, match="another service"):
        restore_one(journal.path, Terms(tell=told.append, base_url="http://127.0.0.1:1"))
    assert restore_one(journal.path, Terms(tell=told.append, base_url=stand_in.url)) == Restored(done=1)
    assert service.admin_config() == before
    assert not journal.pending


@pytest.mark.parametrize("kind", ["pipe", "link", "deep", "large", "list", "folder"])
def test_what_is_no_note_is_told_and_left(tmp_path, kind):
    journal = Journal.of(tmp_path, ENTRY.url)
    path = journal.path
    path.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        (tmp_path / "real.json").write_bytes(msgspec.json.encode(ENTRY))
        path.symlink_to(tmp_path / "real.json")
    elif kind == "folder":
        path.mkdir()
    else:
        deep = '{"previous": ' + "[" * 100_000 + "]" * 100_000 + "}"
        path.write_text({"deep": deep, "large": " " * 8_000_001, "list": "[1]"}[kind])
    found, (sentence,) = restore(tmp_path)
    assert found == Restored(left=1)
    assert "cannot be read as one" in sentence
    assert len(sentence.replace(str(tmp_path), "")) < 500
    assert os.path.lexists(path)


def test_a_file_that_is_not_named_like_a_note_is_none(tmp_path):
    folder = tmp_path / ".recsim"
    folder.mkdir()
    (folder / "changed-\x1b[31m.json").write_text("{")
    assert journals(tmp_path) == []


# --- the start of a run ---


def change_in(reports, service, mode):
    plan = SimpleNamespace(
        apply=Chosen(mode, "typed"),
        mode=MODES[mode],
        stand_in=False,
        seed_only=False,
        env_file="",
        restart_command="",
        knobs={},
    )
    return Change(service, plan, reports)


def test_the_start_of_a_run_tells_a_note_that_is_not_ours_and_leaves_it_alone(tmp_path, stand_in, talk):
    service = talk(stand_in.url)
    before, victim = service.admin_config(), tmp_path / "victim.env"
    victim.write_text("A=1\n")
    entry = {"url": stand_in.url, "posted": before, "previous": before | {"mmr_lambda": 0.1}}
    more = {"mode": "env-file", "env_file": str(victim)}
    for forgery in (
        ENTRY.__class__(**(msgspec.to_builtins(ENTRY) | entry | members)) for members in ({}, more)
    ):
        journal = forged(tmp_path, forgery)
        change = change_in(tmp_path, service, "request")
        change.make("r2")
        assert any("does not carry the seal" in note for note in change.notes)
        assert (change.pending, change.touched, change.undo().left) == (False, False, ())
        with pytest.raises(InputError, match="Only then can a run change the service again"):
            change_in(tmp_path, service, "admin").make("r3")
        assert service.admin_config() == before
        assert victim.read_text() == "A=1\n"
        assert journal.pending


def test_the_start_of_a_run_leaves_an_env_file_alone_that_it_does_not_name(tmp_path, stand_in, talk):
    victim = tmp_path / "victim.env"
    victim.write_text("A=1\n")
    journal = Journal.of(tmp_path, stand_in.url)
    journal.write(msgspec.structs.replace(ENTRY, mode="env-file", url=stand_in.url, env_file=str(victim)))
    change = change_in(tmp_path, talk(stand_in.url), "request")
    change.make("r2")
    assert change.pending
    assert any(f"--env-file {quote(str(victim))} --restart-command COMMAND" in note for note in change.notes)
    assert change.restoring.startswith("recsim restore --reports-dir")
    assert victim.read_text() == "A=1\n"


# --- the key ---


def test_the_key_is_this_users_alone_and_stays_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    key = note_key()
    assert key == note_key()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "state").iterdir()] == [KEY]
    assert (tmp_path / "state" / KEY).stat().st_mode & 0o777 == 0o600


def open_to_others(state):
    state.mkdir()
    state.chmod(0o770)


def a_link(state):
    (state.parent / "real").mkdir(mode=0o700)
    state.symlink_to(state.parent / "real")


def a_file(state):
    state.write_text("")


def key_open_to_others(state):
    state.mkdir(mode=0o700)
    (state / KEY).write_bytes(bytes(32))
    (state / KEY).chmod(0o644)


def key_too_short(state):
    state.mkdir(mode=0o700)
    (state / KEY).write_bytes(b"")
    (state / KEY).chmod(0o600)


@pytest.mark.parametrize("wrong", [open_to_others, a_link, a_file, key_open_to_others, key_too_short])
def test_a_key_that_others_could_know_is_not_used_and_the_note_says_so(tmp_path, monkeypatch, wrong):
    monkeypatch.setenv(STATE_DIR, str(tmp_path / "state"))
    wrong(tmp_path / "state")
    with pytest.raises(InputError, match="must"):
        note_key()
    journal = Journal.of(tmp_path, ENTRY.url)
    journal.write(ENTRY)
    assert "state" in journal.unsealed
    assert journal.read() == ENTRY, "who wrote it knows it"
    with pytest.raises(ForeignNoteError, match="does not carry the seal"):
        Journal(journal.path).read()
    with pytest.raises(ForeignNoteError, match="not known whose note this is"):
        forged(tmp_path, ENTRY).read()


def test_of_two_runs_that_make_a_key_at_once_both_use_the_same(tmp_path):
    words = [sys.executable, "-c", "from pytest_recsim.apply.seal import note_key; print(note_key().hex())"]
    env = os.environ | {STATE_DIR: str(tmp_path / "state")}
    racing = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env) for _ in range(4)]
    assert len({one.communicate()[0] for one in racing}) == 1
    assert (tmp_path / "state" / KEY).stat().st_size == 32
