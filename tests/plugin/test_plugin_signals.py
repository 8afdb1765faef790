"""Signals, seen from inside the process that gets them."""

from __future__ import annotations

import os
import signal
import sys

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


def test_where_other_peoples_code_may_hang_a_second_wish_is_heard_at_once(signals, monkeypatch):
    monkeypatch.setattr("pytest_recsim.plugin.signals.ONCE_S", 0.0)
    with signals.held(once=True):
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
        with signals.held():
            send(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signals.insist()


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


class Met:
    """Its finalizer is what a signal meets."""

    def __del__(self):
        send(signal.SIGINT)


def test_a_signal_that_meets_a_finalizer_is_heard_soon_after_and_leaves_no_trace(signals, monkeypatch):
    lost = []
    monkeypatch.setattr(signals, "_hook", lost.append)
    met = Met()
    del met  # Python cannot raise here
    assert lost == []
    with pytest.raises(KeyboardInterrupt):
        signals.insist()


def test_what_else_a_finalizer_raises_is_told_as_ever(signals, monkeypatch):
    lost = []
    monkeypatch.setattr(signals, "_hook", lambda one: lost.append(one.exc_type))
    monkeypatch.setattr(Met, "__del__", lambda _: 1 / 0)
    Met()
    assert lost == [ZeroDivisionError]


def test_afterwards_signals_are_what_they_were(signals):
    before = signal.getsignal(signal.SIGINT)
    signals.forget()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler is not before
    assert sys.unraisablehook is not signals._ours
