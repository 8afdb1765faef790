"""One run of a customer beside other plugins: how it ended, as its exit code, its terminal and its record say."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from peers_model import CUSTOMERS, WAVERING, Peer
from plugin.plugin_shop import LOOSE, Project, environment

from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

OWN = """\
from pathlib import Path

def test_wavers(sim, check):
    before = Path("made-before")
    first = not before.exists()
    before.touch()
    check.at_most("failures", int(first), 0)
"""
NO_REPORT = "none"
ELSEWHERE = ("CI", "GITHUB_", "TEAMCITY", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Shop(Project):
    """A customer's project, run by the interpreter of some environment."""

    python: Path

    def command(self, *words: str) -> list[str]:
        return [str(self.python), "-m", "pytest", *words]

    def environment(self, extra: dict[str, str] | None = None) -> dict[str, str]:
        """Every plugin that is installed is loaded, and nothing says that this is CI unless a peer does."""
        kept = {name: text for name, text in environment().items() if not name.startswith(ELSEWHERE)}
        return kept | {"PYTEST_ADDOPTS": ""} | (extra or {})


@dataclass(frozen=True)
class Seen:
    """What a run left.

    Attributes:
        code: exit code.
        status, sentence: of the verdict; ``none`` and empty where no bundle was left.
        outcomes: check -> its final outcome.
        text: everything that was printed, and the bundle's page.
    """

    code: int
    status: str
    sentence: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    text: str = ""


@cache
def world() -> str:
    """A small customer on whom every check can be measured."""
    return render(generate("marketplace", 1, items=80, users=150, events=3500)).decode()


def play(
    folder: Path, python: Path, customer: str, peer: Peer | None = None, way: tuple[str, ...] = ()
) -> Seen:
    """Run a customer in a project of its own.

    Args:
        folder: of the project; what an earlier run left there is removed.
        python: of the environment.
        customer: one of CUSTOMERS.
        peer: the plugin beside us, None for a plain run.
        way: more words, e.g. ``-n 2``.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shop = Shop(folder, python)
    own = {"scenarios/test_own.py": OWN} if customer == WAVERING else {}
    usual = {"pytest.ini": "[pytest]\n", "guardrails.yml": LOOSE, "fixtures/customers/acme.json": world()}
    theirs = dict(peer.files) if peer else {}
    for name, text in (usual | own | theirs).items():
        shop.write(name, text)
    words = (*CUSTOMERS[customer], *(peer.words if peer else ()), *way)
    return seen(shop, words, dict(peer.env) if peer else {})


def seen(shop: Shop, words: tuple[str, ...], env: dict[str, str]) -> Seen:
    """Run and read what is left."""
    ran = shop.simulate(*words, env=env)
    if not shop.bundles():
        return Seen(ran.code, NO_REPORT, text=ran.text)
    record = shop.bundle()
    verdict = json.loads((record.root / "simulation_metadata.json").read_text())["verdict"]
    return Seen(ran.code, verdict["status"], verdict["sentence"], record.outcomes, ran.text + record.readme)
