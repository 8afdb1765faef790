"""A signal that asks a run to end, seen from the requests."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pytest_recsim.service.http.interrupt import HURRIED_S, SILENT_S, drive, end_requests, hurried, hurry
from pytest_recsim.service.http.retry import Patience

LONG = Patience(tries=5, total_s=30.0, slow_s=90.0, attempt_s=60.0)


@pytest.fixture
def in_a_hurry():
    hurry()
    yield
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
            drive(runner, work())
        said.append("ended")

    if apart:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    else:
        run()
    assert said == ["cleaned", "ended"]
    assert end_requests() is False, "nothing is in flight any more"
