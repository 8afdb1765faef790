"""Projects of somebody who uses the plugin, served stand-ins, and readers of what a run leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
QUIET = ("schemathesis", "hypothesispytest", "anyio", "randomly")  # slow to load, or in the way here
LIMIT_S = 240
LOOSE = """\
defaults:
  quality:
    min_segment_lift_ndcg: -1
    min_segment_lift_mrr: -1
    min_catalog_coverage: 0.3
    min_long_tail_share: 0.05
    min_segment_users: 1
    min_baseline_hits: 1
  scenarios:
    s4_max_ndcg_loss: 1
    s7_min_avg_mrr: 0
    s7_min_avg_categories: 1
    s8_min_exposure: 0
    s9_min_margin_span: 0
    s9_ndcg_tolerance: 1
"""
INI = "[pytest]\nfilterwarnings = error\nxfail_strict = true\n"


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of somebody with nothing special in it."""
    dropped = (
        "PYTEST",
        "RECS",
        "COV_",
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    quiet = " ".join(f"-p no:{name}" for name in QUIET)
    return kept | {"PYTEST_ADDOPTS": quiet, "COLUMNS": "200"} | (extra or {})


@dataclass(frozen=True)
class Ran:
    """A finished subprocess."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Record:
    """A bundle, read as a stranger would read it: files only."""

    root: Path

    @property
    def metadata(self) -> dict[str, Any]:
        return json.loads((self.root / "simulation_metadata.json").read_text())

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.root / "events.jsonl").read_text().splitlines()]

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


@dataclass(frozen=True)
class Project:
    """A folder in which somebody runs `pytest --customer acme`."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def scenario(self, name: str, text: str) -> Path:
        return self.write(f"scenarios/test_{name}.py", text)

    def customer(self, name: str, document: dict[str, Any]) -> Path:
        return self.write(f"fixtures/customers/{name.replace('-', '_')}.json", json.dumps(document))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pytest", *words]

    def run(self, *words: str, env: dict[str, str] | None = None) -> Ran:
        """Run pytest here, exactly with these words, in a process of its own."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def simulate(self, *words: str, env: dict[str, str] | None = None) -> Ran:
        """`pytest --customer acme` and more words."""
        return self.run("--customer", "acme", *words, env=env)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start `pytest --customer acme` and do not wait for it."""
        return subprocess.Popen(
            self.command("--customer", "acme", *words),
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def bundles(self, customer: str = "acme") -> list[Path]:
        return sorted((self.folder / "reports" / customer).glob("*"))

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
        return [json.loads(line) for line in self.log.read_text().splitlines()][self.start : self.stop]

    @property
    def writes(self) -> list[str]:
        """Requests that change something."""
        return [
            f"{row['method']} {row['path']}"
            for row in self.requests
            if row["method"] != "GET" and row["path"] != "/v1/recommendations"
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
        answer = httpx.request(method, self.url + path, json=body, headers=org, trust_env=False)
        answer.raise_for_status()
        return answer.json()


def settle(folder: Path, world_file: Path) -> Project:
    """Make a folder a project with one customer, loose thresholds and warnings as errors."""
    project = Project(folder)
    project.write("pytest.ini", INI)
    project.write("guardrails.yml", LOOSE)
    project.write("fixtures/customers/acme.json", world_file.read_text())
    return project


@dataclass(frozen=True)
class Shown:
    """A whole run that several tests look at."""

    project: Project
    ran: Ran

    @property
    def record(self) -> Record:
        return self.project.bundle()


# --- waiting ---


def eventually(question: Callable[[], object], limit_s: float = 60) -> Any:
    """Ask until the answer is truthy."""
    end = time.monotonic() + limit_s
    while not (answer := question()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return answer


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


def gone(pids: Sequence[int]) -> bool:
    """Whether none of these processes runs any more (an unreaped one does not)."""

    def runs(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in "ZX"

    return not any(map(runs, pids))


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
