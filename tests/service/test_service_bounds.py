"""What an answer may cost: its size unpacked, its nesting, and the length of what is quoted of it."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest
from service_fakes import Recsys, Reply, answer, refusal

from pytest_recsim.service.contract.ask import Ask
from pytest_recsim.service.contract.errors import ServiceError
from pytest_recsim.service.http.body import MOST, MOST_OF_A_LIST

GZIP = {"Content-Encoding": "gzip"}
HUGE = gzip.compress(b'{"items": [' + b" " * 80_000_000, 1)


def sentence(serve, reply, act=lambda service: service.recommend([Ask("u1")])):
    server, service = serve(lambda _: reply)
    with pytest.raises(ServiceError) as caught:
        act(service)
    return server, service, caught.value


def test_a_small_answer_that_unpacks_to_a_huge_one_is_dropped_as_soon_as_it_is_too_large(serve):
    assert len(HUGE) < 500_000
    tracemalloc.start()
    try:
        server, service, error = sentence(serve, Reply(200, HUGE, GZIP))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * MOST_OF_A_LIST
    assert error.code == "too_large"
    assert f"answered 200 with more than {MOST_OF_A_LIST:,} bytes" in error.sentence
    assert len(server.seen) == 1  # it would be as large again
    assert service.tally.failed == {"too_large": 1}


@pytest.mark.parametrize("act", ["version", "all_items"])
def test_every_other_answer_has_a_limit_too(serve, act):
    _, _, error = sentence(serve, Reply(200, HUGE, GZIP), lambda service: getattr(service, act)())
    assert f"more than {MOST:,} bytes" in error.sentence


def test_of_a_refusal_only_the_beginning_is_read(serve):
    _, _, error = sentence(serve, Reply(400, HUGE, GZIP))
    assert (error.status, len(error.sentence) < 500) == (400, True)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compressobj(wbits=-15).compress(body) or raw_deflated(body)),
        ("identity", bytes),
    ],
    ids=["gzip", "zlib", "raw deflate", "plain"],
)
def test_packed_answers_are_read(serve, encoding, packed):
    body = packed(json.dumps(answer(["a"])).encode())
    _, service = serve(lambda _: Reply(200, body, {"Content-Encoding": encoding}))
    assert service.recommend([Ask("u1")])[0].ids == ("a",)


def raw_deflated(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def test_an_encoding_that_was_not_asked_for_and_damaged_ones_are_named(serve):
    _, _, error = sentence(serve, Reply(200, b"\x1b\x00", {"Content-Encoding": "br"}))
    assert "content encoding `br`, which was not asked for" in error.sentence
    _, _, error = sentence(serve, Reply(200, b"{}" * 40, GZIP))
    assert "cannot be unpacked as `gzip`" in error.sentence


def test_only_encodings_that_are_bounded_are_asked_for(serve):
    server, service = serve(Recsys())
    service.version()
    assert server.seen[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_content_length_that_is_too_short_is_named_and_quoted_shortly(serve):
    """Which of the two is seen is the network's: whether more had arrived when the body was at its end."""
    body = json.dumps(answer([f"item-{n}" for n in range(2_000)])).encode()
    for length, drip in ((40, 0), (5_000, 0), (40, 0.001)):
        reply = Reply(200, body, {"Content-Length": str(length)}, drip=drip)
        _, _, error = sentence(serve, reply)
        more = "sent more than the Content-Length of its answer" in error.sentence
        assert more or f"at the end of its Content-Length of {length:,} bytes" in error.sentence
        assert len(error.sentence) < 500


def test_what_is_no_http_is_quoted_in_200_characters(serve):
    _, _, error = sentence(serve, Reply(raw=b"x" * 100_000 + b"\r\n\r\n"))
    assert "does not speak HTTP" in error.sentence
    assert len(error.sentence) < 450


DEEP = b"[" * 100_000 + b"]" * 100_000
SOME = b"[" * 400 + b"]" * 400


@pytest.mark.parametrize("nest", [DEEP, SOME], ids=["too deep to read", "too deep to go through"])
@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("recommend", b'{"x": %s}'),
        ("version", b'{"git_commit": "", "x": %s}'),
        ("health", b'{"status": "ok", "workers": {"a": {"b": %s}}}'),
        ("stored_config", b'{"config": {"a": %s}}'),
        ("stored_config", b'{"config": {}, "metadata": {"a": %s}}'),
        ("segments", b'{"segments": [{"segment_id": "s", "rules": [%s]}]}'),
        ("all_items", b'{"items": [%s], "total": 1}'),
    ],
)
def test_an_answer_that_is_nested_too_deeply_is_a_sentence(serve, act, body, nest):
    def asked(service):
        return service.recommend([Ask("u1")]) if act == "recommend" else getattr(service, act)()

    _, service = serve(lambda _: Reply(200, body % nest))
    if nest is SOME and act == "version":  # a member that is skipped
        assert asked(service)
        return
    with pytest.raises(ServiceError) as caught:
        asked(service)
    assert len(caught.value.sentence) < 500
    assert caught.value.code in ("not_json", "schema")


def test_details_of_a_refusal_that_are_nested_too_deeply_are_no_stack(serve):
    for nest in (DEEP, SOME):
        body = b'{"error": "bad", "message": "m", "details": %s}' % nest
        _, _, error = sentence(serve, Reply(400, body))
        assert error.status == 400
        assert len(error.sentence) < 700


def test_a_refusal_with_endless_words_is_quoted_shortly(serve):
    _, _, error = sentence(serve, refusal(400, "c" * 9_000, "m" * 9_000, correlation_id="i" * 9_000))
    assert len(error.sentence) < 1_200
    _, _, error = sentence(serve, Reply(302, b"", {"Location": "http://x/" + "a" * 5_000}))
    assert len(error.sentence) < 600
