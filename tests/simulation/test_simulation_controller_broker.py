"""Stand-ins on demand: what a worker is told, what it is not, and that nobody waits in vain."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from truth_answers import NOW
from waiting import eventually

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.controller import broker
from pytest_recsim.simulation.controller.broker import Broker, ask
from pytest_recsim.simulation.session.run import RunContext, Secret
from pytest_recsim.simulation.session.simulation import SimulationFailed

TOKEN = "a-word-that-only-the-runs-processes-know"


@pytest.fixture
def context(plan_of, tmp_path):
    """What a worker got when it started: its service has no URL yet."""
    (scratch := tmp_path / "scratch").mkdir()
    return RunContext(
        plan=plan_of(),
        run_id="run-1",
        now=NOW,
        url="",
        bundle_dir="b",
        scratch=str(scratch),
        token=Secret(TOKEN),
    )


@pytest.fixture
def start(context):
    """Start a broker for a function that opens; it ends with the test."""
    started = []

    def make(due):
        started.append(Broker(Path(context.scratch), due))
        return started[-1]

    yield make
    for one in started:
        one.stop()


def opened(context, url="http://127.0.0.1:4711", **more):
    return msgspec.structs.replace(context, url=url, **more)


def test_a_worker_hears_the_url_of_the_service_that_was_opened_for_it(context, start):
    asked = []
    start(lambda name: asked.append(name) or opened(context, influences=("something.",)))
    told = ask(context)
    assert (told.url, told.influences) == ("http://127.0.0.1:4711", ("something.",))
    assert asked == ["acme"]
    assert told.token == Secret(TOKEN)


def test_every_worker_hears_the_same_and_the_service_is_opened_once(context, start):
    asked, told = [], []
    start(lambda name: asked.append(name) or opened(context))
    workers = [threading.Thread(target=lambda: told.append(ask(context).url)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (asked, told) == (["acme"], ["http://127.0.0.1:4711"] * 4)


def test_a_worker_that_comes_later_finds_the_answer_also_when_nobody_serves_any_more(context, start):
    served = start(lambda _: opened(context))
    first = ask(context)
    served.stop()
    assert ask(context) == first
    assert list((Path(context.scratch) / "wanted").iterdir()) == []


def test_a_service_that_is_known_already_is_not_asked_for(context):
    known = opened(context)
    assert ask(known) is known


def test_neither_the_token_nor_the_restart_command_lies_in_a_file(context, start, tmp_path):
    plan = msgspec.structs.replace(context.plan, restart_command="systemctl restart --password hunter2")
    start(lambda _: opened(context, plan=plan))
    assert ask(context).plan.restart_command == ""
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"127.0.0.1:4711" in written
    assert TOKEN.encode() not in written
    assert b"hunter2" not in written


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError(Problem("stand-in", "it did not start.")), "stand-in: it did not start."),
        (ServiceError("POST /x: 500", 500), "POST /x: 500"),
        (ZeroDivisionError("by zero"), "internal error in pytest-recsim: ZeroDivisionError: by zero"),
    ],
    ids=["wrong input", "a sick service", "a bug"],
)
def test_a_worker_is_told_why_there_is_no_service(context, start, error, words):
    def fail(_):
        raise error

    start(fail)
    with pytest.raises(SimulationFailed) as caught:
        ask(context)
    assert words in str(caught.value)


def test_a_failure_of_one_simulation_keeps_nobody_from_another(context, start):
    def due(name):
        if name == "acme":
            raise InputError(Problem("", "no."))
        return opened(context)

    start(due)
    with pytest.raises(SimulationFailed):
        ask(context)
    other = msgspec.structs.replace(context, plan=msgspec.structs.replace(context.plan, id="beta"))
    assert ask(other).url == "http://127.0.0.1:4711"


def test_where_nobody_answers_the_worker_gives_up_after_the_limit(context, monkeypatch):
    (Path(context.scratch) / "wanted").mkdir()
    monkeypatch.setattr(broker, "LIMIT_S", 0.03)
    with pytest.raises(SimulationFailed, match=r"its service was not opened within 0\.03 s"):
        ask(context)
    assert (Path(context.scratch) / "wanted" / "acme").exists()


def test_a_broker_that_is_stopped_opens_nothing_more(context, start):
    asked = []
    served = start(lambda name: asked.append(name) or opened(context))
    served.stop()
    (Path(context.scratch) / "wanted" / "acme").touch()
    assert not any(thread.name == "recsim-broker" for thread in threading.enumerate())
    assert asked == []


def test_a_wish_that_was_answered_is_taken_down_and_not_answered_again(context, start):
    asked = []
    start(lambda name: asked.append(name) or opened(context))
    ask(context)
    wish = Path(context.scratch) / "wanted" / "acme"
    wish.touch()  # a worker that looked just before the answer was there
    eventually(lambda: not wish.exists())
    assert asked == ["acme"]
