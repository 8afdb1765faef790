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

What would the suite notice? A healthy service passes every check, which says little about the checks. So {count} faults of
recommenders, each a small change of what the [stand-in](stand-in.md) ranks or answers, are switched on one after the other, and
the whole suite judges each of them. `python -m tests.matrix` does it in about ten minutes on two quiet cores and writes this page
and [fault-matrix.json](fault-matrix.json).

**{caught} of {count} are caught by the check that must catch them; {accident} only by accident, {missed} not at all.
The other {invisible} cannot be seen**: the [last section](#what-cannot-be-seen-and-what-it-would-take) says why, and which
data it would take.

How to read a row:

* **Caught by**: the check that has to be red, and for the right reason: its sentence must name the fault. Another check that happens
  to be red does not count. *run* means that the run stops with a sentence, and nothing is judged. `S1` to `S10` are the
  [scenarios](scenarios.md), `contract`, `availability` and `profile` come with every run, the others are
  [guardrails](configuration.md). After the name of a guardrail stands the segment, where it must be this one.
* **From**: how little of the fault is enough. Strengths come from a fixed ladder per fault; told is the weakest one that the check
  notices, and the next weaker one, which passes unnoticed. "-" where a fault is there or not.
* **Also red**: the other checks that fail when the fault has its full strength.

Tried on one small customer: a marketplace of {items} items, {users} users and {events:,} events (generator seed {seed}), with the
profile of customer-a, caps and starter interests added, the shipped thresholds, and all optional guardrails on, each a little
beyond what the healthy service shows. Strengths are exact for this customer and a guide for others: scenarios ask no more users of
a larger one, but `contract` and `availability` look at every answer of a run, and lifts are told apart better, so these see rarer
faults there.

`tests/matrix` holds the faults. CI tries a part of them against this table, makes `S1`, `S5` and `contract` weaker on purpose and
demands that this is noticed; `--check` compares all of them, `--weaken S5 pin-at-slot-2` shows one weakened check. The same faults in
a service that is there already, as hard as the real one: [fault-matrix-served.md](fault-matrix-served.md).
"""
COLUMNS = "| fault | what it imitates | caught by | from | also red |\n|---|---|---|---|---|\n"


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
    share = ladder[-1] <= 1 and not row["of"].startswith(("lambda", "the highest", "the step", "times"))

    def told(number: float) -> str:
        return f"{100 * number:.6g} %" if share else f"{number:g}"

    of = f" of {row['of']}" if share else f" ({row['of']})"
    less = "the weakest tried" if place == 0 else f"not at {told(ladder[place - 1])}"
    return f"{told(row['weakest'])}{of}; {less}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
