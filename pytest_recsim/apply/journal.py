"""A note beside the reports of what a run changed on a service, so that the next run can take it back."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from pytest_recsim.data.files import shown
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.record.jsonio import write_atomic

FOLDER, PREFIX = ".recsim", "changed-"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a whole service.

    Attributes:
        mode: ``admin`` or ``env-file``.
        url, org_id: the service's base URL, and the tenant on whose behalf it was spoken to.
        run_id, written_at: who changed it, and when.
        previous, posted: admin config documents before and by the run (``admin``).
        env_file, backup: the rewritten file and the copy of what it held (``env-file``). The copy may hold
            secrets, so it stays beside the file and not here.
        written_sha256: of the rewritten file.
    """

    schema_version: int = 1
    mode: Literal["admin", "env-file"]
    url: str
    org_id: str
    run_id: str
    written_at: str
    previous: dict[str, Any] = {}
    posted: dict[str, Any] = {}
    env_file: str = ""
    backup: str = ""
    written_sha256: str = ""


class Journal:
    """The note for one service; at most one, because only one run at a time may change a service."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, reports: Path, url: str) -> Self:
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        return cls(reports / FOLDER / f"{PREFIX}{digest}.json")

    def read(self) -> Entry | None:
        """Return the note, None when there is none.

        Raises:
            InputError: the file is not readable as a note; it is left where it is.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Entry)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, msgspec.DecodeError) as error:
            what = "says what a run changed on the service, but cannot be read"
            advice = "restore the service's configuration by hand, then delete the file"
            raise InputError(Problem(shown(self.path), f"{what} ({error}); {advice}.")) from None

    def write(self, entry: Entry) -> None:
        """Put the note down before anything is changed.

        Raises:
            InputError: it cannot be written, so nothing may be changed.
        """
        try:
            write_atomic(self.path, msgspec.json.format(msgspec.json.encode(entry), indent=2) + b"\n")
        except OSError as error:
            what = f"a note of what is changed on the service cannot be written ({error.strerror})"
            raise InputError(Problem(shown(self.path), f"{what}; nothing was changed.")) from None

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def journals(reports: Path) -> list[Journal]:
    """Return the notes that lie beside these reports."""
    return [Journal(path) for path in sorted((reports / FOLDER).glob(f"{PREFIX}*.json"))]
