"""What every request outside ``/health`` and ``/version`` passes: org header, API key, rate limit (contract 1.2)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Protocol

from pytest_recsim.standin.http.errors import ApiError, bad_request

ZERO_ORG = "00000000-0000-0000-0000-000000000000"
_HEX = "[0-9a-fA-F]"
_HYPHENATED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_ORG = re.compile(f"(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?{_HYPHENATED}|{{{_HYPHENATED}}}|{_HEX}{{32}}")
_ADDRESS_HEADERS = (b"true-client-ip", b"x-real-ip", b"x-forwarded-for")
_BUCKETS_KEPT = 10_000

Headers = Mapping[bytes, bytes]


class Gate(Protocol):
    """What the gates need to know of the service's start-up settings."""

    @property
    def auth_enabled(self) -> bool: ...

    @property
    def api_keys(self) -> Mapping[str, frozenset[str]]: ...

    @property
    def rate_limit_rpm(self) -> int: ...

    @property
    def rate_limit_burst(self) -> int: ...


def canonical_org(value: str) -> str | None:
    """Return the hyphenated lower-case form of any accepted UUID spelling, or None."""
    if _ORG.fullmatch(value) is None:
        return None
    digits = value[-38 if value[0] == "{" else -36 :].replace("-", "").strip("{}").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def org_of(headers: Headers) -> str:
    value = headers.get(b"x-org-id", b"").decode("latin-1").strip()
    if not value:
        raise bad_request("missing_org_id", "X-Org-ID header is required")
    org = canonical_org(value)
    if org is None:
        raise bad_request("invalid_org_id", "X-Org-ID is not a UUID", value=value)
    return org


def check_key(gate: Gate, headers: Headers, org: str) -> str | None:
    """Return the API key in use, None while authentication is off."""
    if not gate.auth_enabled:
        return None
    key = headers.get(b"x-api-key", b"").decode("latin-1").strip()
    scope = gate.api_keys.get(key)
    if scope is None:
        raise ApiError(401, "unauthorized", "a valid X-API-Key is required")
    if "*" not in scope and org not in scope:
        raise ApiError(403, "forbidden", "this key may not act for this organisation")
    return key


class RateLimiter:
    """Token buckets: refill rpm/60 a second, capacity burst; zero rpm means off."""

    def __init__(self, gate: Gate) -> None:
        self._rate = gate.rate_limit_rpm / 60.0
        self._burst = float(gate.rate_limit_burst)
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str | None, headers: Headers, client: tuple[str, int] | None) -> None:
        """Take one token from the caller's bucket or refuse with 429."""
        if self._rate <= 0:
            return
        bucket = key or _address(headers, client)
        now = time.monotonic()
        tokens, then = self._buckets.pop(bucket, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        allowed = tokens >= 1.0
        self._buckets[bucket] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > _BUCKETS_KEPT:
            del self._buckets[next(iter(self._buckets))]
        if not allowed:
            raise ApiError(429, "rate_limited", "too many requests")


def _address(headers: Headers, client: tuple[str, int] | None) -> str:
    """Name the caller: a forwarded address, else the TCP connection."""
    for name in _ADDRESS_HEADERS:
        if forwarded := headers.get(name):
            return forwarded.decode("latin-1").split(",")[0].strip()
    return "{}:{}".format(*client) if client else "local"
