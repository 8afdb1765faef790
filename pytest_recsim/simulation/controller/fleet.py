"""All simulations of one run on the controller: each opened when it is due, closed after its last check."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pytest_recsim.clock import utc_now
from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plan.resolve import Resolved
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.bundle.metadata import asked
from pytest_recsim.simulation.bundle.writer import Writer
from pytest_recsim.simulation.controller.closing import last_look, leave_clean, stop
from pytest_recsim.simulation.controller.keeping_up import NowAndThen
from pytest_recsim.simulation.controller.opening import (
    new_run_id,
    new_token,
    open_record,
    open_service,
    planned,
)
from pytest_recsim.simulation.controller.pages import Pages, Tell
from pytest_recsim.simulation.controller.services import Services
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.run import RunContext


class Fleet:
    """What the controller holds open. Everything here may be called again; nothing is done twice.

    Attributes:
        opened, writers: by simulation id.
        complain: says a sentence in red; it stands against nothing by itself.
        pages: of each simulation, for people.
        html: whether report folders get report.html.
        away: whether simulations are run in other places; then services are opened, changed and closed there.
        finished: ids whose verdict stands.
        alarms: what somebody has to know whatever the verdicts say; a run with any is not green.
        restored: whether giving services their configuration back has come to an end, good or bad.
    """

    def __init__(
        self,
        resolved: Resolved,
        reports: Path,
        scratch: Path,
        complain: Tell,
        *,
        html: bool = True,
        away: bool = False,
    ) -> None:
        self.complain, self.html, self.away = complain, html, away
        self.alarms: list[str] = []
        self.restored = False
        self.run_id, self.now = new_run_id(), utc_now().replace(microsecond=0)
        self.reports, token = reports, new_token()
        self.services, self.pages = Services(resolved.plans, reports), Pages(reports, complain)
        self.opened: dict[str, Opened] = {
            plan.id: planned(
                plan, resolved.fixture, run_id=self.run_id, now=self.now, scratch=scratch, token=token
            )
            for plan in resolved.plans
        }
        for one in self.opened.values():
            one.away = away
        self.writers: dict[str, Writer] = {}
        self.finished: set[str] = set()
        self._heard: set[str] = set()  # who has reported since anybody asked whether that was all
        self._opening = threading.Lock()
        self._kept_up: defaultdict[str, NowAndThen] = defaultdict(NowAndThen)

    # --- opening ---

    def start(self, tell: Tell) -> None:
        """Open what must be known before the first check: running services, one stand-in, all bundles.

        Raises:
            InputError, ServiceError: something stands against the run; see ``wrote`` for whether that came too late.
        """
        if not self.away:
            self._reach(tell)
        for name, one in self.opened.items():
            open_record(one, self.reports)
            self.writers[name] = Writer(one, keep=len(self.opened) == 1)
            self.writers[name].start()
        if not self.away:
            self._change()
        for writer in self.writers.values():
            writer.update()
            self.pages.render(writer)

    def _reach(self, tell: Tell) -> None:
        self.services.hold(tell)
        first = next((one for one in self.opened.values() if one.plan.stand_in), None)
        for one in self.opened.values():
            if one is first or not one.plan.stand_in:
                open_service(one)

    def _change(self) -> None:
        """Change services last: whatever else stands against the run is known by then, and its record has a place."""
        try:
            self.services.change([one for one in self.opened.values() if one.facts is not None], self.run_id)
        except (InputError, ServiceError) as error:
            if not self.wrote:
                self._discard()
            for name in self.writers:
                self.opened[name].notes.append(str(error))
                self._write_again(name)
            raise
        for sentence in self.services.strange:
            self.complain(sentence)

    def _discard(self) -> None:
        """A run that changed nothing leaves nothing."""
        for writer in self.writers.values():
            writer.bundle.discard()
        self.writers.clear()

    def contexts(self) -> list[RunContext]:
        return [one.sim.context for one in self.opened.values()]

    def due(self, name: str) -> RunContext:
        """Open a simulation that is due now, with its profile; any thread may ask.

        Raises:
            InputError, ServiceError: its service cannot be opened, or changed.
        """
        one = self.opened[name]
        with self._opening:
            if one.facts is None:
                open_service(one)
                self.services.turn_to(one, self.run_id)  # a worker asks for nothing else
        return one.sim.context

    def turn_to(self, name: str) -> None:
        """Let a service that simulations share run with this one's profile (main thread only).

        Raises:
            InputError, ServiceError: it cannot be done.
        """
        self.services.turn_to(self.opened[name], self.run_id)

    # --- running ---

    def add(self, result: CheckResult, planned_keys: Callable[[], list[Key]]) -> CheckResult:
        """Take in a report of a check and return the result that stands; the first one of a simulation brings what else was planned into its record."""
        writer = self.writers[result.simulation]
        if not writer.planned:
            writer.expect(planned_keys())
        told = writer.add(result)
        self._heard.add(result.simulation)
        if result.simulation not in self.finished:
            self._kept_up[result.simulation].do(partial(self._keep_up, result.simulation))
        return told

    def _keep_up(self, name: str) -> None:
        """Bring record and page up to date: a run that is killed leaves the last ones."""
        self.writers[name].count()
        self.pages.render(self.writers[name])

    def complete(self, planned: Mapping[str, Sequence[Key]]) -> list[str]:
        """Return the unfinished simulations of which every planned check has reported.

        It is asked after every test of a batch, so only those are looked at that have reported since.
        """
        self._heard = {
            name
            for name in self._heard.difference(self.finished)
            if all(key in self.writers[name].results for key in planned.get(name, ()))
        }
        return sorted(self._heard)

    def know(self, name: str, nodeids: Mapping[Key, str]) -> None:
        """Take in which test makes which check of a simulation; one that never reports is named by it."""
        self.writers[name].nodeids.update(nodeids)

    # --- closing ---

    def judge(
        self, name: str, planned_keys: list[Key], left_out: Sequence[str], *, seed_only: bool = False
    ) -> None:
        """Judge a simulation by what has reported, and write its record."""
        self.opened[name].spoiled = self.opened[name].spoiled or last_look(self.opened[name])
        self.writers[name].finish(planned_keys, left_out, seed_only=seed_only)
        self.pages.render(self.writers[name])

    def finish(
        self, name: str, planned_keys: list[Key], left_out: Sequence[str], *, seed_only: bool = False
    ) -> None:
        """Judge a simulation, leave its namespace clean, end its stand-in, and write its record once more."""
        one = self.opened[name]
        known = one.spoiled
        self.judge(name, planned_keys, left_out, seed_only=seed_only)
        self.finished.add(name)
        if one.spoiled != known:  # the terminal may have told the verdict by now
            self.alarm([f"{name}: {one.spoiled}"])
        if not self._still_used(one):
            one.notes += self.alarm(leave_clean(one))
        stop(one)
        self._write_again(name)
        trouble = self.writers[name].trouble
        self.alarm([trouble] if trouble else [])

    def _still_used(self, one: Opened) -> bool:
        """Whether another variant is yet to be judged by what lies in the same namespace."""
        mine = one.plan.variant
        return mine is not None and any(
            other.plan.variant is not None and other.plan.variant.first == mine.first
            for name, other in self.opened.items()
            if name not in self.finished
        )

    def forget(self, name: str) -> None:
        """Let go of what is only needed while a simulation runs: of a thousand customers hardly anybody asks for it again."""
        self.writers[name].forget()
        self._kept_up.pop(name, None)
        self.opened[name].stand_in = None  # it has ended
        self.services.leave(self.opened[name])

    def restore(self) -> list[str]:
        """Give services their configuration back; return what could not be, which every record tells.

        Once it has come to its end, whatever that was, there is nothing to be gained from another time.
        """
        if self.restored:
            return []
        before = self._asked
        undone = self.services.undo()
        self.restored = True
        for note in undone.notes:
            self.complain(note)
        told = [*undone.notes, *self.alarm(list(undone.left))]
        if told or self._asked != before:
            for name in self.writers:
                self.opened[name].notes += [note for note in told if note not in self.opened[name].notes]
                self._write_again(name)
        return list(undone.left)

    @property
    def wrote(self) -> bool:
        """Whether anything may have been changed on a running service, its configuration or a namespace."""
        running = [one for one in self.opened.values() if not one.plan.stand_in]
        return self.services.touched or any(asked(one).writes for one in running)

    def alarm(self, sentences: list[str]) -> list[str]:
        """Tell in red, and remember, what somebody has to know."""
        for sentence in sentences:
            self.complain(sentence)
        self.alarms += sentences
        return sentences

    def note(self, name: str, sentence: str) -> None:
        """Say in red, and in the simulation's record, what its reader has to bear in mind."""
        self.complain(f"{name}: {sentence}")
        self.opened[name].notes.append(sentence)
        if name in self.finished:
            self._write_again(name)

    @property
    def _asked(self) -> int:
        return sum(tally.total for one in self.opened.values() for tally in one.tallies)

    def stop(self) -> None:
        """End everything that still runs, and let other runs in."""
        for one in self.opened.values():
            stop(one)
        self.services.release()

    def _write_again(self, name: str) -> None:
        writer = self.writers[name]
        writer.close()
        if name in self.finished:
            self.pages.remember(writer)
        if self.html:
            self.pages.draw(writer)
        self.pages.render(writer)
