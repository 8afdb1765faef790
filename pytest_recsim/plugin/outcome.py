"""From a test's end to a check's outcome, and from there to the controller as one JSON string."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from pytest_recsim.clock import utc_now
from pytest_recsim.data.input.files import unwritable
from pytest_recsim.data.input.problems import RecsimError
from pytest_recsim.plugin import junit
from pytest_recsim.plugin.agreement import shown_as
from pytest_recsim.plugin.alone import alone
from pytest_recsim.plugin.identity import Identity, identify, severity, waiver
from pytest_recsim.plugin.junit import NO_SERVICE, PREPARING
from pytest_recsim.plugin.pointing import point
from pytest_recsim.plugin.state import STATE
from pytest_recsim.record.artifacts import Evidence
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.causes import UNPREPARED, UNPREPARED_STEP
from pytest_recsim.record.jsonio import dumps, write_json
from pytest_recsim.record.legible import legible
from pytest_recsim.record.masking import safe
from pytest_recsim.record.model import CheckResult, Outcome
from pytest_recsim.record.reason import reason_of
from pytest_recsim.report.properties import PROPERTY, properties
from pytest_recsim.service.api.capabilities import NotOffered
from pytest_recsim.simulation import Simulation
from pytest_recsim.simulation.checks.check import Check, Conclusion, NotMeasured
from pytest_recsim.simulation.checks.settling import Severity, sentence_of, settled_as, waiver_words
from pytest_recsim.simulation.diagnose import explanation as why
from pytest_recsim.simulation.diagnose.root_cause import rooted

RESULT = pytest.StashKey[CheckResult]()
RUNNING = pytest.StashKey[bool]()
ATTEMPTS = pytest.StashKey[list[CheckResult]]()
ATTRIBUTE = "recsim_result"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Conclude a check after its function has returned, or has broken off in a way that is a result."""
    identity, given = identify(pyfuncitem), pyfuncitem.funcargs.get("check")
    if identity is None:
        return (yield)
    check = given if isinstance(given, Check) else Check()
    sim = pyfuncitem.funcargs.get("sim")
    pyfuncitem.stash[RUNNING] = True
    try:
        with alone(pyfuncitem.config, identity), _charged(sim, identity):
            outcome = yield
        if check is not given:
            return outcome
        conclusion = check.conclude()
        if conclusion.outcome == "failed" and isinstance(sim, Simulation):
            named = why.Named(identity.check, identity.case, identity.scenario)
            conclusion = why.explained(sim, named, check, conclusion)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
        found = _broken_off(pyfuncitem, identity, check, error)
        if found is None:
            raise
        outcome, conclusion = True, found
    finally:
        pyfuncitem.stash[RUNNING] = False
    _settle(pyfuncitem, identity, check, conclusion)
    return outcome


def _charged(sim: object, identity: Identity) -> AbstractContextManager[None]:
    """Let what is sent meanwhile count as the cost of this check."""
    return sim.charged(identity.check, identity.case) if isinstance(sim, Simulation) else nullcontext()


def _broken_off(
    item: pytest.Function, identity: Identity, check: Check, error: BaseException
) -> Conclusion | None:
    """What a check amounts to that did not come to its end; None leaves it to pytest, with its traceback."""
    if isinstance(error, NotMeasured | NotOffered):
        return check.conclude(reason_of(error))
    if isinstance(error, pytest.skip.Exception):
        found = check.conclude(f"the check was left there: {error}")
        return found if found.outcome == "failed" else None  # a failing figure does not vanish behind a skip
    if isinstance(error, RecsimError):
        return check.broken(str(error))
    if isinstance(error, pytest.xfail.Exception):
        return None
    level, note = _leniency(item, identity)
    if level == "warn" or note is not None:  # whatever makes it fail, a check that may fail may
        return check.broken(f"{type(error).__name__}: {error}")
    return None


def _leniency(item: pytest.Function, identity: Identity) -> tuple[Severity, WaiverNote | None]:
    """Return a check's severity, and the waiver that covers it today."""
    state = item.config.stash[STATE]
    plan, today = state.plans[identity.simulation], state.contexts[identity.simulation].now.date()
    return severity(plan, identity), waiver(plan, identity, today.isoformat())


def _settle(item: pytest.Function, identity: Identity, check: Check, conclusion: Conclusion) -> None:
    """Apply waiver and severity, keep the result for the record, and end the test accordingly."""
    conclusion = rooted(item.funcargs.get("sim"), conclusion)
    level, note = _leniency(item, identity)
    outcome, sentence = settled_as(conclusion, level, note), sentence_of(conclusion)
    item.stash[RESULT] = identity.result(
        nodeid=item.nodeid,
        outcome=outcome,
        severity=level,
        sentence=sentence,
        waiver=waiver_words(note) if outcome == "waived" else "",
        measures=tuple(check.measures),
        shown=check.shown,
        cause=conclusion.cause,
        next_step=safe(conclusion.next_step),
    )
    if outcome == "waived" and note is not None:
        pytest.skip(f"waived: {legible(note.words)}; {sentence}")
    if outcome == "warned":
        pytest.xfail(sentence)
    if outcome != "passed":
        pytest.fail(f"{sentence}\n  next step: {item.stash[RESULT].step}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hang the results of all attempts so far on the report; a string is the only kind of value that is safe under xdist."""
    report = yield
    identity = identify(item)
    if call.when == "setup" and PREPARING in item.stash:
        setattr(report, junit.ATTRIBUTE, f"{item.stash[PREPARING]:.3f}")
    if identity is None or item.stash.get(RUNNING, False):
        return report  # while a check runs, what reports is a part of it, e.g. a subtest
    result, concluded = _concluded(item, identity, report, call)
    if result is None:
        return report
    finished = utc_now().isoformat(timespec="milliseconds")
    result = _with(result, seconds=round(call.duration, 4), finished_at=finished)
    for step in (_evidence, _handed_on) if result.scenario and call.when == "call" else (_handed_on,):
        if trouble := step(item, result):
            result = _spoiled(report, result, trouble)
    if concluded:  # anything else has a traceback, which says more
        state = item.config.stash[STATE]
        today = state.contexts[identity.simulation].now.date().isoformat()
        point(item, report, result, state.plans[identity.simulation], today)
    publish(report, result)
    item.user_properties[:] = report.user_properties
    attempts = item.stash.setdefault(ATTEMPTS, [])
    attempts.append(result)
    setattr(report, ATTRIBUTE, dumps(attempts).decode())
    return report


def _concluded(
    item: pytest.Item, identity: Identity, report: pytest.TestReport, call: pytest.CallInfo[None]
) -> tuple[CheckResult | None, bool]:
    """Return what a report says of its check and whether we concluded it; None where it says nothing of it."""
    result = item.stash.get(RESULT, None)
    if result is not None:
        del item.stash[RESULT]  # a repeated attempt must not inherit it
    if call.when != "call" and report.passed:
        return result, False  # of an attempt that another plugin made without a report of its own
    if result is None or not _agree(result, report):
        return _unsettled(item, identity, report, call), False
    return result, True


def publish(report: pytest.TestReport, result: CheckResult) -> None:
    """Give junit the outcome with its values and thresholds; it reads the properties of an item's last report.

    Strings only, because nothing else is safe under xdist; those of an earlier attempt are replaced.
    """
    others = [pair for pair in report.user_properties if not pair[0].startswith(PROPERTY)]
    report.user_properties = [*others, *properties(result)]


def _agree(result: CheckResult, report: pytest.TestReport) -> bool:
    """Whether pytest ended the test as we did; an xfail mark or an error in a fixture turns it."""
    return report.when == "call" and report.outcome == shown_as(result)


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
    unprepared = outcome == "error" and item.stash.get(NO_SERVICE, False)
    return identity.result(
        nodeid=item.nodeid,
        outcome=outcome,
        sentence=_told(report, call),
        cause=UNPREPARED if unprepared else "",
        next_step=UNPREPARED_STEP if unprepared else "",
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


def _spoiled(report: pytest.TestReport, result: CheckResult, trouble: str) -> CheckResult:
    """Make a check an error whose result could not be passed on, unless it has failed anyway."""
    outcome = result.outcome if report.failed else "error"
    result = _with(result, outcome=outcome, sentence="\n".join(filter(None, (result.sentence, trouble))))
    report.outcome, report.longrepr = "failed", result.sentence
    if hasattr(report, "wasxfail"):
        del report.wasxfail  # junit would take it for a test that passes unexpectedly
    return result


def _handed_on(item: pytest.Item, result: CheckResult) -> str:
    """Call the hooks that want results, those in a conftest beside a user's project too; return what one raised."""
    try:
        item.config.hook.pytest_recsim_result(item=item, result=result)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - somebody else's code
        return f"a pytest_recsim_result hook raised {type(error).__name__}: {error}"
    return ""


def _evidence(item: pytest.Item, result: CheckResult) -> str:
    """Write what was measured; return why that could not be done, empty when it could."""
    bundle = item.config.stash[STATE].contexts[result.simulation].bundle
    document = Evidence(
        check=result.check,
        outcome=result.outcome,
        sentence=result.sentence,
        measures=result.measures,
        evidence=result.shown,
    )
    try:
        write_json(bundle.evidence / f"s{result.scenario:02d}.json", document)
    except OSError as error:
        return f"the evidence is lost. {unwritable(bundle.evidence, error)}"
    return ""
