"""What was asked for, with where it came from: options, thresholds and waivers, as the plan carries and the record keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec


class Chosen(msgspec.Struct, frozen=True):
    """A resolved option and where it came from, e.g. ``("customer_a", "guardrails.yml:31")``."""

    value: str
    origin: str


class Limit(msgspec.Struct, frozen=True):
    """A threshold or setting that holds for this simulation, with the line it came from."""

    key: str
    value: Any
    severity: Literal["block", "warn"]
    origin: str


class WaiverNote(msgspec.Struct, frozen=True):
    """A stakeholder's decision that a check may fail or go unmeasured. ``until`` is an ISO date or empty."""

    check: str
    reason: str
    origin: str
    segment: str = ""
    until: str = ""

    @property
    def words(self) -> str:
        """Why, until when, and where that is written."""
        return f"{self.reason}, until {self.until or 'further notice'} ({self.origin})"


def configured(profile: str, overrides: Mapping[str, str]) -> str:
    """A profile with what was laid over it, as people read it: ``prod MMR_LAMBDA=0.9``."""
    return " ".join([profile, *(f"{name}={text}" for name, text in overrides.items())])


def same_data(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two runs had one data set.

    Each is given by ``sha256`` and ``file_sha256``; records of earlier versions have the latter in place of the former.
    """
    return not ({*one} - {""}).isdisjoint(other)
