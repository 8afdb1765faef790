"""Installed and not used: somebody else's project must not notice."""

from __future__ import annotations

import re

import pytest
from plugin_shop import Project

SPY = """\
import sys

HEAVY = ("numpy", "httpx", "yaml", "msgspec", "jsonschema", "aiohttp", "click", "pytest_recsim.plugin.active")

def pytest_report_header(config):
    ours = [p for p in config.pluginmanager.get_plugins() if "pytest_recsim" in getattr(p, "__name__", "")]
    hooks = sorted(caller.name for plugin in ours for caller in config.pluginmanager.get_hookcallers(plugin))
    return [f"spy-hooks: {' '.join(hooks)}", f"spy-plugins: {len(ours)}"]

def pytest_unconfigure():
    print("spy-heavy:", [name for name in HEAVY if name in sys.modules])
    print("spy-ours:", sorted(name for name in sys.modules if name.startswith("pytest_recsim")))
"""
TEST = """\
import pytest

def test_one():
    assert 1 + 1 == 2

@pytest.mark.xfail(reason="known")
def test_two():
    assert False
"""


@pytest.fixture
def elsewhere(tmp_path) -> Project:
    """A project that has nothing to do with recommenders."""
    project = Project(tmp_path)
    project.write("tests/test_theirs.py", TEST)
    project.write("scenarios/test_also_theirs.py", "def test_three():\n    pass\n")
    return project


def told(text: str) -> list[str]:
    """Output without durations and without the lines in which pytest lists what is installed."""
    lines = re.sub(r"=+", "=", re.sub(r"\d+\.\d+s( \([\d:]+\))?", "", text)).splitlines()  # = fills a line up
    return [line for line in lines if not line.startswith(("plugins:", "metadata:"))]


def test_output_is_the_same_with_and_without_us(elsewhere: Project) -> None:
    with_us, without = elsewhere.run("-v"), elsewhere.run("-v", "-p", "no:recsim")
    assert with_us.code == without.code == 0
    assert told(with_us.out) == told(without.out)
    assert with_us.err == without.err == ""
    assert "2 passed, 1 xfailed" in with_us.out
    assert not elsewhere.left_behind


def test_four_hooks_and_no_heavy_import(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", SPY)
    ran = elsewhere.run("-s")
    facts = dict(re.findall(r"spy-(\w+): (.*)", ran.out))
    assert facts["hooks"] == "pytest_addhooks pytest_addoption pytest_configure pytest_load_initial_conftests"
    assert facts["plugins"] == "1"
    assert facts["heavy"] == "[]"
    assert "pytest_recsim.plugin.controller" not in facts["ours"]
    assert "pytest_recsim.data" not in facts["ours"]


def test_help_groups_our_options(elsewhere: Project) -> None:
    ran = elsewhere.run("--help")
    assert ran.code == 0
    group = ran.out.partition("recommender simulations:")[2].partition("\n\n")[0]
    options = re.findall(r"^  (--[\w-]+)", group, re.MULTILINE)
    assert {"--customer", "--org-id", "--namespace", "--env-profile", "--env-override"} <= set(options)
    assert {"--fixture-path", "--guardrails-file"} <= set(options)
    short = {"--customer", "--org-id", "--namespace", "--env-profile", "--env-override", "--fixture-path"}
    short |= {"--batch-file", "--batch-name", "--guardrails-file"}
    assert {name for name in options if not name.startswith("--recsim-")} == short
    assert {f"--recsim-{name[2:]}" for name in short} <= set(options)
    assert "recsim_use_base_url" in ran.out


@pytest.mark.long
def test_help_with_a_customer_is_still_help(elsewhere: Project) -> None:
    ran = elsewhere.run("--customer", "acme", "--help")
    assert ran.code == 0
    assert "recommender simulations:" in ran.out
    assert not elsewhere.left_behind


def test_customer_without_a_name_is_a_usage_error(elsewhere: Project) -> None:
    ran = elsewhere.run("--customer")
    assert ran.code == 4
    assert "argument --customer: expected one argument" in ran.err
    assert "Traceback" not in ran.text


def test_the_suite_without_a_customer_says_what_is_missing(elsewhere: Project) -> None:
    from pytest_recsim.plugin.suite import suite_folder

    ran = elsewhere.run(str(suite_folder()))
    assert ran.code == 4
    assert "the scenarios need --customer NAME" in ran.err
    assert "Traceback" not in ran.text
