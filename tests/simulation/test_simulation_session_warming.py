from __future__ import annotations

import json
import time

import msgspec
import pytest
from truth_answers import DOCUMENT
from waiting import eventually

from pytest_recsim.record.jsonio import write_atomic
from pytest_recsim.record.metadata import WarmUp
from pytest_recsim.service.api import first
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.simulation.session import warming
from pytest_recsim.simulation.session.warming import NOTE, Lookout, first_users, sentence_of, warmed


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


# --- waiting for the first answers ---


def asks_of(*users):
    return [Ask(user) for user in users]


def waited(sim):
    return json.loads((sim.context.folder / NOTE).read_bytes())


def test_only_the_first_users_questions_are_asked_and_their_answers_kept(sim, town):
    sim.recommend(["u003"])
    town.forget()
    asks = asks_of("u000", "u001", "u002")
    answers, done = warmed(sim, ["u002", "u000"], asks)
    assert {ask.user_id: one.ask.user_id for ask, one in answers.items()} == {"u000": "u000", "u002": "u002"}
    assert [body["user_id"] for body in town.bodies] == ["u000", "u002"]
    assert (done.questions, done.failed) == (2, {})
    assert done.last_s == round(max(one.seconds for one in answers.values()), 3)
    assert done.seconds >= done.last_s
    assert waited(sim)["ended"] == sentence_of(done), "nobody waits any more"


def test_where_nobody_is_to_be_waited_for_nothing_is_asked(sim, join, town):
    assert warmed(sim, [], asks_of("u000")) == ({}, None)
    impatient = join(plan=lambda plan: msgspec.structs.replace(plan, warm_up=0.0))
    assert warmed(impatient, ["u000"], asks_of("u000")) == ({}, None)
    assert town.questions == 0


def test_while_somebody_waits_the_note_says_since_when_and_how_long_at_most(sim, town):
    notes = []
    town.twist = lambda path, answer: notes.append(waited(sim))
    before = time.time()
    warmed(sim, ["u000"], asks_of("u000"))
    (note,) = notes
    assert (note["limit_s"], note["ended"]) == (90.0, None)
    assert before - 1 <= note["began"] <= time.time()


def test_failures_on_the_way_are_counted_apart_from_earlier_ones(sim, town, monkeypatch):
    monkeypatch.setattr(first, "COPY_S", 0.02)
    sim.service.tally.failed["500"] += 7
    failing = iter([503])
    town.refuse = lambda method, path: next(failing, 0)
    _, done = warmed(sim, ["u000"], asks_of("u000"))
    assert done.failed == {"503": 1}
    assert done.questions == town.questions >= 2


def test_a_service_that_does_not_answer_is_told_with_the_option_that_says_how_long(sim, town):
    town.refuse = lambda method, path: 403
    with pytest.raises(ServiceError, match=r"403.*; these were the first questions after seeding") as caught:
        warmed(sim, ["u000"], asks_of("u000"))
    assert caught.value.status == 403
    assert "(--recsim-warm-up)." in caught.value.sentence
    assert waited(sim)["ended"].startswith("no first answer within ")


def test_whatever_ends_the_wait_nobody_is_said_to_wait_any_more(sim, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sim.service, "first_answers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        warmed(sim, ["u000"], asks_of("u000"))
    assert waited(sim)["ended"] == ""


def test_a_new_user_is_one_in_whatever_spelling_of_the_segment(make_world):
    """u2 has the fewest events and is none; u3 is one, as the service and the judge see it."""
    segments = {"u1": "vip", "u2": "vip", "u3": "New_Users"}
    users = [{"user_id": user, "traits": {"segment": segment}} for user, segment in segments.items()]
    assert first_users(make_world(document=DOCUMENT | {"users": users}), [*segments]) == ["u1", "u3"]


def test_an_answer_just_within_the_normal_time_is_warm():
    assert sentence_of(warm_up(last_s=2.0)) == "the service needed 23 s for its first answer"
    assert sentence_of(warm_up(seconds=3.0, last_s=2.0)) == "the service needed 3 s for its first answer"
    assert sentence_of(warm_up(seconds=2.99)) == ""
