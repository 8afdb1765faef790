from __future__ import annotations

import asyncio
import random

import pytest

from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http import retry
from pytest_recsim.service.http.retry import (
    LATE_DROP_S,
    Budget,
    Patience,
    Setback,
    is_slow,
    may_repeat,
    persist,
)
from pytest_recsim.service.http.throttle import Pace


def test_pauses_double_up_to_the_longest_and_half_of_each_is_random():
    patience, chance = Patience(first_s=0.2, longest_s=1.0), random.Random(7)
    for failures, most in [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.0), (9, 1.0)]:
        drawn = [patience.pause(failures, chance) for _ in range(200)]
        assert most / 2 <= min(drawn) < 0.6 * most
        assert 0.9 * most < max(drawn) <= most


@pytest.mark.parametrize("cause", ["timeout", "dropped", "502", "503", "504"])
def test_what_may_have_acted_is_repeated_only_when_that_is_safe(cause):
    assert may_repeat(cause, safe=True)
    assert not may_repeat(cause, safe=False)


@pytest.mark.parametrize("cause", ["unreachable", "429"])
def test_what_surely_did_not_act_is_always_repeated(cause):
    assert may_repeat(cause, safe=False)


@pytest.mark.parametrize("cause", ["400", "401", "404", "tls", "not_http", "redirect", "schema", "not_json"])
def test_what_will_not_change_is_never_repeated(cause):
    assert not may_repeat(cause, safe=True)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_without_refusals_there_is_no_distance_between_requests():
    pace = Pace(Clock())
    for _ in range(100):
        pace.accepted()
    assert pace.interval == 0.0


def test_refusals_stretch_the_distance_once_per_burst_and_acceptance_shrinks_it_again():
    clock = Clock()
    pace = Pace(clock)
    pace.refused()
    first = pace.interval
    pace.refused()
    assert pace.interval == first > 0
    clock.now = 1.0
    pace.refused()
    assert pace.interval == pytest.approx(1.5 * first)
    for _ in range(20):
        pace.accepted()
    assert pace.interval == pytest.approx(1.35 * first)
    for _ in range(20 * 60):
        pace.accepted()
    assert pace.interval == 0.0


def test_turns_are_spaced_by_the_interval():
    pace = Pace()
    pace.interval = 0.02

    async def several():
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.gather(*[pace.turn() for _ in range(6)])
        return loop.time() - started

    assert asyncio.run(several()) >= 0.09


def test_500_is_repeated_for_a_read_only_because_it_refuses_writes_that_are_not_valid():
    assert may_repeat("500", safe=True, read=True)
    assert not may_repeat("500", safe=True)


def test_what_is_too_slow_is_repeated_by_time_and_anything_else_by_number_too():
    patience = Patience(tries=5, total_s=30, slow_s=90)
    assert not patience.ended(tries=0, at_s=89, slow=True)
    assert patience.ended(tries=0, at_s=90, slow=True)
    assert patience.ended(tries=5, at_s=1, slow=False)
    assert patience.ended(tries=1, at_s=30, slow=False)


def test_a_connection_that_closes_late_without_an_answer_is_slow_and_one_that_closes_at_once_is_not():
    """A service that gives up writing its answer closes the connection."""
    assert is_slow("dropped", LATE_DROP_S)
    assert not is_slow("dropped", 0.1)
    assert is_slow("500", 0.1)
    assert not is_slow("503", 60)


def test_an_attempt_at_a_slow_read_may_take_longer_each_time_up_to_what_the_service_allows_itself():
    assert [Patience(slow_s=90).limit_s(10, number) for number in range(1, 6)] == [10, 20, 30, 30, 30]
    assert Patience(slow_s=90).limit_s(60, 3) == 60
    assert Patience().limit_s(10, 3) == 10


def test_a_budget_ends_by_number_or_by_time():
    few, short = Budget(repeats=2, seconds=100), Budget(repeats=100, seconds=2)
    assert [few.spend(0.1) for _ in range(4)] == [True, True, False, False]
    assert [short.spend(0.9) for _ in range(4)] == [True, True, False, False]


def test_tries_go_on_until_the_time_is_spent_and_never_get_more_than_what_is_left(monkeypatch):
    clock, left, noted = Clock(), [], []

    async def pause(seconds):
        clock.now += seconds

    async def silent(_, seconds):
        left.append(seconds)
        clock.now += min(0.2, seconds)
        raise Setback("timeout", ServiceError("did not answer.", None, "timeout"), repeatable=True)

    monkeypatch.setattr(retry, "monotonic", clock)
    monkeypatch.setattr(asyncio, "sleep", pause)
    with pytest.raises(ServiceError, match=r"^did not answer \([23] tries in 0\.[456] s\)\.$"):
        asyncio.run(persist(silent, Patience(first_s=0.1, total_s=0.6), random.Random(), noted.append))
    assert clock.now <= 0.6
    assert left == sorted(left, reverse=True)
    assert 2 <= len(left) <= 3
    assert min(left) > 0
    assert noted == ["timeout"] * (len(left) - 1)
