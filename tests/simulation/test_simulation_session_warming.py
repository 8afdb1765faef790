from __future__ import annotations

import time

import pytest
from waiting import eventually

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.metadata import WarmUp
from pytest_recsim.simulation.session import warming
from pytest_recsim.simulation.session.warming import NOTE, Lookout, first_users, sentence_of


def warm_up(**facts):
    return WarmUp(**{"seconds": 23.4, "questions": 6, "failed": {}, "last_s": 0.07} | facts)


def test_the_first_users_are_the_one_with_most_history_and_a_new_one(make_world):
    assert first_users(make_world(), ["u1", "u2", "u3"]) == ["u1", "u2"]


def test_without_new_users_the_one_with_least_history_is_asked_second(make_world):
    assert first_users(make_world(), ["u1", "u3"]) == ["u1", "u3"]
    assert first_users(make_world(), ["u3"]) == ["u3"]
    assert first_users(make_world(), []) == []


def test_a_quick_first_answer_is_not_worth_a_word():
    assert sentence_of(warm_up(seconds=0.2)) == ""


def test_a_slow_first_answer_is_told_with_what_was_not_answered():
    assert sentence_of(warm_up()) == "the service needed 23 s for its first answer"
    told = sentence_of(warm_up(failed={"timeout": 2, "500": 3}))
    assert told.endswith("(6 questions, 5 of them failed; 500: 3, timeout: 2)")


def test_a_service_that_stayed_slow_is_not_called_warm():
    told = sentence_of(warm_up(seconds=90.1, last_s=4.25))
    assert told == "the service's answers still took 4.2 s after 90 s"


@pytest.fixture
def lookout(tmp_path, monkeypatch):
    """A lookout over two folders, and the lines that it printed."""
    monkeypatch.setattr(warming, "POLL_S", 0.02)
    lines = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    found = Lookout({name: tmp_path / name for name in ("a", "b")}, lines.append)
    yield tmp_path, lines
    found.stop()


def note(folder, began, ended):
    write_atomic(folder / NOTE, warming.msgspec.json.encode(warming._Wait(began, 90.0, ended)))


def test_the_controller_says_once_who_waits_and_how_it_ended(lookout):
    folder, lines = lookout
    note(folder / "a", time.time() - warming.TOLD_S, None)
    eventually(lambda: lines)
    time.sleep(0.1)
    assert lines == [
        "recsim: a: waiting for the service's first answer after seeding (90 s at most) ...",
    ]
    note(folder / "a", time.time(), "the service needed 5 s for its first answer")
    eventually(lambda: len(lines) == 2)
    assert lines[1] == "recsim: a: the service needed 5 s for its first answer"


def test_the_controller_says_nothing_of_a_short_wait(lookout):
    folder, lines = lookout
    note(folder / "b", time.time() + 3600, None)
    time.sleep(0.1)
    note(folder / "b", time.time() - 3600, "")
    note(folder / "a", time.time() - 3600, None)
    eventually(lambda: lines)
    time.sleep(0.1)
    assert [line.partition(":")[2].partition(":")[0].strip() for line in lines] == ["a"]
