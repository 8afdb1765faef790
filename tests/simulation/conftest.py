"""A small world made by hand: three items, three users, a dozen events, nothing asked of any service."""

from __future__ import annotations

import json
from functools import cache

import pytest
from truth_answers import DOCUMENT, NOW

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.prepare.seed import Material
from pytest_recsim.simulation.truth.dataset import World
from pytest_recsim.simulation.truth.knobs_in_effect import Effective


@pytest.fixture
def make_world(tmp_path):
    """Return a factory: knob overrides, admin document and options -> World."""
    return lambda *overrides, **more: world_in(tmp_path, *overrides, **more)


@pytest.fixture(scope="session")
def shared_make_world(tmp_path_factory):
    """The same for property tests, which make many worlds in one test."""
    folder = tmp_path_factory.mktemp("worlds")
    return lambda *overrides, **more: world_in(folder, *overrides, **more)


@pytest.fixture(scope="session")
def plan_of(shared_make_world):
    """The same for whoever needs the plan alone; equal words are resolved once."""
    return cache(lambda *overrides, **options: shared_make_world(*overrides, **options).plan)


def world_in(folder, *overrides, admin=None, document=DOCUMENT, **options):
    path = folder / "acme.json"
    path.write_text(json.dumps(document))
    (plan,) = resolve(
        Options(
            customers=("acme",),
            root=folder,
            here=folder,
            fixture_path="acme.json",
            env_overrides=overrides,
            **options,
        )
    ).plans
    fixture = load_fixture(path)
    table = columns(fixture)
    material = Material(fixture, table, split_events(table, plan.split, plan.window_days))
    return World(plan, material, Effective(plan, admin or {}), 0, to_us(NOW))
