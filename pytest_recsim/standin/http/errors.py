"""Refusals: one exception, one envelope (contract 1.4)."""

from __future__ import annotations

from typing import Any

from pytest_recsim.standin.settings.clock import nanoseconds


class ApiError(Exception):
    """An answer other than success; ``correlated`` is false only for the two resource 404s, ``delay`` is in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        details: dict[str, Any] | None = None,
        *,
        correlated: bool = True,
        delay: float = 0.0,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or code.replace("_", " ")
        self.details = details
        self.correlated = correlated
        self.delay = delay


def bad_request(code: str, message: str = "", **details: Any) -> ApiError:
    return ApiError(400, code, message, details)


def refused_by_database(message: str, code: str = "constraint_violation") -> ApiError:
    return ApiError(422, code, message)


def out_of_range() -> ApiError:
    return refused_by_database("value out of range: overflow")


def internal(message: str = "internal error") -> ApiError:
    return ApiError(500, "internal", message)


def timed_out(seconds: float) -> ApiError:
    """Return what a database that took too long ends in."""
    return ApiError(500, "internal", "internal error", delay=seconds)


def not_found(code: str) -> ApiError:
    return ApiError(404, code, correlated=False)


def envelope(error: ApiError, correlation_id: str, now: int) -> dict[str, Any]:
    """Return the error body; ``details`` is left out when empty."""
    body: dict[str, Any] = {"error": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    if error.correlated:
        body["correlation_id"] = correlation_id
    body["timestamp"] = nanoseconds(now)
    return body
