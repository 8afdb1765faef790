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

Which faults of a recommender the suite notices. {count} faults, each a small change of what the [stand-in](stand-in.md) ranks or
answers, were switched on one after the other, and the whole suite judged each of them.

**{caught} of {count} are caught by the check that must catch them; {accident} only by accident, {missed} not at all.
The other {invisible} cannot be seen**: the [last section](#what-cannot-be-seen-and-what-it-would-take) says why, and which
data it would take.

* **Caught by**: the check that has to be red, with a sentence that names the fault; another red check does not count. *run*: the
  run stops with a sentence. `S1` to `S10` are the [scenarios](scenarios.md), `contract`, `availability` and `profile` come with every
  run, the others are [guardrails](configuration.md#guardrails), with the segment where it must be this one.
* **From**: the weakest strength on the fault's ladder that the check notices, and the next weaker one, which passes. "-" where a
  fault is there or not.
* **Also red**: the other checks that fail at full strength.

The customer is small: a marketplace of {items} items, {users} users and {events:,} events (generator seed {seed}), the profile of
customer-a with caps and starter interests, the shipped thresholds, and all optional guardrails on, each a little beyond what
the healthy service shows. On larger customers lifts are told apart better and `contract` and `availability` see more answers, so
they notice rarer faults.

`python -m tests.matrix` writes this page and [fault-matrix.json](fault-matrix.json). CI tries a part of it again, and demands that
weakened versions of `S1`, `S5` and `contract` are noticed. The same faults in a service that is there already:
[fault-matrix-served.md](fault-matrix-served.md).
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
