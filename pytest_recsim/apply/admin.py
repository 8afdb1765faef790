"""Apply mode ``admin``: read the config document, edit it, post it back whole, restore it (contract 9.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pytest_recsim.apply.journal import Entry, Journal
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.service.face import Service

AUTHOR, RESTORED = "recsim", "restored"
READS = 6
ROUNDS = 5
Document = Mapping[str, Any]


def set_knobs(service: Service, values: Document, run_id: str, journal: Journal) -> Entry:
    """Lay ``values`` over the service's document and make sure that all of it answers by them.

    Raises:
        InputError: the service's replicas do not share the document; the previous one is posted back.
        ServiceError: the service does not answer.
    """
    previous = service.admin_config()
    entry = Entry(
        mode="admin",
        url=service.endpoint.base_url,
        org_id=service.endpoint.org_id,
        run_id=run_id,
        written_at=service.clock().isoformat(),
        previous=previous,
        posted=previous | dict(values),
    )
    journal.write(entry)
    _post(service, entry.posted, run_id)
    shown = sum(same(entry.posted, read) for read in service.admin_configs(READS))
    if shown < READS:
        told = " ".join(restore(service, entry))
        what = (
            f"shows the configuration just posted in {shown} of {READS} reads, so it has several processes that do "
            "not share it; use --recsim-apply request, or the address of a single one"
        )
        raise InputError(Problem(service.endpoint.base_url, f"{what}. {told}".strip()))
    return entry


def restore(service: Service, entry: Entry) -> list[str]:
    """Bring the previous document back wherever ours is found; return sentences about what was not restored.

    A document that is neither is somebody else's decision since then, and stays.

    Raises:
        InputError: some process of the service goes on showing ours.
    """
    for _ in range(ROUNDS):
        reads = service.admin_configs(READS)
        if all(same(entry.previous, read) for read in reads):
            return []
        if not all(same(entry.previous, read) or same(entry.posted, read) for read in reads):
            changed = ", ".join(sorted({key for read in reads for key in differing(entry.posted, read)}))
            return [
                f"somebody changed the service's configuration after run {entry.run_id} had ({changed}); left as it is."
            ]
        _post(service, entry.previous, f"{entry.run_id}, {RESTORED}")
    what = f"the configuration from before run {entry.run_id} did not reach every process of the service"
    raise InputError(Problem(entry.url, f"{what}."))


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


def same(one: Document, other: Document) -> bool:
    """Whether two documents mean the same: a member left out is the empty one of its kind."""
    return not differing(one, other)


def differing(one: Document, other: Document) -> list[str]:
    """Return the members in which two documents differ."""
    return [key for key in one.keys() | other.keys() if not _equal(one.get(key), other.get(key))]


def _equal(one: Any, other: Any) -> bool:
    if not one or not other:
        return not one and not other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return same(one, other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)
