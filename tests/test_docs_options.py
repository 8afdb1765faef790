"""docs/options.md says what the options are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from options_page import DOCS, TABLES, arguments, commands, of_modes, of_pytest, page

from pytest_recsim import plan_for
from pytest_recsim.plan.modes import MODES
from pytest_recsim.plugin.options import ENVIRONMENT, OPTIONS

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "fixtures" / "customers" / "customer_a.json"
KEYWORDS = ("env-profile", "surface", "timeout", "warm-up", "concurrency", "latency-ms", "namespace")
VARIABLE = re.compile(r'"((?:RECSIM|RECSYS|GITHUB)_[A-Z_]+)"')


@pytest.mark.parametrize("name", TABLES)
def test_a_page_shows_the_options_and_modes_that_there_are(name):
    assert page(name) == (DOCS / name).read_text(encoding="utf-8"), "python tests/options_page.py"


def test_every_option_and_every_mode_is_in_its_table():
    assert of_pytest().count("\n") == len(OPTIONS) + 2
    assert of_modes().count("\n") == len(MODES) + 2


def test_every_option_of_every_command_is_explained():
    unexplained = [
        (name, one.name) for name, command in commands() for one in arguments(command) if not one.help
    ]
    assert unexplained == []
    assert len(list(commands())) >= 7


@pytest.mark.parametrize("name", KEYWORDS)
def test_a_default_on_the_page_is_the_one_that_counts(name, tmp_path):
    (option,) = [one for one in OPTIONS if one.name == name]
    typed = "shop" if name == "namespace" else option.default
    key = name.replace("-", "_")
    field = "profile" if key == "env_profile" else key
    usual, named = (
        plan_for("shop", root=tmp_path, fixture_path=FIXTURE, **more) for more in ({}, {key: typed})
    )
    assert shown(getattr(usual, field)) == shown(getattr(named, field)) == typed


def shown(value):
    """A field of the plan as one would type it, wherever it came from."""
    value = getattr(value, "value", value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_variable_that_a_run_reads_is_on_the_page():
    rooms = (path for path in ROOT.glob("pytest_recsim/**/*.py") if "standin" not in path.parts)
    read = {name for path in rooms for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    assert read - {"RECSIM_STANDIN_TOKEN"} == set(ENVIRONMENT)  # that one goes from us to our own stand-in
