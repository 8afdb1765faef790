"""The table of docs/stop-early.md, made from early.json alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from alarms_page import table

if TYPE_CHECKING:
    from early_count import Counted

Facts = dict[str, Any]
HEAD = [
    "rule",
    "true lifts",
    "worlds",
    "questions, median",
    "nine of ten below",
    "checks",
    "wrong with all users",
    "wrong early",
    "differing",
]
KINDS = {True: "all 0.3 or more from their thresholds", False: "within 0.3"}


def summary(counted: Sequence[Counted], *, clear: bool) -> Facts:
    """The counts of several worlds."""
    shares = [one.asked / one.users for one in counted]
    return {
        "clear": clear,
        "worlds": len(counted),
        "median": round(float(np.median(shares)), 3),
        "ninety": round(float(np.quantile(shares, 0.9)), 3),
        "checks": sum(one.checks for one in counted),
        "full_wrong": sum(one.full_wrong for one in counted),
        "early_wrong": sum(one.early_wrong for one in counted),
        "differing": sum(one.differing for one in counted),
        "worlds_full_wrong": sum(one.full_wrong > 0 for one in counted),
        "worlds_early_wrong": sum(one.early_wrong > 0 for one in counted),
    }


def fill(page: str, facts: Facts) -> str:
    """Replace what stands between ``<!-- counted -->`` and ``<!-- end -->``."""
    rows = [
        [
            f"`{row['rule']}`",
            KINDS[row["clear"]],
            str(row["worlds"]),
            f"{row['median']:.2f}",
            f"{row['ninety']:.2f}",
            f"{row['checks']:,}",
            str(row["full_wrong"]),
            str(row["early_wrong"]),
            str(row["differing"]),
        ]
        for row in facts["rows"]
    ]
    text = "\n".join(["", *table(HEAD, rows), ""])
    filled, times = re.subn(
        r"(<!-- counted -->\n).*?(<!-- end -->)",
        lambda found: found[1] + text + found[2],
        page,
        flags=re.DOTALL,
    )
    if times != 1:
        raise ValueError(f"the page has {times} places for the table, one is needed")
    return filled
