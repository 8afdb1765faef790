"""One run's change of a whole service: made once, taken back whatever happens, by the next run if need be."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.apply import admin, envfile
from pytest_recsim.apply.journal import Entry, Journal
from pytest_recsim.apply.reach import admin_values, environment
from pytest_recsim.data.problems import InputError
from pytest_recsim.plan.model import Plan
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.service.face import Service

CHANGING = frozenset({"admin", "env-file"})


class Change:
    """What this run does to one running service.

    Attributes:
        notes: sentences for the record, those about an earlier run's change among them.
    """

    def __init__(self, service: Service, plan: Plan, reports: Path) -> None:
        self.notes: list[str] = []
        self._service, self._plan = service, plan
        self._journal = Journal.of(reports, service.endpoint.base_url)

    @property
    def stand_in(self) -> bool:
        """Whether it concerns a service that dies with this run, so that nothing needs to be taken back."""
        return self._plan.stand_in

    def make(self, run_id: str) -> None:
        """Take back what a killed run left, then change what this plan's apply mode changes.

        Raises:
            InputError: it cannot be done; nothing is left changed.
            ServiceError: the service does not answer.
        """
        if left := self._journal.read():
            told = self._take_back(left)
            self.notes += told or [f"took back what the killed run {left.run_id} had changed on the service."]
        elif not self._plan.stand_in and (warning := admin.left_by_others(self._service)):
            self.notes.append(warning)
        plan, service = self._plan, self._service
        if plan.seed_only or plan.apply.value not in CHANGING:
            return
        if plan.apply.value == "admin":
            admin.set_knobs(service, admin_values(plan), run_id, self._journal)
        else:
            envfile.start_with(
                service,
                Path(plan.env_file),
                environment(plan),
                plan.restart_command,
                run_id=run_id,
                journal=self._journal,
            )

    def undo(self) -> list[str]:
        """Take the change back, any number of times; return sentences about what could not be."""
        try:
            entry = self._journal.read()
            return self._take_back(entry) if entry is not None else []
        except (InputError, ServiceError, OSError) as error:
            note = f"the service's configuration could not be restored: {error}"
            return [f"{note} The next run with this reports folder, or `recsim restore`, tries again."]

    def _take_back(self, entry: Entry) -> list[str]:
        told = take_back(self._service, entry, self._plan.restart_command)
        self._journal.clear()
        return told


def take_back(service: Service, entry: Entry, restart: str) -> list[str]:
    """Undo a noted change; return sentences about what was left as it is."""
    if entry.mode == "admin":
        return admin.restore(service, entry)
    return envfile.put_back(service, entry, restart)
