"""Runs the commands of docs/tutorial.md in an empty folder and renews what they say there: ``python tests/tutorial/tutorial_run.py``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pytest_recsim.testing import environment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial.md"
BLOCK = re.compile(r"(?<=```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
TIMES = re.compile(
    r"\d{8}T\d{6}Z|\d{4}-\d\d-\d\dT\d\d:\d\d|\bin \d+\.\d+s|(?<=^)\d{4}-\d\d-\d\d \d\d:\d\d(?=  )",
    re.MULTILINE,
)
LIMIT_S = 240


def renewed(text: str, folder: Path) -> str:
    """Run every command of a page, in an empty folder beside the clone, and return the page with what they say."""
    (folder / "pytest-recsim").symlink_to(ROOT)
    here = folder / "nordlicht"
    here.mkdir()
    return BLOCK.sub(lambda block: "".join(said(words, here) for words in COMMAND.findall(block[1])), text)


def said(words: str, here: Path) -> str:
    """Run a command as the reader would, and return it with its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    extra = {"PATH": path, "COLUMNS": "100", "PYTEST_ADDOPTS": "-p no:randomly", "PYTHONPATH": str(ROOT)}
    shell = ["bash", "-c", words]
    done = subprocess.run(
        shell, cwd=here, env=environment(extra), capture_output=True, text=True, timeout=LIMIT_S
    )
    if done.returncode and not (words.startswith("pytest") and done.returncode == 1):
        raise RuntimeError(f"{words}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return f"$ {words}\n{done.stdout}"


def timeless(text: str) -> str:
    """A page without the times of its runs."""
    return TIMES.sub("TIME", text)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        after = renewed(before, Path(folder))
    if timeless(after) != timeless(before):  # another time alone is no news
        PAGE.write_text(after, encoding="utf-8")
