"""The CI examples: they are YAML, and their simulating steps are understood by pytest here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml
from waiting import LIMIT_S

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text()


VENDORS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}
"""Schemas of both vendors, as check-jsonschema carries them: nothing is fetched."""


def text(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


def block(name: str) -> dict[str, Any]:
    return yaml.load(text(name), Loader=yaml.BaseLoader)


def commands() -> list[str]:
    """Every shell step of both examples, the runner's variables filled in."""
    github = [
        step["run"] for job in block("github")["jobs"].values() for step in job["steps"] if "run" in step
    ]
    jobs = [job for name, job in block("gitlab").items() if name not in ("stages", "default")]
    gitlab = [line for job in jobs for line in job["script"]]
    filled = [line.replace("${{ matrix.slice }}", "2") for line in github + gitlab]
    return [line.replace("$CI_NODE_INDEX", "2").replace("$CI_NODE_TOTAL", "3") for line in filled]


def steps(job: str) -> list[str]:
    """The shell steps of a GitHub job without the installation, which the README's own command is."""
    runs = [step["run"] for step in block("github")["jobs"][job]["steps"] if "run" in step]
    assert runs[0].startswith("pip install ")
    assert runs[0].replace("install", "install -q", 1) in (ROOT / "README.md").read_text()
    return runs[1:]


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


def judged_by_vendor(name: str, file: Path) -> subprocess.CompletedProcess[str]:
    words = ["-m", "check_jsonschema", "--builtin-schema", VENDORS[name], str(file)]
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=LIMIT_S)


@pytest.mark.parametrize(("name", "key"), [("github", "runs-on"), ("gitlab", "script")])
def test_the_vendor_accepts_the_example_and_would_refuse_a_slip(name: str, key: str, tmp_path: Path) -> None:
    file = tmp_path / "ci.yml"
    file.write_text(text(name))
    good = judged_by_vendor(name, file)
    assert good.returncode == 0, good.stdout + good.stderr
    file.write_text(text(name).replace(f"{key}:", f"{key}-x:", 1))
    assert judged_by_vendor(name, file).returncode == 1


def unconfigured() -> dict[str, str]:
    """The environment without anybody's options for pytest or a service."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECS"))}


@pytest.mark.parametrize("line", [RUNS[0], *(pytest.param(one, marks=pytest.mark.long) for one in RUNS[1:])])
def test_pytest_understands_what_the_examples_run(line: str) -> None:
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "pytest"]
    kept_words = [word for word in words[1:] if not word.startswith("--junitxml")]
    command = [sys.executable, *kept_words, "--recsim-dry-run", "-p", "no:randomly"]
    done = subprocess.run(
        command, cwd=ROOT, env=unconfigured(), capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(dry run, nothing is sent)" in done.stdout


def workspace(folder: Path) -> Path:
    """What a runner has after its checkout, but for the suite, which stays where it is installed."""
    for name in ("fixtures", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "guardrails.yml", folder)
    return folder


def in_shell(line: str, folder: Path, number: str = "") -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does, with this Python first on the path; ``number`` is that of a GitLab slice."""
    env = unconfigured() | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(folder / "step.md"),
        "CI_NODE_INDEX": number,
        "CI_NODE_TOTAL": block("gitlab")["slice"]["parallel"],
    }
    words = ["bash", "-e", "-c", line]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=5 * LIMIT_S)


@pytest.mark.long
def test_the_steps_of_one_customer_run_in_a_shell(tmp_path: Path) -> None:
    (line,) = steps("one-customer")
    done = in_shell(line, workspace(tmp_path / "runner"))
    assert done.returncode == 0, done.stdout + done.stderr
    suite = ET.parse(tmp_path / "runner" / "junit.xml").getroot()[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert "Ready to go live" in (tmp_path / "runner" / "step.md").read_text()


ARTIFACTS = {"github": ("reports", "slices/slice-{}"), "gitlab": ("slice-{}", "slice-{}")}
"""The folder of a slice's artifact, and where the verdict's runner finds it."""


def only_step(vendor: str, job: str) -> str:
    (line,) = steps(job) if vendor == "github" else block("gitlab")[job]["script"]
    return line


@pytest.mark.long
@pytest.mark.parametrize("vendor", ARTIFACTS)
def test_the_steps_of_the_slices_and_of_the_verdict_run_in_a_shell(vendor: str, tmp_path: Path) -> None:
    """Each slice on a runner of its own; artifacts travel as the vendor would carry them."""
    verdict, codes = tmp_path / "verdict", []
    line, (left, taken) = only_step(vendor, "slice"), ARTIFACTS[vendor]
    for number in block("github")["jobs"]["slice"]["strategy"]["matrix"]["slice"]:
        runner = workspace(tmp_path / f"runner-{number}")
        done = in_shell(line.replace("${{ matrix.slice }}", number), runner, number)
        codes.append(done.returncode)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        shutil.copytree(runner / left.format(number), verdict / taken.format(number))
    merged = in_shell(only_step(vendor, "verdict"), verdict)
    assert merged.returncode == max(codes), merged.stdout + merged.stderr
    assert "of 5 simulations are ready to go live" in merged.stdout
    assert (verdict / "merged" / "junit.xml").is_file()
