"""Progress of a run: on the terminal only, in no report, and nothing under -q."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from plugin_shop import LIMIT_S, environment

if TYPE_CHECKING:
    from plugin_shop import Project

SLOW = ("--recsim-concurrency=1", "-k", "coverage")
PLAIN, LIVE = "--recsim-latency-ms=60", "--recsim-latency-ms=20"
"""So that lists take longer than what nobody is told of."""
REPORTS = ("--junitxml=junit.xml", "--html=page.html", "--self-contained-html")


@pytest.mark.long
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_without_a_terminal_there_is_a_line_for_long_work_and_no_report_holds_it(
    acme: Project, workers: tuple[str, ...]
) -> None:
    ran = acme.simulate(*SLOW, PLAIN, *REPORTS, *workers, "-rP")
    assert ran.code == 0, ran.text
    lines = [line for line in ran.out.splitlines() if line.startswith("recsim: acme: asking for lists: ")]
    assert len(lines) == 1, ran.text
    assert "Captured stdout" not in ran.out
    for name in ("junit.xml", "page.html"):
        assert "asking for lists" not in (acme.folder / name).read_text()


@pytest.mark.long
def test_under_q_there_is_nothing(acme: Project) -> None:
    ran = acme.simulate(*SLOW, PLAIN, "-q")
    assert ran.code == 0, ran.text
    assert "asking for lists" not in ran.text


@pytest.mark.long
def test_on_a_terminal_a_line_changes_below_pytests_own(acme: Project) -> None:
    master, slave = os.openpty()
    command = [sys.executable, "-m", "pytest", "--customer", "acme", *SLOW, LIVE]
    surroundings = environment({"TERM": "xterm"})
    with subprocess.Popen(
        command, cwd=acme.folder, env=surroundings, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        shown = b"".join(iter(lambda: _read(master), b"")).decode()
        assert process.wait(LIMIT_S) == 0, shown
    os.close(master)
    assert (
        "scenarios/test_guardrails.py \r\nacme: " in shown
    )  # on a busy machine seeding is worth a line, too
    assert "\r\x1b[Kacme: asking for lists: " in shown
    assert "\r\x1b[K\x1b[A\x1b[29C" in shown


def _read(master: int) -> bytes:
    """What the terminal shows next; nothing at its end, which Linux tells with an error."""
    try:
        return os.read(master, 4096)
    except OSError:
        return b""
