"""Where a fault is played: a service, a proxy in front of it, somebody's project; and what is found afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plugin.plugin_shop import LIMIT_S, Project, Ran, Record, Served, environment

from pytest_recsim.data.profiles.profiles import load_profile, packaged_profiles
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

if TYPE_CHECKING:
    from fault_proxy import Proxy

CHECKS = "coverage or S2 or S8 or contract or availability"
CLOCK = Path(__file__).with_name("fault_clock.py")
OURS = ("recsim:", "recsim-")


def write_world(path: Path) -> Path:
    """A very small customer on which the selected checks can be measured; its history fills three batches."""
    path.write_bytes(render(generate("marketplace", 1, items=100, users=40, events=1600)))
    return path


@contextmanager
def serving(folder: Path, clock_hours: float = 0.0) -> Iterator[Served]:
    """Run a stand-in with the prod knobs and an access log, its clock that many hours ahead of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "access.jsonl"
    process = subprocess.Popen(
        [sys.executable, str(CLOCK), str(clock_hours), "--access-log", str(log)],
        cwd=folder,
        env=environment(load_profile(packaged_profiles() / "prod.env").environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Served(f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}", log)
    finally:
        process.terminate()
        process.wait(LIMIT_S)
        process.stdout.close()


@dataclass
class Stage:
    """One fault's surroundings.

    Attributes:
        service: behind the proxy; asked directly to see what really is there.
        more: further words on the command line.
    """

    project: Project
    service: Served
    proxy: Proxy
    namespace: str
    more: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        where = ("--base-url", self.proxy.url, "--namespace", self.namespace)
        return (*where, "-k", CHECKS, "--junitxml=junit.xml", *self.more)

    def run(self) -> Ran:
        return self.project.simulate(*self.words)

    def start(self) -> subprocess.Popen[str]:
        return self.project.start(*self.words)

    @property
    def record(self) -> Record:
        """The first bundle: that of the run under the fault."""
        return Record(self.project.bundles()[0])


@dataclass(frozen=True)
class Holdings:
    """What the service holds in one namespace, read past the proxy."""

    events: list[dict]
    items: list[dict]
    users: list[dict]
    rules: list[dict]
    overrides: list[dict]

    @property
    def leftovers(self) -> list[str]:
        """Everything of ours that is still active."""
        rules = [
            rule["name"]
            for rule in self.rules
            if rule["enabled"] and (rule["name"].startswith(OURS) or rule["surface"].startswith(OURS))
        ]
        overrides = [row["item_id"] for row in self.overrides if row.get("created_by") == "recsim"]
        probes = [row["item_id"] for row in self.items if row["item_id"].startswith("recsim-probe-")]
        return rules + overrides + probes

    @property
    def marker(self) -> dict:
        rows = [row for row in self.users if row["user_id"] == "recsim:marker"]
        return json.loads(rows[0]["traits"]) if rows else {}

    @property
    def sources(self) -> list[str | None]:
        return [row["source_event_id"] for row in self.events]


def holdings(service: Served, namespace: str) -> Holdings:
    def rows(kind: str) -> list[dict]:
        found: list[dict] = []
        while True:
            page = service.ask("GET", f"/v1/{kind}?namespace={namespace}&limit=1000&offset={len(found)}")
            found += page["items"]
            if not page["has_more"]:
                return found

    return Holdings(
        rows("events"),
        rows("items"),
        rows("users"),
        service.ask("GET", f"/v1/admin/rules?namespace={namespace}")["rules"],
        service.ask("GET", f"/v1/admin/manual_overrides?namespace={namespace}&status=active"),
    )
