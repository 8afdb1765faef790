"""What stands in the files of a new customer."""

from __future__ import annotations

import yaml

PYTEST = "[pytest]\n# This folder is pytest's root: guardrails.yml, profiles/, fixtures/ and reports/ are looked for here.\n"

GUARDRAILS = """\
# What must hold before a configuration goes live; what is not said here is as pytest-recsim ships it.
# `pytest --customer NAME --recsim-dry-run` shows every threshold and where it comes from.
schema_version: 1

customers:
"""

MANIFEST = """\
# A batch: pytest --batch-file fixtures/batch_simulations.yaml --batch-name all
schema_version: 1
runs:
"""

SCENARIO = '''\
"""Checks of our own for {customer}; `pytest --customer {customer}` runs them beside those of pytest-recsim.

A start to be changed: docs/own-scenarios.md of pytest-recsim has everything that `sim` and `check` offer.
"""

from __future__ import annotations

from collections import Counter

import pytest

from pytest_recsim import Check, Simulation

MOST_ALIKE = 0.5
FEWEST_PEOPLE = 20


@pytest.mark.customer("{customer}")
def test_not_everybody_gets_the_same_first_item(sim: Simulation, check: Check) -> None:
    """People get first places of their own, not the best seller each."""
    first = {{user: exchange.ids[0] for user, exchange in sim.lists.items() if exchange.ids}}
    check.need(len(first) >= FEWEST_PEOPLE, f"{{len(first)}} people have a list; {{FEWEST_PEOPLE}} must have one")
    item_id, people = Counter(first.values()).most_common(1)[0]
    check.at_most(
        "people with the same item in the first place",
        people / len(first),
        MOST_ALIKE,
        n=len(first),
        definition="largest share of the quality lists that begin with one and the same item",
        who=f"item {{item_id}}",
        knob="PROFILE_BOOST, BLEND_ALPHA",
    )
'''


def profile_head(customer: str, source: str) -> str:
    """Say on top of a copied profile where it is from; its file may say more about itself below."""
    return f"# {customer}'s profile: a copy of {source}, to be changed. What that one says of itself follows.\n\n"


def entry(customer: str, stem: str, fixture: str, waiver: str, indent: str) -> str:
    """Return a customer's lines of guardrails.yml."""
    fields = {"namespace": stem, "env_profile": stem, "fixture": fixture}
    lines = [f"{_scalar(customer)}:", *(f"  {key}: {_scalar(value)}" for key, value in fields.items())]
    if waiver:
        lines += ["  waivers:", f"    - {waiver}"]
    return "".join(f"{indent}{line}\n" for line in lines)


def run(customer: str, indent: str) -> str:
    """Return a customer's line of a manifest."""
    return f"{indent}- customer: {_scalar(customer)}\n"


def _scalar(text: str) -> str:
    """Return a text as YAML writes it: quoted where it would be read as something else."""
    plain = (
        yaml.safe_load(text) == text and not text[0].isdigit()
    )  # 1e5 is text to YAML 1.1, and a number to others
    return text if plain else f"'{text}'"
