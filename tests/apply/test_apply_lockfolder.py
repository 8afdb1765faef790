"""The lock folder lies where every user may write, so whose it is is checked, and what is wrong is a sentence."""

from __future__ import annotations

import os
import stat

import pytest

from pytest_recsim.apply import hold as hold_module
from pytest_recsim.apply.hold import Hold, holder
from pytest_recsim.data.input.problems import InputError

URL = "http://shop"


@pytest.fixture
def locks(tmp_path, monkeypatch):
    monkeypatch.setattr(hold_module.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / f"recsim-locks-{os.getuid()}"


def taken():
    hold = Hold(URL, alone=True)
    hold.acquire(lambda _: None, 0)
    hold.release()


def test_the_folder_is_made_for_its_user_alone(locks):
    taken()
    assert stat.S_IMODE(locks.stat().st_mode) == 0o700
    assert holder(URL)


def a_link(locks):
    (locks.parent / "elsewhere").mkdir(mode=0o700)
    locks.symlink_to(locks.parent / "elsewhere")


def a_dangling_link(locks):
    locks.symlink_to(locks.parent / "nowhere")


def a_file(locks):
    locks.write_text("")


def open_to_all(locks):
    locks.mkdir()
    locks.chmod(0o777)


def open_to_readers(locks):
    """Whoever may read a lock file may hold it too."""
    locks.mkdir()
    locks.chmod(0o755)


@pytest.mark.parametrize("wrong", [a_link, a_dangling_link, a_file, open_to_all, open_to_readers])
def test_a_folder_that_others_could_have_made_or_can_change_is_refused(locks, wrong):
    wrong(locks)
    with pytest.raises(InputError, match=r"recsim-locks-.*must.* TMPDIR") as caught:
        taken()
    assert "\n" not in str(caught.value)
    assert holder(URL) == ""
    assert not (locks.parent / "elsewhere").exists() or not list((locks.parent / "elsewhere").iterdir())


def test_a_folder_of_another_user_is_refused(locks, monkeypatch):
    locks.mkdir(mode=0o700)
    monkeypatch.setattr("pytest_recsim.data.input.private.os.geteuid", lambda: 4711)
    with pytest.raises(InputError, match="belongs to user"):
        taken()


@pytest.mark.parametrize("kind", ["garbage", "folder", "link", "pipe"])
def test_a_lock_file_that_is_none_is_a_sentence(locks, kind):
    taken()
    (lock,) = locks.glob("*.db")
    lock.unlink()
    if kind == "garbage":
        lock.write_bytes(os.urandom(8192))
    elif kind == "folder":
        lock.mkdir()
    elif kind == "link":
        (locks.parent / "victim").write_bytes(b"")
        lock.symlink_to(locks.parent / "victim")
    else:
        os.mkfifo(lock)
    with pytest.raises(InputError, match="cannot be used as a lock"):
        taken()
    assert kind != "link" or (locks.parent / "victim").read_bytes() == b""
