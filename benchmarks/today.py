"""The commit that rows are held beside, in a folder and an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import NotMeasured

ROOT = Path(__file__).resolve().parents[1]
TODAY = "3b6608f"


@dataclass(frozen=True)
class Checkout:
    """A state of the project that can be run.

    Attributes:
        root: its folder.
        python: the interpreter whose environment has it installed.
    """

    root: Path
    python: Path

    @property
    def commit(self) -> str:
        return commit(self.root)


def here() -> Checkout:
    return Checkout(ROOT, Path(sys.executable))


def commit(root: Path) -> str:
    """The short hash of what is checked out, with a ``+`` where files differ from it; empty without git."""
    try:
        said = _git(root, "rev-parse", "--short", "HEAD").strip()
        return said + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no").strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def build(folder: Path) -> Checkout:
    """Take the commit out of this repository and install it there.

    Raises:
        NotMeasured: the commit is not in this clone, or it cannot be installed.
    """
    try:
        _git(ROOT, "cat-file", "-e", f"{TODAY}^{{commit}}")
    except (OSError, subprocess.CalledProcessError):
        raise NotMeasured(f"this clone does not have commit {TODAY}, which it is held beside") from None
    try:
        _git(ROOT, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder))
        _git(folder, "checkout", "--quiet", "--detach", TODAY)
        return installed(folder)
    except subprocess.CalledProcessError as error:
        raise NotMeasured(f"commit {TODAY} could not be built: {error.stderr.strip()[-200:]}") from None


def installed(root: Path) -> Checkout:
    """Return the checkout with its environment ``.venv``, which is made where there is none."""
    python = root / ".venv/bin/python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(root / ".venv")])
        _run([str(python), "-m", "pip", "install", "-q", "-c", "constraints.txt", "-e", "."], root)
    found = _run([str(python), "-P", "-c", "import pytest_recsim; print(pytest_recsim.__file__)"]).strip()
    if not Path(found).resolve().is_relative_to(root.resolve()):
        raise NotMeasured(f"the environment of {root.name} has another copy of the project installed")
    return Checkout(root, python)


def _git(root: Path, *words: str) -> str:
    return _run(["git", "-C", str(root), *words])


def _run(words: list[str], folder: Path | None = None) -> str:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout
