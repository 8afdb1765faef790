"""Taking back by hand what killed runs left changed: the work of `recsim restore`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_recsim.apply.change import take_back
from pytest_recsim.apply.hold import Hold
from pytest_recsim.apply.journal import Entry, Journal, journals
from pytest_recsim.service.endpoint import Endpoint
from pytest_recsim.service.face import Service


def restore_all(
    reports: Path, *, api_key: str | None, ca_file: Path | None, restart: str, tell: Callable[[str], None]
) -> int:
    """Undo every change that is noted beside these reports; return how many there were.

    Raises:
        InputError: a note that cannot be read, or a service that does not take its configuration back.
        ServiceError: a service that does not answer. Its note stays for the next try.
    """
    found = 0
    for journal in journals(reports):
        entry = journal.read()
        if entry is not None:
            found += 1
            _restore(journal, entry, api_key=api_key, ca_file=ca_file, restart=restart, tell=tell)
    return found


def _restore(
    journal: Journal,
    entry: Entry,
    *,
    api_key: str | None,
    ca_file: Path | None,
    restart: str,
    tell: Callable[[str], None],
) -> None:
    hold = Hold(entry.url, alone=True)
    hold.acquire(tell, limit_s=0)  # a run that is still at work restores by itself
    endpoint = Endpoint(entry.url, entry.org_id, "recsim-restore", api_key=api_key, ca_file=ca_file)
    try:
        with Service(endpoint) as service:
            for sentence in take_back(service, entry, restart):
                tell(sentence)
        journal.clear()
        tell(f"{entry.url}: what run {entry.run_id} had changed on {entry.written_at} is dealt with.")
    finally:
        hold.release()
