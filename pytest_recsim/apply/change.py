"""One run's change of a whole service: made once, taken back whatever happens, by the next run if need be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_recsim.apply import admin, envfile
from pytest_recsim.apply.journal import Entry, ForeignNoteError, Journal, restoring
from pytest_recsim.apply.reach import admin_values, environment
from pytest_recsim.apply.undone import Undone
from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.errors import ServiceError

CHANGING = frozenset({"admin", "env-file"})


class Change:
    """What this run does to one running service.

    Attributes:
        notes: sentences for the record, those about an earlier run's change among them.
        strange: what there is to say on the terminal: a note that is not ours, or one that could not be sealed.
        touched: whether this run may have changed an env file, if only to change it back; requests are counted elsewhere.
    """

    def __init__(self, service: Service, plan: Plan, reports: Path) -> None:
        self.notes: list[str] = []
        self.strange: list[str] = []
        self.touched = False
        self._service, self._plan = service, plan
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
        if plan.seed_only or plan.apply.value not in CHANGING:
            return
        try:
            self._change(run_id)
        finally:
            self.touched = self.touched or (plan.apply.value == "env-file" and self._journal.pending)
            if self._journal.unsealed and not self.stand_in:
                self._say(f"{self._journal.unsealed} {UNSEALED}")

    def _change(self, run_id: str) -> None:
        """Change what the apply mode changes; the note comes before anything else."""
        plan, service, journal = self._plan, self._service, self._journal
        if plan.apply.value == "admin":
            admin.set_knobs(service, admin_values(plan), run_id, journal)
            return
        file, values = Path(plan.env_file), environment(plan)
        envfile.start_with(service, file, values, plan.restart_command, run_id=run_id, journal=journal)

    def _say(self, sentence: str) -> None:
        self.notes.append(sentence)
        self.strange.append(sentence)

    def _take_back_earlier(self) -> None:
        left = self._earlier()
        if left is None:
            if not self.stand_in and (warning := admin.left_by_others(self._service)):
                self.notes.append(warning)
            return
        self.touched = left.mode == "env-file" and self._named.names(left.env_file)
        undone = take_back(self._service, self._journal, left, self._named)
        told = [*undone.notes, *undone.left]
        self.notes += told or [f"took back what the killed run {left.run_id} had changed on the service."]
        if undone.left and self._plan.apply.value in CHANGING and not self._plan.seed_only:
            raise InputError(Problem(shown(self._journal.path), " ".join((*undone.left, ONE_NOTE))))

    def _earlier(self) -> Entry | None:
        """What an earlier run left noted; a note that is not ours is told, left alone, and keeps us from a change."""
        try:
            return self._journal.read()
        except ForeignNoteError as error:
            self._foreign = True
            if self._plan.apply.value in CHANGING and not self._plan.seed_only:
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
            return take_back(self._service, self._journal, entry, self._named)
        except (InputError, ServiceError, OSError) as error:
            return Undone(failed=(f"the service's configuration could not be restored: {error}",))


ONE_NOTE = "Only then can a run change the service again."


UNSEALED = "So the note of this change carries no seal: after a kill, only `recsim restore --note FILE` takes it back."


@dataclass(frozen=True)
class Named:
    """What this very command names and may therefore be written or run: an env file, and a command that restarts."""

    env_file: str = ""
    restart: str = ""

    def names(self, file: str) -> bool:
        return bool(self.env_file) and Path(self.env_file).resolve() == Path(file)


def take_back(
    service: Service, journal: Journal, entry: Entry, named: Named, *, overwrite: bool = False
) -> Undone:
    """Undo a noted change; the note goes when, and only when, the service was seen to be what it was.

    Raises:
        ServiceError: the service does not answer. The note stays.
        InputError: the env file cannot be read or written. The note stays.
    """
    if entry.mode == "admin":
        undone = admin.restore(service, entry, overwrite=overwrite)
    elif named.names(entry.env_file):
        undone = envfile.put_back(service, entry, named.restart, overwrite=overwrite)
    else:
        why = f"was changed by run {entry.run_id}, and is only written by a command that names it"
        return Undone(unnamed=(f"{shown(Path(entry.env_file))} {why}: `{restoring(entry, journal)}`.",))
    if not undone.left:
        journal.clear()
    return undone
