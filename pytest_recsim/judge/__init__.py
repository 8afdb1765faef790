"""Metrics, statistics and verdicts: pure functions over arrays, no I/O.

Conventions everywhere in this room: items are positions ``0..I-1``, evaluated users are rows ``0..U-1``,
recommendation lists are ``int32[U, K]`` padded at the end with ``PADDING`` (-1). A slot that was filled with
an id the fixture does not know holds ``UNKNOWN`` (-2): it takes up its rank and can never be a hit.
NaN marks "not measurable for this user" and never enters a mean. Definitions: ``docs/metrics.md``.
"""

from __future__ import annotations

PADDING = -1
UNKNOWN = -2
