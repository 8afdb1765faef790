"""Faults of the machine that the run is on: disks, and sudden ends."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from fault_acts import shuts, swallows
from fault_hits import IN_S2, RECOMMEND, hit
from fault_model import KILLED, REFUSED, TOLD, Fault
from plugin.plugin_shop import end, eventually

if TYPE_CHECKING:
    from fault_stage import Stage
    from plugin.plugin_shop import Ran

FULL_DISK = '''\
"""From the second scenario on the disk that holds the reports is full."""
import errno
import os
import pathlib

full = False
make, opened = os.open, pathlib.Path.open


def refuse(path):
    if full and "reports" in pathlib.Path(path).parts:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def open_new(path, flags, *words, **more):
    if flags & os.O_CREAT:
        refuse(path)
    return make(path, flags, *words, **more)


def open_(self, mode="r", *words, **more):
    if mode[0] in "awx":
        refuse(self)
    return opened(self, mode, *words, **more)


os.open, pathlib.Path.open = open_new, open_


class Filling:
    def pytest_runtest_setup(self, item):
        global full
        full = full or "s02" in item.nodeid


def pytest_configure(config):
    config.pluginmanager.register(Filling())
'''
LIMIT = '''\
"""{when} no file may grow beyond {size} bytes: the kernel itself refuses, in the middle of a write."""
import resource


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


{hook}
'''
IN_MID_RUN = """\
class Limiting:
    def pytest_runtest_setup(self, item):
        if "s02" in item.nodeid:
            limit()


def pytest_configure(config):
    config.pluginmanager.register(Limiting())
"""


def conftest(text: str) -> Any:
    return lambda stage: stage.project.write("conftest.py", text) and None


def runs_again(stage: Stage) -> list[str]:
    """The next run, under another address, is refused while the marker is fresh, and cleans up once it is allowed to."""
    where = ("--base-url", stage.service.url, "--namespace", stage.namespace, "-k", "coverage")
    refused = stage.project.simulate(*where)
    allowed = stage.project.simulate(*where, "--recsim-allow-reset", stage.namespace)
    complaints = (
        [] if "has not finished" in refused.err else [f"the next run was not refused: {refused.text}"]
    )
    if (refused.code, allowed.code) != (4, 0):
        complaints.append(f"the next runs ended with {refused.code} and {allowed.code}, not 4 and 0")
    return complaints


def killed(stage: Stage) -> Ran:
    """SIGKILL while a rule of ours is in force."""
    process = stage.start()
    try:
        eventually(lambda: any(stage.proxy.hits))
        return end(process, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()


DISKS = [
    Fault(
        "disk full",
        "scenarios",
        "no room for the reports any more (ENOSPC raised by a conftest)",
        TOLD,
        says="the record is not complete. reports/",
        arrange=conftest(FULL_DISK),
        recorded=False,
    ),
    Fault(
        "file size limit",
        "scenarios",
        "files may not grow beyond 16 KiB (EFBIG from the kernel)",
        TOLD,
        says="the record is not complete. reports/",
        recorded=False,
        arrange=conftest(LIMIT.format(when="In mid-run", size=16384, hook=IN_MID_RUN)),
    ),
    Fault(
        "no room at all",
        "pre-flight",
        "no file may grow, the scratch folder's neither (EFBIG)",
        REFUSED,
        says="File too large",
        arrange=conftest(LIMIT.format(when="At once", size=0, hook="limit()")),
    ),
    Fault(
        "reports folder cannot be written",
        "pre-flight",
        "a file is in its place",
        REFUSED,
        says="no report can be written there",
        words=("--recsim-reports-dir", "pytest.ini/reports"),
    ),
]
ENDS = [
    Fault(
        "gone for good",
        "scenarios",
        "the service is gone while a rule is in force, until the end",
        TOLD,
        hit(RECOMMEND, shuts(600), **IN_S2),
        "could not clean up",
        {"dropped": 1, "unreachable": 4},
        frozenset({"S2", "S8", "contract"}),
        lasting=False,
        afterwards=runs_again,
    ),
    Fault(
        "kill -9",
        "scenarios",
        "pytest is killed while a rule is in force",
        KILLED,
        hit(RECOMMEND, swallows, **IN_S2),
        "has not finished, or was killed",
        run=killed,
        lasting=False,
        afterwards=runs_again,
    ),
]
