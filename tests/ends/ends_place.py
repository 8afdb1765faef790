"""A service that we did not start as embedded, somebody's project, and what both are like before and after a run."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
from kept_port import kept_port
from plugin.plugin_shop import Project, Ran, environment, settle

from pytest_recsim.data.profiles.documents import differing
from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

CONFIG = "/v1/admin/recommendation/config"
ORG = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
RESTART = Path(__file__).with_name("ends_restart.py")
CHANGING = ("admin", "env-file")
KNOBS = ("MMR_LAMBDA=0.77", "BRAND_CAP=4", "NEW_USER_MMR_LAMBDA=0.66")
POSTED = {"profile_boost": 0.123, "category_cap": 7}
"""What an operator has set through the admin config before some of the runs."""


class Place:
    """One service with its env file, and one project; runs follow each other here, with what the last one left.

    Attributes:
        temp: the temporary folder of the runs here.
        namespaces: what they write to.
    """

    namespaces = ("acme", "beta")

    def __init__(self, folder: Path) -> None:
        self._held = ExitStack()
        self.service, self.port = folder / "service", self._held.enter_context(kept_port())
        self.temp = folder / "temp"
        self.temp.mkdir(parents=True)
        self.service.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{self.port}"
        knobs = load_profile(packaged_profiles() / "prod.env").environment
        lines = [f"{name}='{text}'\n" for name, text in knobs.items()]
        self.env_file = self.service / "api.env"
        self.env_file.write_text(f"DATABASE_URL=secret\n{''.join(lines)}# the end\n")
        world = folder / "world.json"
        world.write_bytes(render(generate("marketplace", 1, items=40, users=40, events=1600)))
        self.project: Project = settle(folder / "shop", world)
        self.reports = self.project.folder / "reports"
        self.reports.mkdir()
        self.disk = mounted(self.reports)
        beta = {"customer": "beta", "fixture_path": "fixtures/customers/acme.json"}
        self.project.write("batch.json", json.dumps({"runs": [{"customer": "acme"}, beta]}))
        self.start()

    def close(self) -> None:
        """End the service and let go of its port and the disk."""
        self.kill()
        self._held.close()
        if self.disk:
            subprocess.run(["umount", "-l", str(self.reports)], check=False)

    @property
    def command(self) -> str:
        return shlex.join(map(str, (sys.executable, RESTART, self.service, self.port)))

    # --- runs ---

    def environment(self) -> dict[str, str]:
        return environment(
            {
                "TMPDIR": str(self.temp),
                "PYTEST_DEBUG_TEMPROOT": str(self.temp),
                "RECSIM_ENDS_PLACE": str(self.service),
            }
        )

    def command_of(self, mode: str, shape: str) -> list[str]:
        """The words of a run; ``mode`` env is one on embedded stand-ins, which knows nothing of the service."""
        who = ["--batch-file", "batch.json"] if shape == "batch" else ["--customer", "acme"]
        few = ["-k", "S2 or S8 or S10", "--recsim-sample-users", "20", "-p", "no:cacheprovider"]
        words = [*who, *few, *(["-n", "2"] if shape == "-n 2" else [])]
        if mode != "env":
            words += ["--base-url", self.url, "--recsim-apply", mode, "--recsim-timeout", "2"]
        if mode in CHANGING:
            words += [word for knob in KNOBS for word in ("--env-override", knob)]
        if mode == "env-file":
            words += [f"--recsim-env-file={self.env_file}", "--recsim-restart-command", self.command]
        return [sys.executable, "-m", "pytest", *words]

    def begin(self, mode: str, shape: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command_of(mode, shape),
            cwd=self.project.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, mode: str, shape: str) -> Ran:
        """Let a run come to its end."""
        process = self.begin(mode, shape)
        out, _ = process.communicate(timeout=240)
        return Ran(process.returncode, out, "")

    def fill(self) -> None:
        """Take what room there is for reports, never that of the machine."""
        assert self.disk, "no disk of its own could be mounted"
        with suppress(OSError), self._filler.open("wb") as file:
            while True:
                file.write(b"x" * 65536)
                file.flush()

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.reports / ".filler"

    # --- the service ---

    def start(self) -> None:
        subprocess.run(shlex.split(self.command), env=environment(), check=True, timeout=90)

    def kill(self) -> None:
        if pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Of the service, 0 when there is none."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.service / "pid").read_text())
        return 0

    def ask(self, path: str) -> Any:
        return httpx.get(self.url + path, headers=ORG, trust_env=False, timeout=30).raise_for_status().json()

    def config(self) -> dict[str, Any] | None:
        """The document, None when nobody answers."""
        try:
            answer = httpx.get(self.url + CONFIG, headers=ORG, trust_env=False, timeout=5)
        except httpx.TransportError:
            return None
        return answer.json()["config"]

    def post(self, document: dict[str, Any]) -> None:
        body = {"config": document, "author": "ops"}
        httpx.post(self.url + CONFIG, json=body, headers=ORG, trust_env=False).raise_for_status()

    def revive(self) -> None:
        """Bring the service up if it is down, with whatever its env file says."""
        if self.config() is None:
            self.start()

    # --- what a run leaves ---

    @property
    def notes(self) -> list[Path]:
        return sorted((self.reports / ".recsim").glob("changed-*.json"))

    @property
    def backup(self) -> Path:
        return Path(f"{self.env_file}.recsim-backup")

    def changes(self, document: dict[str, Any], file: bytes) -> list[str]:
        """Name what is not as it was."""
        now = self.config()
        found = ["the service does not answer"] if now is None else differing(document, now)
        if self.env_file.read_bytes() != file:
            found.append("the env file")
        return found

    def restore(self, mode: str) -> Ran:
        """ONE `recsim restore`, which names what it may change."""
        command = [f"--env-file={self.env_file}", "--restart-command", self.command]
        words = [sys.executable, "-m", "pytest_recsim.cli", "restore", "--base-url", self.url]
        words += command if mode == "env-file" else []
        done = subprocess.run(
            words,
            cwd=self.project.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=200,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def mounted(folder: Path) -> bool:
    """Give the folder a small disk of its own, where that is allowed."""
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    with suppress(FileNotFoundError):
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    return False
