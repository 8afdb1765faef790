"""All guardrails of one prepared simulation, made one after the other, without pytest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_recsim.clock import monotonic, utc_now
from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.record.masking import safe
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.record.reason import reason_of
from pytest_recsim.service.api.capabilities import NotOffered
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.checks import custom as own_checks
from pytest_recsim.simulation.checks import guardrails, standing
from pytest_recsim.simulation.checks.cases import cases, key_of
from pytest_recsim.simulation.checks.check import Check, Conclusion, NotMeasured
from pytest_recsim.simulation.checks.settling import sentence_of, settled_as, severity_of, waiver_words
from pytest_recsim.simulation.diagnose import explanation as why
from pytest_recsim.simulation.diagnose.root_cause import rooted
from pytest_recsim.simulation.session.simulation import Simulation

CLOSING = ("profile", "contract", "availability", "error_rate")
"""They judge what held while all other checks ran."""


@dataclass(frozen=True)
class Guardrail:
    """One function that judges, and which cases it is made for.

    Attributes:
        name: as the suite's marker has it.
        judge: takes the simulation, a check, and what ``cases`` says of a case.
        when: the thresholds that it is made for, empty for none.
    """

    name: str
    judge: Callable[..., None]
    when: str = ""

    @property
    def title(self) -> str:
        return str(self.judge.__doc__).strip().splitlines()[0].rstrip(".")

    def cases(self, plan: Plan) -> list[dict[str, str]]:
        """What tells its cases apart, for the customer of a plan."""
        asked = ["sim", *list(inspect.signature(self.judge).parameters)[2:]]
        return cases(plan.id, plan, asked, self.when)


GUARDRAILS = (
    Guardrail("metrics", guardrails.judge, "metrics"),
    Guardrail("own_metrics", own_checks.own_metrics, "own"),
    Guardrail("own", own_checks.own, "own.*"),
    Guardrail("profile", standing.profile),
    Guardrail("contract", standing.contract),
    Guardrail("availability", standing.availability),
)


@dataclass(frozen=True)
class Due:
    """A guardrail that is to be judged for one case."""

    guardrail: Guardrail
    case: dict[str, str]

    @property
    def key(self) -> Key:
        return key_of("", self.guardrail.name, self.case)

    @property
    def title(self) -> str:
        """What it finds out, in one sentence; a metric has its own."""
        name = self.key[1]
        return METRICS[name].question if name in METRICS else self.guardrail.title


def due(plan: Plan) -> list[Due]:
    """Return the guardrails that there are for a plan, the closing ones last."""
    found = [Due(one, case) for one in GUARDRAILS for case in one.cases(plan)]
    return sorted(found, key=lambda one: one.key[1] in CLOSING)


def judged(sim: Simulation, wanted: list[Due]) -> Iterator[CheckResult]:
    """Judge them, one by one.

    Raises:
        SimulationFailed: the namespace could not be prepared.
    """
    _ = sim.prepared, sim.own
    for one in wanted:
        yield _made(sim, one)
        sim.flush()


def _made(sim: Simulation, one: Due) -> CheckResult:
    plan, check, began = sim.plan, Check(title=one.title), monotonic()
    simulation, name, case = one.key
    with sim.charged(name, case):
        conclusion = _concluded(sim, check, one)
    level = severity_of(plan, name, case, scenario=False)
    note = covering(plan.waivers, name, case, sim.context.now.date().isoformat())
    outcome = settled_as(conclusion, level, note)
    return CheckResult(
        simulation=simulation,
        check=name,
        case=case,
        title=check.title,
        outcome=outcome,
        severity=level,
        sentence=sentence_of(conclusion),
        waiver=waiver_words(note) if outcome == "waived" else "",
        measures=tuple(check.measures),
        shown=check.shown,
        seconds=round(monotonic() - began, 4),
        finished_at=utc_now().isoformat(timespec="milliseconds"),
        cause=conclusion.cause,
        next_step=safe(conclusion.next_step),
    )


def _concluded(sim: Simulation, check: Check, one: Due) -> Conclusion:
    try:
        one.guardrail.judge(sim, check, **{name: value for name, value in one.case.items() if name != "sim"})
    except (NotMeasured, NotOffered) as error:
        return rooted(sim, check.conclude(reason_of(error)))
    except ServiceError as error:
        return check.broken(error.sentence)
    conclusion = rooted(sim, check.conclude())
    if conclusion.outcome != "failed":
        return conclusion
    _, name, case = one.key
    return why.explained(sim, why.Named(name, case), check, conclusion)
