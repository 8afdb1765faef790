"""Who asks a run to end asks again, and again: it takes back what it did all the same, and ends soon."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from plugin_shop import LIMIT_S, Project, Ran, Served, children, end, eventually, gone, reported, serve

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

CONFIG = "/v1/admin/recommendation/config"
ORG = {"X-Org-ID": "00000000-0000-0000-0000-000000000001"}
ADMIN = ("--recsim-apply", "admin", "--env-override", "MMR_LAMBDA=0.77")
BOOSTED = """\
import time

def test_aa(sim, check):
    check.at_least("x", 1, 0)

def test_bb(sim, check):
    with sim.boost("home", sim.fixture.items[0].item_id, 0.5):
        time.sleep(120)
"""
PATIENT = """\
import pathlib, time
from pytest_recsim.apply import change

take_back = change.take_back

def patient(*words, **more):
    while not pathlib.Path("asked-again").exists():
        time.sleep(0.005)
    return take_back(*words, **more)

change.take_back = patient
"""
SERIES = {
    "Ctrl-C": ([signal.SIGINT], {2}),
    "SIGTERM": ([signal.SIGTERM], {143}),
    "SIGHUP": ([signal.SIGHUP], {129}),
    "Ctrl-C, then SIGTERM and SIGHUP": ([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], {2, 143, 129}),
    # both may wait for a process that had no turn in between; then the system's order counts
    "SIGTERM, then Ctrl-C": ([signal.SIGTERM, signal.SIGINT], {143, 2}),
}


def pester(process: subprocess.Popen[str], numbers: list[signal.Signals], notes: Path) -> Ran:
    """Send the first, then all of them in turn every few milliseconds until the service is what it was.

    ``PATIENT`` does not begin to take back before six were sent, however slowly they are.
    """
    turn = 0
    while process.poll() is None and any(notes.glob("changed-*")):
        process.send_signal(numbers[turn % len(numbers)])
        time.sleep(0.007)
        turn += 1
        if turn == 6:
            (notes.parents[1] / "asked-again").touch()
    out, err = process.communicate(timeout=LIMIT_S)
    assert turn > 5, f"it was over before it was asked again: {out}{err}"
    return Ran(process.returncode, out, err)


CASES = [
    pytest.param("Ctrl-C", (), id="Ctrl-C"),
    *(pytest.param(name, (), marks=pytest.mark.long, id=name) for name in SERIES if name != "Ctrl-C"),
    *(pytest.param(name, ("-n", "2"), marks=pytest.mark.long, id=f"{name}, workers") for name in SERIES),
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "workers"), CASES)
def test_whoever_asks_again_and_again_finds_everything_taken_back(
    acme: Project, served: Served, namespace: str, name: str, workers: tuple[str, ...]
) -> None:
    numbers, codes = SERIES[name]
    before = served.ask("GET", CONFIG)["config"]
    acme.scenario("boosted", BOOSTED)
    acme.write("conftest.py", PATIENT)
    words = ("--base-url", served.url, "--namespace", namespace, *ADMIN, "-k", "boosted", *workers)
    process = acme.start(*words)
    overrides = f"/v1/admin/manual_overrides?namespace={namespace}&status=active"
    eventually(reported(acme))
    eventually(lambda: served.ask("GET", overrides))
    started = children(process.pid)
    ran = pester(process, numbers, acme.folder / "reports/.recsim")
    assert "Traceback" not in ran.text, ran.text
    assert ran.code in codes, ran.text
    assert served.ask("GET", CONFIG)["config"] == before
    assert served.ask("GET", overrides) == []
    assert not list((acme.folder / "reports/.recsim").glob("changed-*"))
    assert "1 of 2 planned checks reported" in acme.bundle().readme
    eventually(lambda: gone(started))


@pytest.mark.long
def test_a_service_that_hangs_keeps_nobody_who_asked_for_the_end_for_long(
    acme: Project, tmp_path: Path
) -> None:
    acme.scenario("boosted", BOOSTED + "\ndef test_cc(sim, check):\n    check.at_least('x', 1, 0)\n")
    service, served = serve(tmp_path)
    try:
        words = ("--base-url", served.url, "--recsim-timeout", "60", *ADMIN, "-k", "boosted")
        process = acme.start(*words)
        overrides = "/v1/admin/manual_overrides?namespace=acme&status=active"
        eventually(reported(acme))
        eventually(lambda: served.ask("GET", overrides))
        service.send_signal(signal.SIGSTOP)
        ran = end(process, signal.SIGINT)
    finally:
        service.kill()
        service.communicate()
    assert ran.code == 10, ran.text
    assert "Traceback" not in ran.text, ran.text
    assert "within 60 s" not in ran.text, ran.text
    assert "did not answer within 10 s; asked was POST /v1/admin/manual_overrides" in ran.out
    assert "could not clean up" in ran.text
    outcomes = acme.bundle().outcomes
    assert outcomes["test_boosted.py::test_cc"] == "missing", (
        "Ctrl-C was not lost behind the failing clean-up"
    )
