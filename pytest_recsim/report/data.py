"""What looked odd in the data, as the pages say it: beside the verdict, never a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_recsim.report.text import table

TITLE = "About the data"
BESIDE = "What looked odd when the run began. It may be right, and is no part of the verdict."


def data_section(facts: dict[str, Any]) -> Iterator[str]:
    """Render what `simulation_metadata.json` holds of it; nothing where nothing looked odd, or nobody looked."""
    odd = facts["fixture"].get("suspicions", ())
    if not odd:
        return
    yield f"## {TITLE}"
    yield ""
    yield BESIDE
    yield ""
    rows = [(f"{one['sentence']}", "; ".join(one["examples"]), one["advice"]) for one in odd]
    yield from table(("what looks odd", "for example", "what to do"), rows)
