"""Record and pytest agree on every check: where pytest ends one as failed, the record never says ready to go live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_recsim.plan.model import Plan
from pytest_recsim.record.asked import WaiverNote
from pytest_recsim.record.model import CheckResult
from pytest_recsim.simulation.bundle.attempts import settled

if TYPE_CHECKING:
    from plugin_shop import Project

FINE = "def test_fine(sim, check):\n    check.at_least('x', 1, 0)\n"
TURNED = """\
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if item.name.startswith("test_fine") and report.when == "call":
        report.outcome, report.longrepr = "failed", "the lab says no"
    return report
"""
SUBTESTS = """\
def test_fine(sim, check, subtests):
    check.at_least('x', 1, 0)
    with subtests.test("inner"):
        assert 1 == 2
"""
REPEATED = """\
import pytest

@pytest.fixture(autouse=True)
def repetition(request):
    return request.param

def pytest_generate_tests(metafunc):
    metafunc.parametrize("repetition", range(2), indirect=True, ids=["1-2", "2-2"])
"""
ONCE = """\
def test_fine(sim, check):
    test_fine.times = getattr(test_fine, "times", 0) + 1
    check.at_most("times", test_fine.times, {limit})
"""
KEPT_BACK = """\
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        item._initrequest()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if all(report.passed for report in reports):
            break
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
WITHIN = """\
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" and report.failed:
        item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_teardown(item=item, nextitem=item.parent)
        item._initrequest()
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
        report.outcome, report.longrepr = "passed", None
    return report
"""
WATCHED = """\
import time
from pathlib import Path
import pytest

@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pyfunc_call():
    busy = Path("busy")
    with Path("begun.txt").open("a") as begun:
        begun.write("beside " if busy.exists() else "alone ")
    busy.touch()
    time.sleep(2)
    busy.unlink(missing_ok=True)
    return (yield)
"""
THREADS = """\
class Threads:
    def pytest_collection_finish(self, session):
        for item in session.items:
            print(item.name, "once" if item.get_closest_marker("thread_unsafe") else "in threads")

def pytest_configure(config):
    config.addinivalue_line("markers", "thread_unsafe: one thread is enough")
    config.pluginmanager.register(Threads(), "_run-parallel")
"""
SECOND = """\
def test_fine(sim, check):
    test_fine.times = getattr(test_fine, "times", 0) + 1
    check.at_least("times", test_fine.times, 2)
"""


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.long)])
def test_a_report_that_a_conftest_turns_red_is_red_in_the_record(
    corner: Project, workers: tuple[str, ...]
) -> None:
    corner.scenario("mine", FINE)
    corner.write("conftest.py", TURNED)
    ran = corner.simulate("-k", "mine", *workers)
    assert ran.code == 1
    record = corner.bundle()
    assert record.outcomes == {"test_mine.py::test_fine": "failed"}
    assert record.metadata["verdict"]["status"] == "must_not_go"
    assert "the lab says no" in record.event("test_mine.py::test_fine")["sentence"]


@pytest.mark.long
@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests came with pytest 9")
def test_a_failing_subtest_fails_its_check(corner: Project) -> None:
    corner.scenario("mine", SUBTESTS)
    ran = corner.simulate("-k", "mine")
    assert ran.code == 1
    record = corner.bundle()
    assert record.outcomes == {"test_mine.py::test_fine": "failed"}
    assert record.metadata["verdict"]["status"] == "must_not_go"
    assert len(record.events) == 1


def test_repetitions_are_one_check_and_all_of_them_must_hold(acme: Project) -> None:
    """As pytest-repeat's `--count 2` makes them."""
    acme.write("repeating.py", REPEATED)
    acme.scenario("mine", ONCE.format(limit=1))
    words = ("-p", "repeating", "-k", "mine or S10 or coverage")
    ran = acme.simulate(*words, env={"PYTHONPATH": str(acme.folder)})
    record = acme.bundle()
    assert "5 passed" in ran.out
    assert record.outcomes["S10"] == record.outcomes["catalog_coverage"] == "passed"
    assert "S10" not in record.metadata["verdict"]["not_run"]
    assert ran.code == 1, "the second repetition of the own check fails"


@pytest.mark.long
def test_repetitions_on_two_workers_are_made_one_after_the_other(acme: Project) -> None:
    """They would change the same rules of the service and turn each other red."""
    acme.write("repeating.py", REPEATED)
    acme.write("watching.py", WATCHED)
    words = ("-p", "repeating", "-p", "watching", "-k", "S10", "-n", "2")
    ran = acme.simulate(*words, env={"PYTHONPATH": str(acme.folder)})
    assert ran.code == 0, ran.out
    assert "2 passed" in ran.out
    assert (acme.folder / "begun.txt").read_text() == "alone alone "


def test_a_check_is_not_made_in_several_threads(corner: Project) -> None:
    """As pytest-run-parallel would; tests that ask for no simulation are none of ours."""
    corner.write("threads.py", THREADS)
    corner.scenario("mine", FINE + "def test_unit():\n    pass\n")
    words = ("-p", "threads", "-k", "mine", "--collect-only", "-s")
    ran = corner.simulate(*words, env={"PYTHONPATH": str(corner.folder)})
    assert "test_fine[acme] once" in ran.out
    assert "test_unit in threads" in ran.out


@pytest.mark.long
@pytest.mark.parametrize("retrying", [KEPT_BACK, WITHIN], ids=["flaky", "pytest-retry"])
def test_a_failed_attempt_that_another_plugin_reports_in_its_own_way_makes_the_check_flaky(
    corner: Project, retrying: str
) -> None:
    """flaky keeps the report of a failed attempt to itself, pytest-retry makes none of the attempt that passes."""
    corner.write("conftest.py", retrying)
    corner.scenario("mine", SECOND)
    ran = corner.simulate("-k", "mine")
    record = corner.bundle()
    assert record.outcomes == {"test_mine.py::test_fine": "flaky"}
    assert record.metadata["verdict"]["status"] == "must_not_go"
    assert ran.code == 1


def test_each_on_every_worker_is_refused(acme: Project) -> None:
    ran = acme.simulate("-n", "2", "--dist", "each")
    assert ran.code == 4
    assert "--dist each" in ran.err
    assert not acme.left_behind


# --- several reports of one check ---


def plan_with(*waivers: WaiverNote) -> Plan:
    return type("Waivers", (), {"waivers": waivers})()  # type: ignore[return-value]


def reported(outcome: str, nodeid: str = "n", **more: object) -> CheckResult:
    return CheckResult(simulation="acme", check="S1", outcome=outcome, nodeid=nodeid, **more)  # type: ignore[arg-type]


def outcome_of(*results: CheckResult, plan: Plan | None = None) -> str:
    stands = None
    for result in results:
        stands = settled(plan or plan_with(), stands, result, "2026-11-27")
    assert stands is not None
    assert stands.attempt == len(results)
    return stands.outcome


@pytest.mark.parametrize("first", ["failed", "error", "not_measured"])
def test_failed_then_passed_is_flaky(first: str) -> None:
    assert outcome_of(reported(first), reported("passed")) == "flaky"
    assert outcome_of(reported(first), reported(first), reported("passed")) == "flaky"


def test_passed_then_failed_is_failed() -> None:
    assert outcome_of(reported("passed"), reported("error")) == "error"


def test_a_flaky_check_may_be_waived_or_only_warn() -> None:
    waiver = WaiverNote(check="S1", segment="", reason="old cache", until="", origin="guardrails.yml:3")
    assert outcome_of(reported("failed"), reported("passed"), plan=plan_with(waiver)) == "waived"
    assert outcome_of(reported("failed", severity="warn"), reported("passed")) == "warned"


def test_of_repetitions_the_worst_counts_in_any_order() -> None:
    assert outcome_of(reported("failed", "n[1-2]"), reported("passed", "n[2-2]")) == "failed"
    assert outcome_of(reported("passed", "n[1-2]"), reported("failed", "n[2-2]")) == "failed"
    assert outcome_of(reported("passed", "n[1-2]"), reported("passed", "n[2-2]")) == "passed"
