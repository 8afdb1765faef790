"""Delete filters. One that the service ignores wipes the namespace (contract section 4), so none goes unchecked."""

from __future__ import annotations

from collections.abc import Mapping

DATES = ("created_after", "created_before")
APPLICABLE: Mapping[str, tuple[str, ...]] = {
    "items": ("item_id", *DATES),
    "users": ("user_id", *DATES),
    "events": ("user_id", "item_id", "event_type", *DATES),
}
INT16 = range(-(2**15), 2**15)


def checked(resource: str, filters: Mapping[str, object]) -> dict[str, str | int]:
    """Return the filters as they may be sent; members that are None are left out.

    Raises:
        ValueError: nothing left, a filter that does not apply to the resource, an empty or mistyped value.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    if not given:
        raise ValueError(
            f"deleting {resource} without a filter wipes them all; use wipe_{resource}() to mean that"
        )
    return {name: _effective(resource, name, value) for name, value in given.items()}


def _effective(resource: str, name: str, value: object) -> str | int:
    allowed = APPLICABLE[resource]
    if name not in allowed:
        raise ValueError(
            f"`{name}` does not filter {resource} and would wipe them all; allowed: {', '.join(allowed)}"
        )
    if name == "event_type":
        if isinstance(value, int) and not isinstance(value, bool) and value in INT16:
            return value
        raise ValueError(f"event_type {value!r} is not a 16-bit integer")
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(
        f"{name}={value!r} is not a filter: a non-empty string is needed, or all {resource} would go"
    )
