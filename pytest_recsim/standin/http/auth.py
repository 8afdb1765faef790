"""Who asks: the org header and the API key, on every path but ``/health`` and ``/version`` (contract 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin.http.errors import ApiError, bad_request
from pytest_recsim.standin.settings.orgs import canonical_org

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.settings.environment import Settings


def org_of(headers: Mapping[bytes, bytes]) -> str:
    value = headers.get(b"x-org-id", b"").decode("latin-1").strip()
    if not value:
        raise bad_request("missing_org_id", "X-Org-ID header is required")
    org = canonical_org(value)
    if org is None:
        raise bad_request("invalid_org_id", "X-Org-ID is not a UUID", value=value)
    return org


def check_key(settings: Settings, headers: Mapping[bytes, bytes], org: str) -> str | None:
    """Return the API key in use, None while authentication is off."""
    if not settings.auth_enabled:
        return None
    key = headers.get(b"x-api-key", b"").decode("latin-1").strip()
    scope = settings.api_keys.get(key)
    if scope is None:
        raise ApiError(401, "unauthorized", "a valid X-API-Key is required")
    if "*" not in scope and org not in scope:
        raise ApiError(403, "forbidden", "this key may not act for this organisation")
    return key
