"""Taking back by hand what killed runs left changed: the work of `recsim restore`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_recsim.apply.change import take_back
from pytest_recsim.apply.envfile import copy_of
from pytest_recsim.apply.hold import Hold
from pytest_recsim.apply.journal import Entry, Journal, Named, journals, restoring
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import same_address
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.endpoint import Endpoint


@dataclass(frozen=True)
class Terms:
    """How to take back.

    Attributes:
        tell: hears what became of each note; a sentence each.
        base_url: the one service whose notes are meant, normalised; empty for all. The key goes to no other.
        named: the env file that may be written, and the command that restarts a service.
        overwrite: bring the original back also where others have changed it since.
        keep: leave the service as it is and drop the notes.
    """

    tell: Callable[[str], None]
    base_url: str = ""
    api_key: str | None = None
    ca_file: Path | None = None
    named: Named = field(default_factory=Named)
    overwrite: bool = False
    keep: bool = False


@dataclass
class Restored:
    """Notes that were found: taken back, still there, and those that a run at work will see to by itself."""

    done: int = 0
    left: int = 0
    busy: int = 0

    @property
    def found(self) -> int:
        return self.done + self.left + self.busy


def restore_all(reports: Path, terms: Terms) -> Restored:
    """Undo every change that is noted beside these reports; one that cannot be undone does not keep the others."""
    count = Restored()
    for journal in journals(reports):
        _look_at(journal, terms, count, named=False)
    return count


def restore_one(path: Path, terms: Terms) -> Restored:
    """Undo the change in a note that somebody named, sealed or not.

    Raises:
        InputError: the note is of another service than the one that was named.
    """
    count, journal = Restored(), Journal(path)
    entry = journal.read(named=True)
    if entry is None:
        raise InputError(Problem(shown(path), "note not found."))
    if not _meant(entry, terms):
        raise InputError(Problem(shown(path), f"is the note of another service than {terms.base_url}."))
    _look_at(journal, terms, count, named=True)
    return count


def _look_at(journal: Journal, terms: Terms, count: Restored, *, named: bool) -> None:
    try:
        entry = journal.read(named=named)
        journal.unsealed = "named" if named else ""  # the command that is printed names it too
    except InputError as error:
        terms.tell(str(error))
        count.left += 1
        return
    if entry is None or (terms.base_url and not _meant(entry, terms)):
        return
    if terms.api_key and not terms.base_url and not terms.keep:
        why = "RECSYS_API_KEY is sent only to a service that the command names"
        terms.tell(f"{why}: `{restoring(entry, journal)}`.")
        count.left += 1
        return
    _restore(journal, entry, terms, count)


def _meant(entry: Entry, terms: Terms) -> bool:
    return same_address(entry.url) == same_address(terms.base_url)


def _restore(journal: Journal, entry: Entry, terms: Terms, count: Restored) -> None:
    hold = Hold(same_address(entry.url), alone=True)
    try:
        hold.acquire(terms.tell, limit_s=0)  # a run that is still at work restores by itself
    except InputError as error:
        terms.tell(str(error))
        count.busy += 1
        return
    try:
        left = _undone(journal, entry, terms)
    finally:
        hold.release()
    for sentence in left:
        terms.tell(f"{entry.url}: {sentence}")
    if left:
        terms.tell(f"{entry.url}: the whole command: `{restoring(entry, journal)}`")
    count.left += bool(left)
    count.done += not left


def _undone(journal: Journal, entry: Entry, terms: Terms) -> list[str]:
    """Take one change back; return why it is not, nothing when it is."""
    what = f"what run {entry.run_id} had changed on {entry.written_at}"
    if terms.keep:
        journal.clear()
        backup = copy_of(Path(entry.env_file))
        copied = f" The copy {shown(backup)} stays too." if entry.env_file and backup.is_file() else ""
        terms.tell(f"{entry.url}: {what} stays; its note is deleted.{copied}")
        return []
    try:
        url = terms.base_url or entry.url
        endpoint = Endpoint(url, entry.org_id, "recsim-restore", api_key=terms.api_key, ca_file=terms.ca_file)
        with Service(endpoint) as service:
            undone = take_back(service, journal, entry, terms.named, overwrite=terms.overwrite)
    except (InputError, ServiceError) as error:
        return [str(error)]
    except OSError as error:
        return [f"{error.filename or 'the env file'}: {error.strerror or error}"]
    for sentence in undone.notes:
        terms.tell(f"{entry.url}: {sentence}")
    if not undone.left:
        terms.tell(f"{entry.url}: {what} has been reverted.")
    return list(undone.left)
