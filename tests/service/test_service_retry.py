from __future__ import annotations

import asyncio
import random

import pytest

from pytest_recsim.service.pace import Pace
from pytest_recsim.service.retry import Patience, may_repeat


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


@pytest.mark.parametrize(
    "cause", ["400", "401", "404", "500", "tls", "not_http", "redirect", "schema", "not_json"]
)
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
