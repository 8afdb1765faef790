"""The compatibility page and its JSON: the page is made from the JSON alone, so that neither can drift."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from peers_catalogue import PEERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
JSON, PAGE = DOCS / "compatibility.json", DOCS / "compatibility.md"
KNOWN = {peer.key: peer for peer in PEERS}
Facts = dict[str, Any]
HEAD = """\
# Beside other pytest plugins

Made by `python -m tests.peers`; a test compares this page with `compatibility.json` beside it, and CI runs beside the ten
most used plugins again.

Every plugin was installed beside ours, alone and with the words in the table, and two customers ran: one who passes all
{checks} checks and one who fails {failing} of them (`RULES_ENABLE=false`). *-n 2*: the same once more on two workers. Where a plugin
tries again or repeats, a third customer ran, whose own check fails when it is made first and passes from then on
(*wavering*). Exit code, verdict and the outcome of every check are compared with a run without any other plugin, on
Python {python} and pytest {pytest} where the table names no other.

**{same} of {count} plugins change nothing; the table explains the others.** In none of {runs} runs did the record say that
a customer may go live while pytest's exit code was not 0, or while a check had not passed.

| plugin | what it does | with | runs | differs | why |
| --- | --- | --- | --- | --- | --- |
"""
VERSIONS = """
## Versions of Python and pytest

The passing and the failing customer, and the passing one with `-n 2`, without any other plugin (except pytest-xdist),
compared with the run on Python {python} and pytest {pytest}.

| Python | pytest | differs |
| --- | --- | --- |
"""


def load() -> Facts:
    """Return what was measured before; nothing where there is no table yet."""
    known = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    return {"peers": [], "versions": []} | known


def key(row: Facts) -> str:
    """What tells a row apart, as :attr:`Peer.key` does."""
    return " ".join((row["name"], *row["words"]))


def save(facts: Facts) -> None:
    """Write both files."""
    JSON.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(facts), encoding="utf-8")


def page(facts: Facts) -> str:
    rows = facts["peers"]
    plugins = {row["name"] for row in rows}
    differing = {row["name"] for row in rows if any(run["differences"] for run in row["runs"])}
    head = HEAD.format(
        **facts["plain"],
        count=len(plugins),
        same=len(plugins - differing),
        runs=sum(len(row["runs"]) for row in rows),
    )
    newest = facts["plain"]["pytest"]
    lines = [head, *(_line(_cells(row, newest)) for row in rows), VERSIONS.format(**facts["plain"])]
    lines += [
        _line((row["python"], row["pytest"], _explained(row["runs"]) or "nothing")) for row in _had(facts)
    ]
    if lacking := [row["python"] for row in facts["versions"] if not row["runs"]]:
        lines.append(f"\nNot to be had where this was made: Python {', '.join(dict.fromkeys(lacking))}.\n")
    return "".join(lines)


def _had(facts: Facts) -> list[Facts]:
    return [row for row in facts["versions"] if row["runs"]]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cells(row: Facts, newest: str) -> Iterator[str]:
    peer = KNOWN[key(row)]
    yield f"{row['name']} {row['version']}"
    yield peer.does + (f" (pytest {row['pytest']})" if row["pytest"] != newest else "")
    words = [*(f"{name}={text}" for name, text in peer.env.items()), *row["words"]]
    yield f"`{' '.join(words)}`" if words else ""
    yield ", ".join(_runs(row["runs"]))
    yield _explained(row["runs"]) or "nothing"
    yield peer.because


def _runs(runs: list[Facts]) -> Iterator[str]:
    yield from (run["customer"] for run in runs if not run["workers"])
    if any(run["workers"] for run in runs):
        yield "-n 2"


def _explained(runs: list[Facts]) -> str:
    """Say the differences of each customer, once."""
    found = dict.fromkeys(
        f"{run['customer']}: {'; '.join(run['differences'])}" for run in runs if run["differences"]
    )
    return ". ".join(found)
