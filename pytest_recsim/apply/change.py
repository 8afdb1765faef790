"""One run's change of a whole service: made once, taken back whatever happens, by the next run if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from pytest_recsim.apply import admin, envfile
from pytest_recsim.apply.journal import Entry, ForeignNoteError, Journal, Named, restoring
from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import Plan
from pytest_recsim.plan.modes import MODES
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError


class _Act(Protocol):
    """What a module does for an apply mode that changes a whole service."""

    def make(self, service: Service, plan: Plan, run_id: str, journal: Journal) -> None:
        """Change it; the note comes before anything else."""

    def take_back(self, service: Service, entry: Entry, named: Named, *, overwrite: bool) -> Undone:
        """Bring it back to what it was; whatever this command does not name is left ``unnamed``."""


_ACTS: Mapping[str, _Act] = MappingProxyType({"admin": admin, "env-file": envfile})
"""Apply mode -> who makes its change and takes it back."""


class Change:
    """What this run does to one running service.

    Attributes:
        service: the client that it is done with.
        notes: sentences for the record, those about an earlier run's change among them.
        strange: what there is to say on the terminal: a note that is not ours, or one that could not be sealed.
        touched: whether this run may have changed an env file, if only to change it back; requests are counted elsewhere.
    """

    def __init__(self, service: Service, plan: Plan, reports: Path) -> None:
        self.notes: list[str] = []
        self.strange: list[str] = []
        self.touched = False
        self.service, self._plan = service, plan
        self._journal = Journal.of(reports, service.endpoint.base_url)
        self._foreign = False

    @property
    def stand_in(self) -> bool:
        """Whether it concerns a service that dies with this run, so that nothing needs to be taken back."""
        return self._plan.stand_in

    @property
    def pending(self) -> bool:
        """Whether something is noted, by this run or an earlier one, that has not been proven to be taken back."""
        return self._journal.pending and not self.stand_in and not self._foreign

    @property
    def restoring(self) -> str:
        """The command that takes back what is noted, empty where there is nothing."""
        try:
            entry = self._journal.read() if self.pending else None
        except InputError:
            entry = None
        return restoring(entry, self._journal) if entry is not None else ""

    def make(self, run_id: str) -> None:
        """Take back what a killed run left, then change what this plan's apply mode changes.

        Raises:
            InputError: it cannot be done. Where anything was changed and could not be put back, the note stays.
            ServiceError: the service does not answer.
        """
        self._take_back_earlier()
        plan = self._plan
        if plan.seed_only or not plan.mode.changes:
            return
        try:
            _ACTS[plan.mode.name].make(self.service, plan, run_id, self._journal)
        finally:
            self.touched = self.touched or (plan.mode.restarts and self._journal.pending)
            if self._journal.unsealed and not self.stand_in:
                self._say(f"{self._journal.unsealed} {UNSEALED}")

    def _say(self, sentence: str) -> None:
        self.notes.append(sentence)
        self.strange.append(sentence)

    def _take_back_earlier(self) -> None:
        left = self._earlier()
        if left is None:
            if not self.stand_in and (warning := admin.left_by_others(self.service)):
                self.notes.append(warning)
            return
        self.touched = MODES[left.mode].restarts and self._named.names(left.env_file)
        undone = take_back(self.service, self._journal, left, self._named)
        told = [*undone.notes, *undone.left]
        self.notes += told or [f"took back what run {left.run_id} had left changed on the service."]
        if undone.left and self._plan.mode.changes and not self._plan.seed_only:
            raise InputError(Problem(shown(self._journal.path), " ".join((*undone.left, ONE_NOTE))))

    def _earlier(self) -> Entry | None:
        """What an earlier run left noted; a note that is not ours is told, left alone, and keeps us from a change."""
        try:
            return self._journal.read()
        except ForeignNoteError as error:
            self._foreign = True
            if self._plan.mode.changes and not self._plan.seed_only:
                raise InputError([*error.problems, Problem("", ONE_NOTE)]) from None
            self._say(str(error))
            return None

    @property
    def _named(self) -> Named:
        return Named(self._plan.env_file, self._plan.restart_command)

    def undo(self) -> Undone:
        """Take the change back, any number of times."""
        if self._foreign:
            return Undone()
        try:
            entry = self._journal.read()
            if entry is None:
                return Undone()
            return take_back(self.service, self._journal, entry, self._named)
        except (InputError, ServiceError, OSError) as error:
            return Undone(failed=(f"the service's configuration could not be restored: {error}",))


ONE_NOTE = "Only then can a run change the service again."


UNSEALED = "So the note of this change carries no seal: after a kill, only `recsim restore --note FILE` takes it back."


def take_back(
    service: Service, journal: Journal, entry: Entry, named: Named, *, overwrite: bool = False
) -> Undone:
    """Undo a noted change; the note goes when, and only when, the service was seen to be what it was.

    Raises:
        ServiceError: the service does not answer. The note stays.
        InputError: the env file cannot be read or written. The note stays.
    """
    undone = _ACTS[entry.mode].take_back(service, entry, named, overwrite=overwrite)
    if undone.unnamed:
        sentences = tuple(f"{sentence}: `{restoring(entry, journal)}`." for sentence in undone.unnamed)
        return replace(undone, unnamed=sentences)
    if not undone.left:
        journal.clear()
    return undone
