"""What has to be true once a run has ended: of the service, of this machine, and of what the next run finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from waiting import eventually

if TYPE_CHECKING:
    from ends.ends_place import Place


def next_run(place: Place, shape: str, mode: str) -> list[str]:
    """Let somebody run again, and tell what is not as it must be afterwards."""
    ran = place.run("env" if mode == "env" else "request", shape)
    wrong = [f"the next run ended with {ran.code}: {ran.out[-2000:]}"] if ran.code else []
    return wrong + left_on_service(place) + left_here(place) + unreadable(place)


def left_on_service(place: Place) -> list[str]:
    """Name rules, overrides and probe items of ours that are still there."""
    wrong = []
    for namespace in place.namespaces:
        rules = place.ask(f"/v1/admin/rules?namespace={namespace}")["rules"]
        wrong += [f"rule {row['name']} is active" for row in rules if row["enabled"]]
        found = place.ask(f"/v1/admin/manual_overrides?namespace={namespace}&status=active")
        wrong += [f"an override on {row['item_id']} is active" for row in found]
        items = place.ask(f"/v1/items?namespace={namespace}&limit=1000")["items"]
        wrong += [f"probe item {row['item_id']}" for row in items if "recsim-probe" in row["item_id"]]
    return wrong


def left_here(place: Place) -> list[str]:
    """Name scratch folders and processes that nobody uses any more."""
    # The folder of a run that was killed in the moment of making it goes after a minute.
    scratch = [path.name for path in place.temp.glob("recsim-run-*") if any(path.iterdir())]
    wrong = [f"scratch {name} is left" for name in scratch]
    try:
        eventually(lambda: not processes(place), 15)
    except AssertionError:
        wrong += [f"process {text} is left" for text in processes(place)]
    return wrong


def processes(place: Place) -> list[str]:
    """Command lines of processes that a run here has started, its service apart."""
    mark = f"RECSIM_ENDS_PLACE={place.service}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid in (place.pid, os.getpid()):
            continue
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def unreadable(place: Place) -> list[str]:
    """Name bundles that `recsim report` cannot make a page of."""
    wrong = []
    reports = place.project.folder / "reports"
    for record in reports.glob("*/*/simulation_metadata.json"):
        words = [sys.executable, "-m", "pytest_recsim.cli", "report", str(record.parent)]
        done = subprocess.run(words, capture_output=True, text=True, env=place.environment(), timeout=120)
        if done.returncode:
            wrong.append(f"`recsim report` ended with {done.returncode}: {done.stderr[-500:]}")
    return wrong


def sweep(place: Place) -> None:
    """Throw away the bundles, so that the next case begins with none."""
    for folder in (place.project.folder / "reports").glob("[!.]*"):
        shutil.rmtree(folder, ignore_errors=True)
