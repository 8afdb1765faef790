"""The HTTP client proper: httpx over aiohttp's connection pool, which does not collapse under concurrency."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient

from pytest_recsim import __version__
from pytest_recsim.data.problems import InputError, Problem
from pytest_recsim.service.endpoint import Endpoint

IDLE_S = 4.0
"""Idle connections are dropped before common servers (uvicorn: 5 s) close them under us."""


def build(endpoint: Endpoint, stray: Callable[[], None]) -> httpx.AsyncClient:
    """Return a client that verifies TLS, follows no redirect and keeps at most ``concurrency`` connections.

    Our own time-out surrounds the whole attempt, so httpx's are off. ``stray`` is called for every kept
    connection on which an answer lies that nobody asked for.
    """
    made = _Client(
        verify=_trust(endpoint),
        timeout=None,
        follow_redirects=False,
        trust_env=endpoint.trust_env,
        limits=httpx.Limits(max_connections=endpoint.concurrency, keepalive_expiry=IDLE_S),
    )
    made.stray = stray
    return made


class _Connector(aiohttp.TCPConnector):
    """A pool that gives no connection away on which something lies that nobody asked for.

    Such bytes (an answer sent twice) would be read as the answer to the next question, and from then on
    everybody would get the list of somebody else. That may have happened already: a copy that arrives while
    the next question is on its way cannot be told from its answer, and then the true answer is what lies here.
    """

    stray: Callable[[], None]

    async def connect(self, *args: Any, **kwargs: Any) -> aiohttp.connector.Connection:
        connection = await super().connect(*args, **kwargs)
        for _ in range(self.limit):
            if connection.protocol is None or not connection.protocol.should_close:
                break
            self.stray()
            connection.close()
            connection = await super().connect(*args, **kwargs)
        return connection


class _Client(HttpxAiohttpClient):
    """The client with our pool, behind a proxy too."""

    stray: Callable[[], None]

    def _init_transport(self, *args: Any, **kwargs: Any) -> httpx.AsyncBaseTransport:
        return self._pooled(super()._init_transport(*args, **kwargs))

    def _init_proxy_transport(self, *args: Any, **kwargs: Any) -> httpx.AsyncBaseTransport:
        return self._pooled(super()._init_proxy_transport(*args, **kwargs))

    def _pooled(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        assert isinstance(transport, AiohttpTransport)
        transport.client = lambda: self._session(
            transport
        )  # needs a running loop, hence not before a request
        return transport

    def _session(self, transport: AiohttpTransport) -> aiohttp.ClientSession:
        limits = transport.limits
        pool = _Connector(
            limit=limits.max_connections or 0,
            keepalive_timeout=limits.keepalive_expiry,
            ssl=transport.ssl_context,
        )
        pool.stray = self.stray
        made = aiohttp.ClientSession(connector=pool)
        made._retry_connection = False  # noqa: SLF001 - it would repeat reads by itself, and nobody counted them
        return made


def headers(endpoint: Endpoint) -> httpx.Headers:
    """Return the headers that every request carries."""
    found = {
        "X-Org-ID": endpoint.org_id,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": f"pytest-recsim/{__version__}",
    }
    if endpoint.api_key:
        found["X-API-Key"] = endpoint.api_key
    return httpx.Headers(found)


def _trust(endpoint: Endpoint) -> ssl.SSLContext:
    if not endpoint.base_url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and costs no loading of certificates
    if endpoint.ca_file is None:
        return httpx.create_ssl_context(trust_env=endpoint.trust_env)
    try:
        return ssl.create_default_context(cafile=str(endpoint.ca_file))
    except OSError as error:  # ssl.SSLError is one
        raise InputError(Problem(str(endpoint.ca_file), f"cannot be used as a CA file ({error}).")) from None
