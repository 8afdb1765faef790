"""What `pip install` puts into somebody's environment: everything below the package, and nothing that is not ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import fresh_env
import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from pytest_recsim.data.guardrails.guardrails import packaged_guardrails

ROOT = Path(__file__).parent.parent


def built(folder: Path, version: str) -> dict[str, bytes]:
    """Path inside the wheel -> content."""
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=[version])
    with zipfile.ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """The wheel as it is published."""
    return built(tmp_path_factory.mktemp("wheel"), "standard")


def test_everything_in_the_wheel_lies_in_the_package_and_is_under_version_control(files):
    inside = {name for name in files if ".dist-info/" not in name}
    assert {name for name in inside if not name.startswith("pytest_recsim/")} == set()
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        ours = set(listed.stdout.splitlines())
        assert {name for name in inside if not ours & {name, name.removeprefix("pytest_recsim/")}} == set()


def test_the_wheel_holds_everything_that_its_guardrails_name(files):
    assert files["pytest_recsim/guardrails.yml"] == (ROOT / "guardrails.yml").read_bytes()
    customers = yaml.safe_load(files["pytest_recsim/guardrails.yml"])["customers"].values()
    named = {f"pytest_recsim/{customer['fixture']}" for customer in customers}
    named |= {f"pytest_recsim/profiles/{customer.get('env_profile', 'prod')}.env" for customer in customers}
    named |= {f"pytest_recsim/{path.relative_to(ROOT)}" for path in (ROOT / "scenarios").glob("test_*.py")}
    assert len(named) > 10
    assert named <= set(files)


def test_an_editable_install_has_no_copies_that_could_grow_old(tmp_path):
    assert [name for name in built(tmp_path, "editable") if ".dist-info/" not in name] == [
        "_pytest_recsim.pth"
    ]
    assert packaged_guardrails() == ROOT / "guardrails.yml"


@pytest.mark.long
def test_an_installed_wheel_runs_the_shipped_customer_in_an_empty_folder(tmp_path):
    python = fresh_env.make(tmp_path / "env", [str(fresh_env.wheel(tmp_path))])
    (here := tmp_path / "empty").mkdir()
    words = [python, "-m", "pytest", "--customer", "customer-a", "--env-profile", "customer_a"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RECS"))}
    ran = subprocess.run(words, cwd=here, env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ran.returncode, "25 passed" in ran.stdout) == (0, True), ran.stdout + ran.stderr
