"""The ways to a service: lines of our own, or, through a proxy, httpx over aiohttp's connection pool."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient

from pytest_recsim import __version__
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.service.http.body import ENCODINGS
from pytest_recsim.service.http.endpoint import Endpoint
from pytest_recsim.service.http.lines import IDLE_S, Lines


def build(endpoint: Endpoint, stray: Callable[[], None]) -> httpx.AsyncClient:
    """Return a client that verifies TLS, follows no redirect and keeps at most ``concurrency`` connections.

    Our own time-out surrounds the whole attempt, so httpx's are off. ``stray`` is called for every kept
    connection on which an answer lies that nobody asked for.
    """
    trust = _trust(endpoint)
    try:
        made = _Client(
            verify=trust,
            timeout=None,
            follow_redirects=False,
            trust_env=endpoint.trust_env,
            limits=httpx.Limits(max_connections=endpoint.concurrency, keepalive_expiry=IDLE_S),
        )
    except (httpx.InvalidURL, ValueError):  # their words repeat parts of the URL, a password among them
        what = "one of these variables holds no URL of a proxy; write it like `http://proxy.example:3128`."
        raise InputError(Problem("HTTP_PROXY, HTTPS_PROXY, ALL_PROXY", what)) from None
    made.stray = stray
    made.plain = endpoint.base_url.startswith("http:")
    made.lines = None
    if not made.proxied:
        made.lines = Lines(
            httpx.URL(endpoint.base_url), None if made.plain else trust, endpoint.concurrency, stray
        )
    return made


def lines(made: httpx.AsyncClient) -> Lines | None:
    """Return the connections that are spoken to directly; None behind a proxy."""
    return made.lines if isinstance(made, _Client) else None


def head(endpoint: Endpoint, given: httpx.Headers) -> bytes:
    """Return what every request has after its first line, as far as it is the same for all."""
    base = httpx.URL(endpoint.base_url)
    fields = [(b"Host", base.netloc), *given.raw]
    return b"".join(b"%s: %s\r\n" % field for field in fields)


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
    """The client with our pool, behind a proxy too.

    Attributes:
        stray: hears of answers that nobody asked for.
        plain: whether the service is spoken to without TLS, so that a proxy reads the requests themselves.
        proxied: whether the environment names a proxy for anything.
        lines: what is spoken to directly where there is no proxy.
    """

    stray: Callable[[], None]
    plain: bool
    proxied = False
    lines: Lines | None

    def _init_transport(self, *args: Any, **kwargs: Any) -> httpx.AsyncBaseTransport:
        return self._pooled(super()._init_transport(*args, **kwargs))

    def _init_proxy_transport(self, *args: Any, **kwargs: Any) -> httpx.AsyncBaseTransport:
        self.proxied = True
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
        made = aiohttp.ClientSession(connector=pool, headers=self._signed(transport))
        made._retry_connection = False  # noqa: SLF001 - it would repeat reads by itself, and nobody counted them
        return made

    def _signed(self, transport: AiohttpTransport) -> dict[str, str]:
        """Give a proxy its password in a header, and return what has to be in every request for that.

        The way in which httpx hands it on makes aiohttp warn, and where warnings are errors there would be no request.
        """
        proxy = transport.proxy
        if proxy is None or proxy.raw_auth is None:
            return {}
        word = base64.b64encode(b":".join(proxy.raw_auth)).decode()
        said = {"Proxy-Authorization": f"Basic {word}"}
        transport.proxy = httpx.Proxy(proxy.url, ssl_context=proxy.ssl_context, headers=said)
        return said if self.plain else {}


def headers(endpoint: Endpoint) -> httpx.Headers:
    """Return the headers that every request carries."""
    found = {
        "X-Org-ID": endpoint.org_id,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": ENCODINGS,
        "User-Agent": f"pytest-recsim/{__version__}",
    }
    if endpoint.api_key:
        found["X-API-Key"] = endpoint.api_key
    if endpoint.token:
        found["X-Recsim-Token"] = endpoint.token
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
