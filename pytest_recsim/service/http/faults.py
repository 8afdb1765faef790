"""Naming what goes wrong on the way: from transport exceptions and error answers to a cause and a sentence."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import httpx
import msgspec

from pytest_recsim.clock import wall
from pytest_recsim.record.bounds import shallow
from pytest_recsim.record.masking import masked, masked_part
from pytest_recsim.service.contract.wire import ErrorBody
from pytest_recsim.service.http.call import Reply
from pytest_recsim.service.http.line import NotHttp
from pytest_recsim.service.http.lines import Unreachable

EXCERPT = 120
ON_THE_WAY = (
    httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, NotHttp, Unreachable, TimeoutError, OSError
)  # fmt: skip
"""What a request may end with that got no complete answer."""
_JSON_BEGINS = re.compile(r"""b['"]\s*[{\[]""")
QUOTED = 200
"""Characters of what others say, and no more."""
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a body may raise: bytes that are no UTF-8, and too many levels, are told by Python itself."""


def transport_fault(error: BaseException, timeout: float) -> tuple[str, str]:
    """Return (cause, half a sentence) for a request that got no complete answer.

    The aiohttp exception below the httpx one decides: the transport maps a refused connection and a
    dropped one to the same httpx class, and only the former is safe to repeat whatever was asked.
    """
    root = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    if isinstance(root, TimeoutError):
        return "timeout", f"did not answer within {timeout:.3g} s"
    if isinstance(root, (aiohttp.ClientSSLError, ssl.SSLError)):
        return "tls", f"does not present a certificate that can be trusted ({root})"
    if isinstance(root, (aiohttp.ClientConnectorError, Unreachable)):
        return "unreachable", f"cannot be reached ({_reason(root.os_error)})"
    if isinstance(root, (aiohttp.ClientResponseError, NotHttp)):
        return "not_http", _no_http(root)
    if isinstance(root, aiohttp.ClientPayloadError):
        return "dropped", "closed the connection in the middle of the answer"
    return "dropped", f"closed the connection before it answered ({type(root).__name__})"


def _reason(error: OSError) -> str:
    """Prefer the system's words: asyncio replaces them by the address, which is in the sentence already."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return str(error.strerror or error)
    return os.strerror(error.errno)


def _no_http(error: aiohttp.ClientResponseError | NotHttp) -> str:
    message = str(error) if isinstance(error, NotHttp) else error.message
    said = _brief(message) or type(error).__name__
    if (isinstance(error, NotHttp) and error.overlong) or _JSON_BEGINS.search(message):
        return f"sent more than the Content-Length of its answer, or no HTTP at all ({said})"
    return f"does not speak HTTP ({said})"


def _brief(text: str) -> str:
    line = " ".join(masked(text).split())  # before it is cut: half a secret is not recognised
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}..."


def retry_after(reply: Reply, clock: Callable[[], float] = wall) -> float:
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
        target = _brief(reply.headers.get("location", "")) or "somewhere else"
        return "redirect", f"answered {reply.status}, a redirect to {target}; redirects are not followed"
    try:
        found = msgspec.json.decode(reply.body, type=ErrorBody)
    except BROKEN:
        return "", f"answered {reply.status} with {described(reply)}"
    details = f" {_details(found.details)}" if found.details else ""
    trace = f" (correlation_id {_brief(found.correlation_id)})" if found.correlation_id else ""
    message = f": {_brief(found.message)}" if found.message else ""
    return found.error, f"answered {reply.status} {_brief(found.error)}{message}{details}{trace}"


def _details(details: Any) -> str:
    if not shallow(details):
        return "(details that are nested too deeply)"
    return masked(msgspec.json.encode(details).decode())[: 2 * EXCERPT]


def unreadable(reply: Reply, error: Exception) -> tuple[str, str]:
    """Return (code, half a sentence) for a 2xx whose body is not what the contract promises."""
    if isinstance(error, msgspec.ValidationError):
        return "schema", f"answered {reply.status} with JSON that breaks the contract: {_brief(str(error))}"
    if reply.body.lstrip()[:1] not in {b"{", b"["}:
        return "not_json", f"answered {reply.status} with {described(reply)} instead of JSON"
    return (
        "not_json",
        f"answered {reply.status} with JSON that {_break(reply.body, error, reply.headers.get('content-length', ''))}",
    )


def _break(body: bytes, error: Exception, length: str) -> str:
    """Say where a body that began as JSON stops being it."""
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    place = re.search(r"\(byte (\d+)\)", str(error))
    if place is None:
        whole = (
            f", at the end of its Content-Length of {len(body):,} bytes" if length == str(len(body)) else ""
        )
        return f"is broken off after `{_line(body[-EXCERPT // 2 :])}`{whole}"
    at = int(place[1])
    return f"is malformed at byte {at}: `{_line(body[max(0, at - EXCERPT // 2) : at + EXCERPT // 4])}`"


def _line(part: bytes) -> str:
    return masked_part(re.sub(r"\s+", " ", part.decode("utf-8", "replace")).strip())


def described(reply: Reply) -> str:
    """Say what a body is, with its beginning, on one line."""
    if not reply.body.strip():
        return "an empty body"
    text = _line(reply.body[: 4 * EXCERPT])
    shown = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}..."
    return f"{reply.headers.get('content-type') or 'an untyped body'} `{shown}`"
