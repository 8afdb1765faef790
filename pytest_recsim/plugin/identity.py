"""Which check a test item is: the keys of results, plans and waivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_recsim.plan.model import Plan, WaiverNote, covering
from pytest_recsim.plugin.suite import suite_folder
from pytest_recsim.record.model import CheckResult

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
    def key(self) -> tuple[str, str, str]:
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
    if scenario:
        return Identity(simulation, scenario, rest, title, scenario=True)
    if "own_threshold" in params:
        return Identity(
            simulation, str(params["own_threshold"]), str(params["segment"]), title, scenario=False
        )
    check = "_".join([str(guardrail), *([params["metric"]] if "metric" in params else [])])
    return Identity(simulation, check, str(params.get("segment", "")), title, scenario=False)


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


def severity(plan: Plan, identity: Identity) -> Literal["block", "warn"]:
    """Return ``warn`` when every threshold that the check compares with is configured as such."""
    check = identity.check
    if identity.scenario:
        keys = {key for key in plan.limits if key.startswith(f"{check.lower()}_")}
    elif check == "availability":
        keys = {"max_unavailable_share"}
    else:
        keys = {check, f"min_{check}", f"max_{check}"} & set(plan.limits)
    severities = {plan.limit(key, identity.case).severity for key in keys}
    return "warn" if severities == {"warn"} else "block"


def waiver(plan: Plan, identity: Identity, today: str) -> WaiverNote | None:
    """Return the waiver that covers a check on that day (ISO date), if there is one."""
    return covering(plan.waivers, identity.check, identity.case, today)
