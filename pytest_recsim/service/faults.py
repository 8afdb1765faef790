"""Naming what goes wrong on the way: from transport exceptions and error answers to a cause and a sentence."""

from __future__ import annotations

import os
import re
import socket

import aiohttp
import msgspec

from pytest_recsim.service.call import Reply
from pytest_recsim.service.wire import ErrorBody

EXCERPT = 120


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


def retry_after(reply: Reply) -> float:
    """Seconds of a numeric ``Retry-After`` header, else 0."""
    asked = reply.headers.get("retry-after", "").strip()
    return float(asked) if asked.isdecimal() else 0.0


def refusal(reply: Reply) -> tuple[str, str]:
    """Return (code, half a sentence) for an answer that is not a 2xx."""
    if 300 <= reply.status < 400:
        target = reply.headers.get("location") or "somewhere else"
        return "redirect", f"answered {reply.status}, a redirect to {target}; redirects are not followed"
    try:
        found = msgspec.json.decode(reply.body, type=ErrorBody)
    except msgspec.DecodeError:
        return "", f"answered {reply.status} with {described(reply)}"
    details = f" {msgspec.json.encode(found.details).decode()[: 2 * EXCERPT]}" if found.details else ""
    trace = f" (correlation_id {found.correlation_id})" if found.correlation_id else ""
    message = f": {found.message}" if found.message else ""
    return found.error, f"answered {reply.status} {found.error}{message}{details}{trace}"


def unreadable(reply: Reply, error: msgspec.DecodeError) -> tuple[str, str]:
    """Return (code, half a sentence) for a 2xx whose body is not what the contract promises."""
    if isinstance(error, msgspec.ValidationError):
        return "schema", f"answered {reply.status} with JSON that breaks the contract: {error}"
    return "not_json", f"answered {reply.status} with {described(reply)} instead of JSON"


def described(reply: Reply) -> str:
    """Say what a body is, with its beginning, on one line."""
    if not reply.body.strip():
        return "an empty body"
    text = re.sub(r"\s+", " ", reply.body[: 4 * EXCERPT].decode("utf-8", "replace")).strip()
    shown = text if len(text) <= EXCERPT else f"{text[:EXCERPT]}..."
    return f"{reply.headers.get('content-type') or 'an untyped body'} `{shown}`"
