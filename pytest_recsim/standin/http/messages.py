"""Requests and answers as the handlers see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_recsim.standin.http import wire

JSON = "application/json"


class Request(NamedTuple):
    """One request whose sender was let in.

    ``org`` is the canonical tenant ('' outside the tenant layer), ``query`` the first value of every key, ``path_id``
    the variable part of the path ('' when it has none).
    """

    org: str
    query: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    body: bytes
    path_id: str = ""

    def read(self, fields: wire.Fields) -> dict[str, Any]:
        return wire.read_body(self.body, fields)


class Answer(NamedTuple):
    """Status, encoded body, media type, an optional Allow header, and the seconds after which it is sent."""

    status: int
    body: bytes
    media_type: str = JSON
    allow: str = ""
    delay: float = 0.0


ACCEPTED = Answer(202, b'{"status":"accepted"}')
OK = Answer(200, b'{"status":"ok"}\n')


def answer(body: Any, status: int = 200, media_type: str = JSON) -> Answer:
    return Answer(status, wire.write(body) + b"\n", media_type)
