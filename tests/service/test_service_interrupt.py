"""A signal that asks a run to end, seen from the requests."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import sys
import threading
from functools import partial

import pytest

from pytest_recsim.plugin.signals import Signals
from pytest_recsim.service.http.core import Core
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.interrupt import HURRIED_S, SILENT_S, drive, end_requests, hurried, hurry
from pytest_recsim.service.http.retry import Patience

WATCHED = ("http/core.py", "http/interrupt.py", "asyncio/runners.py")
MOST_STEPS = 2000
ORG = "00000000-0000-0000-0000-000000000001"
LONG = Patience(tries=5, total_s=30.0, slow_s=90.0, attempt_s=60.0)


@pytest.fixture
def in_a_hurry():
    hurry()
    yield
    hurry(wanted=False)


@pytest.fixture
def signals():
    found = Signals()
    found.listen()
    yield found
    found.forget()
    hurry(wanted=False)


def test_without_a_signal_patience_is_what_it_was():
    assert hurried(LONG, silent=True) == LONG


@pytest.mark.usefixtures("in_a_hurry")
def test_after_a_signal_no_request_takes_longer_than_stated_whatever_it_was_given():
    assert hurried(LONG, silent=False) == Patience(tries=5, total_s=HURRIED_S)
    assert hurried(Patience(total_s=3.0), silent=False).total_s == 3.0


@pytest.mark.usefixtures("in_a_hurry")
def test_a_service_that_left_a_request_unanswered_is_asked_once_and_shortly():
    assert hurried(LONG, silent=True) == Patience(tries=1, total_s=SILENT_S)


@pytest.mark.parametrize("apart", [False, True], ids=["in this thread", "in another"])
def test_what_is_in_flight_ends_cleans_up_after_itself_and_becomes_ctrl_c(apart):
    said = []

    async def work():
        try:
            threading.Timer(0.05, end_requests).start()
            await asyncio.sleep(60)
        finally:
            said.append("cleaned")

    def run():
        with asyncio.Runner() as runner, pytest.raises(KeyboardInterrupt):
            drive(runner, work)
        said.append("ended")

    if apart:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    else:
        run()
    assert said == ["cleaned", "ended"]
    assert end_requests() is False, "nothing is in flight any more"


def at_step(number, act):
    """Let a signal come before the step of that number that Python makes in our code or asyncio's runner."""
    steps = itertools.count()

    def watch(frame, event, _argument):
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and next(steps) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return watch

    sys.settrace(watch)
    try:
        act()
    finally:
        sys.settrace(None)
    return next(steps) <= number


@pytest.mark.long
@pytest.mark.parametrize("closing", [False, True], ids=["a request", "closing"])
def test_no_signal_leaves_a_coroutine_that_nobody_awaits_or_a_loop_open(
    closing, signals, recwarn, monkeypatch
):
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: lost.append(repr(one.exc_value)))
    monkeypatch.setattr("pytest_recsim.plugin.signals.ONCE_S", 0.0)
    met = 0
    for number in range(MOST_STEPS):
        core = Core(Endpoint("http://127.0.0.1:1", ORG, "acme"))
        act = core.close if closing else partial(core._run, partial(asyncio.sleep, 0))
        try:
            over = at_step(number, act)
        except KeyboardInterrupt:
            over = False
            met += 1
        core.close()
        gc.collect()
        assert (lost, [str(one.message) for one in recwarn]) == ([], []), f"step {number}"
        if over:
            break
    assert over
    assert met > 50
    assert end_requests() is False
