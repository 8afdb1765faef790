"""Answers under seeded damage: each is taken or one short sentence, and none grows beyond its limit.

100 in the quick suite, 1,000 among the long ones, both the same in every run
10,000 others: RECSIM_EXAMPLES=10000 python -m pytest -m long tests/service/test_service_fuzz_answers.py
"""

# ruff: noqa: PT017 - an example may be taken or refused; both have something to hold

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib

import httpx
import msgspec
from fuzzing import ASKED, FEW, bent, for_all, in_two_sizes
from hypothesis import strategies as st
from service_fakes import answer

from pytest_recsim.service.contract.records import (
    EventPage,
    ItemPage,
    RuleList,
    SegmentList,
    StoredConfig,
    UserPage,
)
from pytest_recsim.service.contract.wire import Answer, Deleted, Health, Version
from pytest_recsim.service.http.body import MOST_OF_A_REFUSAL, STEP, BadBody, received
from pytest_recsim.service.http.call import RECOMMEND_PATH, Call, Reply
from pytest_recsim.service.http.client import Client
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.request_counts import RECOMMEND
from pytest_recsim.service.http.retry import Setback

KEY = "k-secret-of-this-run"
SOUND = {
    Answer: answer(["a", "b"], segment_id="s"),
    Health: {"status": "ok", "workers": {"w": {"lag": 1}}},
    Version: {"git_commit": "abc", "model_version": "m"},
    ItemPage: {"items": [{"item_id": "i", "available": True, "tags": ["a"], "props": "{}"}], "total": 1, "limit": 100},
    UserPage: {"items": [{"user_id": "u", "traits": '{"segment": "s"}'}], "total": 1},
    EventPage: {"items": [{"user_id": "u", "item_id": "i", "type": 3, "value": 1.0, "ts": "2026-01-01T00:00:00Z"}], "total": 1},
    StoredConfig: {"config": {"brand_cap": 2, "brand_tag_prefixes": ["brand"]}, "metadata": {"source": "env"}},
    SegmentList: {"segments": [{"segment_id": "s", "rules": [{"a": [1]}]}]},
    RuleList: {"rules": [{"rule_id": "r", "namespace": "n", "surface": "s", "name": "x", "action": "BLOCK", "target_type": "ITEM"}]},
    Deleted: {"deleted_count": 1},
}  # fmt: skip
REFUSED = {"error": "bad_request", "message": "no", "correlation_id": "c", "details": {"a": [1]}}
TOKENS = (
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"-1", b"1e999", b"NaN", b'"\\ud800"', b"\0", b"\xff", b"\x1b[31m", b"\n",
    b"9" * 400, b"[" * 400, b'{"a":' * 3_000, b"[" * 100_000, b'"x": ' + b"[" * 300 + b"]" * 300 + b",", KEY.encode(), b" " * 3_000, b"a" * 90_000,
)  # fmt: skip
LIMIT = 100_000


def _reply(seed):
    """A status, headers, a body as it travels, and the type that is expected."""
    rng = random.Random(seed)
    kind, sound = rng.choice(list(SOUND.items()))
    status = rng.choice((200, 200, 200, 201, 400, 404, 429, 500, 302))
    body = bent(json.dumps(sound if status < 300 else REFUSED).encode(), seed, TOKENS)
    encoding = rng.choice(("", "", "", "gzip", "deflate", "br", "gzip, gzip", "identity", "\x1b"))
    body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(body)
    if encoding and rng.random() < 0.3:
        body = bent(body, seed, TOKENS)
    if encoding and rng.random() < 0.1:
        body = gzip.compress(b"[" + b" " * 5_000_000)
    headers = {
        "content-encoding": encoding,
        "content-length": str(len(body)),
        "location": "http://x/" + "a" * rng.randint(0, 900),
    }
    return status, headers, body, kind  # fmt: skip


async def _received(status, headers, body):
    sent = httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))
    return await received(sent, LIMIT)


@in_two_sizes
def test_any_answer_is_taken_or_told_in_one_short_sentence_and_within_its_limit(examples):
    client = Client(Endpoint("http://127.0.0.1:9", "o", "ns", api_key=KEY))
    outcomes = {"taken": 0, "told": 0, "not unpacked": 0}
    with asyncio.Runner() as runner:

        def taken_or_told(seed):
            status, headers, body, kind = _reply(seed)
            path = RECOMMEND_PATH if kind is Answer else "/v1/x"
            call = Call("POST", path, what="for user `u`", label=RECOMMEND if kind is Answer else "")
            try:
                content = runner.run(_received(status, headers, body))
            except BadBody as error:
                assert 200 <= status < 300
                assert len(error.text) < 200
                outcomes["not unpacked"] += 1
                return
            assert len(content) <= (LIMIT + STEP if status < 300 else MOST_OF_A_REFUSAL)
            try:
                client._judged(call, Reply(status, headers, content, 0.1), msgspec.json.Decoder(kind).decode)
            except Setback as setback:
                outcomes["told"] += 1
                said = setback.error.sentence
                assert len(said) < 1_500, said
                assert "\n" not in said
                assert KEY not in said
            else:
                outcomes["taken"] += 1

        examples = examples if ASKED or examples == FEW else examples // 10
        for_all(examples, st.integers(0, 2**64), taken_or_told)
        runner.run(client.aclose())
    assert min(outcomes.values()) > examples / 100, outcomes
