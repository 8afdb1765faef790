"""Answer times and failed attempts: what they are, and when they cannot be measured."""

from __future__ import annotations

import pytest

from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.http.request_counts import RECOMMEND, Tally
from pytest_recsim.simulation.measure.traffic import answer_times, error_figure, p95_figure


def exchanges(*seconds: float) -> list[Exchange]:
    """One list per user u0, u1, ..."""
    return [
        Exchange(Ask(f"u{number}"), None, time, "http://x", "org", "ns")  # type: ignore[arg-type]
        for number, time in enumerate(seconds)
    ]


def test_times_are_in_ms_by_nearest_rank_per_segment_and_for_everybody():
    times = answer_times(
        {f"u{n}": "odd" if n % 2 else "even" for n in range(40)}, exchanges(*(n / 1000 for n in range(1, 41)))
    )
    assert set(times) == {"", "odd", "even"}
    assert (times[""].n, times[""].p50_ms, times[""].p95_ms, times[""].longest_ms) == (40, 20, 38, 40)
    assert (times["even"].n, times["even"].p95_ms) == (20, 37)
    assert (times["odd"].n, times["odd"].p95_ms) == (20, 38)


def test_without_lists_there_are_no_times():
    assert answer_times({}, [])[""].p95_ms is None


@pytest.mark.parametrize(("n", "value"), [(20, 19), (19, None), (0, None)])
def test_fewer_than_twenty_answers_have_no_95th_percentile(make_world, n, value):
    plan = make_world().plan
    times = answer_times({f"u{k}": "vip" for k in range(n)}, exchanges(*(k / 1000 for k in range(1, n + 1))))
    figure = p95_figure(plan, times, "vip")
    assert (figure.value, figure.n) == (value, n)
    assert bool(figure.reason) == (value is None)
    assert "up to 8 requests in flight" in figure.definition


def test_a_segment_may_ask_for_more_users(make_world, tmp_path):
    (tmp_path / "guardrails.yml").write_text(
        "customers: {acme: {segments: {vip: {min_segment_users: 30}}}}\n"
    )
    plan = make_world().plan
    times = answer_times({f"u{k}": "vip" for k in range(25)}, exchanges(*[0.001] * 25))
    assert p95_figure(plan, times, "vip").reason == "not enough data: 25 users, at least 30 are needed"


def test_the_error_rate_is_failed_attempts_of_all_attempts_with_their_causes():
    tally = Tally()
    tally.requests.update({RECOMMEND: 200, "GET /v1/items": 50})
    tally.failed.update({"timeout": 1, "503": 3})
    figure = error_figure(tally)
    assert (figure.value, figure.n) == (0.02, 200)
    assert figure.definition.endswith("causes: 503 3, timeout 1")


def test_without_requests_there_is_no_error_rate():
    figure = error_figure(Tally())
    assert figure.value is None
    assert figure.reason
