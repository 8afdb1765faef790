"""Reads that are too slow at first: waited for, repeated within bounds, counted."""

from __future__ import annotations

from collections import Counter

import pytest
from service_fakes import Reply, answer, refusal
from waiting import LIMIT_S

from pytest_recsim.service.api import first
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http import client, retry
from pytest_recsim.service.http.retry import Budget, Patience


class Clock:
    """Time that passes only when a service lets it."""

    now = 0.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


def echo(request):
    return Reply(200, answer([request.body["user_id"]]))


def slow_at_first(times, bad):
    """A service whose database is slow at first: that many questions about every user meet ``bad``."""
    asked = Counter()

    def handle(request):
        asked[request.body["user_id"]] += 1
        return bad if asked[request.body["user_id"]] <= times else echo(request)

    return handle


@pytest.mark.parametrize(
    ("bad", "cause", "timeout", "least"),
    [(refusal(500, "internal"), "500", LIMIT_S, 8), (Reply(delay=60), "timeout", 0.1, 3)],
    ids=["500", "silent"],
)
def test_questions_that_are_too_slow_are_repeated_by_time_not_by_number_and_counted(
    serve, bad, cause, timeout, least
):
    patience = Patience(tries=2, first_s=0.01, longest_s=0.05)
    _, service = serve(slow_at_first(least, bad), timeout=timeout, slow_s=LIMIT_S, patience=patience)
    found = service.recommend([Ask(f"u{number}") for number in range(4)])
    assert [one.ids for one in found] == [(f"u{number}",) for number in range(4)]
    assert set(service.tally.retries) == set(service.tally.failed) == {cause}
    assert service.tally.retries[cause] >= 4 * least


def test_a_service_that_closes_late_without_an_answer_is_too_slow_like_one_that_says_so(serve, monkeypatch):
    monkeypatch.setattr(retry, "LATE_DROP_S", 0.05)
    late = Reply(delay=0.1, drop=True)
    _, service = serve(slow_at_first(3, late), slow_s=LIMIT_S, patience=Patience(tries=2, first_s=0.01))
    (found,) = service.recommend([Ask("u1")])
    assert found.ids == ("u1",)
    assert service.tally.retries == {"dropped": 3}


def test_every_attempt_at_a_slow_question_may_take_longer_so_that_the_answer_is_lived_to_see(serve):
    _, service = serve(
        lambda request: Reply(200, answer([request.body["user_id"]]), delay=0.5), timeout=0.2, slow_s=LIMIT_S
    )
    (found,) = service.recommend([Ask("u1")])
    assert found.ids == ("u1",)
    assert set(service.tally.retries) == {"timeout"}
    assert service.tally.retries["timeout"] >= 2  # 0.2 s and 0.4 s are too short


def test_questions_that_stay_too_slow_end_with_the_time_for_them(serve, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "monotonic", clock)
    server, service = serve(lambda _: clock.pass_by(1) or refusal(500, "internal"), slow_s=10)
    with pytest.raises(ServiceError, match=r"500 internal.*10 tries in 10\.0 s") as caught:
        service.recommend([Ask("u1")])
    assert len(server.seen) == 10
    assert caught.value.status == 500


def test_patience_with_slow_questions_is_none_with_a_service_that_is_down(serve):
    server, service = serve(lambda _: refusal(503, "down"), slow_s=60)
    with pytest.raises(ServiceError, match="5 tries"):
        service.recommend([Ask("u1")])
    assert len(server.seen) == 5


def test_a_listing_answered_500_is_asked_for_again_five_times_at_most(serve, recsys):
    _, service = serve(recsys, slow_s=60)
    recsys.fail["GET /v1/items"] = refusal(500, "internal")
    assert service.list_items().total == 0
    assert service.tally.retries == {"500": 1}
    server, service = serve(lambda _: refusal(500, "internal"), slow_s=60)
    with pytest.raises(ServiceError, match="5 tries"):
        service.list_items()
    assert len(server.seen) == 5


def test_a_write_answered_500_is_not_repeated(serve):
    server, service = serve(lambda _: refusal(500, "internal"), slow_s=60)
    with pytest.raises(ServiceError):
        service.upsert_items([{"item_id": "i1"}])
    with pytest.raises(ServiceError):
        service.create_override(item_id="i1")
    assert len(server.seen) == 2
    assert service.tally.retries == {}


def test_a_dead_service_is_not_asked_for_hours(serve):
    """Every check of a run would wait its whole time otherwise."""
    server, service = serve(lambda _: refusal(500, "internal"), slow_s=60)
    service._client._budget = Budget(repeats=6)
    with pytest.raises(ServiceError, match=r"7 tries in .*too many reads of this run were too slow before"):
        service.recommend([Ask("u1")])
    with pytest.raises(ServiceError, match="too many reads"):
        service.recommend([Ask("u2")])
    assert len(server.seen) == 8


# --- the first answers ---


@pytest.fixture
def short_pauses(monkeypatch):
    """Between two copies of a question there is next to no pause; only one that hangs for many seconds is copied."""
    pause = first.FirstAnswer._next_pause
    monkeypatch.setattr(first.FirstAnswer, "_next_pause", lambda self, **how: pause(self, **how) / 1000)


@pytest.fixture
def clock(monkeypatch, short_pauses):
    """The clock by which answers and our patience with them are measured; what a busy machine needs is not counted."""
    found = Clock()
    monkeypatch.setattr(client, "perf_counter", found)
    monkeypatch.setattr(first, "monotonic", found)
    return found


def test_first_questions_are_asked_until_an_answer_comes_within_a_normal_time(serve, clock):
    left = {"u1": 2, "u2": 0}

    def warming(request):
        user = request.body["user_id"]
        left[user] -= 1
        if left[user] >= 0:
            clock.pass_by(30)
        return Reply(200, answer([user]))

    seen = []
    server, service = serve(warming, concurrency=1, see=seen.append)
    found = service.first_answers([Ask("u1"), Ask("u2")], limit_s=90, normal_s=1)
    assert [one.ids for one in found] == [("u1",), ("u2",)]
    assert [one.seconds for one in found] == [0, 0]
    assert (
        len(server.seen) == len(seen) == 4
    )  # slow answers are answers: none was given up, all were looked at
    assert service.tally.failed == {}


def test_while_one_first_question_is_waited_for_the_others_are_not_asked(serve, clock):
    left = [30, 20]

    def warming(request):
        clock.pass_by(left.pop() if left else 0)
        return Reply(200, answer([request.body["user_id"]]))

    server, service = serve(warming)
    found = service.first_answers([Ask("u1"), Ask("u2")], limit_s=90, normal_s=1)
    assert [one.seconds for one in found] == [0, 0]
    assert [request.body["user_id"] for request in server.seen] == ["u1", "u1", "u1", "u2"]


def test_the_next_first_question_has_some_time_left_whatever_the_one_before_took(serve, clock):
    slow = [100]

    def warming(request):
        clock.pass_by(slow.pop() if slow else 0)
        return Reply(200, answer([request.body["user_id"]]))

    _, service = serve(warming)
    found = service.first_answers([Ask("u1"), Ask("u2")], limit_s=90, normal_s=1)
    assert [one.ids for one in found] == [("u1",), ("u2",)]
    assert [one.seconds for one in found] == [100, 0]


@pytest.mark.parametrize(
    "swallowed", [Reply(delay=60), Reply(drop=True, delay=60)], ids=["silent", "dropped"]
)
def test_a_first_question_that_is_swallowed_does_not_use_up_the_time(serve, monkeypatch, swallowed):
    """It is asked anew while the first copy still hangs, for that one would never be answered."""
    monkeypatch.setattr(first, "COPY_S", 0.2)
    server, service = serve(slow_at_first(1, swallowed))
    found = service.first_answers([Ask("u1"), Ask("u2")], limit_s=LIMIT_S, normal_s=LIMIT_S)
    assert [one.ids for one in found] == [("u1",), ("u2",)]
    assert len(server.seen) >= 4
    assert service.tally.seconds < 60


def test_a_service_that_never_answers_is_asked_a_handful_of_times(serve):
    _, service = serve(lambda _: Reply(delay=60))
    with pytest.raises(ServiceError, match="did not answer within"):
        service.first_answers([Ask("u1")], limit_s=1.5, normal_s=1)
    assert 2 <= service.tally.total <= 9


def test_a_first_question_that_is_refused_for_good_is_not_asked_again(serve):
    server, service = serve(lambda _: refusal(400, "missing_user_id"))
    with pytest.raises(ServiceError, match="missing_user_id"):
        service.first_answers([Ask("u1")], limit_s=LIMIT_S, normal_s=1)
    assert len(server.seen) == 1


@pytest.mark.usefixtures("short_pauses")
def test_first_questions_survive_500s_and_silence(serve):
    replies = [refusal(500, "internal"), Reply(drop=True), refusal(500, "internal")]
    _, service = serve(lambda request: replies.pop() if replies else echo(request))
    (found,) = service.first_answers([Ask("u1")], limit_s=LIMIT_S, normal_s=LIMIT_S)
    assert found.ids == ("u1",)
    assert service.tally.retries == service.tally.failed == {"500": 2, "dropped": 1}


def test_a_service_that_stays_slow_is_taken_as_it_is_when_the_time_is_over(serve, clock):
    server, service = serve(lambda _: clock.pass_by(20) or Reply(200, answer(["a"])))
    (found,) = service.first_answers([Ask("u1")], limit_s=90, normal_s=1)
    assert found.seconds == 20
    assert len(server.seen) == 5


def test_without_a_single_first_answer_the_last_failure_is_raised(serve, clock):
    server, service = serve(lambda _: clock.pass_by(20) or refusal(500, "internal"))
    with pytest.raises(ServiceError, match="500 internal"):
        service.first_answers([Ask("u1")], limit_s=90, normal_s=1)
    assert len(server.seen) == 5
