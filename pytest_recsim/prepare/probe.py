"""The probe item of S8: a fresh item that looks like one of middling popularity and has no history."""

from __future__ import annotations

from typing import Any

import numpy as np

from pytest_recsim.data.fixtures.columns import Columns
from pytest_recsim.data.fixtures.model import Fixture, Item
from pytest_recsim.data.fixtures.split import Split
from pytest_recsim.prepare.payload import item_row


def probe_source(fixture: Fixture, columns: Columns, split: Split) -> Item | None:
    """Return the available, tagged item at the median of seeded event counts, None if there is none."""
    counts = np.bincount(columns.item[split.seeded], minlength=len(fixture.items))
    ranked = sorted(
        (int(counts[position]), item.item_id, position)
        for position, item in enumerate(fixture.items)
        if item.available and item.tags and counts[position] > 0
    )
    return fixture.items[ranked[len(ranked) // 2][2]] if ranked else None


def probe_row(source: Item, probe_id: str) -> dict[str, Any]:
    """The probe as sent: the source's tags and price, nothing that tells them apart but the id."""
    return item_row(source) | {"item_id": probe_id, "available": True, "props": {"recsim_probe": True}}
