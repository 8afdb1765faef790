"""What a guardrails file says, key by key and customer by customer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

OFF = math.nan
"""The value of an optional threshold that is switched off; no other threshold is ever NaN."""


class Scope(NamedTuple):
    """Where a value holds; None is everywhere."""

    customer: str | None = None
    namespace: str | None = None
    segment: str | None = None


@dataclass(frozen=True)
class Waiver:
    """A check that is allowed to fail.

    Attributes:
        check: its name, ``S9`` or ``segment_lift_ndcg``.
        segment: only for this segment; lifts only.
        reason: why, in words.
        until: last day on which it counts; None is for good.
        origin: file and line.
    """

    check: str
    segment: str | None
    reason: str
    until: date | None
    origin: str


@dataclass(frozen=True)
class CustomerEntry:
    """What the file says about a customer; None where it says nothing. ``origins``: field -> file and line."""

    name: str
    origin: str
    namespace: str | None = None
    org_id: str | None = None
    env_profile: str | None = None
    fixture: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """What one place in a file says about a key; None where it says nothing."""

    value: Any
    severity: str | None
    origin: str
