"""Naming what goes wrong on the way: from transport exceptions and error answers to a cause and a sentence."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from pytest_recsim.service.call import Reply
from pytest_recsim.service.wire import ErrorBody

EXCERPT = 120
BROKEN = (msgspec.DecodeError, UnicodeDecodeError)
"""What decoding a body may raise: bytes that are no UTF-8 are told by Python itself."""


def transport_fault(error: BaseException, timeout: float) -> tuple[str, str]:
    """Return (cause, half a sentence) for a request that got no complete answer.

    The aiohttp exception below the httpx one decides: the transport maps a refused connection and a
    dropped one to the same httpx class, and only the former is safe to repeat whatever was asked.
    """
    root = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if isinstance(root, TimeoutError):
        return "timeout", f"did not answer within {timeout:g} s"
    if isinstance(root, aiohttp.ClientSSLError):
        return "tls", f"does not present a certificate that can be trusted ({root})"
    if isinstance(root, aiohttp.ClientConnectorError):
        return "unreachable", f"cannot be reached ({_reason(root.os_error)})"
    if isinstance(root, aiohttp.ClientResponseError):
        return "not_http", f"does not speak HTTP ({root.message or type(root).__name__})"
    if isinstance(root, aiohttp.ClientPayloadError):
        return "dropped", "closed the connection in the middle of the answer"
    return "dropped", f"closed the connection before it answered ({type(root).__name__})"


def _reason(error: OSError) -> str:
    """Prefer the system's words: asyncio replaces them by the address, which is in the sentence already."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return str(error.strerror or error)
    return os.strerror(error.errno)


def retry_after(reply: Reply, clock: Callable[[], float] = time.time) -> float:
    """Seconds that a ``Retry-After`` header asks to wait, as a number or a date, else 0.

    A date is compared with the answer's own ``Date``, because the service's clock may not be ours.
    """
    asked = reply.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    until, now = _moment(asked), _moment(reply.headers.get("date", ""))
    if until is None:
        return 0.0
    return max(0.0, until.timestamp() - (clock() if now is None else now.timestamp()))


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def refusal(reply: Reply) -> tuple[str, str]:
    """Return (code, half a sentence) for an answer that is not a 2xx."""
    if 300 <= reply.status < 400:
        target = reply.headers.get("location") or "somewhere else"
        return "redirect", f"answered {reply.status}, a redirect to {target}; redirects are not followed"
    try:
        found = msgspec.json.decode(reply.body, type=ErrorBody)
    except BROKEN:
        return "", f"answered {reply.status} with {described(reply)}"
    details = f" {msgspec.json.encode(found.details).decode()[: 2 * EXCERPT]}" if found.details else ""
    trace = f" (correlation_id {found.correlation_id})" if found.correlation_id else ""
    message = f": {found.message}" if found.message else ""
    return found.error, f"answered {reply.status} {found.error}{message}{details}{trace}"


def unreadable(reply: Reply, error: Exception) -> tuple[str, str]:
    """Return (code, half a sentence) for a 2xx whose body is not what the contract promises."""
    if isinstance(error, msgspec.ValidationError):
        return "schema", f"answered {reply.status} with JSON that breaks the contract: {error}"
    if reply.body.lstrip()[:1] not in {b"{", b"["}:
        return "not_json", f"answered {reply.status} with {described(reply)} instead of JSON"
    return "not_json", f"answered {reply.status} with JSON that {_break(reply.body, error)}"


def _break(body: bytes, error: Exception) -> str:
    """Say where a body that began as JSON stops being it."""
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    place = re.search(r"\(byte (\d+)\)", str(error))
    if place is None:
        return f"is broken off after `{_line(body[-EXCERPT // 2 :])}`"
    at = int(place[1])
    return f"is malformed at byte {at}: `{_line(body[max(0, at - EXCERPT // 2) : at + EXCERPT // 4])}`"


def _line(part: bytes) -> str:
    return re.sub(r"\s+", " ", part.decode("utf-8", "replace")).strip()


def described(reply: Reply) -> str:
    """Say what a body is, with its beginning, on one line."""
    if not reply.body.strip():
        return "an empty body"
    text = _line(reply.body[: 4 * EXCERPT])
    shown = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}..."
    return f"{reply.headers.get('content-type') or 'an untyped body'} `{shown}`"
