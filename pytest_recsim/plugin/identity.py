"""Which check a test item is: the keys of results, plans and waivers."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_recsim.plan.model import Plan, WaiverNote
from pytest_recsim.record.model import CheckResult


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
    """Return the identity of an item that asks for ``sim``, None for any other test."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or "sim" not in callspec.params:
        return None
    params = callspec.params
    simulation = str(params["sim"])
    scenario = item.get_closest_marker("scenario")
    guardrail = item.get_closest_marker("guardrail")
    if scenario is not None:
        check = str(scenario.args[0])
    elif guardrail is not None:
        check = "_".join([str(guardrail.args[0]), *([params["metric"]] if "metric" in params else [])])
    else:
        check = item.originalname if isinstance(item, pytest.Function) else item.name
    rest = callspec.id.removeprefix(simulation).removeprefix("-")
    case = str(params.get("segment", "")) if guardrail is not None else rest
    return Identity(simulation, check, case, _title(item), scenario is not None)


def _title(item: pytest.Item) -> str:
    function = getattr(item, "function", None)
    module = getattr(item, "module", None)
    text = getattr(function, "__doc__", None) or getattr(module, "__doc__", None) or item.name
    return str(text).strip().splitlines()[0].rstrip(".")


def severity(plan: Plan, identity: Identity) -> str:
    """Return ``warn`` when every threshold that the check compares with is configured as such."""
    prefix = f"{identity.check.lower()}_" if identity.scenario else f"min_{identity.check}"
    keys = [key for key in plan.limits if key.startswith(prefix)]
    if identity.check == "availability":
        keys = ["max_unavailable_share"]
    severities = {plan.limit(key, identity.case).severity for key in keys}
    return "warn" if severities == {"warn"} else "block"


def waiver(plan: Plan, identity: Identity, today: str) -> WaiverNote | None:
    """Return the waiver that covers a check on that day (ISO date), if there is one."""
    for note in plan.waivers:
        covers = note.check == identity.check and note.segment in ("", identity.case)
        if covers and (not note.until or note.until >= today):
            return note
    return None
