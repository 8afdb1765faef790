"""Somebody's project, a served stand-in, and runs that several tests look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_shop import LIMIT_S, Project, Served, Shown, serve, settle

# pytester forgets modules that an in-process run imports; numpy must not be imported twice.
import pytest_recsim.plugin.controller  # noqa: F401 - see above
from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render
from pytest_recsim.testing import shop

# --- data ---


@pytest.fixture(scope="session")
def world() -> dict[str, Any]:
    """A small customer on which every check can be measured."""
    return generate("marketplace", 1, items=80, users=150, events=3500)


@pytest.fixture(scope="session")
def world_file(world: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("world") / "acme.json"
    path.write_bytes(render(world))
    return path


@pytest.fixture
def acme(tmp_path: Path, world_file: Path) -> Project:
    """A project of its own for one test."""
    return settle(tmp_path / "shop", world_file)


@pytest.fixture
def corner(tmp_path: Path) -> Project:
    """A project with a shop of a dozen users, for checks of somebody's own: quick, and too small for the suite."""
    return Project(shop().settle(tmp_path / "shop").folder)


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory, world_file: Path) -> Callable[[str], Project]:
    """Makes projects for runs that several tests look at."""
    return lambda name: settle(tmp_path_factory.mktemp(name) / "shop", world_file)


@pytest.fixture(scope="session")
def green(shops: Callable[[str], Project]) -> Shown:
    """One complete green run on the stand-in, with the reports of pytest itself, in random order."""
    project = shops("green")
    words = ("--junitxml=junit.xml", "--html=page.html", "--self-contained-html", "-v", "-p", "randomly")
    return Shown(project, project.simulate(*words))


# --- services ---


@pytest.fixture(scope="session")
def service_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `recsim serve` for all tests; they use namespaces of their own."""
    process, served = serve(tmp_path_factory.mktemp("served"))
    try:
        yield served
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT_S)


@pytest.fixture
def served(service_process: Served) -> Served:
    """The running service, counting from here on."""
    return service_process.from_here()


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> str:
    """A namespace that no other test uses."""
    return f"ns-{abs(hash(request.node.nodeid)):x}"
