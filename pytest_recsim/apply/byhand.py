"""A profile brought to a running service by hand, outside any run, so that `recsim restore` takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_recsim.apply.admin import set_knobs
from pytest_recsim.apply.change import ONE_NOTE, take_back
from pytest_recsim.apply.journal import ForeignNoteError, Journal, Named, restoring
from pytest_recsim.apply.reach import admin_members
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.profiles.documents import Difference, Document, differences, differing, equal
from pytest_recsim.data.profiles.fetched import EMPTY_KINDS
from pytest_recsim.data.profiles.knobs import KNOBS
from pytest_recsim.data.profiles.profiles import Profile
from pytest_recsim.plan.modes import MODES, ONE_WAY
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.safety.interlock import inspect, objection, recognise
from pytest_recsim.service.safety.preflight import preflight

_ADMIN = MODES["admin"]


@dataclass(frozen=True)
class Wanted:
    """What a profile asks of a service's admin document.

    Attributes:
        members: all that it asks for.
        changes: those of them that the service has otherwise.
        stays: knobs that rank and cannot travel, of which the service shows another value or none.
        moot: knobs that cannot travel and move no list.
    """

    members: Mapping[str, Any]
    changes: tuple[Difference, ...]
    stays: tuple[str, ...]
    moot: tuple[str, ...]


def wanted(profile: Profile, document: Document) -> Wanted:
    """Hold a profile against the document of a service."""
    values = {name: _plain(setting.value) for name, setting in profile.values.items()}
    members = admin_members(values)
    should = dict(document) | members
    changes = tuple(differences(document, should, differing(document, should)))
    left = [name for name, value in values.items() if not _ADMIN.takes(KNOBS[name], value)]
    stays = [name for name in left if KNOBS[name].ranks and not _shown(document, name, values[name])]
    return Wanted(members, changes, tuple(stays), tuple(name for name in left if not KNOBS[name].ranks))


def may_change(services: Iterable[Service], *, run_id: str, allowed: str = "") -> None:
    """Let a change of the whole service pass when what its namespaces hold is ours, or nothing; only reads are sent.

    Args:
        services: one for each namespace that is looked at.
        run_id: of this change.
        allowed: the namespace that somebody typed to allow what would be refused for it.

    Raises:
        InputError: no Recsys, not healthy, the key is refused, or a namespace holds what is not provably ours.
        ServiceError: the service is not well behind its door.
    """
    for service in services:
        preflight(service)
        state = recognise(service, inspect(service))
        found = objection(state, run_id=run_id, now=service.clock())
        if found and service.namespace != allowed:
            what = f"it holds {state.totals} and {found}; nothing was changed"
            how = f"to change the whole service all the same, add --allow {service.namespace}"
            raise InputError(
                Problem(f"namespace `{service.namespace}`", f"{what}. {how[0].upper()}{how[1:]}")
            )


def no_earlier_change(journal: Journal) -> None:
    """Refuse a second change on top of one that is noted: the note would then forget what was there before both.

    Raises:
        InputError: there is a note, ours or not.
    """
    try:
        entry = journal.read()
    except ForeignNoteError as error:
        raise InputError([*error.problems, Problem("", ONE_NOTE)]) from None
    if entry is not None:
        what = f"still has what run {entry.run_id} set on {entry.written_at}; first take that back"
        raise InputError(Problem(entry.url, f"{what}: `{restoring(entry, journal)}`"))


def bring(service: Service, asked: Wanted, journal: Journal, run_id: str) -> str:
    """Post the profile, see that it is taken, and return the command that takes it back; empty where nothing changed.

    Raises:
        InputError: it cannot be done, and what was changed is put back; where it could not be, the note stays.
    """
    try:
        entry = set_knobs(service, asked.members, run_id, journal)
    except BaseException as error:
        left = _put_back(service, journal)
        if not isinstance(error, InputError | ServiceError):
            raise
        raise InputError(Problem("", " ".join((str(error), *left)))) from None
    return restoring(entry, journal) if journal.pending else ""


def _put_back(service: Service, journal: Journal) -> tuple[str, ...]:
    """Take back what was begun; say what is left of it."""
    try:
        entry = journal.read()
        return take_back(service, journal, entry, Named()).left if entry is not None else ()
    except (InputError, ServiceError, OSError) as error:
        return (f"The service's configuration could not be restored: {error}",)


def _shown(document: Document, name: str, value: Any) -> bool:
    """Whether the service shows this value already, where what it shows can be believed."""
    knob = KNOBS[name]
    if knob.admin_key is None or name == ONE_WAY:
        return False
    there = knob.admin_key in document or knob.kind in EMPTY_KINDS
    return there and equal(document.get(knob.admin_key), value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
