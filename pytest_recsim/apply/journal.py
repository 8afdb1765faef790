"""A note beside the reports of what a run changed on a service, so that the next run can take it back."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import msgspec

from pytest_recsim.apply.seal import seal, sealed_by_us
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import same_address
from pytest_recsim.plan.modes import MODES
from pytest_recsim.record.bounds import open_at_once
from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.reading import decoded

FOLDER, PREFIX, SEAL = ".recsim", "changed-", "seal"
NAME = re.compile(rf"{PREFIX}[0-9a-f]{{16}}\.json")
LARGEST = 8_000_000
NOT_OURS = (
    "says that a run changed the service, but does not carry the seal of this user on this machine, "
    "so nothing in it was believed and it was left alone."
)
BY_HAND = "restore the service's configuration by hand if a run changed it, then delete the file"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a whole service.

    Attributes:
        mode: one that changes a service.
        url, org_id: the service's base URL, and the tenant on whose behalf it was spoken to.
        run_id, written_at: who changed it, and when.
        previous, posted: admin config documents before and by the run; the latter stays empty under ``env-file``
            until the service has been restarted.
        source: where the service said that the previous document came from.
        confirmed: whether the service was seen to have taken the change; a post that nobody saw answered may still
            arrive. Notes of earlier versions do not say.
        env_file, backup: the rewritten file and the copy of what it held (``env-file``). The copy may hold
            secrets, so it stays beside the file and not here.
        values: the variables that were set; they are knobs, no secrets.
        before_sha256, written_sha256: of the file before and after; the former is empty in notes of earlier versions.
    """

    schema_version: int = 1
    mode: str
    url: str
    org_id: str
    run_id: str
    written_at: str
    previous: dict[str, Any] = {}
    posted: dict[str, Any] = {}
    source: str = ""
    confirmed: bool = True
    env_file: str = ""
    backup: str = ""
    values: dict[str, str] = {}
    before_sha256: str = ""
    written_sha256: str = ""


@dataclass(frozen=True)
class Named:
    """What this very command names and may therefore be written or run: an env file, and a command that restarts."""

    env_file: str = ""
    restart: str = ""

    def names(self, file: str) -> bool:
        return bool(self.env_file) and Path(self.env_file).resolve() == Path(file)


class ForeignNoteError(InputError):
    """A note that this user's key did not seal, or that is no note at all; nothing in it is believed."""


def _refuse_mode(mode: str) -> None:
    if mode not in MODES or not MODES[mode].changes:
        raise ValueError(f"apply mode `{quoted(mode)}` changes no service")


class Journal:
    """The note for one service; at most one, because only one run at a time may change a service.

    Attributes:
        path: of the file.
        unsealed: why what was written carries no seal; empty when it does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unsealed = ""
        self._written = b""

    @classmethod
    def of(cls, reports: Path, url: str) -> Self:
        digest = hashlib.sha256(same_address(url).encode()).hexdigest()[:16]
        return cls(reports / FOLDER / f"{PREFIX}{digest}.json")

    def read(self, *, named: bool = False) -> Entry | None:
        """Return the note, None when there is none.

        Args:
            named: whether somebody typed this very file; then it needs no seal.

        Raises:
            ForeignNoteError: it is not ours, or the key that could tell cannot be read; it is left where it is.
        """
        try:
            content = _content(self.path)
            if content is None:
                return None
            document: dict[str, Any] = decoded(content, dict[str, Any])
            found = document.pop(SEAL, None)
            entry = msgspec.convert(document, Entry)
            _refuse_mode(entry.mode)
        except (OSError, ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
            what = "lies where the notes of changed services lie, but cannot be read as one"
            raise ForeignNoteError(Problem(shown(self.path), f"{what} ({error}); {BY_HAND}.")) from None
        if not (named or content == self._written):
            self._check_seal(document, found)
        return entry

    def _check_seal(self, document: dict[str, Any], found: object) -> None:
        try:
            known = sealed_by_us(document, found)
        except InputError as error:
            note = Problem(shown(self.path), f"so it is not known whose note this is. {advice(self.path)}")
            raise ForeignNoteError([*error.problems, note]) from None
        if not known:
            raise ForeignNoteError(Problem(shown(self.path), f"{NOT_OURS} {advice(self.path)}"))

    def write(self, entry: Entry) -> None:
        """Put the note down before anything is changed, or complete it; a power cut leaves the old one or the new.

        Raises:
            InputError: it cannot be written, so nothing may be changed.
        """
        document: dict[str, Any] = msgspec.to_builtins(entry)
        try:
            document[SEAL] = seal(document)
            self.unsealed = ""
        except InputError as error:
            self.unsealed = str(error)
        content = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
        try:
            write_atomic(self.path, content, durable=True, mode=0o600)  # configurations may hold secrets
        except OSError as error:
            what = f"a note of what is changed on the service cannot be written ({error.strerror})"
            raise InputError(Problem(shown(self.path), f"{what}; nothing was changed.")) from None
        self._written = content

    @property
    def pending(self) -> bool:
        """Whether a change is noted that has not been taken back."""
        return os.path.lexists(self.path)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def journals(reports: Path) -> list[Journal]:
    """Return the notes that lie beside these reports."""
    found = sorted((reports / FOLDER).glob(f"{PREFIX}*.json"))
    return [Journal(path) for path in found if NAME.fullmatch(path.name)]


def restoring(entry: Entry, journal: Journal) -> str:
    """Return the command that takes a change back: whatever is sent or written is named in it."""
    words = ["recsim", "restore", "--reports-dir", shown(journal.path.parent.parent), "--base-url", entry.url]
    words += ["--note", shown(journal.path)] if journal.unsealed else []
    words += ["--env-file", entry.env_file, "--restart-command", "COMMAND"] if entry.env_file else []
    return shlex.join(words)


def advice(path: Path) -> str:
    """Say what to do with a note that is not ours."""
    words = ["recsim", "restore", "--note", shown(path), "--base-url", "URL"]
    return f"Read it: `{shlex.join(words)}` restores by it if you trust it; otherwise delete the file."


def _content(path: Path) -> bytes | None:
    """What the file holds, None when there is none; links are not followed, and pipes and devices not opened."""
    try:
        stream = open_at_once(path, follow=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    with stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no plain file")
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST:,} bytes")
    return content
