"""From a test's end to a check's outcome, and from there to the controller as one JSON string."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime

import pytest

from pytest_recsim.plugin.check import Check, Conclusion, NotMeasured
from pytest_recsim.plugin.identity import Identity, identify, severity, waiver
from pytest_recsim.plugin.junit import PROPERTY, properties
from pytest_recsim.plugin.state import STATE
from pytest_recsim.record.jsonio import dumps, write_json
from pytest_recsim.record.model import CheckResult, Outcome

RESULT = pytest.StashKey[CheckResult]()
ATTRIBUTE = "recsim_result"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Conclude a check after its function has returned."""
    check = pyfuncitem.funcargs.get("check")
    identity = identify(pyfuncitem)
    if not isinstance(check, Check) or identity is None:
        return (yield)
    try:
        outcome = yield
        conclusion = check.conclude()
    except NotMeasured as reason:
        outcome, conclusion = True, check.conclude(str(reason))
    except pytest.skip.Exception as left_out:
        conclusion = check.conclude(f"the check was left there: {left_out}")
        if conclusion.outcome != "failed":  # a failing figure does not vanish behind a skip
            raise
        outcome = True
    _settle(pyfuncitem, identity, check, conclusion)
    return outcome


def _settle(item: pytest.Function, identity: Identity, check: Check, conclusion: Conclusion) -> None:
    """Apply waiver and severity, keep the result for the record, and end the test accordingly."""
    state = item.config.stash[STATE]
    plan, context = state.plans[identity.simulation], state.contexts[identity.simulation]
    level = severity(plan, identity)
    note = waiver(plan, identity, context.now.date().isoformat())
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
    _publish(item, report, result)
    if result.scenario and call.when == "call":
        _evidence(item, result)
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


def _with(result: CheckResult, *, seconds: float, finished_at: str) -> CheckResult:
    fields = {name: getattr(result, name) for name in CheckResult.__struct_fields__}
    return CheckResult(**fields | {"seconds": seconds, "finished_at": finished_at})


def _told(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    """The one sentence of a test that ended on its own: a skip's reason or an exception's message."""
    if report.passed:
        return ""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(call.excinfo.value) if call.excinfo is not None else str(report.longrepr)


def _evidence(item: pytest.Item, result: CheckResult) -> None:
    bundle = item.config.stash[STATE].contexts[result.simulation].bundle
    write_json(
        bundle.evidence / f"s{result.scenario:02d}.json",
        {
            "check": result.check,
            "outcome": result.outcome,
            "sentence": result.sentence,
            "measures": list(result.measures),
            "evidence": result.shown,
        },
    )
