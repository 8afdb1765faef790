"""The table: `docs/fault-matrix.json` for machines and `docs/fault-matrix.md` for people."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from matrix_fault import ANY

DOCS = Path(__file__).resolve().parents[2] / "docs"
JSON, PAGE = DOCS / "fault-matrix.json", DOCS / "fault-matrix.md"
HEAD = """\
# The fault matrix

What does the suite notice? {count} faults, each a small mutation of the stand-in's answers or ranking, are switched on one
after the other, and the whole suite judges each. `python -m tests.matrix` does it and writes this page.

* **Check**: the one that must be red, and for the right reason (its sentence has to name the fault; *run* means that
  the run stops with a sentence and nothing is judged). Another check that happens to be red does not count.
* **From**: the weakest strength at which that check still notices, of a fixed ladder of strengths, and the next weaker
  one, at which it does not. It says "from the weakest tried" where none was too weak, and nothing where there is no
  more or less.
* **Also red**: other checks that fail at full strength.

Tried on one small customer: a marketplace of {items} items, {users} users and {events:,} events (generator seed {seed}), with
customer-a's profile, caps and starter interests added, the shipped thresholds, and the optional guardrails switched on. On a larger
customer scenarios ask no more users, but every answer is checked in passing, so `contract` and `availability` see rarer faults
there, and lifts see smaller ones. Strengths are exact for this customer and a guide for others.

**{caught} of {count} are caught by their check, {accident} by accident only, {missed} missed; {invisible} cannot be seen**, for the reason that stands
at the end. `tests/matrix` holds the catalogue; CI tries a part of it against this table.
"""
COLUMNS = "| fault | what it imitates | check | from | also red |\n|---|---|---|---|---|\n"


def save(rows: list[dict[str, Any]], world: dict[str, int]) -> None:
    """Write both files."""
    JSON.write_text(json.dumps({"world": world, "faults": rows}, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(load()))


def load() -> dict[str, Any]:
    return json.loads(JSON.read_text())


def page(table: dict[str, Any]) -> str:
    """Return the page."""
    rows = table["faults"]
    seen = [row for row in rows if row["by"]]
    missed = [row for row in seen if not row["caught"]]
    counts = {
        "count": len(rows),
        "caught": len(seen) - len(missed),
        "accident": sum(bool(row["also_red"]) for row in missed),
        "missed": sum(not row["also_red"] for row in missed),
        "invisible": len(rows) - len(seen),
    }
    parts = [HEAD.format(**counts, **table["world"])]
    for kind, group in groupby(seen, key=lambda row: row["kind"]):
        parts.append(f"\n## {kind}\n\n{COLUMNS}" + "".join(map(line, group)))
    parts.append("\n## What cannot be seen, and what it would take\n\n")
    parts += [
        f"* **{row['fault']}**: {row['imitates']}. {capital(row['why_not'])}.\n"
        for row in rows
        if not row["by"]
    ]
    return "".join(parts)


def line(row: dict[str, Any]) -> str:
    check = "*run*" if row["by"] == ANY else f"`{row['by']}`"
    also = ", ".join(row["also_red"]) or "-"
    return f"| {row['fault']} | {row['imitates']} | {check} | {weakest(row)} | {also} |\n"


def weakest(row: dict[str, Any]) -> str:
    """Tell the weakest strength that is noticed, in the fault's own unit."""
    ladder = row["ladder"]
    if row["weakest"] is None:
        return "**not caught**"
    if len(ladder) == 1:
        return "-"
    place = ladder.index(row["weakest"])
    share = ladder[-1] <= 1 and not row["of"].startswith(("lambda", "the highest", "the step"))

    def told(number: float) -> str:
        return f"{100 * number:.6g} %" if share else f"{number:g}"

    of = f" of {row['of']}" if share else f" ({row['of']})"
    less = "the weakest tried" if place == 0 else f"not at {told(ladder[place - 1])}"
    return f"{told(row['weakest'])}{of}; {less}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
