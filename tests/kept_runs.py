"""Report folders of runs of one customer, made from one that an earlier version wrote."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from pytest_recsim.record.bundle import Bundle

BEFORE = Path(__file__).parent / "record" / "written_before"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def run_at(reports: Path, day: int, customer: str = "acme", simulation: str = "", **facts: Any) -> Bundle:
    """Leave a finished run of that day; ``facts`` go into its metadata."""
    began = NOON + timedelta(days=day)
    root = reports / (simulation or customer) / f"{began:%Y%m%dT%H%M%SZ}"
    shutil.copytree(BEFORE, root)
    names = {"customer": customer, "simulation": simulation or customer, "run_id": f"run{day}"}
    edit(root / "simulation_metadata.json", started_at=began.isoformat(), **names | facts)
    return Bundle(root)


def edit(path: Path, **members: Any) -> None:
    """Give a JSON file other members; a member that is a dict keeps what it has beside."""
    document = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(_laid(document, members)))


def _laid(document: Any, members: Any) -> Any:
    document = document or {}
    both = {
        name: _laid(document.get(name), inner) for name, inner in members.items() if isinstance(inner, dict)
    }
    return document | members | both
