"""Ends that nobody chooses: the terminal goes away, the clock is set back."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from plugin_shop import LIMIT_S, SLOW, Project, Record, Served, children, end, eventually, gone, reported

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]

CONFIG = "/v1/admin/recommendation/config"
ADMIN = ("--recsim-apply", "admin", "--env-override", "MMR_LAMBDA=0.77")
STEPS = """\
import time
import pytest

@pytest.mark.parametrize("number", range(40))
def test_step(sim, check, number):
    time.sleep(0.2)
    check.at_least("fine", 1, 0)
"""
AHEAD = """\
import datetime
import pytest_recsim.clock as clock

now, wall, ahead = clock.utc_now, clock.wall, datetime.timedelta(hours=2)
clock.utc_now = lambda: now() + ahead
clock.wall = lambda: wall() + ahead.total_seconds()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run_whose_reader_has_gone_away_takes_back_what_it_changed(
    acme: Project, served: Served, namespace: str, workers: tuple[str, ...]
) -> None:
    before = served.ask("GET", CONFIG)["config"]
    acme.scenario("steps", STEPS)
    place = ("--base-url", served.url, "--namespace", namespace)
    process = acme.start(*place, *ADMIN, "-k", "step", *workers)
    eventually(reported(acme))
    started = children(process.pid)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(LIMIT_S) not in (0, 4, 10)
    assert process.stderr is not None
    process.stderr.close()
    assert served.ask("GET", CONFIG)["config"] == before
    eventually(lambda: gone(started))
    record = acme.bundle()
    assert record.metadata["status"] == "incomplete"
    assert record.readme.startswith("# acme: Incomplete")


@pytest.mark.parametrize("apply", [(), ADMIN], ids=["request", "admin"])
def test_a_killed_run_that_began_in_the_future_holds_up_nobody(
    acme: Project, served: Served, namespace: str, apply: tuple[str, ...]
) -> None:
    before = served.ask("GET", CONFIG)["config"]
    acme.write("ahead.py", AHEAD)
    acme.scenario("slow", SLOW)
    place = ("--base-url", served.url, "--namespace", namespace)
    process = acme.start(*place, *apply, "-p", "ahead", "-k", "slow")
    eventually(reported(acme))
    end(process, signal.SIGKILL)
    again = acme.simulate(*place, "-k", "coverage")
    assert again.code == 0, again.text
    assert served.ask("GET", CONFIG)["config"] == before
    first, second = sorted((Record(root).metadata["status"] for root in acme.bundles()), reverse=True)
    assert (first, second) == ("started", "finished")
