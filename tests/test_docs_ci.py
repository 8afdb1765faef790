"""The CI examples: they are YAML, and their simulating steps are understood by pytest here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text()


def block(name: str) -> dict[str, Any]:
    found = re.search(rf"<!-- {name} -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return yaml.load(found.group(1), Loader=yaml.BaseLoader)


def commands() -> list[str]:
    """Every shell step of both examples, the runner's variables filled in."""
    github = [
        step["run"] for job in block("github")["jobs"].values() for step in job["steps"] if "run" in step
    ]
    jobs = [job for name, job in block("gitlab").items() if name not in ("stages", "default")]
    gitlab = [line for job in jobs for line in job["script"]]
    filled = [line.replace("${{ matrix.slice }}", "2") for line in github + gitlab]
    return [line.replace("$CI_NODE_INDEX", "2").replace("$CI_NODE_TOTAL", "3") for line in filled]


RUNS = sorted({line for line in commands() if "pytest" in line})


def test_both_examples_simulate_once_slice_and_merge() -> None:
    assert len(RUNS) == 3  # the single run is spelled alike in both
    assert all("$" not in line for line in commands())
    assert sum(line.startswith("recsim merge") for line in commands()) == 2
    jobs = block("github")["jobs"]
    assert set(jobs["verdict"]["needs"].split()) <= set(jobs)
    assert {
        job["stage"] for name, job in block("gitlab").items() if name not in ("stages", "default")
    } <= set(block("gitlab")["stages"])


@pytest.mark.parametrize("line", RUNS)
def test_pytest_understands_what_the_examples_run(line: str) -> None:
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "pytest"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECS"))}
    kept_words = [word for word in words[1:] if not word.startswith("--junitxml")]
    command = [sys.executable, *kept_words, "--recsim-dry-run", "-p", "no:randomly"]
    done = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(dry run, nothing is sent)" in done.stdout
