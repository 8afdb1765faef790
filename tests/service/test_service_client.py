from __future__ import annotations

import re
import signal
import threading
import time

import pytest
from kept_port import kept_port
from service_fakes import Reply, answer, refusal
from waiting import eventually

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.service.api.client import Service
from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.request_counts import Tally
from pytest_recsim.service.http.retry import Patience

HURRIED = {"timeout": 1.0}
"""Where a request must time out; long enough that no other one does."""


def echo(request):
    """Answer with the user's id as the only item."""
    return Reply(200, answer([request.body["user_id"]]))


def failing_first(times, bad, good=echo):
    left = [times]

    def handle(request):
        if left[0]:
            left[0] -= 1
            return bad
        return good(request)

    return handle


def test_answers_come_in_the_order_of_the_questions_with_bounded_requests_in_flight(serve):
    def slow_for_even_users(request):
        number = int(request.body["user_id"][1:])
        slow = 0.01 if number % 2 == 0 else 0.0
        return Reply(200, answer([f"u{number}"]), delay=slow, until=lambda: server.peak >= 4)

    server, service = serve(slow_for_even_users, concurrency=4)
    found = service.recommend([Ask(f"u{number}") for number in range(60)])
    assert [one.ids for one in found] == [(f"u{number}",) for number in range(60)]
    assert [one.ask.user_id for one in found] == [f"u{number}" for number in range(60)]
    assert server.peak == 4
    assert server.connections == 4


def test_every_exchange_passes_the_observer_and_carries_where_it_was_asked(serve):
    passed = []
    server, service = serve(echo, see=passed.append, api_key="k-1")
    found = service.recommend([Ask("u1"), Ask("u2")])
    assert sorted(one.ids for one in passed) == sorted(one.ids for one in found)
    assert found[0].url == f"{server.url}/v1/recommendations"
    assert found[0].namespace == "ns"
    assert found[0].seconds > 0
    assert found[0].keyed


def test_headers_name_the_tenant_and_the_key(serve):
    server, service = serve(echo, api_key="k-1")
    service.recommend([Ask("u1")])
    headers = server.seen[0].headers
    assert headers["x-org-id"].endswith("0001")
    assert headers["x-api-key"] == "k-1"
    assert headers["user-agent"].startswith("pytest-recsim/")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_statuses_are_tried_again_and_counted(serve, status):
    server, service = serve(failing_first(2, refusal(status, "busy")))
    (found,) = service.recommend([Ask("u1")])
    assert found.ids == ("u1",)
    assert service.tally.retries == {str(status): 2}
    assert service.tally.failed == {str(status): 2}
    assert service.tally.total == len(server.seen) == 3
    assert service.tally.recommendations == 1


@pytest.mark.parametrize(
    ("bad", "cause", "settings"),
    [
        (Reply(drop=True), "dropped", {}),
        (Reply(200, answer(), cut=40), "dropped", {}),
        (Reply(200, answer(), delay=60), "timeout", HURRIED),
        pytest.param(Reply(200, answer(), drip=0.05), "timeout", HURRIED, marks=pytest.mark.long),
    ],
    ids=["closed without an answer", "closed in mid-body", "silent", "dripping"],
)
def test_safe_requests_survive_a_broken_connection(serve, bad, cause, settings):
    _, service = serve(failing_first(1, bad), **settings)
    (found,) = service.recommend([Ask("u1")])
    assert found.ids == ("u1",)
    assert service.tally.retries == service.tally.failed == {cause: 1}


def test_an_attempt_that_fails_for_good_counts_as_failed_and_other_endpoints_do_not(serve):
    _, service = serve(
        lambda request: refusal(400, "bad") if request.method == "POST" else refusal(404, "gone")
    )
    with pytest.raises(ServiceError):
        service.recommend([Ask("u1")])
    with pytest.raises(ServiceError):
        service.version()
    assert service.tally.failed == {"400": 1}
    assert service.tally.retries == {}


def test_a_read_whose_kept_connection_breaks_is_repeated_by_us_and_counted(serve):
    broken = [Reply(200, {"status": "ok"}), Reply(drop=True), Reply(200, {"status": "ok"})]
    server, service = serve(lambda _: broken.pop(0))
    service.health()
    assert service.health().status == "ok"
    assert service.tally.retries == {"dropped": 1}
    assert service.tally.total == len(server.seen) == 3


@pytest.mark.parametrize(
    ("at_once", "strays"), [(True, 0), (False, 2)], ids=["at once", "on the idle connection"]
)
def test_an_answer_that_comes_twice_is_never_taken_for_the_answer_to_the_next_question(
    serve, at_once, strays
):
    read = []

    def twice(request):
        user = request.body["user_id"]
        return Reply(200, answer([user]), again=lambda: at_once or user in read)

    server, service = serve(twice, concurrency=1)
    for times, user in enumerate(("u1", "u2", "u3"), 1):
        (found,) = service.recommend([Ask(user)])
        assert found.ids == (user,)
        read.append(user)
        eventually(lambda times=times: server.repeated == times)  # on loopback, what is sent is there
    assert service.tally.strays >= strays


def test_without_strays_nothing_is_counted(serve):
    _, service = serve(echo)
    service.recommend([Ask(f"u{number}") for number in range(50)])
    service.recommend([Ask(f"u{number}") for number in range(50)])
    assert service.tally.strays == 0


def test_patience_ends_after_five_tries_with_one_sentence(serve):
    server, service = serve(lambda _: refusal(503, "down", "gone fishing", correlation_id="h/1"))
    with pytest.raises(ServiceError) as caught:
        service.recommend([Ask("u1")])
    assert len(server.seen) == 5
    assert caught.value.status == 503
    assert caught.value.code == "down"
    sentence = caught.value.sentence
    for part in (server.url, "503 down: gone fishing", "correlation_id h/1", "for user `u1`", "5 tries"):
        assert part in sentence
    assert "\n" not in sentence


def test_patience_ends_when_its_time_is_spent(serve):
    _, service = serve(lambda _: Reply(delay=60), patience=Patience(total_s=0.5))
    with pytest.raises(ServiceError, match=r"did not answer within 0\.\d+ s") as caught:
        service.recommend([Ask("u1")])
    assert caught.value.code == "timeout"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_other_statuses_are_final(serve, status):
    server, service = serve(lambda _: refusal(status, "no", details={"field": "k"}))
    with pytest.raises(ServiceError, match=r"field.*k") as caught:
        service.recommend([Ask("u1")])
    assert len(server.seen) == 1
    assert (caught.value.status, caught.value.code) == (status, "no")


def test_a_retry_after_header_is_heeded(serve):
    reply = refusal(429, "rate_limited")
    reply.headers["Retry-After"] = "1"
    _, service = serve(failing_first(1, reply))
    started = time.monotonic()
    service.recommend([Ask("u1")])
    assert time.monotonic() - started >= 1.0


def test_a_service_that_asks_for_more_patience_than_we_have_is_told_with_that_wait(serve):
    reply = refusal(429, "rate_limited", "later")
    reply.headers["Retry-After"] = "3600"
    server, service = serve(lambda _: reply)
    with pytest.raises(ServiceError, match="asked us to wait 3600 s") as caught:
        service.recommend([Ask("u1")])
    assert caught.value.status == 429
    assert len(server.seen) == 1


def test_nobody_listening_is_told_as_such():
    with (
        kept_port() as port,
        Service(Endpoint(f"http://127.0.0.1:{port}", "o", "ns", trust_env=False)) as service,
        pytest.raises(ServiceError) as caught,
    ):
        service.health()
    assert caught.value.code == "unreachable"
    assert "Connection refused" in caught.value.sentence
    assert service.tally.retries == {"unreachable": 1}


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (
            Reply(200, b"<html>\n hi </html>", {"Content-Type": "text/html"}),
            "not_json",
            "text/html `<html> hi </html>`",
        ),
        (Reply(200, b""), "not_json", "empty body"),
        (Reply(200, b'{"items": ['), "not_json", 'broken off after `{"items": [`'),
        (Reply(200, b" "), "not_json", "empty body"),
        (Reply(200, b'{"model_version":"\xff"}'), "not_json", "is not UTF-8"),
        (Reply(200, {"items": "no"}), "schema", "items"),
        (
            Reply(200, b'{"model_version":"m","items":[{"item_id":"a","score":NaN}]}'),
            "not_json",
            'score":NaN',
        ),
        (Reply(200, b'{"model_version":"m","items":[{"score":1e999}]}'), "schema", "out of range"),
        (Reply(200, answer(["a"], scores=["1"])), "schema", "score"),
        (Reply(302, b"", {"Location": "https://elsewhere/x"}), "redirect", "https://elsewhere/x"),
        (Reply(raw=b"SSH-2.0-OpenSSH\r\n\r\n"), "not_http", "does not speak HTTP"),
        (Reply(418, b"teapot", {"Content-Type": "text/plain"}), None, "418 with text/plain `teapot`"),
    ],
)
def test_answers_that_are_no_answers_are_named_and_not_repeated(serve, reply, code, said):
    server, service = serve(lambda _: reply)
    with pytest.raises(ServiceError) as caught:
        service.recommend([Ask("u1")])
    assert caught.value.code == code
    assert said in caught.value.sentence
    assert "\n" not in caught.value.sentence
    assert len(server.seen) == 1


def test_a_redirect_is_never_followed_because_the_key_would_travel_along(serve):
    other, _ = serve(echo)
    _, service = serve(lambda _: Reply(307, b"", {"Location": other.url}), api_key="k-1")
    with pytest.raises(ServiceError, match="redirects are not followed"):
        service.recommend([Ask("u1")])
    assert other.seen == []


def test_the_key_is_masked_everywhere_even_when_the_service_repeats_it(serve):
    _, service = serve(lambda _: refusal(401, "unauthorized", "unknown key s3cret-9"), api_key="s3cret-9")
    with pytest.raises(ServiceError) as caught:
        service.recommend([Ask("u1")])
    assert "s3cret-9" not in caught.value.sentence + repr(service.endpoint)
    assert "********" in caught.value.sentence


@pytest.mark.parametrize(
    "settings", [{"api_key": "k\n1"}, {"namespace": " "}, {"timeout": 0}, {"concurrency": 0}]
)
def test_an_endpoint_that_cannot_work_is_refused(settings):
    with pytest.raises(InputError):
        Endpoint(**{"base_url": "http://h", "org_id": "o", "namespace": "ns", **settings})


def test_the_first_lasting_failure_ends_the_other_requests(serve):
    def handle(request):
        bad = request.body["user_id"] == "u3"
        return refusal(400, "bad") if bad else Reply(200, answer(), delay=0.02)

    server, service = serve(handle, concurrency=4)
    with pytest.raises(ServiceError, match="u3"):
        service.recommend([Ask(f"u{number}") for number in range(400)])
    assert len(server.seen) < 20


def test_a_rate_limit_below_our_speed_slows_us_down_instead_of_failing(serve):
    bucket = {"tokens": 5.0, "at": None}  # it fills from the first refusal on, so that there is one

    def limited(request):
        now = time.monotonic()
        if bucket["at"] is not None:
            bucket["tokens"] = min(5.0, bucket["tokens"] + (now - bucket["at"]) * 40)
            bucket["at"] = now
        if bucket["tokens"] < 1:
            bucket["at"] = now
            return refusal(429, "rate_limited")
        bucket["tokens"] -= 1
        return echo(request)

    _, service = serve(limited)
    found = service.recommend([Ask(f"u{number}") for number in range(100)])
    assert len(found) == 100
    assert 0 < service.tally.retries["429"] < 100


def test_a_connection_that_the_server_closed_between_two_calls_is_not_used_again(serve):
    def closing(request):
        reply = Reply(201, {**request.body, "rule_id": "r", "priority": 0})
        reply.headers["Keep-Alive"] = "timeout=1"
        return reply

    server, service = serve(closing)
    fields = {"surface": "s", "name": "n", "action": "BLOCK", "target_type": "TAG", "target_key": "t"}
    service.create_rule(**fields)
    server.hang_up()
    service.create_rule(**fields)  # not safe to repeat, so it must not meet the dead connection
    assert len(server.seen) == 2
    assert service.tally.retries == {}


def test_ctrl_c_in_the_middle_of_a_request_leaves_a_service_that_can_still_clean_up(serve):
    def interrupting(request):
        if request.path == "/health":
            return Reply(200, {"status": "ok"})
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        return Reply(delay=60)

    _, service = serve(interrupting)
    with pytest.raises(KeyboardInterrupt):
        service.recommend([Ask("u1")])
    assert service.health().status == "ok"


class Terminated(KeyboardInterrupt):
    """What the plugin raises: asyncio keeps any other kind of exception to itself when it comes inside a callback."""


def test_a_signal_handler_that_raises_leaves_no_request_behind(serve):
    """The plugin ends on SIGTERM by raising from a handler; what was in flight must not go on afterwards."""
    over = threading.Event()

    def interrupting(request):
        if request.path == "/health":
            return Reply(200, {"status": "ok"})
        if len(server.seen) == 2:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
        return Reply(200, answer(), until=over.is_set)

    server, service = serve(interrupting, concurrency=2)

    def raises(*_):
        raise Terminated

    before = signal.signal(signal.SIGALRM, raises)
    try:
        with pytest.raises(Terminated):
            service.recommend([Ask(f"u{number}") for number in range(8)])
    finally:
        signal.signal(signal.SIGALRM, before)
    assert service.health().status == "ok"
    over.set()
    eventually(lambda: server.in_flight == 0)
    assert service.health().status == "ok"
    assert [seen.path for seen in server.seen].count("/v1/recommendations") == 2


def test_closing_twice_is_fine_and_using_a_closed_service_is_not(serve):
    _, service = serve(echo)
    service.recommend([Ask("u1")])
    service.close()
    service.close()
    with pytest.raises(RuntimeError, match="closed"):
        service.recommend([Ask("u1")])


def test_environment_proxies_are_ignored_unless_trusted(serve, monkeypatch):
    proxy, _ = serve(lambda _: Reply(200, {"status": "from the proxy"}))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    _, direct = serve(lambda _: Reply(200, {"status": "ok"}), trust_env=False)
    _, trusting = serve(lambda _: Reply(200, {"status": "ok"}), trust_env=True)
    assert direct.health().status == "ok"
    assert trusting.health().status == "from the proxy"


def test_tallies_count_by_endpoint_and_add_up(serve):
    _, service = serve(lambda _: Reply(200, {"status": "ok"}))
    service.health()
    service.health()
    service.tally.failed["429"] = 2
    tally = Tally.from_json(service.tally.to_json())
    tally.add(service.tally)
    assert tally.failed == {"429": 4}
    assert tally.requests == {"GET /health": 4}
    assert tally.total == 4
    assert tally.seconds == pytest.approx(2 * service.tally.seconds, abs=1e-5)
    assert re.fullmatch(r"\{'total': 4.*\}", str(tally.to_json()))
