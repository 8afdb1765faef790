"""How often one caller may ask (contract 1.2)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_recsim.standin.http.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.settings.environment import Settings

_ADDRESS_HEADERS = (b"true-client-ip", b"x-real-ip", b"x-forwarded-for")
_BUCKETS_KEPT = 10_000


class RateLimiter:
    """Token buckets: refill rpm/60 a second, capacity burst; zero rpm means off."""

    def __init__(self, settings: Settings) -> None:
        self._rate = settings.rate_limit_rpm / 60.0
        self._burst = float(settings.rate_limit_burst)
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str | None, headers: Mapping[bytes, bytes], client: tuple[str, int] | None) -> None:
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


def _address(headers: Mapping[bytes, bytes], client: tuple[str, int] | None) -> str:
    """Name the caller: a forwarded address, else the TCP connection."""
    for name in _ADDRESS_HEADERS:
        if forwarded := headers.get(name):
            return forwarded.decode("latin-1").split(",")[0].strip()
    return "{}:{}".format(*client) if client else "local"
