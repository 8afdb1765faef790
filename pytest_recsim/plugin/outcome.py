"""From a test's end to a check's outcome, and from there to the controller as one JSON string."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from pytest_recsim.data.files import unwritable
from pytest_recsim.plan.model import WaiverNote
from pytest_recsim.plugin import why
from pytest_recsim.plugin.check import Check, Conclusion, NotMeasured
from pytest_recsim.plugin.identity import Identity, identify, severity, waiver
from pytest_recsim.plugin.state import STATE
from pytest_recsim.record.jsonio import dumps, write_json
from pytest_recsim.record.model import CheckResult, Outcome
from pytest_recsim.report.properties import PROPERTY, properties
from pytest_recsim.service.errors import ServiceError
from pytest_recsim.simulation import Simulation

RESULT = pytest.StashKey[CheckResult]()
ATTRIBUTE = "recsim_result"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Conclude a check after its function has returned, or has broken off in a way that is a result."""
    identity, given = identify(pyfuncitem), pyfuncitem.funcargs.get("check")
    if identity is None:
        return (yield)
    check = given if isinstance(given, Check) else Check()
    try:
        outcome = yield
        if check is not given:
            return outcome
        conclusion = check.conclude()
        sim = pyfuncitem.funcargs.get("sim")
        if conclusion.outcome == "failed" and isinstance(sim, Simulation):
            conclusion = why.explained(sim, identity, check, conclusion)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
        found = _broken_off(pyfuncitem, identity, check, error)
        if found is None:
            raise
        outcome, conclusion = True, found
    _settle(pyfuncitem, identity, check, conclusion)
    return outcome


def _broken_off(
    item: pytest.Function, identity: Identity, check: Check, error: BaseException
) -> Conclusion | None:
    """What a check amounts to that did not come to its end; None leaves it to pytest, with its traceback."""
    if isinstance(error, NotMeasured):
        return check.conclude(str(error))
    if isinstance(error, pytest.skip.Exception):
        found = check.conclude(f"the check was left there: {error}")
        return found if found.outcome == "failed" else None  # a failing figure does not vanish behind a skip
    if isinstance(error, ServiceError):
        return check.broken(error.sentence)
    if isinstance(error, pytest.xfail.Exception):
        return None
    level, note = _leniency(item, identity)
    if level == "warn" or note is not None:  # whatever makes it fail, a check that may fail may
        return check.broken(f"{type(error).__name__}: {error}")
    return None


def _leniency(
    item: pytest.Function, identity: Identity
) -> tuple[Literal["block", "warn"], WaiverNote | None]:
    """Return a check's severity, and the waiver that covers it today."""
    state = item.config.stash[STATE]
    plan, today = state.plans[identity.simulation], state.contexts[identity.simulation].now.date()
    return severity(plan, identity), waiver(plan, identity, today.isoformat())


def _settle(item: pytest.Function, identity: Identity, check: Check, conclusion: Conclusion) -> None:
    """Apply waiver and severity, keep the result for the record, and end the test accordingly."""
    level, note = _leniency(item, identity)
    outcome: Outcome = conclusion.outcome
    bad = outcome != "passed"
    if bad and note is not None:
        outcome = "waived"
    elif bad and level == "warn":
        outcome = "warned"
    sentence = _sentence(conclusion)
    item.stash[RESULT] = identity.result(
        nodeid=item.nodeid,
        outcome=outcome,
        severity=level,
        sentence=sentence,
        waiver=f"{note.reason} ({note.origin})" if bad and note is not None else "",
        measures=tuple(check.measures),
        shown=check.shown,
    )
    if outcome == "waived" and note is not None:
        pytest.skip(f"waived: {note.reason} ({note.origin}); {sentence}")
    if outcome == "warned":
        pytest.xfail(sentence)
    if bad:
        pytest.fail(sentence, pytrace=False)


def _sentence(conclusion: Conclusion) -> str:
    if conclusion.outcome == "not_measured":
        return f"not measured: {conclusion.sentence}"
    return conclusion.sentence


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hang the result on the report as a string: the only kind of value that is safe to send under xdist."""
    report = yield
    identity = identify(item)
    if identity is None or (call.when != "call" and report.passed):
        return report
    result = item.stash.get(RESULT, None)
    if result is not None:
        del item.stash[RESULT]  # a repeated attempt must not inherit it
    if result is None or not _agree(result, report):
        result = _unsettled(item, identity, report, call)
    finished = datetime.now(UTC).isoformat(timespec="milliseconds")
    result = _with(result, seconds=round(call.duration, 4), finished_at=finished)
    if result.scenario and call.when == "call" and (trouble := _evidence(item, result)):
        outcome = result.outcome if report.failed else "error"
        result = _with(result, outcome=outcome, sentence="\n".join(filter(None, (result.sentence, trouble))))
        report.outcome, report.longrepr = "failed", result.sentence
    _publish(item, report, result)
    setattr(report, ATTRIBUTE, dumps(result).decode())
    return report


def _publish(item: pytest.Item, report: pytest.TestReport, result: CheckResult) -> None:
    """Give junit the outcome with its values and thresholds; it reads the properties of an item's last report.

    Strings only, because nothing else is safe under xdist; those of an earlier attempt are replaced.
    """
    others = [pair for pair in item.user_properties if not pair[0].startswith(PROPERTY)]
    item.user_properties[:] = [*others, *properties(result)]
    report.user_properties = list(item.user_properties)


def _agree(result: CheckResult, report: pytest.TestReport) -> bool:
    """Whether pytest ended the test as we did; an xfail mark or an error in a fixture turns it."""
    ours = {"passed": "passed", "waived": "skipped", "warned": "skipped"}.get(result.outcome, "failed")
    return report.when == "call" and report.outcome == ours


def _unsettled(
    item: pytest.Item, identity: Identity, report: pytest.TestReport, call: pytest.CallInfo[None]
) -> CheckResult:
    """The result of a test that ended on its own; what it had measured until then is kept."""
    if report.skipped:
        outcome: Outcome = "warned" if hasattr(report, "wasxfail") else "skipped"
    else:
        outcome = "passed" if report.passed else "failed" if call.when == "call" else "error"
    check = getattr(item, "funcargs", {}).get("check")
    found = check if isinstance(check, Check) else Check()
    return identity.result(
        nodeid=item.nodeid,
        outcome=outcome,
        sentence=_told(report, call),
        measures=tuple(found.measures),
        shown=found.shown,
    )


def _with(result: CheckResult, **changes: Any) -> CheckResult:
    fields = {name: getattr(result, name) for name in CheckResult.__struct_fields__}
    return CheckResult(**fields | changes)


def _told(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    """The one sentence of a test that ended on its own: a skip's reason or an exception's message."""
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(call.excinfo.value) if call.excinfo is not None else str(report.longrepr)


def _evidence(item: pytest.Item, result: CheckResult) -> str:
    """Write what was measured; return why that could not be done, empty when it could."""
    bundle = item.config.stash[STATE].contexts[result.simulation].bundle
    document = {
        "check": result.check,
        "outcome": result.outcome,
        "sentence": result.sentence,
        "measures": list(result.measures),
        "evidence": result.shown,
    }
    try:
        write_json(bundle.evidence / f"s{result.scenario:02d}.json", document)
    except OSError as error:
        return f"the evidence is lost. {unwritable(bundle.evidence, error)}"
    return ""
