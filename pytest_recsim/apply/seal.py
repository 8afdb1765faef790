"""Which notes are ours: sealed with a key of this user that lies outside the reports."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.private import WRITING, private_folder, read_private
from pytest_recsim.data.input.problems import InputError, Problem

STATE_DIR = "RECSIM_STATE_DIR"
KEY, KEY_BYTES = "note-key", 32


def state_folder() -> Path:
    """Return where the key lies: ``RECSIM_STATE_DIR``, else ``pytest-recsim`` in the user's state folder.

    Raises:
        InputError: there is no home folder.
    """
    if named := os.environ.get(STATE_DIR):
        return Path(named).absolute()
    base = os.environ.get("XDG_STATE_HOME", "")
    try:
        return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "pytest-recsim"
    except RuntimeError:
        raise InputError(Problem(STATE_DIR, "is not set, and this user has no home folder.")) from None


def note_key() -> bytes:
    """Return this user's key, made when there is none.

    Raises:
        InputError: it cannot be kept, or others could read or change it.
    """
    path = state_folder() / KEY
    try:
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        private_folder(path.parent, WRITING)
        found = read_private(path, KEY_BYTES + 1)
        if found is None:
            _make(path)
            found = read_private(path, KEY_BYTES + 1)
    except OSError as error:
        why = f"the key for notes cannot be kept there ({error.strerror or error})."
        raise InputError(Problem(shown(path), why)) from None
    if found is None or len(found) != KEY_BYTES:
        raise InputError(
            Problem(shown(path), f"must hold {KEY_BYTES} bytes; delete it, and a new one is made.")
        )
    return found


def _make(path: Path) -> None:
    """Write a whole key under another name first: of two runs that do so at once one wins, and both read it."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


def seal(document: Mapping[str, object]) -> str:
    """Return the seal of a note.

    Raises:
        InputError: no key can be kept.
    """
    return hmac.new(note_key(), msgspec.json.encode(document, order="sorted"), hashlib.sha256).hexdigest()


def sealed_by_us(document: Mapping[str, object], found: object) -> bool:
    """Whether a note's seal is the one that this user's key gives.

    Raises:
        InputError: the key cannot be read.
    """
    return isinstance(found, str) and hmac.compare_digest(found.encode(), seal(document).encode())
