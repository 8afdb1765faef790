"""The stand-in of a run answers that run alone, and its token is written down nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_shop import Project

SPY = """\
import contextlib
import os
from pathlib import Path

import httpx


def test_spy(sim):
    sim.quality  # prepares the namespace with the run's own client
    token, url = sim.context.token.text, sim.context.url
    assert len(token) > 30
    assert token not in repr(sim.context)
    assert token not in repr(sim.endpoint)
    wipe = {"namespace": sim.plan.namespace.value}
    with httpx.Client(base_url=url, headers={"X-Org-ID": sim.plan.org_id.value}, trust_env=False) as plain:
        answers = (plain.get("/health"), plain.post("/v1/events:delete", json=wipe))
    for answer in answers:
        assert answer.status_code == 401
        assert "answers only the test run that started it" in answer.json()["message"]
    lines = {}
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            lines[place] = place.read_bytes()
    assert Path(f"/proc/{os.getpid()}/cmdline") in lines
    assert [place for place, line in lines.items() if token.encode() in line] == []
    files = [path for path in Path(sim.context.scratch).rglob("*") if path.is_file()]
    assert any(path.suffix == ".json" for path in files)
    assert [path for path in files if token.encode() in path.read_bytes()] == []
    Path(os.environ["SPY_NOTE"]).write_text(token)
    Path(os.environ["SPY_NOTE"] + "-" + sim.plan.id).touch()
"""


@pytest.mark.long
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_nobody_else_can_use_the_stand_ins_of_a_run(acme: Project, tmp_path: Path, workers: str) -> None:
    """Of two customers the second one's is started on demand, and workers hear of it through a file."""
    note = tmp_path / "token"
    acme.customer("beta", json.loads((acme.folder / "fixtures/customers/acme.json").read_text()))
    acme.scenario("spy", SPY)
    words = (
        "--customer",
        "beta",
        "-k",
        "spy or S3",
        "--junitxml=junit.xml",
        "--html=page.html",
        "--full-trace",
        "-l",
    )
    ran = acme.simulate(workers, *words, env={"SPY_NOTE": str(note)})
    assert "test_spy[" not in ran.out.partition("short test summary")[2], ran.text
    assert len(list(tmp_path.glob("token-*"))) == 2
    token = note.read_bytes()
    assert token not in ran.text.encode()
    left = [path for path in acme.folder.rglob("*") if path.is_file()]
    assert any(path.name == "simulation_metadata.json" for path in left)
    assert [path for path in left if token in path.read_bytes()] == []
