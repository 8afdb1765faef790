"""A worker that is killed at a random moment, many times: no hang, no second seed, nothing lost silently."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from plugin_shop import Project, Record, children, eventually, gone

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]

SERIES = int(os.environ.get("RECSIM_KILLS", "20"))
HANG_S = 120
CUSTOMERS = ("acme", "beta")
WITNESS = """\
import json, os, pathlib, signal, threading
import pytest
import pytest_recsim.simulation.session.preparation as stage

place, work, busy = pathlib.Path("witness"), stage._work, set()

def log(word, name):
    file = place / "log.txt"
    with file.open("a") as stream:
        stream.write(f"{word} {name} {os.getpid()}\\n")
    orders = json.loads((place / "orders.json").read_text())
    if word == orders["word"] and file.read_text().count(word) >= orders["at"]:
        try:
            (place / "claimed").touch(exist_ok=False)
        except FileExistsError:
            return
        threading.Timer(orders["delay"], strike, [word]).start()

def strike(word):
    if word in busy:
        (place / "struck").write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)

def witnessed(sim):
    busy.add("began")
    log("began", sim.plan.id)
    prepared = work(sim)
    busy.discard("began")
    log("seeded", sim.plan.id)
    return prepared

stage._work = witnessed

class Everywhere:  # a conftest's own hooks see only what lies beside it, and the suite is installed elsewhere
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        busy.add("called")
        log("called", item.name.replace(" ", "_"))
        return (yield)

def pytest_configure(config):
    config.pluginmanager.register(Everywhere())
"""
"""In every worker: writes down who seeds what, and kills itself at the n-th seeding or check when ordered so."""


@pytest.fixture
def batch(acme: Project) -> Project:
    beta = {"customer": "beta", "fixture_path": "fixtures/customers/acme.json"}
    acme.write("batch.json", json.dumps({"runs": [{"customer": "acme"}, beta]}))
    acme.write("conftest.py", WITNESS)
    return acme


def play(project: Project, turn: int, word: str, at: int, delay: float) -> tuple[str, int, str]:
    """Run the batch with two workers and one strike; return whom it met, the exit code and the output."""
    witness = project.folder / "witness"
    shutil.rmtree(witness, ignore_errors=True)
    witness.mkdir()
    (witness / "orders.json").write_text(json.dumps({"word": word, "at": at, "delay": delay}))
    words = project.command("--batch-file", "batch.json", "-n", "2", f"--recsim-reports-dir=reports-{turn}")
    with (project.folder / f"output-{turn}.txt").open("w+") as output:
        process = subprocess.Popen(
            [*words, "-k", "coverage or lift or S2 or S5 or S7 or contract"],
            cwd=project.folder,
            env=project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            bundle = project.folder / f"reports-{turn}" / "beta"
            eventually(lambda: bundle.exists() or process.poll() is not None)
            started = children(process.pid)
            code = process.wait(HANG_S)
        finally:
            process.kill()
            process.wait()
        output.seek(0)
        said = output.read()
        assert started, said
        eventually(lambda: gone(started))
        struck = witness / "struck"
        return struck.read_text() if struck.exists() else "", code, said


def judge(project: Project, turn: int, pid: str, code: int, said: str, checks: set[str]) -> int:
    """Hold what one run left against what it must leave; return how many checks it calls missing."""
    assert "INTERNALERROR" not in said, said
    root = project.folder / f"reports-{turn}"
    seeds = [line.split() for line in (project.folder / "witness/log.txt").read_text().splitlines()]
    for name in CUSTOMERS:
        began = [who for word, what, who in seeds if (word, what) == ("began", name)]
        seeded = [who for word, what, who in seeds if (word, what) == ("seeded", name)]
        assert len(seeded) == 1, (name, seeds)
        assert set(began) - set(seeded) <= {pid}, "only whom the strike met was followed by another"
    (page,) = (root / "batches").glob("*.md")
    (summary,) = (root / "batches").glob("*.json")
    rows = {row["id"]: row for row in json.loads(summary.read_text())["rows"]}
    missing = 0
    for name in CUSTOMERS:
        (folder,) = (root / name).glob("*/")
        record = Record(folder)
        assert set(record.outcomes) == checks
        lost = [row for row in record.events if row["outcome"] == "missing"]
        missing += len(lost)
        assert {row["outcome"] for row in record.events if row not in lost} == {"passed"}
        assert (record.metadata["status"] == "incomplete") == bool(lost)
        assert (rows[name]["status"] == "incomplete") == bool(lost)
        for row in lost:
            label = f"{row['check']} [{row['case']}]" if row["case"] else row["check"]
            assert label in record.readme
            assert row["check"] in page.read_text()
    late = "a worker died right after" in said  # the check had reported, and pytest counts the death
    assert (code, missing, late) in ((1, 1, False), (1, 0, True), (0, 0, False)), said
    return missing


@pytest.mark.parametrize(("word", "most", "delay"), [("began", 2, 0.5), ("called", 28, 0.03)])
def test_a_worker_killed_at_a_random_moment(batch: Project, word: str, most: int, delay: float) -> None:
    dice = random.Random(word)
    pid, code, said = play(batch, 0, "nobody", 0, 0)
    assert (pid, code) == ("", 0), said
    checks = set(Record(next((batch.folder / "reports-0/acme").glob("*/"))).outcomes)
    assert len(checks) > 10
    struck = missing = turn = 0
    while struck < SERIES:
        turn += 1
        assert turn <= 2 * SERIES, "most runs ended before the strike"
        pid, code, said = play(batch, turn, word, dice.randint(1, most), dice.uniform(0, delay))
        if pid:
            struck += 1
            missing += judge(batch, turn, pid, code, said, checks)
    assert missing >= SERIES / 2, (
        "a strike that costs no check met nobody at work: on a busy machine some come late"
    )
