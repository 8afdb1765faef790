"""Keeps one bundle up to date: started, growing, closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

import msgspec
from msgspec.structs import replace

from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.batch import key_figures
from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import finite, write_json
from pytest_recsim.record.metadata import Metadata, RunStatus
from pytest_recsim.record.model import CheckResult, Key, Verdict, verdict_of
from pytest_recsim.record.previous import compared, earlier
from pytest_recsim.simulation.bundle.aside import Aside, Told
from pytest_recsim.simulation.bundle.attempts import settled
from pytest_recsim.simulation.bundle.caveats import caveats_of, waiver_notes
from pytest_recsim.simulation.bundle.evidence import write_results
from pytest_recsim.simulation.bundle.metadata import describe
from pytest_recsim.simulation.session.late_violations import late_findings
from pytest_recsim.simulation.session.opened import Opened
from pytest_recsim.simulation.session.preparation import OUTCOME, Prepared

ASIDE = "told.msgpack"


class Writer:
    """The controller's pen for one simulation.

    A disk that takes nothing more costs the record on it, never the run: results stay in memory, the verdict
    is given, services are left clean, and the exit code says that something is missing.

    Attributes:
        verdict: what the results so far amount to.
        retries: cause -> repeated requests, in all processes, as last written.
        document: the metadata as last written; only where ``keep`` says that somebody will ask for them.
        trouble: one sentence when the record could not be written, else empty.
    """

    document: Metadata

    def __init__(self, opened: Opened, *, keep: bool = False) -> None:
        self.opened, self._keep = opened, keep
        self._aside = Aside(Told())
        self.retries: dict[str, int] = {}
        self.trouble = ""
        self._unwritten: list[CheckResult] = []
        self._left_out: tuple[str, ...] = ()
        self._status: RunStatus = "started"
        self.verdict: Verdict = self._judge(finished=False)

    @property
    def bundle(self) -> Bundle:
        return self.opened.sim.context.bundle

    @property
    def results(self) -> dict[Key, CheckResult]:
        """The checks that have reported, and what each of them amounts to."""
        return self._aside.value.results

    @property
    def planned(self) -> list[Key]:
        """The checks that were going to run."""
        return self._aside.value.planned

    @property
    def nodeids(self) -> dict[Key, str]:
        """The test that makes a check, as far as known."""
        return self._aside.value.nodeids

    @property
    def stands_against(self) -> bool:
        """Whether a green exit code would contradict the record."""
        return self.verdict.status in ("incomplete", "must_not_go") and self._status != "seeded"

    @property
    def waiver_notes(self) -> list[str]:
        """What there is to say about waivers: ended, not needed, for no check."""
        results, whole = self.results.values(), self.verdict.whole
        return list(waiver_notes(self.opened.plan, results, self._today, whole=whole))

    @property
    def _today(self) -> str:
        return self.opened.sim.context.now.date().isoformat()

    @property
    def seeded(self) -> bool:
        """Whether the run ended after seeding, as it was asked to."""
        return self._status == "seeded"

    @property
    def seconds(self) -> float:
        """From the first step of its preparation to its last result, 0 before any."""
        ends = [
            (datetime.fromisoformat(result.finished_at), result.seconds)
            for result in self.results.values()
            if result.finished_at
        ]
        if not ends:
            return 0.0
        first = min(end.timestamp() - seconds for end, seconds in ends)
        return round(max(ends)[0].timestamp() - first + self._preparation_s, 3)

    @cached_property
    def _preparation_s(self) -> float:
        """Read once: a check that has reported was prepared for, and a batch's summary asks every time."""
        prepared = self.prepared
        return sum(prepared.timings.values()) if prepared else 0.0

    @property
    def figures(self) -> dict[str, float | None]:
        """What the configuration is chosen by; empty before a check has reported."""
        return self._figures if self.results else {}

    @cached_property
    def _figures(self) -> dict[str, float | None]:
        prepared = self.prepared
        return key_figures(prepared.quality) if prepared and prepared.quality else {}

    def start(self) -> None:
        """Write the metadata; whatever kills the run later, this much is known.

        Raises:
            InputError: it cannot be written, so that nothing is begun whose record has no place.
        """
        try:
            self._write()
        except OSError as error:
            self.bundle.discard()
            raise InputError(Problem("", unwritable(self.bundle.root, error))) from None

    def update(self) -> None:
        """Write the metadata again."""
        self._kept(self._write)

    def expect(self, planned: list[Key]) -> None:
        """Write down what is going to run, so that a killed run can name what it did not get to."""
        self._expect(planned)
        self.count()

    def _expect(self, planned: list[Key]) -> None:
        self.planned[:] = [key for key in planned if key[0] == self.opened.sim.plan.id]

    def count(self) -> None:
        """Write down how many checks have reported so far."""
        self.verdict = self._judge(finished=False)
        self.update()

    def add(self, result: CheckResult) -> CheckResult:
        """Take in one report of a check and return its result; several amount to one, see ``settled``."""
        told = self._aside.recall()
        earlier = told.results.get(result.key)
        final = settled(self.opened.plan, earlier, result, self._today)
        told.heard.setdefault(result.key, set()).add(result.nodeid)
        numbered = replace(result, attempt=final.attempt)
        if final != numbered:
            self._unwritten.append(numbered)
        self._put(final)
        return final

    def _put(self, result: CheckResult) -> None:
        self.results[result.key] = result
        self._unwritten.append(result)
        self._kept(self._append)

    def finish(self, planned: list[Key], left_out: Sequence[str], *, seed_only: bool) -> None:
        """Judge the run: name what was planned and did not report, and write everything."""
        self._aside.recall()
        self._expect(planned)
        skipped = [result.label for result in self.results.values() if result.outcome == "skipped"]
        self._left_out = (*left_out, *skipped)
        for key, times in Counter(self.planned).items():
            if len(self._aside.value.heard.get(key, ())) < times:
                self._missing(key)
        context = self.opened.sim.context
        for result in list(late_findings(context.plan, self.results, context.folder, self._today)):
            self._put(result)
        self._status = "seeded" if seed_only else "finished"
        self.verdict = self._judge(finished=not seed_only)
        self.close()

    def close(self) -> None:
        """Write all files again with the last counts."""
        self.trouble = ""  # there may be room again
        self._kept(self._append)
        self._kept(self._write)
        if self._status != "seeded":
            self._kept(lambda: write_results(self.bundle, self.results.values()))

    def forget(self) -> None:
        """Let go of what the record on disk was made of: of a thousand customers hardly anybody asks for it again.

        What is asked for after all is read again from the run's scratch folder. A disk that takes nothing lets everything stay.
        """
        if not self.trouble:
            self._aside.lay(self.opened.sim.context.folder / ASIDE)

    @property
    def forgotten(self) -> bool:
        """Whether everything has been let go of, and nothing has reported since."""
        return self._aside.laid

    def _kept(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self.trouble = f"the record is not complete. {unwritable(self.bundle.root, error)}"

    def _append(self) -> None:
        while self._unwritten:
            self.bundle.append(self._unwritten[0])
            del self._unwritten[0]

    def _missing(self, key: Key) -> None:
        simulation, check, case = key
        sentence = "planned, but it never reported (the run was cut short or its worker died)"
        missing = CheckResult(
            simulation=simulation,
            check=check,
            case=case,
            nodeid=self.nodeids.get(key, ""),
            outcome="missing",
            sentence=sentence,
        )
        self.add(missing)

    def _judge(self, *, finished: bool) -> Verdict:
        return verdict_of(
            list(self.results.values()),
            planned=len(set(self.planned)),
            left_out=self._left_out,
            finished=finished,
            caveats=caveats_of(self.opened.plan, self.prepared),
            spoiled=self.opened.spoiled,
        )

    @property
    def prepared(self) -> Prepared | None:
        path = self.opened.sim.context.folder / OUTCOME
        return msgspec.msgpack.decode(path.read_bytes(), type=Prepared) if path.exists() else None

    def _write(self) -> None:
        document = describe(
            self.opened,
            self.prepared,
            status=self._unfinished if self._cut_short else self._status,
            verdict=self.verdict,
            results=list(self.results.values()),
            planned=[" ".join(filter(None, key[1:])) for key in self.planned],
        )
        self.retries = document.requests.retries
        previous = compared(self._earlier, finite(document)) if self._earlier else None
        document = replace(document, previous=previous)
        if self._keep:
            self.document = document
        write_json(self.bundle.metadata, document)

    @cached_property
    def _earlier(self) -> Bundle | None:
        return earlier(self.bundle)

    @property
    def _cut_short(self) -> bool:
        """Whether something that was planned did not report, also where a failure has proven enough."""
        return self.verdict.status == "incomplete" or "missing" in self.verdict.counts

    @property
    def _unfinished(self) -> RunStatus:
        return "incomplete" if self._status == "finished" else self._status
