"""The table of the served matrix: `docs/fault-matrix-served.json` and `docs/fault-matrix-served.md`."""

from __future__ import annotations

import json
from collections.abc import Generator
from itertools import groupby
from typing import Any

import matrix_served
from matrix_fault import ANY, Fault
from matrix_hunt import caught, described, others
from matrix_runner import NothingSeenError, Run, Seen
from matrix_table import DOCS, capital

JSON, PAGE = DOCS / "fault-matrix-served.json", DOCS / "fault-matrix-served.md"
HEAD = """\
# The fault matrix on a service that we did not start

**Without a fault nothing is red, {healthy} times out of {healthy}. {caught} of {count} faults are caught by the check that must catch them, for
the right reason**; {accident} leave traces in other checks only, {missed} none at all, {invisible} cannot be seen.

The faults are those of the [fault matrix](fault-matrix.md), at full strength, in a service as hard as the real one:
`recsim serve --quirks {quirks}` ([quirks](stand-in.md#quirks)) with the customer's knobs, asked with `--base-url` and `--recsim-apply
request`. Equal questions get different lists, rules show late, the first answers fail or take long.

`RULES_CACHE_REFRESH` is {refresh}, which saves waiting. The optional guardrails allow {allowed}; the others are those of the embedded
matrix. Where `p95_ms` is red besides, the machine was busy. `python -m tests.matrix --served` writes this page and
[fault-matrix-served.json](fault-matrix-served.json).
"""
COLUMNS = "| fault | caught by | also red |\n|---|---|---|\n"


def row_of(fault: Fault) -> Generator[Run, Seen, dict[str, Any]]:
    """Try a fault at full strength and tell whether the check that must notice did."""
    seen = yield Run(fault.name, fault.full, served=True)
    also = [] if fault.by == ANY else others(fault, seen)
    return described(fault) | {"caught": _noticed(fault, seen), "also_red": also}


def _noticed(fault: Fault, seen: Seen) -> bool:
    try:
        return caught(fault, seen)
    except NothingSeenError:  # the check did not run, which a user sees, but it is no catch
        return False


def differences(fault: Fault, told: dict[str, Any]) -> Generator[Run, Seen, list[str]]:
    """Compare a fault with its row in the table."""
    row = yield from row_of(fault)
    if row["caught"] == told["caught"]:
        return []
    verb = "is now caught by" if row["caught"] else "is no longer caught by"
    return [f"{fault.name}: {verb} {fault.by or 'nobody'}; red besides: {row['also_red'] or 'nothing'}"]


def complaint(row: dict[str, Any]) -> str:
    """What is wrong with a row: a fault that is missed without a reason, or has a reason and is caught."""
    why = matrix_served.MISSED.get(row["fault"], "")
    if row["by"] and not row["caught"] and not why:
        return f"{row['fault']} is missed by {row['by']}, and nobody knows why; red: {row['also_red'] or 'nothing'}"
    if row["caught"] and why:
        return f"{row['fault']} is caught, but MISSED says: {why}"
    if not row["by"] and row["also_red"]:
        return f"{row['fault']} is called invisible, but {', '.join(row['also_red'])} is red"
    return ""


def save(rows: list[dict[str, Any]], world: dict[str, int]) -> None:
    """Write both files."""
    table = {"world": world, "healthy": matrix_served.HEALTHY, "faults": rows}
    JSON.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(load()))


def load() -> dict[str, Any]:
    return json.loads(JSON.read_text())


def page(table: dict[str, Any]) -> str:
    """Return the page."""
    rows = table["faults"]
    seen = [row for row in rows if row["by"]]
    missed = [row for row in seen if not row["caught"]]
    head = HEAD.format(
        count=len(rows),
        quirks=matrix_served.QUIRKS,
        healthy=table["healthy"],
        caught=len(seen) - len(missed),
        accident=sum(bool(row["also_red"]) for row in missed),
        missed=sum(not row["also_red"] for row in missed),
        invisible=len(rows) - len(seen),
        refresh=matrix_served.KNOBS["RULES_CACHE_REFRESH"],
        allowed=matrix_served.ALLOWED,
    )
    parts = [head, "\n## Not caught here, and why\n\n"]
    for row in missed:
        why = capital(matrix_served.MISSED.get(row["fault"], "the reason is not known"))
        parts.append(f"* **{row['fault']}** ({row['imitates']}): `{row['by']}` stays silent. {why}.\n")
    unseen = (row for row in rows if not row["by"])
    parts += [f"* **{row['fault']}** ({row['imitates']}). {capital(row['why_not'])}.\n" for row in unseen]
    for kind, group in groupby(seen, key=lambda row: row["kind"]):
        parts.append(f"\n## {kind}\n\n{COLUMNS}" + "".join(map(_line, group)))
    return "".join(parts)


def _line(row: dict[str, Any]) -> str:
    check = "*run*" if row["by"] == ANY else f"`{row['by']}`"
    also = ", ".join(row["also_red"]) or "-"
    return f"| {row['fault']} | {check if row['caught'] else f'**not caught** by {check}'} | {also} |\n"
