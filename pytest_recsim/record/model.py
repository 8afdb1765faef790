"""The words of the record: measures, check results and what a whole run amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from pytest_recsim.record.causes import Root, causes_of
from pytest_recsim.record.few import first_few

Outcome = Literal[
    "passed", "failed", "flaky", "not_measured", "waived", "warned", "skipped", "error", "missing"
]
Key = tuple[str, str, str]
"""What tells checks apart: simulation, check, case."""

# What a stakeholder has to read first stands first.
WORST_FIRST: tuple[Outcome, ...] = (
    "error",
    "failed",
    "flaky",
    "not_measured",
    "missing",
    "warned",
    "waived",
    "skipped",
    "passed",
)
BLOCKING: frozenset[Outcome] = frozenset({"error", "failed", "flaky", "not_measured", "missing"})
STEPS: dict[Outcome, str] = {
    "error": "see what the check or the service broke off with, in the message or pytest's output",
    "failed": "compare what was expected with what came",
    "flaky": "find out what differs from attempt to attempt; `events.jsonl` holds them all",
    "not_measured": "give the data what the reason misses, or waive the check by name in guardrails.yml",
    "missing": "run again; the log says what ended the run or its worker",
}
"""What to do where a check knows nothing better."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One number (or fact) with everything needed to read it.

    Attributes:
        ok: True or False as judged; None when it could not be measured.
        got: the value, or a short text for a fact; None when not measured.
        expected: what had to hold, in words ("at least 0.1").
        threshold, origin: the limit and the file and line (or default) it came from.
        n: how many users, lists, slots or answers stand behind it.
        definition: what the number means.
        who: for whom or what it failed.
        curl: the offending exchange as a command line.
        knob: where to look first, in words.
        knobs: those it names; ``BLEND_*`` stands for all that are set and begin so.
        metric: name in the registry of metrics, empty for what is none of them.
        about: which signs in the answers bear on it, ``ranking`` or ``catalogue``; empty for none.
        values: the knobs named there, with their values in this run and where those come from.
        worst: the users or items behind a failing number.
        likely: what most likely moved it, as far as traces show; a hint.
        borderline: the threshold lies inside the 95 % interval.
        users_needed: how many users would about do to tell a borderline value from its threshold.
        next_step: what to do when it fails, where that is more than to look at the knobs.
    """

    name: str
    ok: bool | None
    got: float | str | None
    expected: str
    threshold: float | None = None
    origin: str = ""
    n: int | None = None
    definition: str = ""
    who: str = ""
    curl: str = ""
    knob: str = ""
    knobs: tuple[str, ...] = ()
    metric: str = ""
    about: str = ""
    values: str = ""
    worst: str = ""
    likely: str = ""
    low: float | None = None
    high: float | None = None
    borderline: bool = False
    users_needed: int | None = None
    next_step: str = ""


def borderline_words(measure: Measure) -> str:
    """Say that a value is too close to its threshold to decide, and how many users that would take."""
    if measure.users_needed is None:
        return "borderline"
    return f"borderline: about {measure.users_needed:,} users are needed to decide"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one check of one simulation, as it crosses from a worker to the controller.

    ``check`` is a guardrail name or a scenario id, ``case`` tells its parametrisation apart (a segment). ``attempt``
    counts what was reported of it in this run; ``flaky`` is a check that failed and then passed. ``cause`` names what
    kept it from being measured, ``next_step`` says what to do about its outcome.
    """

    simulation: str
    check: str
    case: str = ""
    title: str = ""
    nodeid: str = ""
    outcome: Outcome
    severity: Literal["block", "warn"] = "block"
    sentence: str = ""
    waiver: str = ""
    measures: tuple[Measure, ...] = ()
    shown: dict[str, Any] = {}
    seconds: float = 0.0
    finished_at: str = ""
    attempt: int = 1
    cause: str = ""
    next_step: str = ""

    @property
    def key(self) -> Key:
        """What identifies the check whatever its node id is."""
        return (self.simulation, self.check, self.case)

    @property
    def scenario(self) -> int:
        """1 to 10 for S1 to S10; 0 for guardrails, the contract and users' own checks."""
        number = self.check[1:]
        return int(number) if self.check[:1] == "S" and number.isdigit() else 0

    @property
    def label(self) -> str:
        return f"{self.check} [{self.case}]" if self.case else self.check

    @property
    def first_line(self) -> str:
        """What the check says in one line; empty where it says nothing."""
        return self.sentence.splitlines()[0] if self.sentence else ""

    @property
    def reason(self) -> str:
        """Why it ended so, without saying again that it was not measured."""
        return self.first_line.removeprefix("not measured: ")

    @property
    def step(self) -> str:
        """What to do next; empty for a check that does not block."""
        return (self.next_step or STEPS[self.outcome]) if self.outcome in BLOCKING else ""

    @property
    def borderline(self) -> bool:
        """Whether it passed and chance may have decided that."""
        return self.outcome == "passed" and any(one.borderline and one.ok for one in self.measures)


def worst_first(results: Sequence[CheckResult]) -> list[CheckResult]:
    """The order in which people read results."""
    return sorted(results, key=lambda one: (WORST_FIRST.index(one.outcome), one.key))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the run amounts to.

    ``status`` is ``may_go``, ``must_not_go``, ``incomplete`` (something planned did not report) or
    ``partial`` (a selection of checks ran, so nothing is said about the rest). ``failing`` names what blocks, ``blocking`` says how each of it ended,
    ``let_through`` what was bad and is waived or only warns, ``left_out`` counts checks that should have run and
    were not to, ``not_run`` names them. ``borderline`` counts passes whose threshold lies inside their interval.
    ``causes`` say what kept several checks at once from being measured, ``next_steps`` what to do, by name of the check.
    """

    status: Literal["may_go", "must_not_go", "incomplete", "partial"]
    sentence: str
    counts: dict[str, int]
    failing: tuple[str, ...] = ()
    blocking: dict[str, Outcome] = {}
    let_through: tuple[str, ...] = ()
    left_out: int = 0
    not_run: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    borderline: int = 0
    causes: tuple[Root, ...] = ()
    next_steps: dict[str, str] = {}

    @property
    def whole(self) -> bool:
        """Whether every check there is has reported."""
        return (
            self.status in ("may_go", "must_not_go") and not self.left_out and not self.counts.get("missing")
        )


def verdict_of(
    results: list[CheckResult],
    *,
    planned: int,
    left_out: Sequence[str],
    finished: bool,
    caveats: tuple[str, ...],
    spoiled: str = "",
) -> Verdict:
    """Judge a run from its results.

    Args:
        results: one per check that reported or is known missing.
        planned: how many checks this run was to make.
        left_out: names of checks that should have run and were removed or skipped, by whatever it was.
        finished: False while the run is going on or after it was cut short.
        caveats: sentences that belong beside the verdict (a sample, a skipped step).
        spoiled: why nothing that was measured can be relied on, empty when it can.
    """
    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in WORST_FIRST}
    failing = tuple(
        result.label
        for outcome in WORST_FIRST
        for result in results
        if result.outcome == outcome and outcome in BLOCKING
    )
    let_through = tuple(result.label for result in results if result.outcome in ("warned", "waived"))
    reported = len(results) - counts["missing"]
    close = sum(result.borderline for result in results)
    cut_short = not finished or reported < planned or not results
    proven = len(failing) - counts["missing"]  # one failure is a no, whatever else would have come
    if proven or (spoiled and not cut_short):
        against = _against(planned, counts) if proven else ""
        unheard = f"{planned - reported} did not report" if reported < planned else ""
        status, words = "must_not_go", "; ".join(filter(None, (against, unheard, spoiled)))
    elif cut_short:
        status, words = "incomplete", f"{reported} of {planned} planned checks reported"
    elif left_out:
        status = "partial"
        words = f"{_all_made(planned, counts, close, 'that ran')}, {_named(left_out)}"
    else:
        status, words = "may_go", _all_made(planned, counts, close)
    sentence = {
        "may_go": "Ready to go live",
        "must_not_go": "Do not go live",
        "incomplete": "Incomplete, proves nothing",
        "partial": "Partial, proves only what ran",
    }[status]
    return Verdict(
        status=status,  # type: ignore[arg-type]  # the four literals above
        sentence=f"{sentence}: {words}.",
        counts={name: count for name, count in counts.items() if count},
        failing=failing,
        blocking={result.label: result.outcome for result in results if result.outcome in BLOCKING},
        let_through=let_through,
        left_out=len(left_out),
        not_run=tuple(left_out),
        caveats=caveats,
        borderline=close,
        causes=causes_of(results),
        next_steps={result.label: result.step for result in results if result.step},
    )


NAMED = 5


def _named(left_out: Sequence[str]) -> str:
    """Words for what was left out: how many, and the first few names."""
    were = "was" if len(left_out) == 1 else "were"
    return f"{len(left_out)} {were} left out ({first_few(left_out, NAMED)})"


def _against(planned: int, counts: dict[Outcome, int]) -> str:
    """Words for what blocks: what failed, and what was not measured."""
    failed = counts["error"] + counts["failed"] + counts["flaky"]
    unmeasured = counts["not_measured"]
    were = "was" if unmeasured == 1 else "were"
    if not failed:
        return f"{unmeasured} of {planned} checks {were} not measured"
    rest = f", {unmeasured} {were} not measured" if unmeasured else ""
    return f"{failed} of {planned} checks failed{rest}"


def _all_made(planned: int, counts: dict[Outcome, int], borderline: int, which: str = "") -> str:
    """Words for a run in which nothing blocks; what was let through, skipped or may be chance is said in the same breath."""
    checks = " ".join(filter(None, (f"all {planned} checks", which)))
    close = f", {borderline} of them borderline" if borderline else ""
    if counts["passed"] == planned:
        return f"{checks} passed{close}" if which else f"{checks} ran and passed{close}"
    words: tuple[tuple[Outcome, str], ...] = (
        ("waived", "waived"),
        ("warned", "warning only"),
        ("skipped", "skipped"),
    )
    others = [f"{counts[name]} {word}" for name, word in words if counts[name]]
    return f"{counts['passed']} of {planned} checks passed{close}, {' and '.join(others)}"
