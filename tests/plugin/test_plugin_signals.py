"""Signals, seen from inside the process that gets them."""

from __future__ import annotations

import os
import signal

import pytest
from waiting import LIMIT_S

from pytest_recsim.plugin.signals import Signals
from pytest_recsim.service.http.interrupt import hurry


@pytest.fixture
def signals():
    found = Signals()
    found.listen()
    yield found
    found.forget()
    hurry(wanted=False)


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_record_is_written_is_heard_when_that_is_done(signals, number):
    done = []
    with signals.held():
        send(number)
        done.append("written")
    with pytest.raises(KeyboardInterrupt):
        signals.insist()
    assert done == ["written"]


def test_a_second_one_in_the_same_second_is_the_same_wish(signals, monkeypatch):
    monkeypatch.setattr("pytest_recsim.plugin.signals.ONCE_S", LIMIT_S)  # a busy machine's seconds are short
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
    send(signal.SIGINT)
    send(signal.SIGTERM)
    assert signals.number == 0, "the first one decides the exit code"


def test_who_caught_it_is_asked_anew_and_at_the_end_nothing_is_raised_any_more(signals, monkeypatch):
    monkeypatch.setattr("pytest_recsim.plugin.signals.ONCE_S", 0.0)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
    signals.ending = True
    send(signal.SIGINT)
    signals.insist()


def test_afterwards_signals_are_what_they_were(signals):
    before = signal.getsignal(signal.SIGINT)
    signals.forget()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler is not before
