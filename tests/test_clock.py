"""The harness goes by real clocks, whatever a user's tests freeze or shift."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

from pytest_recsim import clock
from pytest_recsim.service.http.core import _event_loop

LONG_AGO = 1_580_601_600.0


def test_a_shifted_time_is_escaped_while_travelling_and_only_then(monkeypatch):
    travelling = [True]
    hatch = SimpleNamespace(time=SimpleNamespace(time=lambda: LONG_AGO), is_travelling=lambda: travelling[0])
    monkeypatch.setitem(sys.modules, "time_machine", SimpleNamespace(escape_hatch=hatch))
    assert clock.utc_now() == datetime.fromtimestamp(LONG_AGO, UTC)
    travelling[0] = False
    assert clock.wall() - time.time() < 60
    assert clock.wall() > LONG_AGO + 1


def test_names_that_are_replaced_in_modules_replace_no_clock(monkeypatch):
    for name in ("time", "monotonic", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: LONG_AGO)
    before = (clock.wall(), clock.monotonic(), clock.perf_counter())
    time.sleep(0.01)
    after = (clock.wall(), clock.monotonic(), clock.perf_counter())
    assert all(late > early for early, late in zip(before, after, strict=True))
    assert clock.utc_now().timestamp() != LONG_AGO


def test_requests_time_out_under_a_frozen_clock(monkeypatch):
    """asyncio would sleep for ever: its deadline lies ahead of a clock that stands still."""
    with asyncio.Runner(loop_factory=_event_loop) as runner:
        monkeypatch.setattr(time, "monotonic", lambda: LONG_AGO)
        runner.run(asyncio.sleep(0.01))


def test_freezegun_is_asked_to_leave_our_names_alone_where_it_is_installed(monkeypatch, tmp_path):
    asked = []
    stub = ModuleType("freezegun")
    stub.configure = lambda **words: asked.append(words)
    monkeypatch.setitem(sys.modules, "freezegun", stub)
    monkeypatch.setattr(clock, "find_spec", lambda name: object())
    clock.keep_real()
    monkeypatch.setattr(clock, "find_spec", lambda name: None)
    clock.keep_real()
    assert asked == [{"extend_ignore_list": ["pytest_recsim"]}]
