"""Which check a test item is: the keys of results, plans and waivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_recsim.data.guardrails.metric_table import METRICS
from pytest_recsim.plan.model import Plan, covering
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.model import CheckResult, Key
from pytest_recsim.simulation.checks.cases import key_of
from pytest_recsim.simulation.checks.settling import Severity, severity_of

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Identity:
    """Simulation, check and case of one test item."""

    simulation: str
    check: str
    case: str
    title: str
    scenario: bool

    @property
    def key(self) -> Key:
        return (self.simulation, self.check, self.case)

    def result(self, **fields: object) -> CheckResult:
        """Return a result of this check."""
        return CheckResult(
            simulation=self.simulation,
            check=self.check,
            case=self.case,
            title=self.title,
            **fields,  # type: ignore[arg-type]  # the caller names CheckResult's own fields
        )


def identify(item: pytest.Item) -> Identity | None:
    """Return the identity of an item that asks for ``sim``, None for any other test.

    Checks of the suite are named by their marker; a user's own by file and function, so that no two share a name.
    """
    callspec = getattr(item, "callspec", None)
    if callspec is None or "sim" not in callspec.params:
        return None
    params = callspec.params
    simulation, title = str(params["sim"]), _title(item)
    scenario, guardrail = named(item, "scenario"), named(item, "guardrail")
    rest = _rest(callspec.id, simulation)
    if item.path.parent != suite_folder() or not (scenario or guardrail):
        own = item.nodeid.partition("[")[0].removeprefix("scenarios/")
        return Identity(simulation, own, rest, title, scenario=guardrail is None)
    simulation, check, case = key_of(scenario, guardrail, params)
    title = METRICS[check].question if check in METRICS else title
    return Identity(simulation, check, case, title, scenario=bool(scenario))


def _rest(words: str, simulation: str) -> str:
    """A case without the simulation's name, which stands first or, behind a mark of the user's own, last."""
    if words == simulation or words.startswith(f"{simulation}-"):
        return words[len(simulation) + 1 :]
    return words.removesuffix(f"-{simulation}")


def named(item: pytest.Item, marker: str) -> str:
    """Return what ``@pytest.mark.scenario("S1")`` or ``scenario(id="S1")`` says, empty without such a marker."""
    found = item.get_closest_marker(marker)
    if found is None:
        return ""
    words = (*found.args, *found.kwargs.values())
    return str(words[0]) if words else ""


def _title(item: pytest.Item) -> str:
    function = getattr(item, "function", None)
    module = getattr(item, "module", None)
    text = getattr(function, "__doc__", None) or getattr(module, "__doc__", None) or item.name
    return str(text).strip().splitlines()[0].rstrip(".")


def severity(plan: Plan, identity: Identity) -> Severity:
    """Return the severity of a check, see :func:`severity_of`."""
    return severity_of(plan, identity.check, identity.case, scenario=identity.scenario)


def waiver(plan: Plan, identity: Identity, today: str) -> WaiverNote | None:
    """Return the waiver that covers a check on that day (ISO date), if there is one."""
    return covering(plan.waivers, identity.check, identity.case, today)
