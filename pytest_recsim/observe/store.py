"""Answers on disk: a compact file that workers share and a readable dump for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from pytest_recsim.record.jsonio import write_atomic, write_gzip_lines
from pytest_recsim.service.contract.ask import Ask, Exchange
from pytest_recsim.service.contract.wire import Answer

_ARRAY = b"\xdd"  # begins an array whose length follows in four bytes


class Stored(msgspec.Struct, array_like=True):
    """One exchange as stored; the ask is rebuilt by the reader, who knows what was asked."""

    user_id: str
    answer: Answer
    seconds: float


def save(path: Path, exchanges: Collection[Exchange]) -> None:
    """Store answers in order; one is encoded at a time."""
    encode = msgspec.msgpack.Encoder().encode
    rows = (encode(Stored(one.ask.user_id, one.answer, one.seconds)) for one in exchanges)
    write_atomic(path, chain([_ARRAY + len(exchanges).to_bytes(4, "big")], rows))


def load(
    path: Path, asks: Iterable[Ask], *, url: str, org_id: str, namespace: str, keyed: bool
) -> list[Exchange]:
    """Read back what :func:`save` stored for the same asks.

    Raises:
        ValueError: it was stored for other users; an answer must never be taken for somebody else's.
    """
    asks, stored = list(asks), msgspec.msgpack.decode(path.read_bytes(), type=list[Stored])
    if [ask.user_id for ask in asks] != [row.user_id for row in stored]:
        raise ValueError(f"{path.name} holds the answers to other users' questions")
    return [
        Exchange(ask, row.answer, row.seconds, url, org_id, namespace, keyed)
        for ask, row in zip(asks, stored, strict=True)
    ]


def dump(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write recommendation_dump.jsonl.gz: per line the question and the whole answer."""

    def lines() -> Iterator[bytes]:
        for exchange in exchanges:
            body = exchange.ask.body(exchange.namespace)
            yield msgspec.json.encode({"request": body, "response": exchange.answer})

    write_gzip_lines(path, lines())
