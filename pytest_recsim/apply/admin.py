"""Apply mode ``admin``: read the config document, edit it, post it back whole, restore it (contract 9.1)."""

from __future__ import annotations

from time import sleep
from typing import Any

import msgspec

from pytest_recsim.apply.journal import Entry, Journal, Named
from pytest_recsim.apply.reach import admin_values
from pytest_recsim.apply.undone import Undone, listed
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.documents import Document, differences, differing, equal, same
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.api.client import Service

AUTHOR, RESTORED = "recsim", "restored"
API = "api"
"""What the service calls a document that was posted, not read from its environment at its start."""
READS = 6
ROUNDS = 5
SETTLE_S = 2.0
"""How long a post that nobody saw answered may still be on its way; one look before is not believed."""


def make(service: Service, plan: Plan, run_id: str, journal: Journal) -> None:
    """Lay the profile over the service's document, see :func:`set_knobs`."""
    set_knobs(service, admin_values(plan), run_id, journal)


def take_back(service: Service, entry: Entry, _named: Named, *, overwrite: bool) -> Undone:
    """Bring the document back, see :func:`restore`; nothing has to be named for that but the service."""
    return restore(service, entry, overwrite=overwrite)


def set_knobs(service: Service, values: Document, run_id: str, journal: Journal) -> Entry:
    """Lay ``values`` over the service's document and make sure that all of it answers by them.

    Raises:
        InputError: the service does not take them, or its processes do not share the document; the previous one
            is posted back, and the sentence says what could not be.
        ServiceError: the service does not answer. The note stays.
    """
    stored = service.stored_config()
    entry = Entry(
        mode="admin",
        url=service.endpoint.base_url,
        org_id=service.endpoint.org_id,
        run_id=run_id,
        written_at=service.clock().isoformat(),
        previous=stored.config,
        posted=stored.config | dict(values),
        source=str(stored.metadata.get("source", "")),
        confirmed=False,
    )
    needed = not same(entry.previous, entry.posted)
    if needed:  # a service that runs with these knobs already is left alone
        journal.write(entry)
        _post(service, entry.posted, run_id)
    reads = service.admin_configs(READS)
    if why := _not_taken(entry.posted, reads):
        back = restore(service, _as_shown(entry, values, reads)) if needed else Undone()
        said = " ".join(
            back.left or ("The previous one was posted back." if needed else "Nothing was changed.",)
        )
        raise InputError(Problem(service.endpoint.base_url, f"{why}. {said}"))
    entry = msgspec.structs.replace(entry, confirmed=True)
    if needed:
        journal.write(entry)
    return entry


def _not_taken(posted: Document, reads: list[dict[str, Any]]) -> str:
    """Say why the service does not run with the posted document, empty when it does."""
    shown = sum(same(posted, read) for read in reads)
    if shown == len(reads):
        return ""
    if _alike(reads):
        wrong = differences(reads[0], posted, differing(reads[0], posted))
        return f"does not take the configuration that was posted ({listed(wrong)})"
    return (
        f"shows the configuration that is wanted in {shown} of {len(reads)} reads, so it has several processes that do "
        "not share it; use --recsim-apply request, or the address of a single one"
    )


def _alike(reads: list[dict[str, Any]]) -> bool:
    return all(same(reads[0], read) for read in reads)


def _as_shown(entry: Entry, values: Document, reads: list[dict[str, Any]]) -> Entry:
    """Take what the service made of our values for ours too; with one voice, or it may be the previous ones."""
    made = {name: reads[0].get(name) for name in values} if _alike(reads) else {}
    return msgspec.structs.replace(entry, posted=entry.posted | made)


def restore(service: Service, entry: Entry, *, overwrite: bool = False) -> Undone:
    """Bring our members of the document back to what they were, and look whether they are.

    What others have set since then stays: members that are not ours, and ours where they are neither as we found
    them nor as we posted them. The latter are left; ``overwrite`` brings the whole previous document back.

    Raises:
        ServiceError: the service does not answer.
    """
    lost = not overwrite and _lost(service, entry)
    undone = _restored(service, entry, overwrite=overwrite, lost=lost)
    if not entry.confirmed and not undone.left:
        sleep(SETTLE_S)
        return _restored(service, entry, overwrite=overwrite, lost=lost)
    return undone


def _restored(service: Service, entry: Entry, *, overwrite: bool, lost: bool) -> Undone:
    for _ in range(ROUNDS):
        reads = service.admin_configs(READS)
        goals = [(read, entry.previous if overwrite else goal(entry, read)) for read in reads]
        wrong = next((aim for read, aim in goals if not same(read, aim)), None)
        if wrong is None:
            return _judged(entry, reads[0], lost=lost)
        _post(service, wrong, f"{entry.run_id}, {RESTORED}")
    left = [change for read, aim in goals for change in differences(read, aim, differing(read, aim))]
    named = {change.name: change for change in left}.values()
    return Undone(failed=(f"{_before(entry)} did not reach every process of {entry.url}: {listed(named)}.",))


def goal(entry: Entry, now: Document) -> dict[str, Any]:
    """Return the document as it should be: ours taken back, everybody else's as it is."""
    found = dict(now)
    for name in differing(entry.previous, entry.posted):
        if not equal(now.get(name), entry.posted.get(name)):
            continue
        found.pop(name, None)
        if name in entry.previous:
            found[name] = entry.previous[name]
    return found


def _judged(entry: Entry, now: Document, *, lost: bool) -> Undone:
    """Say what differs from before although nothing of ours is left in it."""
    ours = differing(entry.previous, entry.posted)
    changed = differences(now, entry.previous, differing(entry.previous, now))
    if lost and changed:
        why = "the service was restarted and has lost a configuration that was set before"
        return Undone(contested=(f"{why} run {entry.run_id}: {listed(changed)}.",))
    both = [change for change in changed if change.name in ours]
    others = ", ".join(change.name for change in changed if change.name not in ours)
    during = f"the service's configuration was changed during run {entry.run_id} ({others}); left as it is."
    since = f"the service's configuration was changed after run {entry.run_id} had set it; left as it is"
    return Undone(notes=(during,) if others else (), contested=(f"{since}: {listed(both)}.",) if both else ())


def _lost(service: Service, entry: Entry) -> bool:
    """Whether the service had a posted document and has been restarted since."""
    return entry.source == API and service.stored_config().metadata.get("source", API) != API


def _before(entry: Entry) -> str:
    return f"the configuration from before run {entry.run_id}"


def left_by_others(service: Service) -> str:
    """Say so when a run of ours that we have no note of set the configuration and never restored it."""
    found = service.stored_config().metadata
    notes = str(found.get("notes", ""))
    if found.get("updated_by") != AUTHOR or notes.endswith(RESTORED):
        return ""
    return (
        f"the service still has the configuration that {notes or 'a run'} set at {found.get('updated_at')}; "
        "it was not restored, and there is no note of it in this reports folder."
    )


def _post(service: Service, document: Document, run_id: str) -> None:
    service.replace_admin_config(document, author=AUTHOR, notes=f"pytest-recsim run {run_id}")
