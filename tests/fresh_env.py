"""Environments apart from the one that the tests run in, made with uv where it is on the path and with pip elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class InstallError(Exception):
    """Packages that cannot be had together."""


def wheel(folder: Path) -> Path:
    """Build the project's wheel once, so that every environment holds what a user would install."""
    uv = shutil.which("uv")
    if uv:
        _run([uv, "build", "-q", "--wheel", "-o", str(folder), str(ROOT)])
    else:
        _run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)])
    (built,) = folder.glob("*.whl")
    return built


def make(folder: Path, packages: Sequence[str], python: str = sys.executable, *, pinned: bool = True) -> Path:
    """Make an environment and return its interpreter.

    Args:
        folder: where; must not exist.
        packages: what to install.
        python: whose environment.
        pinned: at the project's pinned versions, where packages name none.
    """
    if pinned:
        folder.parent.mkdir(parents=True, exist_ok=True)
        (held := folder.with_name(f"{folder.name}-constraints.txt")).write_text(constraints(packages))
        packages = ["-c", str(held), *packages]
    uv, inside = shutil.which("uv"), folder / "bin/python"
    if uv:
        _run([uv, "venv", "-q", "--python", python, str(folder)])
        _run([uv, "pip", "install", "-q", "--python", str(inside), *packages])
        return inside
    if python == sys.executable:
        venv.create(folder, with_pip=True)
    else:
        _run([python, "-m", "venv", str(folder)])
    _run([str(inside), "-m", "pip", "install", "-q", *packages])
    return inside


def constraints(packages: Sequence[str]) -> str:
    """Return our pinned versions without those of packages that are asked for by name."""
    named = {re.split(r"[^\w.-]", package)[0].lower().replace("_", "-") for package in packages}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if line.partition("==")[0] not in named)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InstallError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
