"""Beside the ten most used plugins, all installed together: nothing changes that is not explained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from fresh_env import make, wheel
from peers_catalogue import PEERS
from peers_model import PASSING, Peer
from peers_play import Seen, play
from peers_run import NEWEST, WORKERS, compared, complaints

TEN = (
    "pytest-cov",
    "pytest-asyncio",
    "pytest-json-ctrf",
    "pytest-xdist",
    "pytest-mock",
    "pytest-timeout",
    "pytest-rerunfailures",
    "hypothesis",
    "time-machine",
    "pytest-html",
)
USED = [next(peer for peer in PEERS if peer.name == name) for name in TEN]
ALONE = Peer(
    "none",
    "0",
    "",
    ("-p", "pytest_base_url.plugin", "-p", "pytest_recsim.plugin"),
    env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
)
pytestmark = pytest.mark.peers


@dataclass
class Place:
    """The environment with all ten, and what every customer's run leaves when none of them is loaded."""

    folder: Path
    python: Path
    plain: dict[str, Seen]

    def of(self, customer: str) -> dict[str, Seen]:
        for name in (PASSING, customer):
            if name not in self.plain:
                self.plain[name] = play(self.folder / "plain", self.python, name, ALONE)
        return self.plain


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("ten")
    pins = [f"pytest=={NEWEST}", *(f"{peer.name}=={peer.version}" for peer in USED)]
    return Place(folder, make(folder / "env", [str(wheel(folder / "wheel")), *pins]), {})


@pytest.mark.parametrize(
    ("peer", "customer"),
    [pytest.param(peer, name, id=f"{peer.name}-{name}") for peer in USED for name in peer.customers],
)
def test_beside_a_much_used_plugin_a_run_says_what_it_says_alone(place: Place, peer: Peer, customer: str):
    way = WORKERS if peer.name == "pytest-xdist" else ()
    seen = play(place.folder / "shop", place.python, customer, peer, way)
    row = compared(place.of(customer), customer, way, seen)
    assert complaints(peer, {"runs": [row]}) == [], seen.text
