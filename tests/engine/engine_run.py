"""What docs/engines.md promises, tried by hand: `python tests/engine/engine_run.py equal|killed|served|hosts [CUSTOMERS]`.

`equal`: a batch on three worker processes leaves what it leaves with `-n 0`. `killed`: ten times a worker is killed at a random
moment; `served`: the same on one running service. `hosts`: a cluster of two hosts, each a network namespace with a folder of its own in
which the project's files are not to be seen (needs root and `ip`).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from engine_town import DIARY, command, differences, left, overlaps, run, town, verdicts

from pytest_recsim.testing import Project

BIN = Path(sys.executable).parent
WORKERS = ("--recsim-engine", "dask", "--recsim-engine-workers", "3")
NARROW = ("-k", "coverage or S5 or S3 or mine or one or plain or own")
"""Enough for a change of rules and metrics of the project's own; the whole suite is what `equal` runs."""
KILLS = 10


def equal(folder: Path, customers: int) -> None:
    project = town(folder / "town", customers)
    seconds = {}
    for name, words in (("alone", ()), ("cluster", WORKERS)):
        began = time.monotonic()
        done = run(project, name, *words)
        seconds[name] = time.monotonic() - began
        print(
            f"{name}: exit code {done.returncode}, {seconds[name]:.0f} s, {done.stdout.strip().splitlines()[-1].strip('= ')}"
        )
    _compare(project, "alone", "cluster")


def _compare(project: Project, one: str, other: str) -> None:
    mine, theirs = left(project.folder / one), left(project.folder / other)
    found = [*differences(mine, theirs)]
    print(
        f"{len(mine)} files and {len(mine['junit'])} testcases compared: {len(found)} differ",
        *found[:20],
        sep="\n",
    )


# --- killed ---


def killed(folder: Path, customers: int) -> None:
    project = town(folder / "town", customers)
    run(project, "alone", *NARROW)
    _killing(project, "cluster")
    _compare(project, "alone", "cluster")


def served(folder: Path, customers: int) -> None:
    """The service's clock goes on between two runs, so what is compared are verdicts and checks, not digits."""
    project = town(folder / "town", customers)
    with _service() as url:
        run(project, "alone", *NARROW, "--recsim-base-url", url)
    with _service() as url:
        _killing(project, "cluster", "--recsim-base-url", url)
    print(f"customers that two processes were at, at the same time: {overlaps(folder / DIARY) or 'none'}")
    mine, theirs = verdicts(project.folder / "alone"), verdicts(project.folder / "cluster")
    differ = [name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)]
    print(f"{len(mine)} customers compared by verdict and checks: {differ or 'none'} differ")


@contextmanager
def _service() -> Iterator[str]:
    """One running service, the same for all customers."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([BIN / "recsim", "serve", "--port", "8977"], stdout=said, stderr=said)
        time.sleep(5)
        try:
            yield "http://127.0.0.1:8977"
        finally:
            process.terminate()
            process.wait()


def _killing(project: Project, reports: str, *words: str) -> None:
    """Run a batch, and kill the worker of a task now and then, a random moment after it was seen."""
    dice, kills, began = random.Random(reports), 0, time.monotonic()
    log = project.folder / f"{reports}.txt"
    words = (f"--recsim-reports-dir={reports}", f"--junit-xml={reports}.xml", *WORKERS, *NARROW, *words)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command(*words),
            cwd=project.folder,
            env=project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    while process.poll() is None:
        time.sleep(dice.uniform(0.5, 8.0))
        if kills < KILLS and (workers := _at_work(process.pid)):
            os.kill(dice.choice(workers), signal.SIGKILL)
            kills += 1
    said = log.read_text()
    told = [line for line in said.splitlines() if "lost with it" in line]
    print(
        f"{reports}: {kills} workers killed, exit code {process.returncode}, {time.monotonic() - began:.0f} s, {len(told)} customers seeded anew"
    )
    print(*told, sep="\n")


def _at_work(controller: int) -> list[int]:
    """The workers of this run that have a task."""
    found = set()
    try:
        for one in psutil.Process(controller).children(recursive=True):
            if "options.json" in " ".join(one.cmdline()):
                found.add(one.ppid())
    except psutil.Error:  # it has ended meanwhile
        pass
    return sorted(found - {controller, 1})


# --- hosts ---


def hosts(folder: Path, customers: int) -> None:
    project = town(folder / "town", customers)
    run(project, "alone")
    with ExitStack() as stack:
        addresses = [stack.enter_context(_host(number)) for number in (1, 2)]
        scheduler = f"tcp://{addresses[0]}:8786"
        stack.enter_context(
            _process(1, folder / "scheduler", folder, "scheduler", "--host", addresses[0], "--no-dashboard")
        )
        time.sleep(5)
        for number, address in enumerate(addresses, 1):
            words = ("worker", scheduler, "--host", address, "--no-dashboard", "--nthreads", "1")
            stack.enter_context(_process(number, folder / f"worker{number}", project.folder, *words))
        time.sleep(5)
        words = [
            *command("--recsim-reports-dir=cluster", "--junit-xml=cluster.xml", "--recsim-engine", "dask")
        ]
        ours = ["ip", "netns", "exec", "recsim1", *words, "--recsim-engine-address", scheduler]
        done = subprocess.run(
            ours, cwd=project.folder, env=project.environment(), capture_output=True, text=True
        )
    print(
        f"two hosts: exit code {done.returncode}, {(done.stdout + done.stderr).strip().splitlines()[-1].strip('= ')}"
    )
    began = [line.split() for line in (folder / DIARY).read_text().splitlines() if " in " in line]
    print("tasks of each worker:", *Counter(worker for *_, worker in began).values())
    _compare(project, "alone", "cluster")


@contextmanager
def _host(number: int) -> Iterator[str]:
    """A network namespace on a bridge of ours, with an address of its own."""
    name, address = f"recsim{number}", f"10.87.0.{number}"
    if number == 1:
        _ip("link", "add", "recsimbr", "type", "bridge")
        _ip("link", "set", "recsimbr", "up")
    _ip("netns", "add", name)
    _ip("link", "add", f"{name}v", "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", f"{name}v", "master", "recsimbr", "up")
    for words in (
        ("addr", "add", f"{address}/24", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-n", name, *words)
    try:
        yield address
    finally:
        _ip("netns", "del", name)
        if number == 1:
            _ip("link", "del", "recsimbr")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@contextmanager
def _process(number: int, home: Path, hidden: Path, *words: str) -> Iterator[None]:
    """One of Dask's commands on a host, in a folder of its own, with another folder hidden by an empty one."""
    home.mkdir()
    hide = f"mount -t tmpfs none {hidden} && " if hidden != home.parent else ""
    line = f"{hide}exec {BIN / 'dask'} {' '.join(words)}"
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            ["ip", "netns", "exec", f"recsim{number}", "unshare", "--mount", "sh", "-c", line],
            cwd=home,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    parts = {"equal": equal, "killed": killed, "served": served, "hosts": hosts}
    place = Path(tempfile.mkdtemp(prefix="recsim-engine-"))
    try:
        parts[sys.argv[1]](place, int(sys.argv[2]) if len(sys.argv) > 2 else 24)
    finally:
        if "--keep" not in sys.argv:
            shutil.rmtree(place)
