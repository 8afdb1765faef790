"""Scratch folders of runs that are gone are removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from pytest_recsim.simulation.controller import scratch

RUN = """
import sys
from pathlib import Path
from pytest_recsim.simulation.controller import scratch
folder, held = scratch.make() if len(sys.argv) == 1 else (sys.argv[1], scratch.hold(Path(sys.argv[1])))
print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The temporary folder of this test."""
    (folder := tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def run(place):
    """Start a process that makes or holds a scratch folder; returns it with the folder's path."""
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, place / process.stdout.readline().strip()

    yield start
    for process in started:
        end(process)
        process.stdout.close()
        process.stdin.close()


def end(process):
    process.kill()
    process.wait()


def left(place):
    scratch.sweep()
    return sorted(path.name for path in place.iterdir())


def test_a_folder_goes_when_the_last_process_of_its_run_is_gone(place, run):
    controller, folder = run()
    (folder / "acme").mkdir()
    (folder / "acme" / "lists.msgpack").write_bytes(b"users")
    worker, _ = run(folder)
    assert left(place) == [folder.name]
    end(controller)
    assert left(place) == [folder.name]
    end(worker)
    assert left(place) == []


def test_a_run_that_is_just_beginning_is_left_alone(place):
    (place / "recsim-run-new").mkdir()
    assert left(place) == ["recsim-run-new"]
    os.utime(place / "recsim-run-new", (0, 0))
    assert left(place) == []


def test_no_link_is_followed(place, tmp_path):
    (mine := tmp_path / "mine").mkdir()
    (mine / ".held").touch()
    (mine / "letter").write_text("dear")
    (place / "recsim-run-link").symlink_to(mine)
    (place / "recsim-run-file").write_text("no folder")
    for name, make in {
        "inside": lambda folder: (folder / "link").symlink_to(mine),
        "lock": lambda folder: (folder / ".held").symlink_to(mine / ".held"),
        "pipe": lambda folder: os.mkfifo(folder / ".held"),
    }.items():
        (folder := place / f"recsim-run-{name}").mkdir()
        make(folder)
        os.utime(folder, (0, 0))
    assert left(place) == [f"recsim-run-{name}" for name in ("file", "link", "lock")]
    assert sorted(path.name for path in mine.iterdir()) == [".held", "letter"]


def test_folders_of_other_users_are_left_alone(place, monkeypatch):
    (place / "recsim-run-old").mkdir()
    os.utime(place / "recsim-run-old", (0, 0))
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert left(place) == ["recsim-run-old"]


def test_a_run_that_is_killed_while_it_removes_its_folder_leaves_it_to_the_next(place, monkeypatch):
    folder, held = scratch.make()
    (folder / "lists").write_bytes(b"users")

    def killed(gone, **_):
        (gone / ".held").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scratch.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            scratch.remove(folder)
    held.close()
    assert [path.name for path in place.iterdir()] == [f"{folder.name}.going"]
    assert left(place) == []


def test_a_scratch_folder_is_for_its_owner_alone_and_new_each_time(place):
    (first, held), (second, also) = scratch.make(), scratch.make()
    assert first != second
    assert first.parent == place
    assert first.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in first.iterdir()] == [".held"]
    for file in (held, also):
        file.close()


def test_what_this_process_holds_stays_until_the_last_hold_is_let_go(place):
    folder, held = scratch.make()
    also = scratch.hold(folder)
    held.close()
    assert left(place) == [folder.name]
    also.close()
    assert left(place) == []


def test_a_folder_that_a_run_removes_itself_is_gone_at_once_with_everything_in_it(place):
    folder, held = scratch.make()
    (folder / "simulations").mkdir()
    (folder / "simulations" / "lists").write_bytes(b"users")
    scratch.remove(folder)
    held.close()
    assert list(place.iterdir()) == []
    scratch.remove(folder)  # nobody minds a second time


def test_only_folders_of_runs_are_removed(place):
    for name in ("mine", "recsim-locks-0", "xrecsim-run-x"):
        (place / name).mkdir()
        os.utime(place / name, (0, 0))
    (place / "recsim-run-a.going").mkdir()
    (place / "recsim-run-a.going" / "lists").write_bytes(b"users")
    assert left(place) == ["mine", "recsim-locks-0", "xrecsim-run-x"]


@pytest.mark.parametrize(("age", "stays"), [(0, True), (58, True), (62, False)])
def test_a_folder_without_its_file_is_given_a_minute(place, monkeypatch, age, stays):
    (folder := place / "recsim-run-new").mkdir()
    monkeypatch.setattr(scratch, "wall", lambda: folder.stat().st_mtime + age)
    assert (left(place) == [folder.name]) is stays


def test_a_place_that_cannot_be_listed_is_no_trouble(place, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "gone"))
    scratch.sweep()
    assert list(place.iterdir()) == []


def test_where_no_folder_can_be_made_the_caller_is_told(place, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "gone"))
    with pytest.raises(FileNotFoundError):
        scratch.make()


def test_a_folder_that_its_run_still_removes_is_not_fought_for(place, monkeypatch):
    """Two sweeps may meet at one folder; whoever comes second finds it locked, and goes on to the next."""
    for name in ("one", "two"):
        (place / f"recsim-run-{name}").mkdir()
        os.utime(place / f"recsim-run-{name}", (0, 0))
    other = (place / "recsim-run-one" / ".held").open("xb")
    scratch.fcntl.flock(other, scratch.fcntl.LOCK_EX)
    assert left(place) == ["recsim-run-one"]
    other.close()
    assert left(place) == []
