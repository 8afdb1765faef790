"""Several workers: the same verdicts, one seed, nothing lost."""

from __future__ import annotations

import pytest
from plugin_shop import Project, Served, Shown

DIES = """\
import os

def test_dies(sim, check):
    os._exit(7)
"""
DIES_LATE = """\
import os
import pytest

@pytest.fixture
def late():
    yield
    os._exit(7)

def test_dies_late(sim, check, late):
    check.at_least("fine", 1, 0)
"""
HEARD_LATE = """\
import os, pathlib, threading, time

if "PYTEST_XDIST_WORKER" not in os.environ:
    from xdist.workermanage import WorkerController

    hear = WorkerController.process_from_remote

    def hear_late(node, event):
        if not isinstance(event, tuple):  # the mark of the end
            time.sleep(1.5)
        return hear(node, event)

    WorkerController.process_from_remote = hear_late

called = []

class Everywhere:
    def pytest_runtest_logreport(self, report):
        if "PYTEST_XDIST_WORKER" not in os.environ and report.when == "teardown":
            time.sleep(0.2)

    def pytest_runtest_call(self, item):
        called.append(item)
        if len(called) == 3:
            try:
                pathlib.Path("third").touch(exist_ok=False)  # of both workers at once one is the first
            except FileExistsError:
                return
            threading.Timer(0.1, os._exit, [7]).start()

def pytest_configure(config):
    config.pluginmanager.register(Everywhere())
"""
"""A worker dies after its third check, waiting for more work, which the controller sends before it hears of it."""
DIE_ONCE = """\
import os, pathlib
import pytest_recsim.prepare.seed as seed

real, once = seed._send, pathlib.Path("died-once")

def frail(*words, **named):
    real(*words, **named)
    if not once.exists():
        once.write_text("yes")
        os._exit(9)

seed._send = frail
"""


@pytest.fixture(scope="session")
def pair(shops) -> Shown:
    """A complete run on the stand-in with two workers."""
    project = shops("pair")
    return Shown(project, project.simulate("-n", "2"))


@pytest.mark.long
def test_the_same_verdicts_and_numbers_to_the_last_digit(green: Shown, pair: Shown) -> None:
    assert pair.ran.code == 0, pair.ran.text
    assert pair.record.outcomes == green.record.outcomes
    assert pair.record.artifact("quality_metrics.json") == green.record.artifact("quality_metrics.json")
    for name, outcome in green.record.outcomes.items():
        if name in ("contract", "availability"):
            continue  # they count answers, and how often a rule's effect is polled depends on the moment
        ours, theirs = green.record.event(name), pair.record.event(name)
        assert [row["got"] for row in theirs["measures"]] == [row["got"] for row in ours["measures"]], (
            name,
            outcome,
        )


@pytest.mark.long
def test_the_same_files_and_the_same_economy(green: Shown, pair: Shown) -> None:
    assert pair.record.files == green.record.files
    ours, theirs = green.record.metadata, pair.record.metadata
    assert theirs["users"] == ours["users"]
    assert theirs["requests"]["recommendations"] <= theirs["users"]["evaluated"] + 480
    sent = theirs["requests"]
    assert sum(one["requests"] for one in (sent["preparation"], *sent["by_check"])) == sent["total"]
    assert (
        theirs["requests"]["by_endpoint"]["POST /v1/events:batch"]
        == (ours["requests"]["by_endpoint"]["POST /v1/events:batch"])
    )


@pytest.mark.long
def test_a_worker_that_dies_leaves_its_check_missing(acme: Project) -> None:
    acme.scenario("dies", DIES)
    ran = acme.simulate("-n", "2", "-k", "dies or coverage")
    assert ran.code == 1, ran.text
    record = acme.bundle()
    assert record.outcomes == {"catalog_coverage": "passed", "test_dies.py::test_dies": "missing"}
    assert record.metadata["status"] == "incomplete"
    assert "never reported" in record.event("test_dies.py::test_dies")["sentence"]
    assert "never reported: test_dies.py::test_dies" in ran.out
    assert "test_dies.py::test_dies" in record.readme


@pytest.mark.long
def test_a_worker_that_died_unheard_is_not_the_end_of_the_run(acme: Project) -> None:
    acme.write("conftest.py", HEARD_LATE)
    ran = acme.simulate("-n", "2", "-k", "coverage or lift or contract or S2 or S5 or S7 or S10")
    assert "INTERNALERROR" not in ran.text
    assert ran.code == 1, ran.text
    outcomes = list(acme.bundle().outcomes.values())
    assert len(outcomes) > 8
    assert outcomes.count("missing") == 1
    assert set(outcomes) == {"passed", "missing"}


@pytest.mark.long
def test_a_worker_that_dies_after_its_check_has_reported_loses_nothing_and_is_told(acme: Project) -> None:
    acme.scenario("late", DIES_LATE)
    ran = acme.simulate("-n", "2", "-k", "dies_late or coverage")
    assert ran.code == 1, ran.text  # pytest counts the worker's death
    record = acme.bundle()
    assert record.outcomes == {"catalog_coverage": "passed", "test_late.py::test_dies_late": "passed"}
    assert "a worker died right after test_late.py::test_dies_late had reported" in record.readme
    assert "a worker died right after test_late.py::test_dies_late had reported" in ran.out


@pytest.mark.long
def test_a_worker_that_dies_while_seeding_is_survived(acme: Project, served: Served, namespace: str) -> None:
    acme.write("conftest.py", DIE_ONCE)
    place = ("--base-url", served.url, "--namespace", namespace)
    ran = acme.simulate(*place, "-n", "2", "-k", "coverage or S7 or S10 or S1")
    assert (acme.folder / "died-once").exists()
    assert ran.code == 1, ran.text
    outcomes = list(acme.bundle().outcomes.values())
    assert outcomes.count("missing") == 1
    assert outcomes.count("passed") == len(outcomes) - 1
    assert served.count("POST", "/v1/events:delete") == 2, "the next one started over with a reset"


@pytest.mark.long
def test_without_workers_a_failing_preparation_is_told_once_per_check(acme: Project) -> None:
    acme.write(
        "conftest.py",
        "import pytest_recsim.prepare.seed as seed\n"
        "from pytest_recsim.data.input.problems import InputError, Problem\n"
        "def refuse(*words, **named):\n"
        "    raise InputError(Problem('seed', 'the shop is closed'))\n"
        "seed._send = refuse\n",
    )
    for words in ((), ("-n", "2")):
        ran = acme.simulate("-k", "coverage or S7", *words)
        assert ran.code == 1, ran.text
        assert "Traceback" not in ran.text
        assert "During handling" not in ran.text
        assert "could not be prepared: seed: the shop is closed" in ran.out
    for root in acme.bundles():
        assert "> Preparation failed: seed: the shop is closed" in (root / "README.md").read_text()


@pytest.mark.long
@pytest.mark.parametrize("source", ["ini base_url", "PYTEST_BASE_URL"])
def test_a_url_that_was_not_typed_does_not_count(acme: Project, served: Served, source: str) -> None:
    env = {}
    if source == "PYTEST_BASE_URL":
        env["PYTEST_BASE_URL"] = served.url
    else:
        acme.write("pytest.ini", f"[pytest]\nbase_url = {served.url}\n")
    ran = acme.simulate("-k", "coverage", env=env)
    assert ran.code == 0, ran.text
    assert served.requests == []
    assert acme.bundle().metadata["service"]["kind"] == "stand-in"


@pytest.mark.long
@pytest.mark.parametrize("source", ["ini base_url", "PYTEST_BASE_URL"])
def test_a_url_that_was_not_typed_counts_when_asked_for_and_reaches_workers(
    acme: Project, served: Served, namespace: str, source: str
) -> None:
    env = {}
    lines = ["[pytest]", "recsim_use_base_url = true"]
    if source == "PYTEST_BASE_URL":
        env["PYTEST_BASE_URL"] = served.url
    else:
        lines.append(f"base_url = {served.url}")
    acme.write("pytest.ini", "\n".join(lines) + "\n")
    ran = acme.simulate("-k", "coverage or S10", "-n", "2", "--namespace", namespace, env=env)
    assert ran.code == 0, ran.text
    assert acme.bundle().metadata["service"]["url_from"] == source
    assert acme.bundle().outcomes == {"catalog_coverage": "passed", "S10": "passed"}
    assert served.count("POST", "/v1/recommendations") > 0


@pytest.mark.long
def test_more_workers_than_checks(acme: Project) -> None:
    ran = acme.simulate("-k", "coverage", "-n", "3")
    assert ran.code == 0, ran.text
    assert acme.bundle().outcomes == {"catalog_coverage": "passed"}


@pytest.mark.long
def test_every_stand_in_that_workers_ask_for_has_what_its_apply_mode_sets(acme: Project) -> None:
    acme.write("fixtures/customers/beta.json", (acme.folder / "fixtures/customers/acme.json").read_text())
    knob = ("--recsim-apply", "admin", "--env-override", "BLEND_ALPHA=0.9")
    ran = acme.simulate("--customer", "beta", "-k", "test_profile", "-n", "2", *knob)
    assert ran.code == 0, ran.text
    for customer in ("acme", "beta"):
        rows = acme.bundle(customer).metadata["profile"]["knobs"]
        assert [row["status"] for row in rows if row["knob"] == "BLEND_ALPHA"] == ["in effect"]
