"""However a run ends: its stand-in ends too, and the bundle says how far it got."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from plugin_shop import LIMIT_S, Project, children, end, environment, eventually, gone, reported

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

SLOW = """\
import time

def test_aa_quick(sim, check):
    check.at_least("fine", 1, 0)

def test_bb_slow(sim, check):
    time.sleep(120)
"""
STRUCK = """\
import os
import signal

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    (yield).get_result()


class Struck:
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if "aa_quick" in item.nodeid and call.when == "call":
            os.kill(os.getpid(), signal.{name})


def pytest_configure(config):
    config.pluginmanager.register(Struck())
"""
SO_FAR = "1 of 2 planned checks had reported"
ENDINGS = {
    "Ctrl-C": (signal.SIGINT, 2),
    "SIGTERM": (signal.SIGTERM, 143),
    "kill -9": (signal.SIGKILL, -9),
}


def begin(project: Project, *words: str) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a run that reports one check and then hangs; return it and all its descendants.

    The page is written after the event: who kills between the two finds the older page.
    """
    project.scenario("slow", SLOW)
    process = project.start("-k", "test_slow", *words)
    eventually(reported(project))
    eventually(lambda: SO_FAR in project.bundle().readme)
    started = children(process.pid)
    assert started, "a stand-in is running"
    return process, started


def again(project: Project) -> str:
    """`recsim report` on the bundle, after its page was thrown away."""
    (root,) = project.bundles()
    (root / "README.md").unlink()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pytest_recsim.cli import main; raise SystemExit(main())",
            "report",
            str(root),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().endswith("README.md")
    return (root / "README.md").read_text()


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_run_that_is_cut_short(acme: Project, name: str, workers: tuple[str, ...]) -> None:
    number, code = ENDINGS[name]
    process, started = begin(acme, *workers)
    try:
        ran = end(process, number)
        assert ran.code == code, ran.text
        eventually(lambda: gone(started))
        record = acme.bundle()
        assert record.outcomes["test_slow.py::test_aa_quick"] == "passed"
        assert "Traceback" not in ran.err
        if name == "kill -9":
            assert record.metadata["status"] == "started"
            so_far = f"{SO_FAR}; this run has not finished, or was killed"
            assert f"# acme: incomplete: {so_far}" in record.readme
            assert "| test_slow.py::test_aa_quick | passed |" in record.readme
            assert record.metadata["verdict"]["sentence"].endswith(": 1 of 2 planned checks reported.")
            assert again(acme).startswith(f"# acme: incomplete: {so_far}")
        else:
            assert record.metadata["status"] == "incomplete"
            assert record.outcomes["test_slow.py::test_bb_slow"] in ("missing", "error", "failed")
            assert record.metadata["verdict"]["status"] == "incomplete"
            assert "Incomplete, proves nothing" in again(acme)
            # pytest prints no summary for an exit code of our own choice
            assert name == "SIGTERM" or "acme: Incomplete, proves nothing" in ran.out
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.long
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 2), ("SIGTERM", 143)])
def test_a_signal_while_a_report_is_made_ends_the_run_after_it_and_not_in_another_plugins_hook(
    acme: Project, name: str, code: int
) -> None:
    acme.write("conftest.py", STRUCK.format(name=name))
    acme.scenario("slow", SLOW)
    ran = acme.simulate("-k", "test_slow")
    assert ran.code == code, ran.text
    assert "INTERNALERROR" not in ran.text
    assert "Traceback" not in ran.text
    record = acme.bundle()
    assert record.metadata["status"] == "incomplete"
    assert record.outcomes["test_slow.py::test_aa_quick"] == "passed"
    assert record.outcomes["test_slow.py::test_bb_slow"] == "missing", "it was not begun"


@pytest.mark.long
@pytest.mark.parametrize(("threshold", "code"), [("0.3", 0), ("1", 1)], ids=["pass", "fail"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_after_a_whole_run_no_process_is_left(
    acme: Project, threshold: str, code: int, workers: tuple[str, ...]
) -> None:
    acme.scenario(
        "wait", "import time\ndef test_wait(sim, check):\n    time.sleep(3)\n    check.at_least('x', 1, 0)\n"
    )
    rules = (acme.folder / "guardrails.yml").read_text()
    acme.write("guardrails.yml", rules.replace("coverage: 0.3", f"coverage: {threshold}"))
    process = acme.start("-k", "coverage or wait", *workers)
    eventually(acme.bundles)
    started = eventually(lambda: children(process.pid))
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == code, out + err
    eventually(lambda: gone(started))
    assert acme.bundle().metadata["status"] == "finished"


@pytest.mark.long
def test_scratch_folders_do_not_stay(acme: Project, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ran = acme.simulate("-k", "coverage", env={"TMPDIR": str(scratch)})
    assert ran.code == 0, ran.text
    assert list(scratch.glob("recsim-run-*")) == []


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_the_next_run_removes_the_scratch_folder_of_a_killed_one(
    acme: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    (scratch := tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    acme.scenario("wait", "import time\ndef test_wait(sim, check):\n    sim.quality\n    time.sleep(60)\n")
    process = acme.start("-k", "wait", *workers)
    eventually(lambda: list(scratch.glob("recsim-run-*/**/lists.msgpack")))
    alive = acme.run("--customer", "acme", "--recsim-dry-run")
    assert alive.code == 0, alive.text
    assert list(scratch.glob("recsim-run-*/**/lists.msgpack"))
    others = children(process.pid)
    end(process, signal.SIGKILL)
    for pid in others:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: gone(others))
    again = acme.run("--customer", "acme", "--recsim-dry-run")
    assert again.code == 0, again.text
    assert list(scratch.glob("recsim-run-*")) == []


KILLER = """\
import os, pathlib, signal

def test_kill(sim, check):
    killed = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        if parent == os.getpid():
            os.kill(int(stat.parent.name), signal.SIGKILL)
            killed += 1
    check.at_least("killed", killed, 1)

def test_then(sim, check):
    sim.recommend(sim.sample(1))
"""


@pytest.mark.long
def test_a_service_that_dies_in_the_middle_is_told_and_every_check_reports(acme: Project) -> None:
    acme.scenario("killer", KILLER)
    ran = acme.simulate("-k", "killer or S7 or contract", "--recsim-timeout", "1")
    assert ran.code == 1, ran.text
    record = acme.bundle()
    assert record.outcomes == {
        "S7": "passed",
        "contract": "failed",  # whether the namespace is what it was cannot be seen any more
        "test_killer.py::test_kill": "passed",
        "test_killer.py::test_then": "failed",
    }
    assert record.metadata["service"]["url"] in record.event("test_killer.py::test_then")["sentence"]
    assert record.metadata["verdict"]["status"] == "must_not_go"
    assert "INTERNALERROR" not in ran.text
