"""Projects of somebody who uses the plugin, served stand-ins, and readers of what a run leaves behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waiting import eventually, gone  # noqa: F401 - many tests look for them here

from pytest_recsim import testing
from pytest_recsim.testing import LOOSE, Ran, Shop  # noqa: F401 - likewise

HERE = Path(__file__).resolve().parents[2]
QUIET = ("schemathesis", "hypothesispytest", "anyio", "randomly")  # slow to load, or in the way here
LIMIT_S = 240
READING = ("/v1/recommendations", "/v1/admin/rules/dry-run")
"""Asked with POST, and nothing changes."""
SLOW = "import time\ndef test_aa(sim, check):\n    check.at_least('x', 1, 0)\ndef test_bb(sim, check):\n    time.sleep(120)\n"
"""A scenario that reports one check and then hangs."""


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of somebody with nothing special in it, and without plugins that only take time."""
    quiet = " ".join(f"-p no:{name}" for name in QUIET)
    return testing.environment({"PYTEST_ADDOPTS": quiet} | (extra or {}))


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """JSON lines that somebody may be writing at this moment: the end of a file without a line break is none yet."""
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


@dataclass(frozen=True)
class Record:
    """A bundle, read as a stranger would read it: files only."""

    root: Path

    @property
    def metadata(self) -> dict[str, Any]:
        return json.loads((self.root / "simulation_metadata.json").read_text())

    @property
    def events(self) -> list[dict[str, Any]]:
        return whole_lines(self.root / "events.jsonl")

    @property
    def readme(self) -> str:
        return (self.root / "README.md").read_text()

    @property
    def outcomes(self) -> dict[str, str]:
        """Check (with its case) -> outcome."""
        return {f"{row['check']} {row['case']}".strip(): row["outcome"] for row in self.events}

    def event(self, check: str) -> dict[str, Any]:
        return next(row for row in self.events if f"{row['check']} {row['case']}".strip() == check)

    def artifact(self, name: str) -> dict[str, Any]:
        return json.loads((self.root / "artifacts" / name).read_text())

    @property
    def files(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}


class Project(testing.Project):
    """A folder in which somebody runs `pytest --customer acme`."""

    def scenario(self, name: str, text: str) -> Path:
        return self.write(f"scenarios/test_{name}.py", text)

    def customer(self, name: str, document: dict[str, Any]) -> Path:
        return self.write(f"fixtures/customers/{name.replace('-', '_')}.json", json.dumps(document))

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        """This repository has no temporary folder of its own beside it."""
        return environment(extra) if self.folder == HERE else environment(super().environment(extra))

    def simulate(self, *words: str, env: dict[str, str] | None = None) -> Ran:
        """`pytest --customer acme` and more words."""
        return self.run("--customer", "acme", *words, env=env)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `pytest --customer acme` and do not wait for it."""
        return subprocess.Popen(
            self.command("--customer", "acme", *words),
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def bundle(self, customer: str = "acme") -> Record:
        """The one bundle of that customer."""
        (root,) = self.bundles(customer)
        return Record(root)

    @property
    def left_behind(self) -> list[Path]:
        """Anything that a refused run must not leave."""
        return sorted(self.folder.glob("reports*"))


@dataclass(frozen=True)
class Served:
    """A running stand-in with an access log; requests are counted from ``start`` on, up to ``stop``."""

    url: str
    log: Path
    start: int = 0
    stop: int | None = None

    @property
    def requests(self) -> list[dict[str, Any]]:
        return whole_lines(self.log)[self.start : self.stop]

    @property
    def writes(self) -> list[str]:
        """Requests that change something."""
        return [
            f"{row['method']} {row['path']}"
            for row in self.requests
            if row["method"] != "GET" and row["path"] not in READING
        ]

    def count(self, method: str, path: str) -> int:
        return sum((row["method"], row["path"]) == (method, path) for row in self.requests)

    def from_here(self) -> Served:
        """The same service, with an empty count."""
        return Served(self.url, self.log, self.start + len(self.requests))

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request as somebody else would; it is in the access log too."""
        import httpx

        org = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
        answer = httpx.request(
            method, self.url + path, json=body, headers=org, trust_env=False, timeout=LIMIT_S
        )
        answer.raise_for_status()
        return answer.json()


def serve(folder: Path, *words: str) -> tuple[subprocess.Popen[str], Served]:
    """Start a stand-in as somebody else would, with an access log."""
    log = folder / "access.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_recsim.cli", "serve", "--access-log", str(log), *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, Served(f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}", log)


def settle(folder: Path, world_file: Path) -> Project:
    """Make a folder a project with one customer, loose thresholds and warnings as errors."""
    return Project(Shop.of(json.loads(world_file.read_bytes())).settle(folder).folder)


@dataclass(frozen=True)
class Shown:
    """A whole run that several tests look at."""

    project: Project
    ran: Ran

    @property
    def record(self) -> Record:
        return self.project.bundle()


# --- processes ---


def children(pid: int) -> list[int]:
    """Processes started by this one, and by those."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            child = int(path.parent.name)
            found += [child, *children(child)]
    return found


def end(process: subprocess.Popen[str], number: signal.Signals) -> Ran:
    """Send a signal to pytest itself and wait for its end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT_S)
    return Ran(process.returncode, out, err)


def reported(project: Project, least: int = 1) -> Callable[[], bool]:
    """A question for :func:`eventually`: have that many checks reported?"""

    def asked() -> bool:
        return any(
            len(Record(root).events) >= least
            for root in project.bundles()
            if (root / "events.jsonl").exists()
        )

    return asked
