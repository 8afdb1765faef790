"""A small world made by hand: three items, three users, a dozen events, nothing asked of any service."""

from __future__ import annotations

import json
import shutil

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
from pytest_recsim.simulation.truth.dataset import Dataset
from pytest_recsim.simulation.truth.knobs_in_effect import KnobsInEffect
from pytest_recsim.testing import shop


@pytest.fixture
def make_world(tmp_path, shared_make_world):
    """Return a factory: knob overrides, admin document and options -> Dataset.

    Where the test has put files of its own into its folder, guardrails or a profile, they count.
    """

    def make(*overrides, **more):
        own = any(tmp_path.iterdir())
        return world_in(tmp_path, *overrides, **more) if own else shared_make_world(*overrides, **more)

    return make


@pytest.fixture(scope="session")
def shared_make_world(tmp_path_factory):
    """The same without files; equal words make one world, which nobody changes."""
    folders, worlds = {}, {}

    def make(*overrides, document=DOCUMENT, **more):
        data = json.dumps(document)
        if data not in folders:
            folders[data] = tmp_path_factory.mktemp("world")
        words = (data, overrides, json.dumps(more, sort_keys=True, default=repr))
        if words not in worlds:
            worlds[words] = world_in(folders[data], *overrides, document=document, **more)
        return worlds[words]

    return make


@pytest.fixture(scope="session")
def plan_of(shared_make_world):
    """The same for whoever needs the plan alone."""
    return lambda *overrides, **options: shared_make_world(*overrides, **options).plan


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
    return Dataset(plan, material, KnobsInEffect(plan, admin or {}), 0, to_us(NOW))


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
