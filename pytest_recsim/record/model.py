"""The words of the record: measures, check results and what a whole run amounts to."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Outcome = Literal["passed", "failed", "not_measured", "waived", "warned", "skipped", "error", "missing"]

# What a stakeholder has to read first stands first.
WORST_FIRST: tuple[Outcome, ...] = (
    "error",
    "failed",
    "not_measured",
    "missing",
    "warned",
    "waived",
    "skipped",
    "passed",
)
BLOCKING: frozenset[Outcome] = frozenset({"error", "failed", "not_measured", "missing"})


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
        knob: where to look first.
        values: the knobs named there, with their values in this run and where those come from.
        worst: the users or items behind a failing number.
        likely: what most likely moved it, as far as traces show; a hint.
        borderline: the threshold lies inside the 95 % interval.
        users_needed: how many users would about do to tell a borderline value from its threshold.
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
    values: str = ""
    worst: str = ""
    likely: str = ""
    low: float | None = None
    high: float | None = None
    borderline: bool = False
    users_needed: int | None = None


def borderline_words(measure: Measure) -> str:
    """Say that a value is too close to its threshold to tell, and how many users would do."""
    if measure.users_needed is None:
        return "borderline"
    return f"borderline: about {measure.users_needed:,} users would tell it from the threshold"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one check of one simulation, as it crosses from a worker to the controller.

    ``check`` is a guardrail name or a scenario id, ``case`` tells its parametrisation apart (a segment).
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

    @property
    def key(self) -> tuple[str, str, str]:
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


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the run amounts to.

    ``status`` is ``may_go``, ``must_not_go``, ``incomplete`` (something planned did not report) or
    ``partial`` (a selection of checks ran, so nothing is said about the rest). ``failing`` names what blocks,
    ``let_through`` what was bad and is waived or only warns, ``left_out`` counts checks that were not to run.
    """

    status: Literal["may_go", "must_not_go", "incomplete", "partial"]
    sentence: str
    counts: dict[str, int]
    failing: tuple[str, ...] = ()
    let_through: tuple[str, ...] = ()
    left_out: int = 0
    caveats: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every check there is has reported."""
        return self.status in ("may_go", "must_not_go") and not self.left_out


def verdict_of(
    results: list[CheckResult],
    *,
    planned: int,
    left_out: int,
    finished: bool,
    caveats: tuple[str, ...],
    spoiled: str = "",
) -> Verdict:
    """Judge a run from its results.

    Args:
        results: one per check that reported or is known missing.
        planned: how many checks this run was to make.
        left_out: checks of the suite that were deselected or skipped by option.
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
    if not finished or reported < planned or not results:
        status, words = "incomplete", f"{reported} of {planned} planned checks reported"
    elif failing or spoiled:
        against = f"{len(failing)} of {planned} checks stand against it" if failing else ""
        status, words = "must_not_go", "; ".join(filter(None, (against, spoiled)))
    elif left_out:
        status = "partial"
        words = f"none of the {planned} checks that ran stands against it, {left_out} were left out"
    else:
        status, words = "may_go", _all_made(planned, counts)
    sentence = {
        "may_go": "May go live",
        "must_not_go": "Must not go live",
        "incomplete": "Incomplete, proves nothing",
        "partial": "Partial, proves only what ran",
    }[status]
    return Verdict(
        status=status,  # type: ignore[arg-type]  # the four literals above
        sentence=f"{sentence}: {words}.",
        counts={name: count for name, count in counts.items() if count},
        failing=failing,
        let_through=let_through,
        left_out=left_out,
        caveats=caveats,
    )


def _all_made(planned: int, counts: dict[Outcome, int]) -> str:
    """Words for a run that may go; what was let through has to be said in the same breath."""
    words: tuple[tuple[Outcome, str], ...] = (("waived", "waived"), ("warned", "warning only"))
    let_through = " and ".join(f"{counts[name]} {word}" for name, word in words if counts[name])
    return f"all {planned} checks were made and none stands against it{f', {let_through}' if let_through else ''}"
