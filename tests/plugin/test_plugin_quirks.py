"""A service with the real one's known defects and a rate limit: the same verdicts, but for the defect we look for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from plugin_shop import LIMIT_S, Project, Shown, environment

pytestmark = pytest.mark.long
SERVE = ("-m", "pytest_recsim.cli", "serve", "--env-override", "RULES_CACHE_REFRESH=300ms")
ROUGH = ("--quirks", "--quirks-seed=3", "--rate-limit=600/10")


@pytest.fixture(scope="module")
def verdicts(shops: Callable[[str], Project]) -> dict[str, Shown]:
    """The whole suite against a well-behaved service and against a rough one."""
    found = {}
    for name, words in (("smooth", ()), ("rough", ROUGH)):
        project = shops(name)
        process = subprocess.Popen(
            [sys.executable, *SERVE, *words],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
            found[name] = Shown(project, project.simulate("--base-url", url))
        finally:
            process.terminate()
            process.wait(LIMIT_S)
            process.stdout.close()
    return found


def test_every_check_but_availability_ends_as_it_does_on_a_smooth_service(verdicts: dict[str, Shown]) -> None:
    smooth, rough = (verdicts[name].record.outcomes for name in ("smooth", "rough"))
    assert set(smooth.values()) == {"passed"}
    assert {check for check in smooth if smooth[check] != rough[check]} <= {"availability"}


def test_unavailable_items_from_sessions_are_what_availability_is_for(verdicts: dict[str, Shown]) -> None:
    record = verdicts["rough"].record
    if record.outcomes["availability"] == "failed":
        assert "share of unavailable or unknown items" in record.event("availability")["sentence"]
    assert record.metadata["requests"]["retries"].get("429", 0) > 0, "the limit was felt"
    assert record.metadata["requests"]["rule_waits"]["longest_seconds"] > 0
