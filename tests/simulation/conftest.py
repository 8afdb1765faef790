"""A small world made by hand: three items, three users, a dozen events, nothing asked of any service."""

from __future__ import annotations

import json
import shutil
from functools import cache

import pytest
import simulation_town as towns
from truth_answers import DOCUMENT, NOW

from pytest_recsim.data.fixtures.columns import columns
from pytest_recsim.data.fixtures.fixture import load_fixture
from pytest_recsim.data.fixtures.split import split_events
from pytest_recsim.data.input.instants import to_us
from pytest_recsim.plan.options import Options
from pytest_recsim.plan.resolve import resolve
from pytest_recsim.prepare.seed import Material
from pytest_recsim.simulation.session.simulation import Simulation
from pytest_recsim.simulation.truth.dataset import World
from pytest_recsim.simulation.truth.knobs_in_effect import Effective
from pytest_recsim.testing import shop


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


@pytest.fixture
def open_town(tmp_path):
    """Return a factory: a shop and options -> a simulation that nobody has prepared, and the town that it asks."""
    opened = []

    def open_(of=None, *, facts=(), **options):
        here = tmp_path / f"town{len(opened)}"
        plan = towns.plan_of(shop() if of is None else of, here / "shop", **options)
        town = towns.Town(plan)
        opened.append(town.open(Simulation(towns.context_of(plan, here, **dict(facts)))))
        return opened[-1], town

    yield open_
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def prepared_once(tmp_path_factory):
    """A plan whose namespace has been prepared, its town, and the folder of the run."""
    here = tmp_path_factory.mktemp("town")
    plan = towns.plan_of(shop(), here / "shop")
    town = towns.Town(plan)
    sim = town.open(Simulation(towns.context_of(plan, here)))
    assert sim.prepared
    sim.close()
    return plan, town, here


@pytest.fixture
def town(prepared_once):
    """A town in which the small shop has been seeded; tests that write to it open one of their own."""
    town = prepared_once[1]
    town.forget()
    return town


@pytest.fixture
def join(prepared_once, town, tmp_path):
    """Return a factory of further processes of the run that prepared the town, on a copy of its folders.

    Facts of the context may be given, ``plan`` as a function of the plan.
    """
    plan, _, there = prepared_once
    here = tmp_path / "run"
    shutil.copytree(there, here)
    opened = []

    def another(**facts):
        facts |= {"plan": facts["plan"](plan)} if "plan" in facts else {}
        opened.append(town.open(Simulation(towns.context_of(plan, here, **facts))))
        return opened[-1]

    yield another
    for one in opened:
        one.close()


@pytest.fixture
def sim(join):
    """A process that finds the small shop prepared."""
    return join()
