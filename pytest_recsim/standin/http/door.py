"""Who may speak to this process at all, before the contract says anything."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from pytest_recsim.standin.http.errors import ApiError

TOKEN_VARIABLE, TOKEN_HEADER = "RECSIM_STANDIN_TOKEN", b"x-recsim-token"
MAX_BODY = 64 * 1024 * 1024
_SHOWN, _DIGITS = 100, 15

RawHeaders = Iterable[tuple[bytes, bytes]]


class Door:
    """Lets in who knows the token, if there is one, and asked for a host that is this machine.

    The second keeps web pages out whose name was made to point here (DNS rebinding): a browser sends that name.
    """

    def __init__(self, bound: str, token: str = "") -> None:
        self._bound = bound.lower()
        self._token = token.encode(errors="surrogateescape")
        self._is_here = lru_cache(maxsize=64)(self._names_us)

    @property
    def asks_for_token(self) -> bool:
        """Whether a run started this process for itself."""
        return bool(self._token)

    def check(self, headers: RawHeaders) -> None:
        """Raise ``ApiError`` for a request that must not be answered."""
        fields = list(headers)
        hosts = [value for name, value in fields if name == b"host"] or [b""]
        for host in hosts:
            if not self._is_here(host):
                shown = host.decode("latin-1")[:_SHOWN]
                raise ApiError(
                    403,
                    "host_not_allowed",
                    f"the Host header must name this machine (localhost, a loopback address or {self._bound}), not `{shown}`",
                )
        given = next((value for name, value in fields if name == TOKEN_HEADER), b"")
        if self._token and not self._is_token(given):
            raise ApiError(
                401,
                "unauthorized",
                "this stand-in answers only the test run that started it; `recsim serve` starts one for everybody",
            )

    def _is_token(self, given: bytes) -> bool:
        import hmac  # brings OpenSSL, which is for those only that were started with a token

        return hmac.compare_digest(given, self._token)

    def _names_us(self, header: bytes) -> bool:
        name = _without_port(header.decode("latin-1").strip().lower())
        if name in {"localhost", self._bound}:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._bound in {"0.0.0.0", "::"}  # noqa: S104 - then every address is ours


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def declared_too_large(headers: RawHeaders, most: int) -> bool:
    """Whether the body is said to be larger than it may be, before any of it is read."""
    lengths = [value for name, value in headers if name == b"content-length"]
    return any(value.isdigit() and (len(value) > _DIGITS or int(value) > most) for value in lengths)


def too_large(most: int) -> ApiError:
    return ApiError(413, "body_too_large", f"a request body must have at most {most:,} bytes")
