"""What an answer is checked against, and the cheap lookups made from it once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NEW_USERS = "new_users"
RECENT_FLOOR = 10


@dataclass(frozen=True)
class Expectations:
    """What is known before the first answer. Whatever is None or absent is not checked.

    Attributes:
        rule_free_surfaces: surfaces on which nobody creates rules or overrides.
        min_events: PROFILE_MIN_EVENTS_FOR_BOOST in effect; below it a user is sparse.
        segments: user -> ``traits.segment`` as seeded.
        event_counts: user -> distinct items touched in the seeded events of the profile window, uncapped.
        profile_window_days: that window; an ask with another one is not held to the counts.
        touched: user -> items of the seeded events, empty for a user without any; anchors have to be among them.
        hidden: user -> items that the purchase exclusion hides for sure; an ask that changes it is not held to them.
        exclusion: the overrides of that exclusion with the values that ``hidden`` was made with.
        max_k: the service's own limit of k, 0 = none.
        popular: available items with seeded events that count, which popularity offers as candidates.
        offerable: how many available items have events at all, so that it may offer them too.
        tags: item -> tags as seeded.
        brand_cap, category_cap: in effect by the profile, 0 = off; an ask's own override goes first.
        brand_prefixes, category_prefixes: lower-case, without colon.
    """

    rule_free_surfaces: frozenset[str] = frozenset()
    min_events: int | None = None
    segments: Mapping[str, str] = field(default_factory=dict)
    event_counts: Mapping[str, int] | None = None
    tags: Mapping[str, Iterable[str]] = field(default_factory=dict)
    brand_cap: int | None = None
    category_cap: int | None = None
    brand_prefixes: tuple[str, ...] = ("brand",)
    category_prefixes: tuple[str, ...] = ("category", "cat")
    profile_window_days: float | None = None
    touched: Mapping[str, frozenset[str]] | None = None
    hidden: Mapping[str, frozenset[str]] | None = None
    exclusion: Mapping[str, Any] = field(default_factory=dict)
    popular: frozenset[str] | None = None
    offerable: int = 0
    max_k: int = 0

    def recent_count(self, user_id: str, hint: str) -> int | None:
        """Return the ``recent_event_count`` an answer for this user has to carry, or None when not known."""
        if self.event_counts is None or self.min_events is None or user_id not in self.event_counts:
            return None
        seen = min(self.event_counts[user_id], max(RECENT_FLOOR, self.min_events + 1))
        return min(seen, max(0, self.min_events - 1)) if hint == NEW_USERS else seen


def tag_values(tags: Mapping[str, Iterable[str]], prefixes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return item -> distinct values of its tags with one of the prefixes; items without are left out."""
    found = {}
    for item_id, listed in tags.items():
        split = [tag.strip().lower().partition(":") for tag in listed]
        values = {value.strip() for prefix, colon, value in split if colon and prefix in prefixes}
        if values:
            found[item_id] = tuple(sorted(values))
    return found
