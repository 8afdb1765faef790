"""Configured segments, their rules and the profiles of knobs that they point to (contract 9.2, 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from pytest_recsim.standin.state.segment_rules import holds

FALLBACK = "default"


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A stored segment; every rule is a mapping with ``rule_id``, ``rule``, ``enabled`` and maybe ``description``."""

    segment_id: str
    name: str
    priority: int
    active: bool
    profile_id: str
    description: str
    rules: tuple[Mapping[str, Any], ...]
    created: int
    updated: int


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored segment profile; ``knobs`` uses the member names of the HTTP document."""

    profile_id: str
    description: str
    knobs: dict[str, Any]
    created: int
    updated: int


class Match(NamedTuple):
    """The segment that a request falls into."""

    segment: Segment
    rule_id: int | None


class SegmentBook:
    """All segments and profiles of all tenants, by (org, namespace)."""

    def __init__(self) -> None:
        self._segments: dict[tuple[str, str], dict[str, Segment]] = {}
        self._profiles: dict[tuple[str, str], dict[str, Profile]] = {}

    def tenants(self) -> list[tuple[str, str]]:
        """Return every (org, namespace) that has any."""
        return [tenant for kept in (self._profiles, self._segments) for tenant, rows in kept.items() if rows]

    def segments(self, org: str, namespace: str) -> dict[str, Segment]:
        return self._segments.setdefault((org, namespace), {})

    def profiles(self, org: str, namespace: str) -> dict[str, Profile]:
        return self._profiles.setdefault((org, namespace), {})

    def match(self, org: str, namespace: str, facts: Mapping[str, Any], now: int) -> Match | None:
        """Return the active segment of highest priority (then lowest id) that takes a request with these facts."""
        segments = self._segments.get((org, namespace))
        if not segments:
            return None
        for segment in sorted(segments.values(), key=lambda each: (-each.priority, each.segment_id)):
            if not segment.active:
                continue
            enabled = [rule for rule in segment.rules if rule["enabled"]]
            if not enabled:
                return Match(segment, None)
            for rule in enabled:
                if holds(rule["rule"], facts, now):
                    return Match(segment, rule["rule_id"])
        fallback = segments.get(FALLBACK)
        return Match(fallback, None) if fallback and fallback.active else None
