"""A service in use, the projects of two people who run the suite on it, and rows that are neither's."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from plugin.plugin_namespace import MARKER, rows
from plugin.plugin_shop import Project, Ran, serve, settle

from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

if TYPE_CHECKING:
    from pathlib import Path

HOME, THEIRS = "home", "theirs"
ITEM, USER = "item-of-theirs", "user-of-theirs"
AT = "2026-01-01T00:00:00Z"
LIMIT_S = 240
NEW = ("item", "user", "event")
KINDS = (*NEW, "item of the same id", "user of the same id")


class Place:
    """One service and two projects, each with a temporary folder of its own, as on two machines."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._process, self.served = serve(folder)
        self.projects: list[Project] = []
        self.temps: list[Path] = []
        for number in (1, 2):
            world = folder / f"world-{number}.json"
            world.write_bytes(render(generate("marketplace", number, items=80, users=40, events=1600)))
            self.projects.append(settle(folder / f"shop-{number}", world))
            self.temps.append(folder / f"temp-{number}")
            self.temps[-1].mkdir()
        self.our_item = json.loads((folder / "world-1.json").read_text())["items"][0]["item_id"]
        self.our_user = json.loads((folder / "world-1.json").read_text())["users"][0]["user_id"]
        self._home: dict[str, list[dict[str, Any]]] = {}

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    # --- runs ---

    def begin(self, who: int, url: str, namespace: str, *words: str) -> subprocess.Popen[str]:
        project, temp = self.projects[who], str(self.temps[who])
        where = ("--base-url", url, "--namespace", namespace, "-k", "coverage", "-p", "no:cacheprovider")
        return subprocess.Popen(
            project.command("--customer", "acme", *where, *words),
            cwd=project.folder,
            env=project.environment({"TMPDIR": temp, "PYTEST_DEBUG_TEMPROOT": temp}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, url: str, namespace: str, *words: str) -> Ran:
        """A run of the first one, to its end."""
        return ended(self.begin(0, url, namespace, *words))

    # --- namespaces ---

    def copy_home(self, namespace: str) -> None:
        """Make a namespace as a run of the first one left it."""
        if not self._home:
            ran = self.run(self.served.url, HOME)
            assert ran.code == 0, ran.text
            self._home = {kind: rows(self.served, kind, HOME) for kind in ("items", "users", "events")}
        for kind, found in self._home.items():
            self._send(namespace, kind, [_as_sent(row) for row in found])

    def forge(self, namespace: str, changes: dict[str, Any]) -> None:
        """Write a marker by hand, after that of a real run."""
        if not self._home:
            self.copy_home("unused")
        (real,) = (row for row in self._home["users"] if row["user_id"] == MARKER)
        traits = json.loads(real["traits"]) | changes
        self._send(namespace, "users", [{"user_id": MARKER, "traits": traits}])

    def foreign(self, namespace: str, kind: str) -> None:
        """Write a row as somebody would who knows nothing of us."""
        traits, tags = {"plan": THEIRS}, [THEIRS]
        if kind.startswith("item"):
            name = ITEM if kind == "item" else self.our_item
            self._send(namespace, "items", [{"item_id": name, "available": True, "tags": tags}])
        elif kind.startswith("user"):
            name = USER if kind == "user" else self.our_user
            self._send(namespace, "users", [{"user_id": name, "traits": traits}])
        else:
            event = {"user_id": USER, "item_id": ITEM, "type": 0, "ts": AT, "value": 1}
            self._send(namespace, "events", [event])

    def is_there(self, namespace: str, kind: str) -> bool:
        """Whether that row is as it was written."""
        if kind.startswith("item"):
            return any(row["tags"] == [THEIRS] for row in rows(self.served, "items", namespace))
        if kind.startswith("user"):
            return any(THEIRS in row["traits"] for row in rows(self.served, "users", namespace))
        return any(row["user_id"] == USER for row in rows(self.served, "events", namespace))

    def _send(self, namespace: str, kind: str, found: list[dict[str, Any]]) -> None:
        path = "/v1/events:batch" if kind == "events" else f"/v1/{kind}:upsert"
        for start in range(0, len(found), 500):
            self.served.ask("POST", path, {"namespace": namespace, kind: found[start : start + 500]})


def ended(process: subprocess.Popen[str]) -> Ran:
    out, _ = process.communicate(timeout=LIMIT_S)
    return Ran(process.returncode, out, "")


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    made = ("created_at", "updated_at")
    sent = {name: value for name, value in row.items() if name not in made and value is not None}
    for name in ("props", "traits", "meta"):
        if name in sent:
            sent[name] = json.loads(sent[name])
    return sent
