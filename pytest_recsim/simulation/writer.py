"""Keeps one bundle up to date: started, growing, closed."""

from __future__ import annotations

from typing import Any

import msgspec

from pytest_recsim.record.bundle import Bundle
from pytest_recsim.record.jsonio import write_json
from pytest_recsim.record.model import CheckResult, Verdict, verdict_of
from pytest_recsim.simulation.caveats import caveats_of, waiver_notes
from pytest_recsim.simulation.evidence import write_results
from pytest_recsim.simulation.metadata import describe
from pytest_recsim.simulation.opening import Opened
from pytest_recsim.simulation.stage import Prepared

Key = tuple[str, str, str]


class Writer:
    """The controller's pen for one simulation.

    Attributes:
        verdict: what the results so far amount to.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.results: dict[Key, CheckResult] = {}
        self.planned: list[Key] = []
        self._left_out = 0
        self._status = "started"
        self.verdict: Verdict = self._judge(finished=False)

    @property
    def bundle(self) -> Bundle:
        return self.opened.sim.context.bundle

    @property
    def stands_against(self) -> bool:
        """Whether a green exit code would contradict the record."""
        return self.verdict.status in ("incomplete", "must_not_go") and self._status != "seeded"

    @property
    def waiver_notes(self) -> list[str]:
        """What there is to say about waivers: ended, not needed, for no check."""
        plan, today = self.opened.sim.plan, self.opened.sim.context.now.date().isoformat()
        return list(waiver_notes(plan, self.results.values(), today, whole=self.verdict.whole))

    def start(self) -> None:
        """Write the metadata; whatever kills the run later, this much is known."""
        self._write()

    def add(self, result: CheckResult) -> None:
        """Take in one finished check; the last word counts: a repeated attempt, an error in the clean-up."""
        self.results[result.key] = result
        self.bundle.append(result)

    def finish(self, planned: list[Key], deselected: list[str], *, seed_only: bool) -> None:
        """Judge the run: name what was planned and did not report, and write everything."""
        name = self.opened.sim.plan.id
        self.planned = [key for key in planned if key[0] == name]
        skipped = sum(result.outcome == "skipped" for result in self.results.values())
        self._left_out = sum(found == name for found in deselected) + skipped
        for key in self.planned:
            if key not in self.results:
                self._missing(key)
        self._status = "seeded" if seed_only else "finished"
        self.verdict = self._judge(finished=not seed_only)
        self.close()

    def close(self) -> None:
        """Write all files again with the last counts."""
        self._write()
        if self._status != "seeded":
            write_results(self.bundle, self.results.values())

    def _missing(self, key: Key) -> None:
        simulation, check, case = key
        sentence = "planned, but it never reported (the run was cut short or its worker died)"
        result = CheckResult(
            simulation=simulation, check=check, case=case, outcome="missing", sentence=sentence
        )
        self.results[key] = result
        self.bundle.append(result)

    def _judge(self, *, finished: bool) -> Verdict:
        return verdict_of(
            list(self.results.values()),
            planned=len(self.planned),
            left_out=self._left_out,
            finished=finished,
            caveats=caveats_of(self.opened.sim.plan, self.prepared),
        )

    @property
    def prepared(self) -> Prepared | None:
        path = self.opened.sim.context.folder / "prepared.msgpack"
        return msgspec.msgpack.decode(path.read_bytes(), type=Prepared) if path.exists() else None

    def _write(self) -> None:
        document: dict[str, Any] = describe(
            self.opened,
            self.prepared,
            status=self._status if self.verdict.status != "incomplete" else self._unfinished,
            verdict=self.verdict,
            results=list(self.results.values()),
            planned=[" ".join(filter(None, key[1:])) for key in self.planned],
        )
        write_json(self.bundle.metadata, document)

    @property
    def _unfinished(self) -> str:
        return "incomplete" if self._status == "finished" else self._status
